"""One command after the other: refuse it, or do it and say what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from exchange.domain.enums import CommandKind, EventKind, Phase, Reason, Reject, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import EMPTY
from tests.reference import refusals
from tests.reference.events import Event
from tests.reference.market import GATE_FIRST, ORDER_SECOND, Account, Contract, Market, Order
from tests.reference.matching import can_fill_now, cross_then_rest, take_away
from tests.reference.refusals import effective_ticks, replaced_lots, text_of


class ReferenceExchange(Market):
    """The whole venue.

    Order ids are opaque and belong to the engine, so they are handed in: ``run`` takes the ids
    that the engine gave in this batch, and uses them up in the order of acceptance.
    """

    def run(self, commands: Iterable[Command], order_ids: Iterable[int]) -> list[Event]:
        """Apply ``commands``, already sequenced and stamped, and return what happened."""
        self.events = []
        self._order_ids: Iterator[int] = iter(order_ids)
        for command in commands:
            self.sequence = command.sequence
            self.time_ns = command.time_ns
            refuse, do = RULES.get(command.kind, (_refuse_unknown, ReferenceExchange._reject_unknown))
            reject = refuse(self, command)
            if reject:
                self._reject(command, reject)
            else:
                do(self, command)
        return self.events

    def _say(self, kind: EventKind, **columns: int) -> None:
        self.events.append(Event(sequence=self.sequence, kind=kind, **columns))

    def _reject(self, command: Command, reject: Reject) -> None:
        order_id = 0
        if command.kind in (CommandKind.CANCEL, CommandKind.REPLACE):
            # A client id names its order also when that is no longer open.
            asker = self.asker(command.account)
            order_id = command.order_id or (asker.used.get(text_of(command), 0) if asker else 0)
        elif command.kind == CommandKind.NEW and reject == Reject.DUPLICATE_CLIENT_ID:
            order_id = self.accounts[command.account].used[text_of(command)]
        self._say(
            EventKind.REJECTED,
            reason=reject,
            order_id=order_id,
            account=command.account,
            contract=command.contract,
            side=command.side,
            price_ticks=command.price_ticks,
            lots=command.lots,
        )

    def _reject_unknown(self, command: Command) -> None:
        raise AssertionError("an unknown command is always refused")

    def _target(self, command: Command) -> Order | None:
        return self.find_order(command.account, command.order_id, text_of(command))

    def _open_account(self, command: Command) -> None:
        self.accounts.append(Account(text_of(command), command.maker_fee_bps, command.taker_fee_bps))
        self._say(EventKind.ACCOUNT_OPENED, account=len(self.accounts) - 1)

    def _cash(self, command: Command) -> None:
        account = self.accounts[command.account]
        account.cash_micros += command.amount
        if text_of(command) != EMPTY:
            account.used[text_of(command)] = 0
        self._say(EventKind.CASH, account=command.account, amount=command.amount)

    def _list(self, command: Command) -> None:
        self.contracts.append(Contract(text_of(command), command.amount, command.expiry_ns))
        contract = len(self.contracts) - 1
        self.deadlines.add((command.expiry_ns, GATE_FIRST, contract, 0))
        self._say(EventKind.LISTED, contract=contract)

    def _capacity(self, command: Command) -> None:
        self.accounts[command.account].position(command.contract).capacity_lots = command.lots
        self._say(EventKind.CAPACITY, account=command.account, contract=command.contract, lots=command.lots)

    def _new(self, command: Command) -> None:
        price_ticks = effective_ticks(self.contracts[command.contract], command)
        self.arrivals += 1
        order = Order(
            order_id=next(self._order_ids, -self.sequence),  # a made-up id shows that the engine accepted less
            text=text_of(command),
            account=command.account,
            contract=command.contract,
            side=command.side,
            order_type=command.order_type,
            time_in_force=command.time_in_force,
            flags=command.flags,
            self_trade=command.self_trade,
            price_ticks=price_ticks,
            lots=command.lots,
            open_lots=command.lots,
            expiry_ns=command.expiry_ns,
            created_ns=command.time_ns,
            per_lot_micros=self.per_lot_micros(command.account, command.contract, price_ticks),
            arrival=self.arrivals,
        )
        self._remember(order)
        self._say(
            EventKind.ACCEPTED,
            order_id=order.order_id,
            account=order.account,
            contract=order.contract,
            side=order.side,
            price_ticks=price_ticks,
            lots=order.lots,
            open_lots=order.open_lots,
        )
        if order.time_in_force == TimeInForce.FOK and not can_fill_now(self, order):
            take_away(self, order, EventKind.EXPIRED, Reason.FOK, resting=False)
        else:
            cross_then_rest(self, order)

    def _remember(self, order: Order) -> None:
        account = self.accounts[order.account]
        if order.text != EMPTY:
            account.used[order.text] = order.order_id
        account.open[order.order_id] = order
        self.orders[order.order_id] = order
        self.reserve(order)
        if order.expiry_ns:
            self.deadlines.add((order.expiry_ns, ORDER_SECOND, order.arrival, order.order_id))

    def _cancel(self, command: Command) -> None:
        order = self._target(command)
        assert order is not None
        take_away(self, order, EventKind.CANCELLED, Reason.USER, resting=True)

    def _replace(self, command: Command) -> None:
        order = self._target(command)
        assert order is not None
        old_price_ticks, old_open_lots = order.price_ticks, order.open_lots
        lots, open_lots = replaced_lots(order, command)
        keeps_place = command.price_ticks == old_price_ticks and open_lots <= old_open_lots
        book = self.contracts[order.contract].book
        if not keeps_place:
            book.remove(order)
        self.release(order, order.open_lots)
        order.price_ticks, order.lots, order.open_lots = command.price_ticks, lots, open_lots
        order.per_lot_micros = self.per_lot_micros(order.account, order.contract, order.price_ticks)
        self.reserve(order)
        self._say(
            EventKind.AMENDED,
            order_id=order.order_id,
            account=order.account,
            contract=order.contract,
            side=order.side,
            price_ticks=order.price_ticks,
            lots=lots,
            open_lots=open_lots,
            old_price_ticks=old_price_ticks,
            old_open_lots=old_open_lots,
            resting=int(keeps_place),
        )
        if not keeps_place:
            cross_then_rest(self, order)

    def _cancel_all(self, command: Command) -> None:
        if command.account:
            doomed = list(self.accounts[command.account].open.values())
        else:
            doomed = [order for contract in self.contracts for order in _bids_then_asks(contract)]
        for order in doomed:
            if command.contract in (-1, order.contract):
                take_away(self, order, EventKind.CANCELLED, Reason.MASS, resting=True)

    def _tick(self, command: Command) -> None:
        while self.next_deadline_ns() <= command.time_ns:
            _, which, number, order_id = self.deadlines[0]
            if which == GATE_FIRST:
                self._gate(number)
            else:
                take_away(self, self.orders[order_id], EventKind.EXPIRED, Reason.GTD, resting=True)

    def _gate(self, number: int) -> None:
        self.deadlines.pop(0)
        contract = self.contracts[number]
        for order in _bids_then_asks(contract):
            take_away(self, order, EventKind.EXPIRED, Reason.GATE, resting=True)
        contract.phase = Phase.GATED
        self._say(EventKind.PHASE, contract=number, reason=Phase.GATED)


def _bids_then_asks(contract: Contract) -> list[Order]:
    return [*contract.book.orders(Side.BUY), *contract.book.orders(Side.SELL)]


def _refuse_unknown(market: Market, command: Command) -> Reject:
    return Reject.UNKNOWN_COMMAND


def _never_refused(market: Market, command: Command) -> Reject:
    return Reject.NONE


Refuse = Callable[[Market, Command], Reject]
Do = Callable[[ReferenceExchange, Command], None]
RULES: dict[int, tuple[Refuse, Do]] = {
    CommandKind.NEW: (refusals.refuse_new, ReferenceExchange._new),
    CommandKind.CANCEL: (refusals.refuse_cancel, ReferenceExchange._cancel),
    CommandKind.REPLACE: (refusals.refuse_replace, ReferenceExchange._replace),
    CommandKind.CANCEL_ALL: (refusals.refuse_cancel_all, ReferenceExchange._cancel_all),
    CommandKind.TICK: (_never_refused, ReferenceExchange._tick),
    CommandKind.LIST: (refusals.refuse_list, ReferenceExchange._list),
    CommandKind.OPEN_ACCOUNT: (refusals.refuse_open_account, ReferenceExchange._open_account),
    CommandKind.CASH: (refusals.refuse_cash, ReferenceExchange._cash),
    CommandKind.CAPACITY: (refusals.refuse_capacity, ReferenceExchange._capacity),
}
