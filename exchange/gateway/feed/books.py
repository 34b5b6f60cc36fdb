"""Books without changes of levels: the top of them, in groups of prices, and order by order."""

from __future__ import annotations

from exchange.domain.enums import Side
from exchange.gateway.feed.topics import BookTopic, StateTopic, Topic
from exchange.gateway.mirror.books import Step
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.venue import Mirror
from exchange.views import Level, Touched
from exchange.wire.books import BookOrders, BookTop, OrderStep
from exchange.wire.channels import Channel


class TopTopic(StateTopic):
    """The best levels, each time as they are. Nothing is said while these stay the same."""

    def __init__(self, channel: Channel, market: Market) -> None:
        super().__init__(channel, market.number)
        self._market = market
        self._said: tuple[list[Level], list[Level]] | None = None

    def note(self, touched: Touched) -> None:
        """What they are is looked up when it is said."""

    def greet(self) -> list[bytes]:
        self._said = self._now()
        return [self._frame(*self._said)]

    def take(self) -> list[bytes]:
        return [] if self._now() == self._said else super().take()

    def _now(self) -> tuple[list[Level], list[Level]]:
        return self._levels(Side.BUY), self._levels(Side.SELL)

    def _levels(self, side: Side) -> list[Level]:
        """Up to ``depth`` of them, best first, with their prices rounded away from the other side."""
        group, depth, levels = self.channel.group_ticks, self.channel.depth, self._market.book.side(side)
        if group == 1:
            return levels.top(depth)
        grouped: list[Level] = []
        for price_ticks in reversed(levels.prices) if side == Side.BUY else levels.prices:
            rounded = price_ticks // group * group if side == Side.BUY else -(-price_ticks // group) * group
            if grouped and grouped[-1][0] == rounded:
                grouped[-1] = (rounded, grouped[-1][1] + levels.lots[price_ticks])
            elif len(grouped) == depth:
                break
            else:
                grouped.append((rounded, levels.lots[price_ticks]))
        return grouped

    def _frame(self, bids: list[Level], asks: list[Level]) -> bytes:
        market = self._market
        said = [[(market.price(ticks), market.amount(lots)) for ticks, lots in levels] for levels in (bids, asks)]
        return self.frame(BookTop(market.updated_ms, market.symbol, market.change_id, *said))


class QueueTopic(Topic):
    """Order by order. Ids are numbers of this channel alone, given anew to whatever enters: they tell of nobody."""

    def __init__(self, channel: Channel, market: Market, mirror: Mirror) -> None:
        super().__init__(channel, market.number)
        self._market = market
        self._books = mirror.books
        self._said_id = market.change_id
        self._ids: dict[int, int] = {}
        self._last_id = 0
        self._books.follow_orders(market.number)
        for side in Side:
            for order in self._books.queue(market.number, side):
                self._enter(order.order_id)

    def note(self, touched: Touched) -> None:
        """The books of the mirror gather what happens."""

    def greet(self) -> list[bytes]:
        market = self._market
        bids, asks = self._standing(Side.BUY), self._standing(Side.SELL)
        return [self.frame(BookOrders("snapshot", market.updated_ms, market.symbol, self._said_id, bids, asks))]

    def take(self) -> list[bytes]:
        steps, self._books.steps[self.place] = self._books.steps[self.place], []
        if not steps:
            return []
        said: dict[int, list[OrderStep]] = {Side.BUY: [], Side.SELL: []}
        for step in steps:
            said[step.side].append(self._step(step))
        market = self._market
        before_id, self._said_id = self._said_id, market.change_id
        bids, asks = said[Side.BUY], said[Side.SELL]
        return [
            self.frame(BookOrders("change", market.updated_ms, market.symbol, self._said_id, bids, asks, before_id))
        ]

    def close(self) -> None:
        self._books.forget_orders(self.place)

    def _standing(self, side: Side) -> list[OrderStep]:
        market = self._market
        return [
            ("new", market.price(order.price_ticks), market.amount(order.lots), self._ids[order.order_id])
            for order in self._books.queue(market.number, side)
        ]

    def _step(self, step: Step) -> OrderStep:
        price = self._market.price(step.price_ticks)
        if not step.lots:
            return ("delete", price, 0.0, self._ids.pop(step.order_id))
        if step.before:
            return ("change", price, self._market.amount(step.lots), self._ids[step.order_id])
        return ("new", price, self._market.amount(step.lots), self._enter(step.order_id))

    def _enter(self, order_id: int) -> int:
        self._last_id += 1
        self._ids[order_id] = self._last_id
        return self._last_id


AnyBook = BookTopic | TopTopic | QueueTopic


def book_topic(channel: Channel, mirror: Mirror) -> AnyBook:
    """The topic for one of the channels of a book."""
    market = mirror.by_symbol[channel.instrument]
    if channel.by_order:
        return QueueTopic(channel, market, mirror)
    return TopTopic(channel, market) if channel.depth else BookTopic(channel, market)
