"""The largest amounts, the longest sweeps and the last order ids."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import FEE_BPS_MAX, LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.engine import EVENT_ROWS_MIN, Engine
from exchange.kernel.state import BRANCHES_EACH
from tests.kernel.modes import UNCOMPILED
from tests.kernel.pair import Pair
from tests.reference.events import Event, event_tuples

ALICE, BOB = 1, 2
_GATE_NS = 1_000
_GENERATION_MAX = 2**31 - 1


def _market(
    tick_value_micros: int,
    contracts: int = 1,
    fee_bps: int = 0,
    cash_micros: int = TOTAL_MAX,
    engine: Engine | None = None,
) -> Pair:
    """Alice has the cash, and both can sell as much as there is."""
    pair = Pair(engine)
    commands = [
        Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0], maker_fee_bps=fee_bps, taker_fee_bps=fee_bps)
        for name in ("alice", "bob")
    ]
    commands.append(Command(kind=CommandKind.CASH, account=ALICE, amount=cash_micros))
    for contract in range(contracts):
        symbol = pack_text(f"C{contract}")[0]
        commands.append(
            Command(kind=CommandKind.LIST, text_0=symbol, amount=tick_value_micros, expiry_ns=_GATE_NS + contract)
        )
        commands += [
            Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=LOTS_MAX)
            for account in (ALICE, BOB)
        ]
    pair.apply(commands)
    return pair


def _order(account: int, side: Side, price_ticks: int, lots: int = 1, contract: int = 0) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )


def _apply(pair: Pair, *commands: Command) -> list[Event]:
    pair.apply(list(commands))
    pair.compare_state()
    pair.engine.check()
    return event_tuples(pair.events)


def test_all_the_money_there_is_can_be_spent_in_one_trade() -> None:
    """Half of it on the lots and half on a fee of 100%; one lot more is too large."""
    pair = _market(10**12, fee_bps=FEE_BPS_MAX)
    lots = TOTAL_MAX // 2 // 10**12
    refused = _apply(pair, _order(ALICE, Side.BUY, 1, lots + 1), _order(BOB, Side.SELL, 1, lots + 1))
    assert [event.reason for event in refused] == [Reject.NOTIONAL_TOO_LARGE, Reject.NOTIONAL_TOO_LARGE]
    events = _apply(pair, _order(ALICE, Side.BUY, 1, lots), _order(BOB, Side.SELL, 1, lots))
    (fill,) = (event for event in events if event.kind == EventKind.FILLED)
    assert (fill.amount, fill.fee, fill.maker_fee) == (TOTAL_MAX // 2, TOTAL_MAX // 2, TOTAL_MAX // 2)
    assert [account.cash_micros for account in pair.engine.accounts()] == [TOTAL_MAX, 0, 0]


def test_cost_stops_at_its_bound_when_the_same_money_goes_round() -> None:
    """Alice buys one contract from Bob and sells him another, again and again, with all money each time."""
    pair = _market(10**12, contracts=2)
    price_ticks = TOTAL_MAX // 10**12
    for _ in range(3):
        _apply(
            pair,
            _order(BOB, Side.SELL, price_ticks),
            _order(ALICE, Side.BUY, price_ticks),
            _order(ALICE, Side.SELL, price_ticks, contract=1),
            _order(BOB, Side.BUY, price_ticks, contract=1),
        )
    assert [position.cost_micros for position in pair.engine.positions(ALICE)] == [TOTAL_MAX, -TOTAL_MAX]
    assert [position.lots for position in pair.engine.positions(ALICE)] == [3, -3]


def test_sweeps_longer_than_any_buffer_of_events() -> None:
    """One command that fills, cancels, expires or gates more orders than fit the engine's event rows."""
    count = 200 if UNCOMPILED else 17_000
    pair = _market(1, engine=Engine(event_rows=EVENT_ROWS_MIN))
    offers = [_order(BOB, Side.SELL, 1 + place % 700) for place in range(count)]
    _apply(pair, *offers)
    swept = _apply(pair, _order(ALICE, Side.BUY, 700, count + 5)._replace(time_in_force=TimeInForce.IOC))
    assert sum(event.kind == EventKind.FILLED for event in swept) == count
    _apply(pair, *offers)
    own = _order(BOB, Side.BUY, 700, count)._replace(self_trade=SelfTrade.CANCEL_OLDEST)
    cash = Command(kind=CommandKind.CASH, account=ALICE, amount=-(10**18))
    _apply(pair, cash, Command(kind=CommandKind.CASH, account=BOB, amount=10**18))
    assert sum(event.kind == EventKind.CANCELLED for event in _apply(pair, own)) == count
    for cancel_all in (
        Command(kind=CommandKind.CANCEL_ALL, account=BOB, contract=-1),
        Command(kind=CommandKind.CANCEL_ALL),
    ):
        _apply(pair, *(_order(BOB, Side.SELL, 701 + place % 700) for place in range(count)))
        assert len(_apply(pair, cancel_all)) >= count
    expiring = [
        offer._replace(time_in_force=TimeInForce.GTD, expiry_ns=5 + place % 3) for place, offer in enumerate(offers)
    ]
    _apply(pair, *expiring)
    assert len(_apply(pair, Command(kind=CommandKind.TICK, time_ns=10))) == count
    _apply(pair, *(offer._replace(time_ns=10) for offer in offers))
    assert len(_apply(pair, Command(kind=CommandKind.TICK, time_ns=_GATE_NS))) == count + 2
    assert pair.engine.next_deadline_ns() == NEVER_NS


def test_a_row_whose_ids_are_used_up_is_never_used_again() -> None:
    """After two thousand million orders in one place its next id would be the first one again."""
    pair = _market(1)
    _apply(pair, _order(BOB, Side.SELL, 1))
    (last,) = pair.engine.open_orders()
    _apply(pair, Command(kind=CommandKind.CANCEL, account=BOB, order_id=last.order_id))
    row = last.order_id & (2**32 - 1)
    # Nobody has the time to get there by trading.
    pair.engine._state.orders["generation"][row] = _GENERATION_MAX
    accepted = [_apply(pair, _order(BOB, Side.SELL, 1))[0].order_id for _ in range(2)]
    assert accepted[0] == _GENERATION_MAX << 32 | row
    _apply(pair, Command(kind=CommandKind.CANCEL, account=BOB, order_id=accepted[0]))
    accepted += [_apply(pair, _order(BOB, Side.SELL, 1))[0].order_id for _ in range(3)]
    assert [order_id & (2**32 - 1) for order_id in accepted].count(row) == 1
    assert min(accepted) > 0


def test_the_farthest_orders_of_all_find_room() -> None:
    """A book of one page that hears of the highest price needs the most branches; so do many at once."""
    contracts = 300 if UNCOMPILED else 4_000
    pair = _market(1, contracts)
    _apply(pair, *(_order(ALICE, Side.SELL, 1, contract=contract) for contract in range(contracts)))
    before = int(pair.engine._state.header["branches"][0])
    _apply(pair, *(_order(ALICE, Side.SELL, PRICE_TICKS_MAX, contract=contract) for contract in range(contracts)))
    assert int(pair.engine._state.header["branches"][0]) - before == contracts * BRANCHES_EACH
    assert pair.engine._state.branches.shape[0] >= pair.engine._state.header["branches"][0]
