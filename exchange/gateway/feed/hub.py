"""Who listens to what, and what they are told when."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from typing import NamedTuple, TypeVar

from exchange.gateway.feed.topics import (
    BookTopic,
    EventsTopic,
    FillsTopic,
    ForwardTopic,
    IndexTopic,
    NewsTopic,
    OrdersTopic,
    PortfolioTopic,
    PriceTopic,
    Topic,
    TradesTopic,
)
from exchange.gateway.mirror.changes import Changes
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.channels import NEWS, Channel, Stream
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import ForwardCurve

# (channel name, account; 0 for a public one)
TopicKey = tuple[str, int]
# The place of topics of all markets.
EVERY_MARKET = -1
AnyTopic = TypeVar("AnyTopic", bound=Topic)


class Delivery(NamedTuple):
    """The same bytes for each listener. Of two deliveries to one listener the earlier goes first."""

    frame: bytes
    listeners: Collection[Hashable]


class Feed:
    """Sans-I/O. A listener is any hashable object that the caller knows how to reach."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._topics: dict[TopicKey, Topic] = {}
        self._heard_by: dict[Hashable, set[TopicKey]] = {}
        # Topics by their place: a market's number, EVERY_MARKET, or an account.
        self._books: dict[int, list[BookTopic]] = {}
        self._prices: dict[int, list[PriceTopic]] = {}
        self._trades: dict[int, list[TradesTopic]] = {}
        self._news: dict[Stream, list[NewsTopic]] = {stream: [] for stream in NEWS}
        self._orders: dict[int, list[OrdersTopic]] = {}
        self._fills: dict[int, list[FillsTopic]] = {}
        self._portfolios: dict[int, list[PortfolioTopic]] = {}
        self._events: dict[int, list[EventsTopic]] = {}
        # Those that speak every 100 ms and have something to say, in the order they got it.
        self._due: dict[Topic, None] = {}

    def join(self, listener: Hashable, channels: Iterable[Channel], account: int) -> list[Delivery]:
        """From now on ``listener`` hears ``channels``; ``account`` is whose private ones."""
        deliveries: list[Delivery] = []
        for channel in channels:
            key = (channel.name, account if channel.private else 0)
            topic = self._topics.get(key)
            if topic is None:
                topic = self._open(key, channel)
            elif topic in self._due:
                # The others are brought to where the newcomer starts.
                del self._due[topic]
                deliveries += self._speak([topic])
            topic.listeners[listener] = None
            self._heard_by.setdefault(listener, set()).add(key)
            deliveries += [Delivery(frame, (listener,)) for frame in topic.greet()]
        return deliveries

    def leave(self, listener: Hashable, channels: Iterable[Channel]) -> None:
        """``listener`` hears ``channels`` no more, whosever they were."""
        names = {channel.name for channel in channels}
        self._forget(listener, [key for key in self._heard_by.get(listener, ()) if key[0] in names])

    def drop(self, listener: Hashable) -> None:
        """``listener`` is gone."""
        self._forget(listener, list(self._heard_by.get(listener, ())))

    def publish(self, changes: Changes) -> list[Delivery]:
        """Tell what a turn changed: the owners first, then the public."""
        spoken: dict[Topic, None] = {}
        for account, said in changes.told.events.items():
            for events in self._events.get(account, ()):
                events.note(said)
                self._ready(events, spoken)
        for account, market, order in changes.told.orders:
            for orders in self._orders.get(account, ()):
                if orders.wants(market):
                    orders.note(order)
                    self._ready(orders, spoken)
        for account, market, fill in changes.told.trades:
            for fills in self._fills.get(account, ()):
                if fills.wants(market):
                    fills.note(fill)
                    self._ready(fills, spoken)
        for account in changes.accounts:
            for portfolio in self._portfolios.get(account, ()):
                self._due[portfolio] = None
        for number, traded in changes.trades.items():
            for trades in (*self._trades.get(number, ()), *self._trades.get(EVERY_MARKET, ())):
                if trades.wants(self._mirror.markets[number]):
                    trades.note(traded)
                    self._ready(trades, spoken)
        for number, touched in changes.touched.items():
            for book in self._books.get(number, ()):
                book.note(touched)
                self._ready(book, spoken)
            for price in self._prices.get(number, ()):
                self._ready(price, spoken)
            # What the hours of a strip come to changes with each of them.
            for strip in self._mirror.markets[number].strips:
                for price in self._prices.get(strip.number, ()):
                    self._due[price] = None
        for stream, market, news in changes.news:
            for topic in self._news[stream]:
                if topic.wants(market):
                    topic.note(news)
                    self._ready(topic, spoken)
        return self._speak(spoken)

    def flush(self) -> list[Delivery]:
        """Tell what the 100 ms channels have gathered."""
        due, self._due = self._due, {}
        return self._speak(due)

    def relay(self, curve: ForwardCurve) -> list[Delivery]:
        """Tell a market maker's curve, and the tickers whose mark it moves."""
        for market in self._mirror.publish_curve(curve):
            for price in self._prices.get(market.number, ()):
                self._due[price] = None
        topic = self._topics.get((f"{Stream.FORWARD.value}.{curve.sku_region}", 0))
        if topic is None:
            return []
        assert isinstance(topic, ForwardTopic)
        topic.curve = curve
        return self._speak([topic])

    def announce(self, index: SkuIndex) -> list[Delivery]:
        """Tell the index of a day that has ended."""
        self._mirror.publish_index(index)
        topic = self._topics.get((f"{Stream.INDEX.value}.{index.sku}", 0))
        if topic is None:
            return []
        assert isinstance(topic, IndexTopic)
        topic.index = index
        return self._speak([topic])

    def _ready(self, topic: Topic, spoken: dict[Topic, None]) -> None:
        if topic.channel.raw:
            spoken[topic] = None
        else:
            self._due[topic] = None

    def _speak(self, topics: Iterable[Topic]) -> list[Delivery]:
        return [Delivery(frame, tuple(topic.listeners)) for topic in topics for frame in topic.take()]

    def _open(self, key: TopicKey, channel: Channel) -> Topic:
        topic = self._make(channel, key[1])
        self._topics[key] = topic
        return topic

    def _make(self, channel: Channel, account: int) -> Topic:
        match channel.stream:
            case Stream.BOOK:
                return _listed(self._books, BookTopic(channel, self._mirror.by_symbol[channel.instrument]))
            case Stream.TICKER | Stream.QUOTE:
                return _listed(self._prices, PriceTopic(channel, self._mirror.by_symbol[channel.instrument]))
            case Stream.TRADES:
                market = self._mirror.by_symbol.get(channel.instrument)
                return _listed(self._trades, TradesTopic(channel, EVERY_MARKET if market is None else market.number))
            case Stream.INSTRUMENT_STATE | Stream.FIXING | Stream.DELIVERY:
                self._news[channel.stream].append(NewsTopic(channel, EVERY_MARKET))
                return self._news[channel.stream][-1]
            case Stream.FORWARD:
                return ForwardTopic(channel, self._mirror.curves.get(channel.instrument))
            case Stream.INDEX:
                published = self._mirror.indexes.get(channel.instrument)
                return IndexTopic(channel, published[-1] if published else None)
            case Stream.USER_ORDERS:
                return _listed(self._orders, OrdersTopic(channel, account))
            case Stream.USER_TRADES:
                return _listed(self._fills, FillsTopic(channel, account))
            case Stream.USER_PORTFOLIO:
                topic = PortfolioTopic(channel, self._mirror.accounts[account], self._mirror.chronicle.last_seq)
                return _listed(self._portfolios, topic)
            case Stream.USER_EVENTS:
                return _listed(self._events, EventsTopic(channel, account))

    def _forget(self, listener: Hashable, keys: list[TopicKey]) -> None:
        heard = self._heard_by.get(listener, set())
        for key in keys:
            heard.discard(key)
            topic = self._topics[key]
            del topic.listeners[listener]
            if not topic.listeners:
                self._close(key, topic)
        if not heard:
            self._heard_by.pop(listener, None)

    def _close(self, key: TopicKey, topic: Topic) -> None:
        # A topic that nobody hears gathers nothing; the next listener opens it anew.
        del self._topics[key]
        self._due.pop(topic, None)
        match topic:
            case BookTopic():
                _unlisted(self._books, topic)
            case PriceTopic():
                _unlisted(self._prices, topic)
            case TradesTopic():
                _unlisted(self._trades, topic)
            case NewsTopic():
                self._news[topic.channel.stream].remove(topic)
            case OrdersTopic():
                _unlisted(self._orders, topic)
            case FillsTopic():
                _unlisted(self._fills, topic)
            case PortfolioTopic():
                _unlisted(self._portfolios, topic)
            case EventsTopic():
                _unlisted(self._events, topic)


def _listed(index: dict[int, list[AnyTopic]], topic: AnyTopic) -> AnyTopic:
    index.setdefault(topic.place, []).append(topic)
    return topic


def _unlisted(index: dict[int, list[AnyTopic]], topic: AnyTopic) -> None:
    index[topic.place].remove(topic)
    if not index[topic.place]:
        del index[topic.place]
