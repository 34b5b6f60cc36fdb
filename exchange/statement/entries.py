"""The movements of one account's cash and lots, in order, from commands and the events that followed them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.clearing.references import CREDIT, REBATE, UNUSED, purpose_of
from exchange.domain.dates import NS_PER_DAY
from exchange.domain.enums import CommandKind, EventKind, Reject, Side, TransferFlag
from exchange.domain.errors import BadSymbol, GpuxError
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Rows
from exchange.domain.text import unpack_text
from exchange.engine import Engine
from exchange.wire.events import Event, event_tuples

VENUE = 0
_MOVES = [
    EventKind.FILLED,
    EventKind.CASH,
    EventKind.TRANSFER,
    EventKind.BOND,
    EventKind.COMPENSATED,
    EventKind.BOUGHT_IN,
    EventKind.MADE_GOOD,
]
_COMPENSATIONS = (EventKind.COMPENSATED, EventKind.MADE_GOOD)
# What a transfer was for, if the venue made it by itself.
PURPOSES = {REBATE: "rebate", CREDIT: "credit", UNUSED: "unused credit"}
SHORT = "credit short"  # a sponsor could not grant all; the notional is what was asked for


class Entry(NamedTuple):
    """One movement. Money is micro-dollars; what the account gave up is negative."""

    time_ns: int
    sequence: int  # of the command that caused it
    what: str
    contract: str  # or whom the transfer went to or came from
    lots: int  # bought; below zero sold
    gpu_hours: int
    price_ticks: int
    notional_micros: int
    fee_micros: int
    cash_micros: int  # the change, fee included
    balance_micros: int  # after it
    bond_micros: int  # of the balance, after it


class NoAccount(GpuxError):
    """Nobody of that name was ever opened."""


class TooLong(GpuxError):
    """More entries than were asked for at most."""


class Account:
    """Follows one account through a journal, from the first command or from a state of the engine."""

    def __init__(self, name: str, day: int | None = None, entries_max: int | None = None) -> None:
        """Keeps the entries of one ``day`` (since 1970), or all. More of them than ``entries_max`` raise TooLong."""
        self.name = name
        self.entries: list[Entry] = []
        self.opening_micros = 0  # before the first entry that is kept
        self.balance_micros = 0
        self.bond_micros = 0
        self._day = day
        self._entries_max = entries_max

    def take_over(self, engine: Engine) -> None:
        """Begin where ``engine`` stands."""
        number = engine.find_account(self.name)
        if number is not None:
            view = engine.account(number)
            self.opening_micros = self.balance_micros = view.cash_micros
            self.bond_micros = view.bond_micros

    def hear(self, engine: Engine, commands: Rows, events: Rows) -> None:
        """Note what ``events`` of ``commands`` did to the account. ``engine`` has applied them."""
        number = engine.find_account(self.name)
        if number is None:
            return
        concerns = np.isin(events["kind"], _MOVES)
        if number != VENUE:
            concerns &= (events["account"] == number) | (events["maker_account"] == number)
        causes = events["sequence"] - int(commands["sequence"][0])
        concerns |= _short(commands, events, causes, number)
        for event, cause in zip(event_tuples(events[concerns]), causes[concerns], strict=True):
            for entry in _entries(engine, number, event, commands[cause]):
                self._note(entry)

    def _note(self, entry: Entry) -> None:
        self.balance_micros += entry.cash_micros
        self.bond_micros += entry.bond_micros
        day = entry.time_ns // NS_PER_DAY
        if self._day is None or day == self._day:
            self.entries.append(entry._replace(balance_micros=self.balance_micros, bond_micros=self.bond_micros))
            if self._entries_max is not None and len(self.entries) > self._entries_max:
                raise TooLong(f"the day has more than {self._entries_max:,} entries")
        elif day < self._day:
            self.opening_micros = self.balance_micros


def _short(commands: Rows, events: Rows, causes: Rows, number: int) -> NDArray[np.bool_]:
    """Which events refused the account, or refused it to grant, a transfer for want of money."""
    refused: NDArray[np.bool_] = events["kind"] == EventKind.REJECTED
    refused &= events["reason"] == Reject.INSUFFICIENT_FUNDS
    if refused.any():
        theirs = commands[causes]
        refused &= theirs["kind"] == CommandKind.TRANSFER
        refused &= (theirs["account"] == number) | (theirs["order_id"] == number)
    return refused


def _entries(engine: Engine, number: int, event: Event, command: Rows) -> Iterator[Entry]:
    """What one event did to the account: ``bond_micros`` is a change here, and the balance is left open."""
    nothing = Entry(int(command["time_ns"]), event.sequence, "", "", 0, 0, 0, 0, 0, 0, 0, 0)
    if event.kind == EventKind.FILLED:
        yield from _trades(engine, number, event, nothing)
    elif event.account == number and event.kind == EventKind.CASH:
        what = "deposit" if event.amount > 0 else "withdrawal"
        yield nothing._replace(what=what, cash_micros=event.amount)
    elif event.account == number and event.kind == EventKind.BOND:
        yield nothing._replace(what="bond" if event.amount > 0 else "release", bond_micros=event.amount)
    elif event.kind in _COMPENSATIONS:
        yield from _compensations(engine, number, event, nothing)
    elif event.kind == EventKind.BOUGHT_IN:
        yield from _buy_ins(engine, number, event, nothing)
    elif event.kind == EventKind.TRANSFER:
        yield from _transfers(engine, number, event, nothing, _purpose(command))
    elif event.kind == EventKind.REJECTED and _purpose(command) == CREDIT:
        payer, payee = int(command["account"]), int(command["order_id"])
        other = payer if number == payee else payee
        yield nothing._replace(what=SHORT, contract=engine.account(other).name, notional_micros=int(command["amount"]))


def _compensations(engine: Engine, number: int, event: Event, nothing: Entry) -> Iterator[Entry]:
    """Both sides, if the account let itself down."""
    about = nothing._replace(contract=engine.contract(event.contract).symbol)
    if event.account == number:
        yield about._replace(what="penalty", cash_micros=-event.amount, bond_micros=-event.amount)
    if event.maker_account == number:
        yield about._replace(what="compensation", cash_micros=event.amount)


def _buy_ins(engine: Engine, number: int, event: Event, nothing: Entry) -> Iterator[Entry]:
    """Lots that were sold and not delivered; the price is what was due, the money what was paid."""
    listed = engine.contract(event.contract)
    for account, sign, of_bond in ((event.account, 1, event.maker_fee), (event.maker_account, -1, 0)):
        if account == number:
            yield nothing._replace(
                what="bought in",
                contract=listed.symbol,
                lots=sign * event.lots,
                gpu_hours=sign * event.lots * _gpu_hours_per_lot(listed.symbol, listed.weight),
                price_ticks=event.price_ticks,
                notional_micros=event.amount,
                cash_micros=-sign * event.amount,
                bond_micros=-of_bond,
            )


def _purpose(command: Rows) -> str:
    first, second, third, fourth = (int(command[f"text_{place}"]) for place in range(4))
    return purpose_of(unpack_text((first, second, third, fourth)))


def _transfers(engine: Engine, number: int, event: Event, nothing: Entry, purpose: str) -> Iterator[Entry]:
    if event.account == number:
        from_bond = event.reason == TransferFlag.FROM_BOND
        yield nothing._replace(
            what="paid from bond" if from_bond else PURPOSES.get(purpose, "paid"),
            contract=engine.account(event.maker_account).name,
            cash_micros=-event.amount,
            bond_micros=-event.amount if from_bond else 0,
        )
    elif event.maker_account == number:
        payer = engine.account(event.account).name
        yield nothing._replace(what=PURPOSES.get(purpose, "received"), contract=payer, cash_micros=event.amount)


def _trades(engine: Engine, number: int, event: Event, nothing: Entry) -> Iterator[Entry]:
    """Both sides, if the account was both, as it can be in an auction; the venue's side is the fees."""
    listed = engine.contract(event.contract)
    if number == VENUE:
        fees = event.fee + event.maker_fee
        if fees:
            yield nothing._replace(what="fees", contract=listed.symbol, cash_micros=fees)
        return
    taker_side, maker_side = event.side, 1 - event.side
    sides = ((event.account, taker_side, event.fee), (event.maker_account, maker_side, event.maker_fee))
    for account, side, fee_micros in sides:
        if account == number:
            sign = 1 if side == Side.BUY else -1
            yield nothing._replace(
                what="buy" if side == Side.BUY else "sell",
                contract=listed.symbol,
                lots=sign * event.lots,
                gpu_hours=sign * event.lots * _gpu_hours_per_lot(listed.symbol, listed.weight),
                price_ticks=event.price_ticks,
                notional_micros=event.amount,
                fee_micros=fee_micros,
                cash_micros=-sign * event.amount - fee_micros,
            )


def _gpu_hours_per_lot(symbol: str, weight: int) -> int:
    try:
        return parse_symbol(symbol).gpu_hours_per_lot
    except BadSymbol:
        return weight
