"""Fill ratio by place in the queue, presence and obligation, drawdown and Sharpe: small cases reckoned by hand."""

from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.clearing.obligation import Obligation
from exchange.domain.enums import Side
from exchange.domain.units import NS_PER_SECOND
from strategies.results.equity import drawdowns, mean_over_time, sharpe_of
from strategies.results.presence import obligation_scores, two_sided_ns
from strategies.results.queueing import queue_bins
from strategies.results.tables import frames_of
from tests.results.told import START_NS, Told


def test_lots_are_binned_by_what_stood_before_them() -> None:
    """First in line, fourth, far behind and unknown, with a quarter, none, all and half of them filled."""
    told = Told()
    for ahead, lots, filled in ((0, 8, 2), (3, 5, 0), (5, 5, 0), (900, 4, 4), (-1, 2, 1)):
        client_id = told.order(1.0, Side.BUY, 2_000, lots, ahead)
        if filled:
            told.fill(2.0, Side.BUY, 2_000, filled, 2.0, client_id=client_id)
    bins = queue_bins(frames_of(told.recorder))
    found = {(each.from_lots, each.to_lots): (each.stays, each.lots, each.filled_lots) for each in bins}
    assert found == {
        (0, 0): (1, 8, 2),
        (1, 5): (2, 10, 0),
        (6, 20): (0, 0, 0),
        (21, 50): (0, 0, 0),
        (51, 200): (0, 0, 0),
        (201, None): (1, 4, 4),
        (None, None): (1, 2, 1),
    }
    assert [each.ratio for each in bins] == [0.25, 0.0, None, None, None, 1.0, 0.5]


def test_the_obligation_asks_for_size_and_nearness_while_presence_asks_for_neither() -> None:
    """Two-sided for 8 seconds of 20; of these too wide for 3 and too small for 1."""
    told = Told()
    bid = told.order(2.0, Side.BUY, 1_950, 10)
    told.order(2.0, Side.SELL, 2_050, 10)
    told.recorder.answered(told.at(5.0), bid, 2_040, 10, 0, True)
    told.fill(9.0, Side.BUY, 2_040, 8, 2.0, client_id=bid)
    told.recorder.gone(told.at(10.0), bid, "USER")
    frames, symbol = frames_of(told.recorder), told.contracts[0].symbol
    assert two_sided_ns(frames, told.at(20.0)) == {symbol: 8 * NS_PER_SECOND}
    scores = obligation_scores(frames, START_NS, told.at(20.0), Obligation(spread_bps=300, lots=5))
    assert scores[symbol] == (4 * NS_PER_SECOND, 20 * NS_PER_SECOND)
    assert scores[told.contracts[1].symbol] == (0, 20 * NS_PER_SECOND)


@pytest.mark.parametrize("is_told_late", [False, True])
def test_after_the_gate_nobody_is_there(is_told_late: bool) -> None:
    """Orders of which nobody says that they are gone, or says it late, stand until the gate and no longer."""
    told = Told()
    bid = told.order(0.0, Side.BUY, 2_000, 10)
    told.order(0.0, Side.SELL, 2_010, 10)
    contract = told.contracts[0]
    if is_told_late:
        told.recorder.gone(contract.gate_ns + 1, bid, "GATE")
    frames = frames_of(told.recorder)
    end_ns = contract.gate_ns + NS_PER_SECOND
    open_ns = contract.gate_ns - START_NS
    assert two_sided_ns(frames, end_ns) == {contract.symbol: open_ns}
    scores = obligation_scores(frames, START_NS, end_ns, Obligation(300, 1))
    assert scores[contract.symbol] == (open_ns, open_ns)


@given(st.lists(st.integers(-100, 100), max_size=30))
def test_a_drawdown_is_the_way_down_from_the_highest_before(equity: list[int]) -> None:
    """By search; the zero it began with counts as a height."""
    found = drawdowns(np.array(equity, np.int64))
    assert found.tolist() == [max(0, *equity[: place + 1]) - value for place, value in enumerate(equity)]


def equity(*steps: tuple[float, int]) -> pl.DataFrame:
    """(seconds, micro-dollars) from there on."""
    times = [START_NS + round(seconds * NS_PER_SECOND) for seconds, _ in steps]
    return pl.DataFrame({"time_ns": times, "equity_micros": [micros for _, micros in steps]})


def test_the_sharpe_ratio_is_of_equal_periods() -> None:
    """A minute has sixty seconds: 30 earn 2, 30 lose 1, and nothing else is said about a year."""
    found = sharpe_of(
        equity(*((second + 0.5, (second // 2 + 1) * 2 - (second + 1) // 2) for second in range(60))),
        START_NS, START_NS + 60 * NS_PER_SECOND,
    )  # fmt: skip
    assert (found.period_ns, found.periods, found.yearly) == (NS_PER_SECOND, 60, None)
    profits = [2.0, -1.0] * 30
    deviation = sqrt(sum((profit - 0.5) ** 2 for profit in profits) / 59)
    assert found.ratio == pytest.approx(0.5 / deviation)


def test_a_run_in_which_nothing_happened_has_no_sharpe_ratio() -> None:
    """Nor has one that is shorter than any period."""
    assert sharpe_of(equity(), START_NS, START_NS + 3600 * NS_PER_SECOND).ratio is None
    assert sharpe_of(equity((0.0, 5)), START_NS, START_NS).ratio is None


def test_a_mean_over_time_counts_each_value_as_long_as_it_lasted() -> None:
    """Nothing for a second, four for three seconds."""
    rows = equity((0.0, 0), (1.0, 4))
    assert mean_over_time(rows, "equity_micros", START_NS + 4 * NS_PER_SECOND) == 3.0
