"""What is required, once more from positions and scenarios alone, with NumPy; and what never happens to margin."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from exchange.domain.enums import CommandKind, EventKind, Phase, Reject, Side
from exchange.domain.records import Command
from exchange.domain.units import LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.engine import Engine
from tests.kernel.margin_commands import scenario_columns
from tests.kernel.pair import Pair
from tests.kernel.worlds import every_temper, run_world
from tests.orders import limit, named
from tests.reference.events import event_tuples

MAKER, LAB = 1, 2


def _required(engine: Engine, account: int) -> tuple[int, int]:
    """(with open orders, of positions alone), as arrays of Python's integers."""
    credit_bps = engine.account(account).credit_bps
    held = [row for row in engine.positions(account) if not engine.legs(row.contract)]
    said = [row for row in held if engine.scenarios(row.contract)]
    if credit_bps is None or not said:
        return 0, 0
    rows = np.array([row[2:6] for row in said], object)
    lots, capacity, selling = rows[:, 0], rows[:, 1], rows[:, 3]
    tick_values = np.array([engine.contract(row.contract).tick_value_micros for row in said], object)
    values = np.array([engine.scenarios(row.contract) for row in said], object) * tick_values[:, None]
    credits = values * credit_bps // 10_000
    dearest = values.max(axis=1)
    hold = dearest - np.maximum(2 * values[:, 0] - dearest, 0)
    short = np.maximum(-lots - capacity, 0)
    excess = np.maximum(selling - np.maximum(lots + capacity, 0), 0)
    owed = short @ values
    alone = owed - np.maximum(lots, 0) @ credits
    with_orders = owed - np.maximum(np.maximum(lots, 0) - selling, 0) @ credits + excess @ hold
    return max(0, *with_orders.tolist()), max(0, *alone.tolist())


@pytest.mark.parametrize("seed", every_temper())
def test_the_sums_are_those_of_the_positions(seed: int) -> None:
    """After every batch of random commands, for every account; and nobody's cash is below what is reserved."""

    def watch(pair: Pair) -> None:
        on_margin = [view.account for view in pair.engine.accounts() if view.credit_bps is not None]
        assert pair.engine.accounts_on_margin() == on_margin
        for view in pair.engine.accounts():
            assert (view.required_micros, view.required_alone_micros) == _required(pair.engine, view.account)
            assert 0 <= view.reserved_micros <= view.cash_micros
            short = view.required_alone_micros > view.cash_micros - view.bond_micros
            assert view.is_called == short

    run_world(seed, 1_500, watch=watch)


