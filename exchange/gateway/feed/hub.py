"""Who listens to what, and what they are told when."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from typing import NamedTuple, TypeVar

from exchange.gateway.feed.books import AnyBook, QueueTopic, TopTopic, book_topic
from exchange.gateway.feed.charts import ChartTopic
from exchange.gateway.feed.platform import PlatformTopic
from exchange.gateway.feed.rounds import Rounds
from exchange.gateway.feed.topics import (
    BookTopic,
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
# How many calls of ``beat`` there are to a round.
BEATS = 50
_MS_PER_MINUTE = 60_000
AnyTopic = TypeVar("AnyTopic", bound=Topic)


class Delivery(NamedTuple):
    """The same bytes for each listener. Of two deliveries to one listener the earlier goes first."""

    frame: bytes
    listeners: Collection[Hashable]


class Feed:
    """Sans-I/O. A listener is any hashable object that the caller knows how to reach."""

    def __init__(self, mirror: Mirror, beats: int = BEATS) -> None:
        """``beats``: of how many calls of ``beat`` each ticker speaks at one, whether it changed or not."""
        self._mirror = mirror
        self._beats: Rounds[PriceTopic] = Rounds(beats)
        self._minute_ms = 0
        self._platform: list[PlatformTopic] = []
        self._topics: dict[TopicKey, Topic] = {}
        self._heard_by: dict[Hashable, dict[TopicKey, None]] = {}
        self._slow: set[Hashable] = set()
        # Those who may hear all again, where the next change has to bring them back.
        self._returning: dict[tuple[Topic, Hashable], None] = {}
        # Topics by their place: a market's number, EVERY_MARKET, or an account.
        self._books: dict[int, list[AnyBook]] = {}
        self._prices: dict[int, list[PriceTopic]] = {}
        self._trades: dict[int, list[TradesTopic | ChartTopic]] = {}
        self._news: dict[Stream, list[NewsTopic]] = {stream: [] for stream in NEWS}
        self._orders: dict[int, list[OrdersTopic]] = {}
        self._fills: dict[int, list[FillsTopic]] = {}
        self._portfolios: dict[int, list[PortfolioTopic]] = {}
        # Those that speak every 100 ms and have something to say, in the order they got it.
        self._due: dict[Topic, None] = {}

    @property
    def subscriptions(self) -> int:
        """How many channels are heard, counted once for each who hears them."""
        return sum(map(len, self._heard_by.values()))

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
            if listener in self._slow:
                topic.fall_behind(listener)
            self._heard_by.setdefault(listener, {})[key] = None
            deliveries += [Delivery(frame, (listener,)) for frame in topic.greet()]
        return deliveries

    def leave(self, listener: Hashable, channels: Iterable[Channel]) -> None:
        """``listener`` hears ``channels`` no more, whosever they were."""
        names = {channel.name for channel in channels}
        self._forget(listener, [key for key in self._heard_by.get(listener, ()) if key[0] in names])

    def drop(self, listener: Hashable) -> None:
        """``listener`` is gone."""
        self._forget(listener, list(self._heard_by.get(listener, ())))
        self._slow.discard(listener)

    def fall_behind(self, listener: Hashable) -> None:
        """``listener`` reads too slowly: what can be told later in fewer words is kept until ``catch_up``."""
        if listener in self._slow:
            return
        self._slow.add(listener)
        for key in self._heard_by.get(listener, ()):
            self._topics[key].fall_behind(listener)

    def catch_up(self, listener: Hashable) -> list[Delivery]:
        """``listener`` has read what waited for it: what it missed, and from now on everything."""
        self._slow.discard(listener)
        deliveries: list[Delivery] = []
        for key in self._heard_by.get(listener, ()):
            deliveries += self._catch_up(self._topics[key], listener)
        return deliveries

    def _catch_up(self, topic: Topic, listener: Hashable) -> list[Delivery]:
        if listener not in topic.behind or listener in self._slow:
            return []
        deliveries: list[Delivery] = []
        if topic in self._due:
            # The others are brought to where this one comes back.
            del self._due[topic]
            deliveries += self._speak([topic])
        deliveries += [Delivery(frame, (listener,)) for frame in topic.catch_up(listener)]
        if listener in topic.behind:
            self._returning[topic, listener] = None
        return deliveries

    def publish(self, changes: Changes) -> list[Delivery]:
        """Tell what a turn changed: the owners first, then the public."""
        spoken: dict[Topic, None] = {}
        for account, market, order in changes.orders:
            for orders in self._orders.get(account, ()):
                if orders.wants(market):
                    orders.note(order)
                    self._ready(orders, spoken)
        for account, market, fill in changes.user_trades:
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
        if changes.kills:
            spoken.update(dict.fromkeys(self._platform))
        return self._speak(spoken)

    def flush(self) -> list[Delivery]:
        """Tell what the 100 ms channels have gathered."""
        due, self._due = self._due, {}
        deliveries = self._speak(due)
        returning, self._returning = self._returning, {}
        for topic, listener in returning:
            deliveries += self._catch_up(topic, listener)
        return deliveries

    def beat(self, now_ms: int) -> list[Delivery]:
        """Say what is said because time passes: tickers in their turn, and candles that begin without a trade."""
        deliveries = []
        for price in self._beats.step():
            self._due.pop(price, None)
            deliveries.append(Delivery(price.beat(now_ms), tuple(price.listeners)))
        if now_ms >= self._minute_ms:
            self._minute_ms = now_ms - now_ms % _MS_PER_MINUTE + _MS_PER_MINUTE
            for topics in self._trades.values():
                begun = [topic for topic in topics if isinstance(topic, ChartTopic) and topic.begin(now_ms)]
                deliveries += [Delivery(frame, tuple(topic.listeners)) for topic in begun for frame in topic.greet()]
        return deliveries

    def maintain(self) -> list[Delivery]:
        """Tell that the gateway is about to go away."""
        self._mirror.maintenance = True
        return self._speak(self._platform)

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
        deliveries = []
        for topic in topics:
            hearing = tuple(topic.listeners)
            deliveries += [Delivery(frame, hearing) for frame in topic.take()]
        return deliveries

    def _open(self, key: TopicKey, channel: Channel) -> Topic:
        topic = self._make(channel, key[1])
        self._topics[key] = topic
        return topic

    def _make(self, channel: Channel, account: int) -> Topic:
        match channel.stream:
            case Stream.BOOK:
                return _listed(self._books, book_topic(channel, self._mirror))
            case Stream.TICKER | Stream.QUOTE:
                price = PriceTopic(channel, self._mirror.by_symbol[channel.instrument])
                if channel.stream == Stream.TICKER:
                    self._beats.add(price)
                return _listed(self._prices, price)
            case Stream.CHART:
                return _listed(self._trades, ChartTopic(channel, self._mirror.by_symbol[channel.instrument]))
            case Stream.PLATFORM:
                self._platform.append(PlatformTopic(channel, self._mirror))
                return self._platform[-1]
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
                self._mirror.watched_accounts.add(account)
                return _listed(self._orders, OrdersTopic(channel, account))
            case Stream.USER_TRADES:
                return _listed(self._fills, FillsTopic(channel, account))
            case Stream.USER_PORTFOLIO:
                return _listed(self._portfolios, PortfolioTopic(channel, self._mirror.accounts[account]))

    def _forget(self, listener: Hashable, keys: list[TopicKey]) -> None:
        heard = self._heard_by.get(listener, {})
        for key in keys:
            heard.pop(key, None)
            topic = self._topics[key]
            topic.forget(listener)
            if not topic.listeners and not topic.behind:
                self._close(key, topic)
        if not heard:
            self._heard_by.pop(listener, None)

    def _close(self, key: TopicKey, topic: Topic) -> None:
        # A topic that nobody hears gathers nothing; the next listener opens it anew.
        del self._topics[key]
        self._due.pop(topic, None)
        topic.close()
        match topic:
            case BookTopic() | TopTopic() | QueueTopic():
                _unlisted(self._books, topic)
            case PriceTopic():
                if topic.channel.stream == Stream.TICKER:
                    self._beats.remove(topic)
                _unlisted(self._prices, topic)
            case PlatformTopic():
                self._platform.remove(topic)
            case TradesTopic() | ChartTopic():
                _unlisted(self._trades, topic)
            case NewsTopic():
                self._news[topic.channel.stream].remove(topic)
            case OrdersTopic():
                _unlisted(self._orders, topic)
                if key[1] not in self._orders:
                    self._mirror.watched_accounts.discard(key[1])
            case FillsTopic():
                _unlisted(self._fills, topic)
            case PortfolioTopic():
                _unlisted(self._portfolios, topic)


def _listed(index: dict[int, list[AnyTopic]], topic: AnyTopic) -> AnyTopic:
    index.setdefault(topic.place, []).append(topic)
    return topic


def _unlisted(index: dict[int, list[AnyTopic]], topic: AnyTopic) -> None:
    index[topic.place].remove(topic)
    if not index[topic.place]:
        del index[topic.place]
