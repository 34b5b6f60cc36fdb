"""Each channel with listeners: what it has to say since it last spoke.

A topic gathers what turns bring (``note``) and puts it into frames when it speaks (``take``):
after every turn if it is raw, every 100 ms if not. Nothing is ever left out of a book: what
happened in between is told as one change, whose ``prev_change_id`` is the last id that was said.
To a listener that fell behind a book is told so, too, from the last id that this one was sent; of
tickers it hears how they stand in the end. All else is said to everybody, however slow.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from msgspec import Raw
from msgspec.structs import replace

from exchange.archive.format import Said, encode
from exchange.domain.enums import Side
from exchange.gateway.feed.behind import Missed
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import News
from exchange.gateway.mirror.markets import Market
from exchange.views import Touched
from exchange.wire.channels import Channel, Stream, in_currency
from exchange.wire.codec import encode_publication
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import (
    BookChange,
    ForwardCurve,
    LevelChange,
    Quote,
    Ticker,
    Trade,
)


class Topic:
    """A channel (and, of private ones, an account) and who listens to it."""

    def __init__(self, channel: Channel, place: int) -> None:
        self.channel = channel
        # Where the feed keeps it: a market's number or an account.
        self.place = place
        self.listeners: dict[Hashable, None] = {}
        # Listeners that fell behind, and what each has missed.
        self.behind: dict[Hashable, Any] = {}

    def wants(self, market: Market) -> bool:
        channel = self.channel
        if channel.instrument:
            return channel.instrument == market.symbol
        return in_currency(channel.currency, market.base_currency)

    def greet(self) -> list[bytes]:
        """What a newcomer hears first."""
        return []

    def take(self) -> list[bytes]:
        """What has not been said yet."""
        raise NotImplementedError

    def close(self) -> None:
        """Nobody listens any more."""

    def fall_behind(self, listener: Hashable) -> None:
        """Nothing is left out, unless a kind of topic knows how to say it later."""

    def catch_up(self, listener: Hashable) -> list[bytes]:
        """What one that fell behind has missed. It may stay behind, if it missed nothing and would lose its place."""
        raise NotImplementedError

    def forget(self, listener: Hashable) -> None:
        self.listeners.pop(listener, None)
        self.behind.pop(listener, None)

    def frame(self, content: object) -> bytes:
        return encode_publication(self.channel.name, content)


class ChainTopic(Topic):
    """A book told in changes, each of which names the one before it, also to one who fell behind."""

    def __init__(self, channel: Channel, market: Market) -> None:
        super().__init__(channel, market.number)
        self._market = market
        self._said_id = market.change_id

    def fall_behind(self, listener: Hashable) -> None:
        if listener in self.listeners:
            del self.listeners[listener]
            self.behind[listener] = self._missed(self._said_id)

    def catch_up(self, listener: Hashable) -> list[bytes]:
        missed = self.behind[listener]
        bids, asks = self._net(missed)
        if missed.said_id != self._said_id and not bids and not asks:
            # All is as it was, but the others' chain has gone on: the next change brings it back.
            return []
        del self.behind[listener]
        self.listeners[listener] = None
        return [self._change(bids, asks, missed.said_id)] if bids or asks else []

    def _missed(self, said_id: int) -> Any:
        """To be kept for one who was sent ``said_id`` last."""
        raise NotImplementedError

    def _net(self, missed: Any) -> tuple[list[Any], list[Any]]:
        """What it comes to now, for bids and asks."""
        raise NotImplementedError

    def _change(self, bids: list[Any], asks: list[Any], before_id: int) -> bytes:
        raise NotImplementedError


class BookTopic(ChainTopic):
    def __init__(self, channel: Channel, market: Market) -> None:
        super().__init__(channel, market)
        self._touched: Touched = {}

    def note(self, touched: Touched) -> None:
        for level, before in touched.items():
            self._touched.setdefault(level, before)

    def greet(self) -> list[bytes]:
        # Whatever is pending was said to the others first, so the book is as of the last id said.
        assert not self._touched
        book, market = self._market.book, self._market
        bids = [_new(market, level) for level in book.bids.top(len(book.bids.prices))]
        asks = [_new(market, level) for level in book.asks.top(len(book.asks.prices))]
        return [
            self.frame(BookChange("snapshot", market.updated_ms, market.symbol, self._said_id, bids=bids, asks=asks))
        ]

    def take(self) -> list[bytes]:
        bids, asks = self._changes(Side.BUY, self._touched), self._changes(Side.SELL, self._touched)
        for missed in self.behind.values():
            missed.add(self._touched)
        self._touched = {}
        if not bids and not asks:
            return []
        before_id, self._said_id = self._said_id, self._market.change_id
        return [self._change(bids, asks, before_id)] if self.listeners else []

    def _missed(self, said_id: int) -> Missed:
        return Missed(said_id)

    def _net(self, missed: Missed) -> tuple[list[LevelChange], list[LevelChange]]:
        assert not self._touched
        return self._changes(Side.BUY, missed.touched), self._changes(Side.SELL, missed.touched)

    def _change(self, bids: list[LevelChange], asks: list[LevelChange], before_id: int) -> bytes:
        market = self._market
        change = BookChange("change", market.updated_ms, market.symbol, self._said_id, bids, asks, before_id)
        return self.frame(change)

    def _changes(self, side: Side, touched: Touched) -> list[LevelChange]:
        lots_now = self._market.book.side(side).lots
        prices = sorted((price for at, price in touched if at == side), reverse=side == Side.BUY)
        changes = (_change(self._market, price, touched[side, price], lots_now.get(price, 0)) for price in prices)
        return [change for change in changes if change is not None]


class TradesTopic(Topic):
    def __init__(self, channel: Channel, place: int) -> None:
        super().__init__(channel, place)
        self._trades: list[Trade] = []

    def note(self, trades: list[Trade]) -> None:
        self._trades += trades

    def take(self) -> list[bytes]:
        trades, self._trades = self._trades, []
        return [self.frame(trades)] if trades else []


class StateTopic(Topic):
    """Always how something stands, so that of one who falls behind only whether it changed is kept."""

    def take(self) -> list[bytes]:
        for listener in self.behind:
            self.behind[listener] = True
        return self.greet() if self.listeners else []

    def fall_behind(self, listener: Hashable) -> None:
        if listener in self.listeners:
            del self.listeners[listener]
            self.behind[listener] = False

    def catch_up(self, listener: Hashable) -> list[bytes]:
        self.listeners[listener] = None
        return self.greet() if self.behind.pop(listener) else []


class PriceTopic(StateTopic):
    """Of ``ticker`` and ``quote``."""

    def __init__(self, channel: Channel, market: Market) -> None:
        super().__init__(channel, market.number)
        self._now: Callable[[], Ticker | Quote] = market.ticker if channel.stream == Stream.TICKER else market.quote

    def greet(self) -> list[bytes]:
        return [self.frame(self._now())]

    def beat(self, now_ms: int) -> bytes:
        """The present state of a ticker as of now, though nothing changed: so silence is told from quiet."""
        now = self._now()
        return self.frame(replace(now, timestamp=max(now.timestamp, now_ms)))


class ForwardTopic(StateTopic):
    def __init__(self, channel: Channel, curve: ForwardCurve | None) -> None:
        super().__init__(channel, 0)
        self.curve = curve

    def greet(self) -> list[bytes]:
        return [] if self.curve is None else [self.frame(self.curve)]


class IndexTopic(StateTopic):
    """The last index of a SKU, at once, and each new one."""

    def __init__(self, channel: Channel, index: SkuIndex | None) -> None:
        super().__init__(channel, 0)
        self.index = index

    def greet(self) -> list[bytes]:
        return [] if self.index is None else [self.frame(self.index)]


class NewsTopic(Topic):
    """Of contracts: one piece of news a frame."""

    def __init__(self, channel: Channel, place: int) -> None:
        super().__init__(channel, place)
        self._news: list[News] = []

    def note(self, news: News) -> None:
        self._news.append(news)

    def take(self) -> list[bytes]:
        told, self._news = self._news, []
        return [self.frame(news) for news in told]


class OrdersTopic(Topic):
    """One order a frame where it is raw, as the dialect has it, else a list of them."""

    def __init__(self, channel: Channel, place: int) -> None:
        super().__init__(channel, place)
        self._orders: list[bytes] = []

    def note(self, order: bytes) -> None:
        self._orders.append(order)

    def take(self) -> list[bytes]:
        orders, self._orders = self._orders, []
        if self.channel.raw:
            return [self.frame(Raw(order)) for order in orders]
        return [self.frame(_list(orders))] if orders else []


class FillsTopic(Topic):
    def __init__(self, channel: Channel, place: int) -> None:
        super().__init__(channel, place)
        self._fills: list[bytes] = []

    def note(self, fill: bytes) -> None:
        self._fills.append(fill)

    def take(self) -> list[bytes]:
        fills, self._fills = self._fills, []
        return [self.frame(_list(fills))] if fills else []


class EventsTopic(Topic):
    """Everything of an account, a turn a frame."""

    def __init__(self, channel: Channel, place: int) -> None:
        super().__init__(channel, place)
        self._events: list[bytes] = []

    def note(self, events: list[Said]) -> None:
        self._events += [event.text for event in events]

    def take(self) -> list[bytes]:
        events, self._events = self._events, []
        return [self.frame(_list(events))] if events else []


class PortfolioTopic(Topic):
    """Now and then how it stands: ``seq`` is the number of the last event that it counts."""

    def __init__(self, channel: Channel, account: Account, last_seq: Callable[[int], int]) -> None:
        super().__init__(channel, account.number)
        self._account = account
        self._last_seq = last_seq

    def greet(self) -> list[bytes]:
        seq = self._last_seq(self._account.number)
        return [self.frame(Raw(b'{"seq":%d,%s' % (seq, encode(self._account.summary())[1:])))]

    def take(self) -> list[bytes]:
        return self.greet()


def _list(texts: list[bytes]) -> Raw:
    return Raw(b"[%s]" % b",".join(texts))


def _new(market: Market, level: tuple[int, int]) -> LevelChange:
    return ("new", market.price(level[0]), market.amount(level[1]))


def _change(market: Market, price_ticks: int, before: int, now: int) -> LevelChange | None:
    if before == now:
        return None
    if not now:
        return ("delete", market.price(price_ticks), 0.0)
    return ("change" if before else "new", market.price(price_ticks), market.amount(now))
