"""What each turn said to accounts, numbered without a gap and put into bytes once, for streams and archive alike.

The numbers of an account go on from turn to turn and over restarts: they depend on the journal alone, and
not on who listens.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import NamedTuple

from exchange.archive.format import Page, Place, Said, encode
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Changes
from exchange.gateway.mirror.markets import Market
from exchange.wire.contracts import Fixing
from exchange.wire.private import HoldingEvent

# Events of each account that are answered from memory.
RECENT = 256


class Told(NamedTuple):
    """What a turn said: to whom, about which market, in which words."""

    orders: list[tuple[int, Market, bytes]]
    trades: list[tuple[int, Market, bytes]]
    events: dict[int, list[Said]]  # all of it, by account, in the order of their numbers


class Chronicle:
    """Follows a mirror turn by turn. The venue's own account hears nothing."""

    def __init__(self, accounts: list[Account]) -> None:
        self._accounts = accounts
        self._recent: dict[int, deque[bytes]] = {}
        self.go_on({})

    def go_on(self, last_seqs: dict[int, int]) -> None:
        """Number what comes after these, as of the mirror as it stands."""
        self._last = dict(last_seqs)
        self._recent.clear()
        self._cash = {account.number: account.cash_micros for account in self._accounts}
        for account in self._accounts:
            account.moved.clear()

    def last_seq(self, account: int) -> int:
        """The number of the last event of an account; 0 if it has none."""
        return self._last.get(account, 0)

    def recent(self, account: int, from_seq: int, count: int) -> list[bytes] | None:
        """The events from a number on, if memory goes back so far."""
        kept: deque[bytes] | tuple[()] = self._recent.get(account, ())
        skipped = from_seq - (self.last_seq(account) - len(kept) + 1)
        return None if skipped < 0 else list(islice(kept, skipped, skipped + count))

    def tell(self, changes: Changes) -> Told:
        """Number what a turn changed: orders, then fills, then cash and positions."""
        told = Told([], [], {})
        for order in changes.orders:
            text = self._say(told.events, order.account, b"order", order.text, False, order.closed)
            told.orders.append((order.account, order.market, text))
        for account, market, fill in changes.user_trades:
            told.trades.append((account, market, self._say(told.events, account, b"trade", encode(fill), True, "")))
        for number in sorted(changes.accounts):
            self._holding(told.events, self._accounts[number], changes.time_ms)
        return told

    def _holding(self, events: dict[int, list[Said]], account: Account, time_ms: int) -> None:
        number, moved, cash = account.number, account.moved, account.cash_micros
        if not number or (not moved and self._cash.get(number, 0) == cash):
            return
        self._cash[number] = cash
        seq = self.last_seq(number) + 1
        positions = [moved[market].held() for market in sorted(moved)]
        moved.clear()
        event = HoldingEvent(seq=seq, timestamp=time_ms, balance=cash / MICROS_PER_DOLLAR, positions=positions)
        self._keep(events, number, Said(seq, encode(event), False))

    def _say(
        self,
        events: dict[int, list[Said]],
        account: int,
        kind: bytes,
        text: bytes,
        is_trade: bool,
        closed: str,
    ) -> bytes:
        seq = self._last.get(account, 0) + 1
        numbered = b'{"event":"%s","seq":%d,%s' % (kind, seq, text[1:])
        self._keep(events, account, Said(seq, numbered, is_trade, closed))
        return numbered

    def _keep(self, events: dict[int, list[Said]], account: int, said: Said) -> None:
        self._last[account] = said.seq
        recent = self._recent.get(account)
        if recent is None:
            recent = self._recent[account] = deque(maxlen=RECENT)
        recent.append(said.text)
        heard = events.get(account)
        if heard is None:
            events[account] = [said]
        else:
            heard.append(said)


def page_of(changes: Changes, place: Place) -> Page:
    """What goes into the archive of a turn that ended at ``place``."""
    fixings = [news for _, _, news in changes.news if isinstance(news, Fixing)]
    return Page(place, changes.time_ms, changes.told.events, list(changes.trades.values()), fixings)
