"""A strip order from one hand meets more resting orders than a buffer of events holds."""

from __future__ import annotations

from exchange.domain.enums import Cohesion, CommandKind, EventKind, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import NEVER_NS
from exchange.engine import EVENT_ROWS_MIN, Engine
from tests.kernel.pair import Pair
from tests.orders import limit
from tests.reference.events import event_tuples

_SELLER, _OTHER, _BUYER = 1, 2, 3
_STRIP = 2


def _order(account: int, side: Side, lots: int, **columns: int) -> Command:
    return limit(account, side, 100, lots, _STRIP, **columns)


def test_it_goes_on_until_it_is_filled() -> None:
    """All from one seller, although another stands between his orders."""
    pair = Pair(engine=Engine(event_rows=EVENT_ROWS_MIN))
    pair.apply([Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("a", "b", "c")])
    names = [pack_text(name)[0] for name in ("A", "B", "AB")]
    pair.apply([Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, text_0=name) for name in names])
    pair.apply([Command(kind=CommandKind.LEG, contract=_STRIP, order_id=hour) for hour in range(_STRIP)])
    pair.apply([Command(kind=CommandKind.CASH, account=_BUYER, amount=10**9)])
    pair.apply(
        [
            Command(kind=CommandKind.CAPACITY, account=account, contract=hour, lots=10**6)
            for account in (_SELLER, _OTHER)
            for hour in range(_STRIP)
        ]
    )
    pair.apply([_order(account, Side.SELL, 1) for _ in range(EVENT_ROWS_MIN) for account in (_SELLER, _OTHER)])
    fok = {"time_in_force": TimeInForce.FOK, "option": Cohesion.NODE}
    pair.apply([_order(_BUYER, Side.BUY, EVENT_ROWS_MIN, **fok)])
    fills = [event for event in event_tuples(pair.events) if event.kind == EventKind.FILLED]
    assert {(event.maker_account, event.old_open_lots) for event in fills} == {(_SELLER, Cohesion.NODE)}
    assert len(fills) == EVENT_ROWS_MIN
    pair.compare_state()
    pair.engine.check()
