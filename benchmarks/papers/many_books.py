"""Thousands of books on one engine, one contract each, all moved on by one batch: a simulation a book."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exchange.domain.enums import CommandKind, EventKind, OrderType, Side, TimeInForce
from exchange.domain.records import COMMAND, Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS
from exchange.engine import Engine

# Whose quotes are judged is the maker; everybody else buys from one account and sells from another.
BUYER, SELLER, MAKER = 1, 2, 3
_CASH_MICROS = 10**18

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class ManyBooks:
    """``engine`` with ``books`` empty contracts, numbered from 0, and nobody short of money or capacity."""

    def __init__(self, books: int) -> None:
        self.engine = Engine()
        self.books = books
        self.apply(_opening(books))

    def apply(self, rows: Rows) -> Rows:
        """Sequence and stamp ``rows``, run them, and return what happened; nothing may be refused."""
        first = self.engine.sequence + 1
        rows["sequence"] = np.arange(first, first + len(rows))
        rows["time_ns"] = 1
        events = self.engine.apply(rows)
        assert not (events["kind"] == EventKind.REJECTED).any(), "a simulated order was refused"
        return events

    def clear(self) -> None:
        """Take every order out of every book."""
        self.apply(command_rows([Command(kind=CommandKind.CANCEL_ALL, contract=-1)]))


def limit_orders(books: Integers, sides: Integers, price_ticks: Integers, account: int | None = None) -> Rows:
    """(n,) of COMMAND: orders for one lot that are good till they are cancelled; by default somebody else's."""
    rows = np.zeros(len(books), COMMAND)
    rows["kind"] = CommandKind.NEW
    rows["order_type"] = OrderType.LIMIT
    rows["time_in_force"] = TimeInForce.GTC
    rows["contract"] = books
    rows["side"] = sides
    rows["price_ticks"] = price_ticks
    rows["lots"] = 1
    rows["account"] = np.where(sides == Side.BUY, BUYER, SELLER) if account is None else account
    return rows


def _opening(books: int) -> Rows:
    """Three accounts and the contracts; everybody has means that no simulation exhausts."""
    commands = [
        Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("buyer", "seller", "maker")
    ]
    commands += [Command(kind=CommandKind.CASH, account=who, amount=_CASH_MICROS) for who in (BUYER, SELLER, MAKER)]
    for book in range(books):
        symbol = dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(f"B{book}"), strict=True))
        commands.append(Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, **symbol))
        commands += [
            Command(kind=CommandKind.CAPACITY, account=who, contract=book, lots=LOTS_MAX) for who in (SELLER, MAKER)
        ]
    return command_rows(commands)
