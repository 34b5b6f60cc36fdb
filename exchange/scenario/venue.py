"""The engine behind a scenario, and what the names of its accounts, contracts and orders stand for."""

from __future__ import annotations

import struct
from decimal import Decimal

from exchange.domain.enums import EventKind, Side
from exchange.domain.records import Command, command_rows
from exchange.domain.text import text_columns as id_columns
from exchange.domain.units import exact_units
from exchange.engine import Engine
from exchange.scenario.actions import ANONYMOUS, Member
from exchange.scenario.words import Misread
from exchange.wire.events import Event, event_tuples

# Scenarios count time from their start; this is when they do.
START_NS = 1_796_083_200 * 10**9
# Stands for whatever was never opened or listed.
_NOBODY = 10**9
_TICK = Decimal("0.01")


class Venue:
    """One engine, one scenario. Time stands still until ``now_ns`` is set."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.now_ns = START_NS
        self.history: list[Command] = []
        self.cash_micros = 0  # deposited less withdrawn
        self.ticks: dict[str, Decimal] = {}  # of each contract, in dollars
        self._order_ids: dict[tuple[str, str], int] = {}
        self._owners: dict[int, tuple[str, str]] = {}

    def submit(self, command: Command) -> list[Event]:
        """What happened. Raises Misread if a number does not fit a command at all."""
        stamped = command._replace(sequence=self.engine.sequence + 1, time_ns=self.now_ns)
        try:
            rows = command_rows([stamped])
        except struct.error as error:
            raise Misread(f"a number is too large for any command: {error}") from None
        self.history.append(stamped)
        events = event_tuples(self.engine.apply(rows))
        self.cash_micros += sum(event.amount for event in events if event.kind == EventKind.CASH)
        return events

    def remember(self, account: str, order: str, order_id: int) -> None:
        """The number that the engine gave to an order it accepted."""
        self._owners[order_id] = (account, order)
        if order != ANONYMOUS:
            self._order_ids[account, order] = order_id

    def account(self, name: str) -> int:
        """A number that no account has, if it was never opened."""
        number = self.engine.find_account(name)
        return _NOBODY if number is None else number

    def contract(self, symbol: str) -> int:
        """A number that no contract has, if it was never listed; the first contract for ""."""
        number = self.engine.find_contract(symbol or self.first_symbol())
        return _NOBODY if number is None else number

    def first_symbol(self) -> str:
        return next(iter(self.ticks), "")

    def symbol(self, contract: int) -> str:
        return self.engine.symbol(contract)

    def account_name(self, account: int) -> str:
        return self.engine.account(account).name

    def tick(self, contract: int) -> Decimal:
        """Dollars a tick. Of a contract that was never listed, any will do."""
        return _TICK if contract == _NOBODY else self.ticks[self.symbol(contract)]

    def price_ticks(self, contract: int, price: Decimal | int) -> int:
        """Raises BadUnits off the tick."""
        return exact_units(price, self.tick(contract), "price")

    def order_id(self, name: str) -> int:
        """The number of ``account:order``, whether or not it is still open. Raises Misread if there never was one."""
        account, _, order = name.partition(":")
        if (account, order) not in self._order_ids:
            raise Misread(f"{account} never had an order {order}")
        return self._order_ids[account, order]

    def find_order(self, name: str) -> int:
        """The number of ``order`` or ``account:order``. Raises Misread if there never was one, or several were."""
        if ":" in name:
            return self.order_id(name)
        owners = [account for account, order in self._order_ids if order == name]
        if len(owners) != 1:
            choice = " or ".join(f"{owner}:{name}" for owner in owners) or "one that was accepted"
            raise Misread(f"expected {choice}, found {name!r}")
        return self._order_ids[owners[0], name]

    def label(self, order_id: int) -> str:
        return self.called(*self._owners.get(order_id, ("", f"number-{order_id}")))

    def called(self, account: str, order: str) -> str:
        """An order's name: with its account only where several accounts have one of that name."""
        namesakes = sum(name == order for _, name in self._order_ids)
        return f"{account}:{order}" if namesakes > 1 else order


def quote_name(side: Side, slot: int) -> str:
    return f"{'bid' if side == Side.BUY else 'ask'}{slot}"


def member_name(member: Member) -> str:
    return f"{member.order}-{member.contract}"


def text_columns(text: str) -> dict[str, int]:
    """An id as columns of a command; "" is no id. Raises BadText."""
    return id_columns(text) if text else {}
