"""What the reference exchange remembers of an account: cash, positions, limits and protection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from exchange.domain.enums import Side
from exchange.domain.text import TextWords
from tests.reference.orders import Order


@dataclass(slots=True)
class Position:
    """What an account holds in a contract, how far below zero it may go, and what its orders may still do.

    ``cost_micros`` is what was paid for buys less what was received for sells, fees apart; it stops
    at the bound of all totals, as the same money can go round and round.
    """

    lots: int = 0
    capacity_lots: int = 0
    open_buy_lots: int = 0
    open_sell_lots: int = 0
    cost_micros: int = 0

    @property
    def sellable_lots(self) -> int:
        return self.lots + self.capacity_lots - self.open_sell_lots

    def reducible_lots(self, side: int) -> int:
        """What an order of ``side`` may trade and only bring the position nearer to zero."""
        return max(0, self.lots if side == Side.SELL else -self.lots)


class Cap(NamedTuple):
    """The limits of one scope, 0 for none."""

    position: int = 0
    orders: int = 0


@dataclass(slots=True)
class Protection:
    """How much of a market maker's quotes may be hit within a window before the rest is withdrawn."""

    limit_lots: int = 0
    limit_delta: int = 0
    window_ns: int = 0
    start_ns: int | None = None
    lots: int = 0
    delta: int = 0
    frozen: bool = False

    def reset(self) -> None:
        self.start_ns, self.lots, self.delta, self.frozen = None, 0, 0, False


@dataclass(slots=True)
class Account:
    """``used`` maps every client id ever accepted to its order id (0 for a cash movement)."""

    name: TextWords
    maker_fee_bps: int
    taker_fee_bps: int
    cash_micros: int = 0
    bond_micros: int = 0  # part of what is reserved
    reserve_bps: int = field(init=False)  # the fee for which its buys hold, whatever it pays later
    reserved_micros: int = 0
    used: dict[TextWords, int] = field(default_factory=dict)
    open: dict[int, Order] = field(default_factory=dict)  # in the order they were accepted
    positions: dict[int, Position] = field(default_factory=dict)
    group: int = 0
    disabled: bool = False
    caps: dict[tuple[int, int, int], Cap] = field(default_factory=dict)  # by scope, SKU and region
    order_lots_max: int = 0
    price_bps_max: int = 0
    rate_interval_ns: int = 0
    rate_burst: int = 0
    rate_arrival_ns: int = 0  # the theoretical arrival time of the next command
    protection: Protection = field(default_factory=Protection)
    credit_bps: int | None = None  # of what is held, on margin; None without
    is_called: bool = False

    def __post_init__(self) -> None:
        self.reserve_bps = max(self.maker_fee_bps, self.taker_fee_bps)

    @property
    def free_micros(self) -> int:
        return self.cash_micros - self.reserved_micros

    def position(self, contract: int) -> Position:
        position = self.positions.get(contract)
        if position is None:
            position = self.positions[contract] = Position()
        return position

    @property
    def in_markets(self) -> list[Order]:
        """Its open orders where they are: of a wildcard the members."""
        return [
            each
            for order in self.open.values()
            for each in (order.wildcard.members if order.wildcard is not None else [order])
        ]

    def quotes(self, contract: int) -> list[Order]:
        """Its quotes in a contract, slots ascending, bid before ask."""
        quotes = [order for order in self.open.values() if order.is_quote and order.contract == contract]
        return sorted(quotes, key=lambda order: (order.slot, order.side))