def _market(tick_value_micros: int = 1, fee_bps: int = 0) -> Pair:
    """A maker on margin, and a lab with all the money there is, in two hours."""
    pair = Pair()
    fees = {"maker_fee_bps": fee_bps, "taker_fee_bps": fee_bps}
    _apply(
        pair,
        *(named(CommandKind.OPEN_ACCOUNT, name, **fees) for name in ("maker", "lab")),
        *(named(CommandKind.LIST, name, amount=tick_value_micros, expiry_ns=NEVER_NS) for name in ("A", "B")),
        Command(kind=CommandKind.CASH, account=LAB, amount=TOTAL_MAX // 2),
        *(Command(kind=CommandKind.CAPACITY, account=LAB, contract=contract, lots=LOTS_MAX) for contract in (0, 1)),
        Command(kind=CommandKind.MARGIN_TERMS, account=MAKER, maker_fee_bps=5_000, option=1),
    )
    return pair


def _apply(pair: Pair, *commands: Command) -> list[EventKind]:
    pair.apply(list(commands))
    pair.compare_state()
    pair.engine.check()
    return [EventKind(event.kind) for event in event_tuples(pair.events)]


def _reject(pair: Pair, command: Command) -> Reject:
    assert _apply(pair, command) == [EventKind.REJECTED]
    return Reject(event_tuples(pair.events)[0].reason)


def _say(contract: int, *ticks: int) -> Command:
    values = [*ticks, *[ticks[0]] * (16 - len(ticks))]
    return Command(kind=CommandKind.MARGIN, contract=contract, **scenario_columns(values))


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_called_while_values_stand(seed: int) -> None:
    """If a maker buys below the cheapest scenario and sells above the floor, no fill leaves him with too little."""
    random = Random(seed)
    pair = _market(tick_value_micros=10, fee_bps=random.choice([0, 7, 333]))
    deposit = Command(kind=CommandKind.CASH, account=MAKER, amount=random.choice([10_000, 50_000]))
    _apply(pair, deposit, _say(0, 50, 60, 45), _say(1, 40, 38, 55))
    accepted = 0
    for _ in range(150):
        account = random.choice([MAKER, MAKER, LAB])
        contract = random.randint(0, 1)
        side = Side(random.randint(0, 1))
        price_ticks = random.randint(30, 65)
        if account == MAKER:
            bounds = [(30, 43), (42, 65)] if contract == 0 else [(25, 36), (29, 65)]
            price_ticks = random.randint(*bounds[side])
        command = limit(account, side, price_ticks, random.randint(1, 12), contract)
        if random.random() < 0.15:
            command = Command(kind=CommandKind.CANCEL_ALL, account=MAKER, contract=contract)
        pair.apply([command])
        assert not pair.engine.account(MAKER).is_called
        accepted += EventKind.REJECTED not in [event.kind for event in event_tuples(pair.events)]
    assert accepted > 50
    pair.compare_state()
    pair.engine.check()


def test_sums_at_their_bounds() -> None:
    """As much as may be at stake, up to the last lot, in orders, in positions and in values."""
    pair = _market(tick_value_micros=10**12)
    most = TOTAL_MAX // 10**12
    _apply(pair, Command(kind=CommandKind.CASH, account=MAKER, amount=TOTAL_MAX // 2), _say(0, 1))
    covered = Command(kind=CommandKind.CAPACITY, account=MAKER, contract=0, lots=LOTS_MAX)
    _apply(pair, covered, limit(MAKER, Side.SELL, 1, most))
    assert _reject(pair, limit(MAKER, Side.SELL, 1, 1)) == Reject.MARGIN_TOO_LARGE
    assert _reject(pair, limit(MAKER, Side.BUY, 1, 1)) == Reject.MARGIN_TOO_LARGE
    assert _reject(pair, _say(0, 1, 2)) == Reject.MARGIN_TOO_LARGE
    assert _reject(pair, _say(0, 1, most + 1)) == Reject.MARGIN_TOO_LARGE
    assert _reject(pair, _say(0, PRICE_TICKS_MAX)) == Reject.MARGIN_TOO_LARGE
    again = Command(kind=CommandKind.MARGIN_TERMS, account=MAKER, maker_fee_bps=10_000, option=1)
    assert _apply(pair, again) == [EventKind.CONFIGURED]
    assert _apply(pair, _say(0, 1)) == [EventKind.CONFIGURED]
    off = Command(kind=CommandKind.MARGIN_TERMS, account=MAKER)
    assert _apply(pair, off, _say(0, 1, 2)) == [EventKind.CONFIGURED] * 2
    assert _reject(pair, again) == Reject.MARGIN_TOO_LARGE


def test_a_strip_that_was_a_contract_first_counts_in_its_hours() -> None:
    """Values and capacity that a contract had before it got legs are of no account after that."""
    pair = _market()
    _apply(
        pair,
        named(CommandKind.LIST, "S", amount=1, expiry_ns=NEVER_NS),
        Command(kind=CommandKind.CAPACITY, account=MAKER, contract=2, lots=5),
        _say(2, 100),
        *(Command(kind=CommandKind.LEG, contract=2, order_id=leg) for leg in (0, 1)),
        Command(kind=CommandKind.CASH, account=MAKER, amount=10_000),
        _say(0, 50, 60),
        _say(1, 40, 44),
        limit(MAKER, Side.SELL, 90, 3, contract=2),
        limit(LAB, Side.BUY, 90, 3, contract=2),
    )
    assert pair.engine.account(MAKER).required_micros == 3 * (60 + 44)
    assert [row.lots for row in pair.engine.positions(MAKER)] == [0, -3, -3]


def test_what_is_settled_is_forgotten() -> None:
    """Nothing is required for it any more, whatever comes after."""
    pair = _market()
    _apply(
        pair,
        named(CommandKind.LIST, "SOON", amount=1, expiry_ns=100),
        Command(kind=CommandKind.CASH, account=MAKER, amount=1_000),
        _say(2, 50, 60),
        limit(LAB, Side.BUY, 50, 2, contract=2),
        limit(MAKER, Side.SELL, 50, 2, contract=2),
        Command(kind=CommandKind.TICK, time_ns=100),
    )
    stages = [
        Command(kind=CommandKind.PHASE, time_ns=100, contract=2, option=phase)
        for phase in (Phase.NOMINATED, Phase.DELIVERING, Phase.SETTLED)
    ]
    _apply(pair, *stages[:2])
    assert _reject(pair, Command(kind=CommandKind.MARGIN_TERMS, time_ns=100, account=MAKER)) == Reject.MARGIN_IN_USE
    assert pair.engine.account(MAKER).required_micros == 120
    _apply(pair, stages[2])
    assert pair.engine.account(MAKER).required_micros == 0
    off = Command(kind=CommandKind.MARGIN_TERMS, time_ns=100, account=MAKER)
    assert _apply(pair, off) == [EventKind.CONFIGURED]
