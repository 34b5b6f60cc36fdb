"""What scenarios of delivery do not reach: bounds, and many nodes."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Reject, Side
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import PRICE_TICKS_MAX
from tests.kernel.pair import Pair
from tests.kernel.scene import text_columns
from tests.reference.events import Event, event_tuples

_GATE_NS = 10_000
_TICK_VALUE_MICROS = 10**12
SELLER, BUYER = 1, 2


def _ask(pair: Pair, *commands: Command) -> list[Event]:
    pair.apply(list(commands))
    return event_tuples(pair.events)


def _traded(lots: int) -> Pair:
    """A contract past its gate in which the seller owes the buyer ``lots``."""
    pair = Pair()
    limit = Command(kind=CommandKind.NEW, price_ticks=1, lots=lots, order_type=1, time_in_force=1)
    _ask(
        pair,
        *(Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(pack_text(name))) for name in ("seller", "buyer")),
        Command(kind=CommandKind.LIST, amount=_TICK_VALUE_MICROS, expiry_ns=_GATE_NS, **text_columns(pack_text("H"))),
        Command(kind=CommandKind.CASH, account=BUYER, amount=lots * _TICK_VALUE_MICROS),
        Command(kind=CommandKind.CAPACITY, account=SELLER, lots=lots),
        limit._replace(account=SELLER, side=Side.SELL),
        limit._replace(account=BUYER, side=Side.BUY),
        Command(kind=CommandKind.TICK, time_ns=_GATE_NS),
    )
    return pair


def _about(kind: CommandKind, node: str, **columns: int) -> Command:
    return Command(kind=kind, time_ns=_GATE_NS, **text_columns(pack_text(node)), **columns)


def test_a_price_out_of_bounds_compensates_nothing() -> None:
    pair = _traded(1)
    _ask(pair, _about(CommandKind.NOMINATE, "n", account=SELLER, order_id=BUYER), _about(CommandKind.ATTEST, "n"))
    asked = [
        _about(CommandKind.COMPENSATE, "n", lots=1, price_ticks=price_ticks)
        for price_ticks in (0, PRICE_TICKS_MAX + 1, PRICE_TICKS_MAX)
    ]
    reasons = [event.reason for event in _ask(pair, *asked)]
    assert reasons == [Reject.BAD_PRICE, Reject.BAD_PRICE, Reject.NOTIONAL_TOO_LARGE]
    pair.compare_state()


def test_nodes_that_share_a_place_in_the_index_are_told_apart() -> None:
    """Among so many several begin their search where another one stands."""
    pair = _traded(1_000)
    nominate = [
        _about(CommandKind.NOMINATE, f"node-{number}", account=SELLER, order_id=BUYER) for number in range(1_000)
    ]
    assert not any(event.reason for event in _ask(pair, *nominate))
    assert {event.reason for event in _ask(pair, *nominate)} == {Reject.NODE_TAKEN}
    pair.compare_state()
    pair.engine.check()
