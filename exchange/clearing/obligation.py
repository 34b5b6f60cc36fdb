"""How well a market maker keeps the market two-sided: the share of trading time in which its quotes stand.

An account meets its obligation in a contract while its own orders would buy at least so many lots
and sell at least so many, at prices not further apart than the greatest spread. The spread is
measured between the worst bid and the worst ask that are needed for that size, against their middle.
Time counts while the contract is in continuous trading. Everything follows from commands (which
carry the time) and events, so anybody who has the log can compute the same score.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from exchange.domain.enums import EventKind, Phase, Side
from exchange.domain.records import Command
from exchange.domain.units import BPS
from exchange.views.levels import Book, Levels
from exchange.views.standing import Standing, StandingOrder
from exchange.wire.events import Event

_STANDS = frozenset({EventKind.ACCEPTED, EventKind.RESTED, EventKind.REFRESHED})


class Obligation(NamedTuple):
    spread_bps: int  # at most
    lots: int  # at least, on each side


class Score(NamedTuple):
    """Nanoseconds of continuous trading, and of these the ones in which the obligation was met."""

    met_ns: int
    open_ns: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where there was no trading."""
        return self.met_ns / self.open_ns if self.open_ns else 0.0


@dataclass(slots=True)
class _Watch:
    """A truth that comes and goes, and how long it was."""

    holds: bool = False
    since_ns: int = 0
    total_ns: int = 0

    def set(self, holds: bool, now_ns: int) -> None:
        if self.holds:
            self.total_ns += now_ns - self.since_ns
        self.holds, self.since_ns = holds, now_ns

    def at(self, now_ns: int) -> int:
        return self.total_ns + (now_ns - self.since_ns if self.holds else 0)


@dataclass(slots=True)
class _Seat:
    """One account in one contract: its own orders, and whether they meet the obligation."""

    book: Book = field(default_factory=Book)
    watch: _Watch = field(default_factory=_Watch)


class Obligations(Standing):
    """Follows the market and keeps the score of every account in every contract."""

    def __init__(self, obligation: Obligation) -> None:
        super().__init__()
        self._obligation = obligation
        self._owners: dict[int, int] = {}  # of standing orders, by id
        self._seats: dict[int, dict[int, _Seat]] = {}  # by contract, then by account
        self._trading: dict[int, _Watch] = {}  # by contract
        self._now_ns = 0

    def hear(self, command: Command, events: Iterable[Event]) -> None:
        """Follow one command and what came of it."""
        self._now_ns = command.time_ns
        for event in events:
            if event.kind in _STANDS:
                self._owners[event.order_id] = event.account
            elif event.kind == EventKind.LISTED:
                self._trading[event.contract] = _Watch()
                self._phase(event.contract, command.option or Phase.CONTINUOUS)
            elif event.kind == EventKind.PHASE and event.contract in self._trading:
                self._phase(event.contract, event.reason)
            self.follow(event)

    def score(self, account: int, contract: int) -> Score:
        """Up to the last command heard."""
        seat = self._seats.get(contract, {}).get(account)
        return Score(seat.watch.at(self._now_ns) if seat else 0, self.open_ns(contract))

    def open_ns(self, contract: int) -> int:
        """For how long it was in continuous trading, up to the last command heard."""
        trading = self._trading.get(contract)
        return trading.at(self._now_ns) if trading else 0

    def contracts(self) -> list[int]:
        """Those that were listed and not forgotten, in order."""
        return list(self._trading)

    def accounts(self, contract: int) -> list[int]:
        """Whose orders ever stood there, in ascending order."""
        return sorted(self._seats.get(contract, ()))

    def pass_time(self, now_ns: int) -> None:
        """Count up to here, though nothing happened."""
        self._now_ns = now_ns

    def forget(self, contract: int) -> None:
        """Keep no more of a contract in which nobody will trade again."""
        self._trading.pop(contract, None)
        self._seats.pop(contract, None)

    def total(self, account: int, contracts: Iterable[int]) -> Score:
        """Over several contracts, each weighted by how long it traded."""
        scores = [self.score(account, contract) for contract in contracts]
        return Score(sum(score.met_ns for score in scores), sum(score.open_ns for score in scores))

    def _phase(self, contract: int, phase: int) -> None:
        self._trading[contract].set(phase == Phase.CONTINUOUS, self._now_ns)
        for seat in self._seats.get(contract, {}).values():
            self._judge(contract, seat)

    def _changed(self, order: StandingOrder, lots_before: int) -> None:
        account = self._owners[order.order_id] if order.lots else self._owners.pop(order.order_id)
        seat = self._seats.setdefault(order.contract, {}).setdefault(account, _Seat())
        seat.book.side(order.side).add(order.price_ticks, order.lots - lots_before)
        self._judge(order.contract, seat)

    def _judge(self, contract: int, seat: _Seat) -> None:
        seat.watch.set(self._trading[contract].holds and self._is_met(seat.book), self._now_ns)

    def _is_met(self, book: Book) -> bool:
        bid_ticks, ask_ticks = (_price_of(book.side(side), self._obligation.lots) for side in Side)
        if not bid_ticks or not ask_ticks:
            return False
        return 2 * (ask_ticks - bid_ticks) * BPS <= (ask_ticks + bid_ticks) * self._obligation.spread_bps


def _price_of(levels: Levels, lots: int) -> int:
    """The worst price needed to trade ``lots``, best first; 0 if there are not so many."""
    for price_ticks in reversed(levels.prices) if levels.best_last else levels.prices:
        lots -= levels.lots[price_ticks]
        if lots <= 0:
            return price_ticks
    return 0
