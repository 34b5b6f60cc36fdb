"""Everybody's books, kept from the events alone: money, hours, what was declared, and which node serves whom.

It knows none of the engine's sums. ``check`` compares the two, and asks that nobody could spend or sell twice.
"""

from __future__ import annotations

from collections import Counter

from exchange.domain.enums import CommandKind, EventKind, Side, TransferFlag
from exchange.engine import Engine
from tests.reference.events import Event

VENUE = 0


class Auditor:
    def __init__(self) -> None:
        self.deposits_micros = 0
        self.cash_micros: Counter[int] = Counter()  # by account
        self.bond_micros: Counter[int] = Counter()
        self.lots: Counter[tuple[int, int]] = Counter()  # by account and hour: bought less sold
        self.declared_lots: Counter[tuple[int, int]] = Counter()
        self.legs: dict[int, list[int]] = {}  # of each strip
        self.served_lots: Counter[tuple[int, int]] = Counter()  # by seller and hour
        self.got_lots: Counter[tuple[int, int]] = Counter()  # by buyer and hour
        self.nominated: dict[int, int] = {}  # which hour each nomination is of
        self.ended_minutes: Counter[int] = Counter()  # of each nomination: delivered, made good or compensated

    def hear(self, event: Event) -> None:
        if event.kind == EventKind.CASH:
            self.deposits_micros += event.amount
            self.cash_micros[event.account] += event.amount
        elif event.kind == EventKind.CAPACITY:
            self.declared_lots[event.account, event.contract] = event.lots
        elif event.kind == EventKind.CONFIGURED and event.reason == CommandKind.LEG:
            self.legs.setdefault(event.contract, []).append(event.order_id)
        elif event.kind == EventKind.FILLED:
            self._trade(event)
        elif event.kind == EventKind.BOND:
            self.bond_micros[event.account] += event.amount
        elif event.kind == EventKind.TRANSFER:
            self._pay(event, from_bond=event.reason == TransferFlag.FROM_BOND)
        elif event.kind in (EventKind.COMPENSATED, EventKind.MADE_GOOD):
            self._pay(event, from_bond=True)
            self.ended_minutes[event.order_id] += event.lots
        elif event.kind == EventKind.ATTESTED:
            self.ended_minutes[event.order_id] += event.lots
        elif event.kind == EventKind.BOUGHT_IN:
            self._pay(event, from_bond=False)
            self.bond_micros[event.account] -= event.maker_fee
            self.lots[event.account, event.contract] += event.lots
            self.lots[event.maker_account, event.contract] -= event.lots
        elif event.kind == EventKind.NOMINATED:
            assert event.order_id not in self.nominated
            self.nominated[event.order_id] = event.contract
            self.served_lots[event.account, event.contract] += 1
            self.got_lots[event.maker_account, event.contract] += 1

    def _trade(self, event: Event) -> None:
        """Each side pays or gets the price, and both the fees; a strip is the same lots of all its hours."""
        sign = 1 if event.side == Side.BUY else -1
        for account, direction, fee in (
            (event.account, sign, event.fee),
            (event.maker_account, -sign, event.maker_fee),
        ):
            self.cash_micros[account] -= direction * event.amount + fee
            self.cash_micros[VENUE] += fee
            for hour in self.legs.get(event.contract, [event.contract]):
                self.lots[account, hour] += direction * event.lots

    def _pay(self, event: Event, from_bond: bool) -> None:
        self.cash_micros[event.account] -= event.amount
        self.cash_micros[event.maker_account] += event.amount
        if from_bond:
            self.bond_micros[event.account] -= event.amount

    def check_money(self, engine: Engine) -> None:
        """AssertionError at the first account whose money differs."""
        assert sum(self.cash_micros.values()) == self.deposits_micros
        for account in engine.accounts():
            assert account.cash_micros == self.cash_micros[account.account] >= account.reserved_micros >= 0
            assert account.bond_micros == self.bond_micros[account.account] >= 0

    def check(self, engine: Engine) -> None:
        """The same, and at the first who could spend or sell what he has not got."""
        self.check_money(engine)
        for number in range(len(engine.accounts())):
            offered_lots = self._offered_lots(engine, number)
            for position in engine.positions(number):
                if position.contract not in self.legs:
                    self._check_hour(engine, number, position.contract, offered_lots[position.contract])
            self._check_means(engine, number)

    def _offered_lots(self, engine: Engine, account: int) -> Counter[int]:
        """By hour, strips in each of theirs. A wildcard offers what its members do."""
        offered_lots: Counter[int] = Counter()
        for order in engine.open_orders(account):
            if order.side == Side.SELL and order.wildcard_id != order.order_id:
                for hour in self.legs.get(order.contract, [order.contract]):
                    offered_lots[hour] += order.open_lots
        return offered_lots

    def _check_hour(self, engine: Engine, account: int, contract: int, offered_lots: int) -> None:
        """What was sold, and what is offered in the hour and in strips of it, is not more than what there is."""
        sold_lots = -self.lots[account, contract]
        # Who is on margin may owe more: that it has the means is the engine's sums, which are checked elsewhere.
        if engine.account(account).credit_bps is None:
            assert sold_lots + offered_lots <= self.declared_lots[account, contract]
        assert self.served_lots[account, contract] <= max(sold_lots, 0)
        assert self.got_lots[account, contract] <= max(-sold_lots, 0)

    def _check_means(self, engine: Engine, account: int) -> None:
        """Every open buy can be paid with its fee at its limit, all of them together, and the bond is there too."""
        view = engine.account(account)
        needed_micros = 0
        for order in engine.open_orders(account):
            if order.side == Side.BUY:
                notional = order.limit_ticks * engine.contract(order.contract).tick_value_micros
                needed_micros += order.open_lots * (notional + -(-notional * view.reserve_bps // 10_000))
        assert 0 <= needed_micros + self.bond_micros[account] <= self.cash_micros[account]
