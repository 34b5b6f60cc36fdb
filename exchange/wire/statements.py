"""A statement of an account as it is sent: money is exact decimals of dollars, as text."""

from __future__ import annotations

from exchange.wire.messages import Message


class StatementEntry(Message, frozen=True):
    timestamp: int
    sequence: int
    what: str
    contract_or_party: str
    lots: int
    gpu_hours: int
    notional: str
    fee: str
    cash: str
    balance: str


class StatementDay(Message, frozen=True):
    """Result of ``private/get_statement``: what moved on a UTC date; ``opening`` and all ``cash`` make ``closing``."""

    day: str
    opening: str
    closing: str
    fees: str
    rows: list[StatementEntry]


class StatementHour(Message, frozen=True):
    hour: int
    what: str
    lots: int
    gpu_hours: int
    spent: str
    left: str


class StatementHours(Message, frozen=True):
    """Result of ``private/get_statement`` with ``hourly``: what was spent on each hour of delivery."""

    day: str
    opening: str
    closing: str
    to_spend: str
    spent: str
    other: str
    used: float | None  # the part of a credit that was spent
    rows: list[StatementHour]
