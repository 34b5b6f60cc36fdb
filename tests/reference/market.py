"""All that the reference exchange remembers, and the few moves that everything else is made of."""

from __future__ import annotations

from collections.abc import Iterator

from sortedcontainers import SortedList

from exchange.domain.enums import EventKind, Phase, Reason, SelfTrade
from exchange.domain.text import EMPTY, TextWords, pack_text
from exchange.domain.units import BPS, FIXING_LOTS, NEVER_NS
from tests.reference import sharing
from tests.reference.accounts import Account
from tests.reference.contracts import Contract
from tests.reference.events import Event
from tests.reference.fixing import remember_trade
from tests.reference.nominations import Nomination
from tests.reference.orders import Order, Wildcard, is_watched

# Which deadline comes first at the same nanosecond.
PHASE_END, GATE, EXPIRY = 0, 1, 2


class Market:
    """All state. Account 0 is the venue; nobody can ask in its name."""

    def __init__(self) -> None:
        self.sequence = 0
        self.time_ns = 0
        self.accounts: list[Account] = [Account(pack_text("venue"), 0, 0)]
        self.contracts: list[Contract] = []
        self.orders: dict[int, Order] = {}
        self.deadlines = SortedList()  # (deadline_ns, PHASE_END or GATE, contract, 0), (.., EXPIRY, arrival, order id)
        self.arrivals = 0
        self.entry_closed = False
        self.market_closed = False
        self.nominations: list[Nomination] = []
        self.touched: dict[int, None] = {}  # contracts to look at before the command is over
        self.moved: dict[int, None] = {}  # contracts that were touched in this command
        self.fixing_lots = FIXING_LOTS
        self.due: dict[int, None] = {}  # strips to look at when all contracts are at rest
        self.gathering: list[Wildcard] = []  # that wait for members
        self.freezing: list[int] = []  # accounts whose quotes must go
        self.events: list[Event] = []
        self.new_ids: Iterator[int] = iter(())

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

    def same_owner(self, one: int, other: int) -> bool:
        """Whether two accounts must not trade with each other."""
        return one == other or 0 != self.accounts[one].group == self.accounts[other].group

    def reducible_lots(self, order: Order) -> int:
        return self.accounts[order.account].position(order.contract).reducible_lots(order.side)

    def say(self, kind: EventKind, **columns: int) -> None:
        self.events.append(Event(sequence=self.sequence, kind=kind, **columns))

    def tell(self, kind: EventKind, order: Order, *, reason: int = 0, old: tuple[int, int] = (0, 0)) -> None:
        """Say how ``order`` is now; ``old`` is the price and the open lots it had."""
        self.touch(order.contract)
        self.events.append(
            Event(
                sequence=self.sequence,
                kind=kind,
                reason=reason,
                order_id=order.order_id,
                account=order.account,
                contract=order.contract,
                side=order.side,
                price_ticks=order.price_ticks,
                lots=order.lots,
                open_lots=order.open_lots,
                old_price_ticks=old[0],
                old_open_lots=old[1],
                resting=int(order.stands),
                shown_lots=order.shown_lots,
            )
        )

    def touch(self, contract: int) -> None:
        self.touched[contract] = None
        self.moved[contract] = None
        self.contracts[contract].indicated = False

    def per_lot_micros(self, account: int, contract: int, price_ticks: int) -> int:
        """What one lot can cost at most: its price, and the dearer of both fees rounded up."""
        payer = self.accounts[account]
        notional_micros = price_ticks * self.contracts[contract].tick_value_micros
        return notional_micros + -(-notional_micros * payer.reserve_bps // BPS)

    def reserve(self, order: Order) -> None:
        """Set aside what the open lots of ``order`` need; ``release`` gives back what they needed."""
        self._count_open(order, order.open_lots)

    def release(self, order: Order, lots: int) -> None:
        self._count_open(order, -lots)

    def _count_open(self, order: Order, lots: int) -> None:
        account = self.accounts[order.account]
        if order.side == 0:
            account.reserved_micros += lots * order.per_lot_micros
        if order.is_whole:
            return  # its members are in the positions
        for number in (order.contract, *self.contracts[order.contract].legs):
            position = account.position(number)
            if order.side == 0:
                position.open_buy_lots += lots
            else:
                position.open_sell_lots += lots

    def remember(self, order: Order) -> None:
        account = self.accounts[order.account]
        if order.text != EMPTY:
            account.used[order.text] = order.order_id
        account.open[order.order_id] = order
        self.orders[order.order_id] = order
        self.reserve(order)
        if order.expiry_ns:
            self.deadlines.add((order.expiry_ns, EXPIRY, order.arrival, order.order_id))
        if is_watched(order.order_type, order.time_in_force, order.flags):
            self.contracts[order.contract].watch[order.order_id] = order

    def forget(self, order: Order) -> None:
        """``order`` is no longer open, and what was reserved for it is given back by now."""
        self.leave(order)
        del self.orders[order.order_id]
        del self.accounts[order.account].open[order.order_id]
        self.contracts[order.contract].watch.pop(order.order_id, None)
        if order.expiry_ns:
            self.deadlines.remove((order.expiry_ns, EXPIRY, order.arrival, order.order_id))

    def leave(self, order: Order) -> None:
        """``order`` leaves the book or the ladder, if it is there; it stays in the watch list."""
        contract = self.contracts[order.contract]
        if order.stands:
            contract.book.remove(order)
        elif order.waits_for_trigger:
            contract.ladder(order).remove(order)
        order.price_ticks = order.limit_ticks

    def shrink(self, order: Order, lots: int, reason: int = 0) -> None:
        """``order`` keeps its place with ``lots`` less of its total and open lots; hidden lots go first."""
        if order.wildcard is not None:
            sharing.shrink(self, order, lots, reason)
            return
        old = (order.price_ticks, order.open_lots)
        self.release(order, lots)
        order.lots -= lots
        order.open_lots -= lots
        order.shown_lots = min(order.shown_lots, order.open_lots)
        self.tell(EventKind.AMENDED, order, reason=reason, old=old)

    def take_away(self, order: Order, kind: EventKind, reason: Reason) -> None:
        """End ``order`` with lots still open: CANCELLED or EXPIRED."""
        if order.wildcard is not None:
            sharing.take_away(self, order, kind, reason)
            return
        price_ticks, resting = order.price_ticks, order.stands
        self.release(order, order.open_lots)
        self.forget(order)
        self.touch(order.contract)
        self.say(
            kind,
            reason=reason,
            order_id=order.order_id,
            account=order.account,
            contract=order.contract,
            side=order.side,
            price_ticks=price_ticks,
            lots=order.open_lots,
            resting=int(resting),
        )

    def give_way(self, taker: Order, maker: Order) -> None:
        """Of two orders of one owner the taker's choice says which is cancelled."""
        if taker.self_trade != SelfTrade.CANCEL_NEWEST:
            self.take_away(maker, EventKind.CANCELLED, Reason.SELF_TRADE)
        if taker.self_trade != SelfTrade.CANCEL_OLDEST:
            self.take_away(taker, EventKind.CANCELLED, Reason.SELF_TRADE)

    def count_trade(self, number: int, price_ticks: int, lots: int) -> None:
        contract = self.contracts[number]
        contract.last_price_ticks = price_ticks
        contract.last_lots = lots
        contract.volume_lots += lots
        contract.trades += 1
        remember_trade(contract, self.time_ns, price_ticks, lots)
        self.touch(number)

    def everybody_in(self, number: int) -> list[Order]:
        """All orders of a contract as they are swept, with the wildcards that wait for members and count in it."""
        waiting = [
            next((member for member in wildcard.members if member.contract == number), wildcard.whole)
            for wildcard in self.gathering
        ]
        return [*self.contracts[number].at_work(), *[order for order in waiting if order.contract == number]]

    def is_open(self, order: Order) -> bool:
        return order.order_id in self.orders

    def is_continuous(self, order: Order) -> bool:
        return self.contracts[order.contract].phase == Phase.CONTINUOUS
