"""What the reference exchange remembers: accounts, contracts, their books, open orders and deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sortedcontainers import SortedDict, SortedList

from exchange.domain.enums import Phase, Side
from exchange.domain.text import EMPTY, TextWords, pack_text
from exchange.domain.units import BPS, NEVER_NS
from tests.reference.events import Event

GATE_FIRST, ORDER_SECOND = 0, 1  # which deadline comes first at the same nanosecond


@dataclass(slots=True)
class Order:
    """An open order. ``per_lot_micros`` is what a buyer sets aside for each open lot, fee included."""

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
    lots: int
    open_lots: int
    expiry_ns: int
    created_ns: int
    per_lot_micros: int
    arrival: int  # 1, 2, 3, ... in the order of acceptance


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


@dataclass(slots=True)
class Account:
    """``used`` maps every client id ever accepted to its order id (0 for a cash movement)."""

    name: TextWords
    maker_fee_bps: int
    taker_fee_bps: int
    cash_micros: int = 0
    reserved_micros: int = 0
    used: dict[TextWords, int] = field(default_factory=dict)
    open: dict[int, Order] = field(default_factory=dict)  # in the order they were accepted
    positions: dict[int, Position] = field(default_factory=dict)

    @property
    def free_micros(self) -> int:
        return self.cash_micros - self.reserved_micros

    def position(self, contract: int) -> Position:
        return self.positions.setdefault(contract, Position())


class Book:
    """One contract's resting orders: price -> orders by id, oldest first."""

    def __init__(self) -> None:
        self._levels: tuple[SortedDict, SortedDict] = (SortedDict(), SortedDict())

    def best_ticks(self, side: int) -> int:
        """The best price of ``side``, 0 if nobody stands there."""
        levels = self._levels[side]
        if not levels:
            return 0
        price_ticks: int = levels.peekitem(-1 if side == Side.BUY else 0)[0]
        return price_ticks

    def oldest(self, side: int) -> Order | None:
        """The order that is next to trade."""
        best_ticks = self.best_ticks(side)
        if not best_ticks:
            return None
        queue: dict[int, Order] = self._levels[side][best_ticks]
        return next(iter(queue.values()))

    def orders(self, side: int) -> Iterator[Order]:
        """Best price first, oldest first. The book must not change meanwhile."""
        levels = self._levels[side]
        for price_ticks in reversed(levels) if side == Side.BUY else iter(levels):
            yield from levels[price_ticks].values()

    def queue(self, side: int, price_ticks: int) -> list[Order]:
        return list(self._levels[side].get(price_ticks, {}).values())

    def levels(self, side: int) -> list[tuple[int, int]]:
        """(price, open lots) of every level, best first."""
        totals = [
            (price, sum(order.open_lots for order in queue.values())) for price, queue in self._levels[side].items()
        ]
        return totals[::-1] if side == Side.BUY else totals

    def add(self, order: Order) -> None:
        self._levels[order.side].setdefault(order.price_ticks, {})[order.order_id] = order

    def remove(self, order: Order) -> None:
        levels = self._levels[order.side]
        del levels[order.price_ticks][order.order_id]
        if not levels[order.price_ticks]:
            del levels[order.price_ticks]


@dataclass(slots=True)
class Contract:
    symbol: TextWords
    tick_value_micros: int
    gate_ns: int
    phase: int = Phase.CONTINUOUS
    book: Book = field(default_factory=Book)
    last_price_ticks: int = 0
    last_lots: int = 0
    volume_lots: int = 0
    trades: int = 0

    def closed(self, time_ns: int) -> bool:
        return self.phase != Phase.CONTINUOUS or time_ns >= self.gate_ns


class Market:
    """All state. Account 0 is the venue; nobody can ask in its name."""

    def __init__(self) -> None:
        self.sequence = 0
        self.time_ns = 0
        self.accounts: list[Account] = [Account(pack_text("venue"), 0, 0)]
        self.contracts: list[Contract] = []
        self.orders: dict[int, Order] = {}
        self.deadlines = (
            SortedList()
        )  # (deadline_ns, GATE_FIRST, contract, 0) or (..., ORDER_SECOND, arrival, order id)
        self.arrivals = 0
        self.events: list[Event] = []

    def next_deadline_ns(self) -> int:
        return self.deadlines[0][0] if self.deadlines else NEVER_NS

    def asker(self, account: int) -> Account | None:
        """The account that asks, unless there is none of that number."""
        return self.accounts[account] if 0 < account < len(self.accounts) else None

    def find_order(self, account: int, order_id: int, text: TextWords) -> Order | None:
        """By id if there is one, else by the client id that ``account`` gave it. Only open orders are found."""
        if order_id == 0 and text != EMPTY:
            order_id = self.accounts[account].used.get(text, 0)
        return self.orders.get(order_id)

    def per_lot_micros(self, account: int, contract: int, price_ticks: int) -> int:
        """What one lot can cost at most: its price, and the dearer of both fees rounded up."""
        payer = self.accounts[account]
        notional_micros = price_ticks * self.contracts[contract].tick_value_micros
        return notional_micros + -(-notional_micros * max(payer.maker_fee_bps, payer.taker_fee_bps) // BPS)

    def reserve(self, order: Order) -> None:
        """Set aside what the open lots of ``order`` need; ``release`` gives back what they needed."""
        self._count_open(order, order.open_lots)

    def release(self, order: Order, lots: int) -> None:
        self._count_open(order, -lots)

    def _count_open(self, order: Order, lots: int) -> None:
        account = self.accounts[order.account]
        position = account.position(order.contract)
        if order.side == Side.BUY:
            account.reserved_micros += lots * order.per_lot_micros
            position.open_buy_lots += lots
        else:
            position.open_sell_lots += lots

    def forget(self, order: Order) -> None:
        """``order`` is no longer open: by now it rests nowhere and its reservation is given back."""
        del self.orders[order.order_id]
        del self.accounts[order.account].open[order.order_id]
        if order.expiry_ns:
            self.deadlines.remove((order.expiry_ns, ORDER_SECOND, order.arrival, order.order_id))
