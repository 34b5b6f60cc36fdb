"""The parts of a profit add up to it, to the micro-dollar, whatever was traded at whatever prices."""

from dataclasses import dataclass, field

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Side
from exchange.domain.units import NS_PER_SECOND
from strategies.results.equity import equity_of
from strategies.results.split import split_by_contract, split_by_hour
from strategies.results.tables import frames_of
from tests.results.told import START_NS, Told

GATE_S = 45 * 60.0
TICK_MICROS = 8_000  # of a lot
USD_MICROS = 8_000_000


@dataclass
class Model:
    """One contract, reckoned by steps in whole micro-dollars."""

    lots: int = 0
    cash: int = 0
    fees: int = 0
    rebates: int = 0
    spread: int = 0
    inventory: int = 0
    fair: int = 0
    moves: list[int] = field(default_factory=list)

    def value(self, fair_usd: float) -> None:
        fair = round(fair_usd * USD_MICROS)
        self.inventory += self.lots * (fair - self.fair)
        self.fair = fair

    def trade(self, lots: int, ticks: int, fair_usd: float, fee_usd: float) -> None:
        self.value(fair_usd)
        self.spread += lots * (self.fair - ticks * TICK_MICROS)
        self.cash -= lots * ticks * TICK_MICROS
        fee = round(fee_usd * 1_000_000)
        self.fees += max(fee, 0)
        self.rebates += max(-fee, 0)
        self.lots += lots


USD = st.floats(0.01, 9.0, allow_nan=False)
STEPS = st.lists(
    st.tuples(
        st.one_of(st.floats(0.0, 100.0), st.floats(GATE_S - 5.0, GATE_S + 5.0)),
        st.sampled_from([0, 1]), st.sampled_from([-1, 0, 1]), st.integers(1, 9_000),
        st.integers(1, 50), USD, st.floats(-2.0, 2.0),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from([GATE_S + 60.0, GATE_S + 900.0, GATE_S + 7200.0]), st.booleans(), USD, USD)
def test_the_parts_are_the_profit(
    steps: list[tuple[float, int, int, int, int, float, float]],
    end_s: float,
    is_settled: bool,
    worth: float,
    cost: float,
) -> None:
    """Against a model that knows nothing of tables; each hour, the total and the end of the equity agree, too."""
    told, models = Told(), (Model(), Model())
    for seconds, contract, sign, ticks, lots, fair_usd, fee_usd in sorted(steps):
        if sign:
            side = Side.BUY if sign > 0 else Side.SELL
            told.fill(seconds, side, ticks, lots, fair_usd, contract=contract, fee_usd=fee_usd)
            models[contract].trade(sign * lots, ticks, fair_usd, fee_usd)
        else:
            told.sample(seconds, fair_usd, contract=contract)
            if told.at(seconds) < told.contracts[contract].gate_ns:
                models[contract].value(fair_usd)
    told.sample(end_s, 1.0, contract=0)
    told.sample(end_s, 1.0, contract=1)
    for listed, model in zip(told.contracts, models, strict=True):
        if listed.gate_ns > told.at(end_s):
            model.value(1.0)
        elif is_settled:
            told.recorder.settled(listed, worth, cost)
    frames, end_ns = frames_of(told.recorder), told.at(end_s)
    split = split_by_contract(frames, end_ns)
    for row, listed, model in zip(split.iter_rows(named=True), told.contracts, models, strict=True):
        is_over = listed.gate_ns <= end_ns
        last = round((worth if model.lots > 0 else cost) * USD_MICROS) if is_over and is_settled else model.fair
        found = {part: row[f"{part}_micros"] for part in ("spread", "inventory", "fees", "rebates")}
        assert found == {part: getattr(model, part) for part in found}
        settled = row["delivery_micros"] + row["imbalance_micros"]
        assert settled == model.lots * (last - model.fair)
        assert row["pnl_micros"] == model.cash + model.lots * last - model.fees + model.rebates
        assert row["pnl_micros"] == model.spread + model.inventory - model.fees + model.rebates + settled
        assert row["unsettled_lots"] == (model.lots if is_over and not is_settled else 0)
    by_hour = split_by_hour(split)
    assert by_hour["pnl_micros"].sum() == split["pnl_micros"].sum()
    equity = equity_of(frames, split, end_ns)
    assert (equity["equity_micros"].to_list() or [0])[-1] == split["pnl_micros"].sum()


def test_what_is_left_of_hours_that_nobody_took_is_delivery_and_what_was_owed_imbalance() -> None:
    """Ten lots expire worthless; four that were sold and not had are bought in at twice the price."""
    told = Told()
    told.fill(1.0, Side.BUY, 2_000, 10, 2.1, contract=0)
    told.fill(2.0, Side.SELL, 2_000, 4, 1.9, contract=1)
    told.recorder.settled(told.contracts[0], 0.0)
    told.recorder.settled(told.contracts[1], 2.0, 4.0)
    told.recorder.end_ns = told.contracts[1].gate_ns
    split = split_by_contract(frames_of(told.recorder), told.recorder.end_ns)
    assert split["delivery_micros"].to_list() == [-10 * 2.1 * USD_MICROS, 0]
    assert split["imbalance_micros"].to_list() == [0, -4 * round(2.1 * USD_MICROS)]
    assert split["pnl_micros"].to_list() == [-10 * 2 * USD_MICROS, 4 * (2 - 4) * USD_MICROS]


def test_before_the_gate_nothing_is_settled() -> None:
    """What an hour will be worth is no business of a run that ends before."""
    told = Told()
    told.fill(1.0, Side.BUY, 2_000, 10, 2.0)
    told.recorder.settled(told.contracts[0], 0.0)
    split = split_by_contract(frames_of(told.recorder), told.contracts[0].gate_ns - 1)
    assert split["pnl_micros"].to_list() == [0, 0]
    assert split.select(pl.col("unsettled_lots").sum()).item() == 0


def test_what_was_held_from_before_begins_at_no_profit() -> None:
    """Carried at two dollars, worth 2.5 ten seconds later: all of it is inventory."""
    told = Told()
    told.recorder.carried(START_NS, told.contracts[0], -3, 2.0)
    told.sample(10.0, 2.5)
    frames = frames_of(told.recorder)
    assert frames.positions.rows() == [(START_NS, told.contracts[0].symbol, -3, -3)]
    split = split_by_contract(frames, START_NS + 10 * NS_PER_SECOND)
    assert split["inventory_micros"][0] == split["pnl_micros"][0] == -3 * 0.5 * USD_MICROS
