"""What a strategy wants. ``Quote`` and ``Ladder`` say what shall be working; the others are single acts.

A quote or ladder stands until the next one for its side. What is filled is used up: it is not
placed again until the strategy says so.
"""

from collections.abc import Iterable
from typing import NamedTuple

from exchange.domain.enums import OrderType, Side, TimeInForce
from exchange.domain.instruments import Contract


class Rung(NamedTuple):
    price_ticks: int
    lots: int


class Quote(NamedTuple):
    """One bid and one ask to be working in this contract; 0 lots means none on that side."""

    contract: Contract
    bid_ticks: int = 0
    bid_lots: int = 0
    ask_ticks: int = 0
    ask_lots: int = 0


class Ladder(NamedTuple):
    """Everything that shall be working on one side of this contract; no rungs means nothing."""

    contract: Contract
    side: Side
    rungs: tuple[Rung, ...] = ()
    post_only: bool = False


class New(NamedTuple):
    """One order that the strategy looks after itself; a GTD order needs ``expiry_ns``."""

    contract: Contract
    side: Side
    price_ticks: int
    lots: int
    time_in_force: TimeInForce = TimeInForce.GTC
    order_type: OrderType = OrderType.LIMIT
    post_only: bool = False
    expiry_ns: int = 0
    tag: str = ""


class Cancel(NamedTuple):
    client_id: str


class Replace(NamedTuple):
    """``lots`` is what shall be open afterwards; what fills while it waits counts off."""

    client_id: str
    price_ticks: int
    lots: int


class Ceiling(NamedTuple):
    """At no time may more lots be open in orders that stand for quotes and ladders on this side; fills count off.

    Also while one order is pulled and another placed. It stands until the next one for this side.
    """

    contract: Contract
    side: Side
    lots: int


Intent = Quote | Ladder | New | Cancel | Replace | Ceiling
Intents = Iterable[Intent]
