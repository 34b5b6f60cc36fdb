"""Money that moves without a trade, and what becomes of lots after their gate."""

from __future__ import annotations

from exchange.domain.enums import EventKind, TransferFlag
from exchange.domain.records import Command
from exchange.gateway.mirror.changes import Changes
from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.gateway.mirror.nominations import NominationRecord
from exchange.gateway.mirror.state import NEWS_KEPT, State
from exchange.wire.contracts import Delivery
from exchange.wire.events import Event, text_of

_COMPENSATIONS = (EventKind.COMPENSATED, EventKind.MADE_GOOD)


class Clearing(State):
    """The part of the mirror that follows them."""

    _changes: Changes

    def _cash(self, command: Command, event: Event) -> None:
        self.accounts[event.account].cash_micros += event.amount
        self._changes.accounts.add(event.account)

    def _transfer(self, command: Command, event: Event) -> None:
        self.accounts[event.maker_account].cash_micros += event.amount
        self.accounts[event.account].cash_micros -= event.amount
        if event.reason == TransferFlag.FROM_BOND:
            self.accounts[event.account].reserved_micros -= event.amount
        self._changes.accounts.update((event.account, event.maker_account))

    def _nominated(self, command: Command, event: Event) -> None:
        provider, buyer = self.accounts[event.account], self.accounts[event.maker_account]
        self.nominations.add(self.markets[event.contract], text_of(command), provider, buyer)
        self._delivered(command, event)

    def _attested(self, command: Command, event: Event) -> None:
        self._nomination(command).minutes = event.lots
        self._delivered(command, event)

    def _nomination(self, command: Command) -> NominationRecord:
        """The one that was nominated before a command about it was accepted."""
        record = self.nominations.get(command.contract, text_of(command))
        assert record is not None
        return record

    def _compensated(self, command: Command, event: Event) -> None:
        self._nomination(command).compensated_minutes += event.lots
        self._delivered(command, event)
        self.accounts[event.account].reserved_micros -= event.amount
        self.accounts[event.account].cash_micros -= event.amount
        self.accounts[event.maker_account].cash_micros += event.amount
        self._changes.accounts.update((event.account, event.maker_account))

    def _bought_in(self, command: Command, event: Event) -> None:
        market = self.markets[event.contract]
        for number, sign in ((event.account, 1), (event.maker_account, -1)):
            account = self.accounts[number]
            account.cash_micros -= sign * event.amount
            account.hold(market, sign * event.lots, sign * event.amount)
        self.accounts[event.account].reserved_micros -= event.maker_fee
        self._changes.accounts.update((event.account, event.maker_account))

    def _bond(self, command: Command, event: Event) -> None:
        self.accounts[event.account].reserved_micros += event.amount
        self._changes.accounts.add(event.account)

    def _capacity(self, command: Command, event: Event) -> None:
        account = self.accounts[event.account]
        held = account.moved[event.contract] = account.holding(self.markets[event.contract])
        held.capacity_lots = event.lots
        self._changes.accounts.add(event.account)

    def _delivered(self, command: Command, event: Event) -> None:
        """One node was nominated, or attested, or compensated for."""
        market = self.markets[event.contract]
        before = self.deliveries.pop(market.number, None) or Delivery(market.symbol, 0, 0, 0, 0, 0)
        is_attested = event.kind == EventKind.ATTESTED
        delivery = Delivery(
            market.symbol,
            command.time_ns // NS_PER_MS,
            before.nodes + (event.kind == EventKind.NOMINATED),
            before.attested + is_attested,
            before.minutes + event.lots * is_attested,
            before.compensated_minutes + event.lots * (event.kind in _COMPENSATIONS),
        )
        self.deliveries[market.number] = delivery
        if len(self.deliveries) > NEWS_KEPT:
            del self.deliveries[next(iter(self.deliveries))]
        self._changes.deliveries[market.number] = delivery
