"""One open order, and what follows from its kind alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.domain.enums import Flag, OrderType, Side, TimeInForce
from exchange.domain.text import TextWords

RESTING_TIMES = (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
PEGS = (OrderType.PEG_BEST, OrderType.PEG_MID)
# Flags as plain numbers: an IntFlag is ten times as slow, and its complement knows no bits beyond its members.
POST_ONLY = int(Flag.POST_ONLY)
SLIDE = int(Flag.SLIDE)
REDUCE_ONLY = int(Flag.REDUCE_ONLY)
ALL_OR_NONE = int(Flag.ALL_OR_NONE)
ON_MARK = int(Flag.ON_MARK)


@dataclass(slots=True, eq=False)
class Order:
    """An open order. ``per_lot_micros`` is what a buyer sets aside for each open lot, fee included.

    It stands in the visible book, or waits for its trigger, or waits in the watch list (parked), or
    is in the hand of whoever works it. ``price_ticks`` is where it stands, its limit while it does not.
    """

    order_id: int
    text: TextWords
    account: int
    contract: int
    side: int
    order_type: int
    time_in_force: int
    flags: int
    self_trade: int
    price_ticks: int
    limit_ticks: int
    lots: int
    open_lots: int
    expiry_ns: int
    created_ns: int
    per_lot_micros: int
    arrival: int  # 1, 2, 3, ... in the order of acceptance
    trigger_ticks: int = 0
    display_lots: int = 0
    offset_ticks: int = 0
    slot: int = -1  # of a quote
    shown_lots: int = 0
    stands: bool = False
    waits_for_trigger: bool = False
    wildcard: Wildcard | None = None  # of which it is the whole, or a member
    cohesion: int = 0

    # What its kind says, looked up so often that it is worked out once.
    rests: bool = field(init=False)  # its time in force lets it stay
    pegged: bool = field(init=False)
    all_or_none: bool = field(init=False)
    reduces_only: bool = field(init=False)

    def __post_init__(self) -> None:
        self.rests = self.time_in_force in RESTING_TIMES
        self.pegged = self.order_type in PEGS
        self.all_or_none = bool(self.flags & ALL_OR_NONE)
        self.reduces_only = bool(self.flags & REDUCE_ONLY)

    @property
    def is_whole(self) -> bool:
        """Whether it stands for a wildcard, and its members for it in their books."""
        return self.wildcard is not None and self.wildcard.whole is self

    @property
    def is_quote(self) -> bool:
        return self.slot >= 0

    @property
    def slice_lots(self) -> int:
        """What shows of it when it takes its place in the book."""
        return min(self.display_lots or self.open_lots, self.open_lots)


@dataclass(slots=True, eq=False)
class Wildcard:
    """An order that the client knows, and one in each of its contracts; all have the same open lots."""

    whole: Order
    awaited: int
    members: list[Order] = field(default_factory=list)


def is_watched(order_type: int, time_in_force: int, flags: int) -> bool:
    """Whether such an order must be looked at whenever its contract moves."""
    resting_limit = order_type == OrderType.LIMIT and time_in_force in RESTING_TIMES
    return order_type in PEGS or bool(flags & ALL_OR_NONE) or (resting_limit and bool(flags & REDUCE_ONLY))


def within(side: int, price_ticks: int, limit_ticks: int) -> bool:
    """Whether an order of ``side`` that goes as far as ``limit_ticks`` would trade at ``price_ticks``."""
    return price_ticks <= limit_ticks if side == Side.BUY else price_ticks >= limit_ticks
