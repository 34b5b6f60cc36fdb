"""What an account hears of itself: orders, trades and what it holds, numbered without a gap.

``seq`` counts all events of the account, of every kind. In ``user.events`` none is missing; ``user.orders`` and
``user.trades`` say the same events with the same numbers, as far as they are theirs.
"""

from __future__ import annotations

from msgspec import Struct

from exchange.wire.contracts import Contractual
from exchange.wire.messages import AccountSummary, Order, UserTrade


class OrderEvent(Order, frozen=True, kw_only=True, tag_field="event", tag="order"):
    """An order after it changed."""

    seq: int = 0


class TradeEvent(UserTrade, frozen=True, kw_only=True, tag_field="event", tag="trade"):
    """A fill."""

    seq: int = 0


class Held(Contractual, frozen=True):
    """GPU-hours of an instrument: held, or owed if below 0, and how far below 0 that may go."""

    instrument_name: str
    size: float
    capacity: float
    average_price: float


class HoldingEvent(Contractual, frozen=True, kw_only=True, tag_field="event", tag="holding"):
    """Cash after a turn that moved it, and the positions that changed."""

    seq: int = 0
    timestamp: int
    balance: float
    positions: list[Held]


class NumberedSummary(AccountSummary, frozen=True, kw_only=True):
    """In ``user.portfolio``: how the account stands after the event ``seq``."""

    seq: int


PrivateEvent = OrderEvent | TradeEvent | HoldingEvent


class EventList(Struct, frozen=True):
    """Result of ``private/get_events``: events from a number on. ``last_seq`` is the last there is, 0 if none."""

    events: list[PrivateEvent]
    has_more: bool
    last_seq: int


class AccountState(Struct, frozen=True):
    """Result of ``private/get_account_state``: what the events up to ``seq`` have come to."""

    seq: int
    balance: float
    orders: list[Order]  # open ones
    positions: list[Held]
