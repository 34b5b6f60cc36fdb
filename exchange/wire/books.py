"""What the venue says of a book in other ways than level by level: its top, and order by order."""

from typing import Literal

from msgspec import UNSET, UnsetType

from exchange.wire.messages import Action, Level, Message

# (action, price, amount, id of the order in this channel); the amount of a delete is 0.
OrderStep = tuple[Action, float, float, int]


class BookTop(Message, frozen=True):
    """Data of ``book.X.GROUP.DEPTH.INTERVAL``: the best levels as they are, which replace those said before."""

    timestamp: int
    instrument_name: str
    change_id: int
    bids: list[Level]
    asks: list[Level]


class BookOrders(Message, frozen=True):
    """Data of ``book.X.l3``: at first every order in sight, best price first and then oldest first.

    Each change says what happened to each side, in order: ``new`` stands behind all others at its
    price, ``change`` keeps its place. The first one is without ``prev_change_id``.
    """

    type: Literal["snapshot", "change"]
    timestamp: int
    instrument_name: str
    change_id: int
    bids: list[OrderStep]
    asks: list[OrderStep]
    prev_change_id: int | UnsetType = UNSET
