"""Books without changes of levels: the top of them, in groups of prices, and order by order."""

from __future__ import annotations

from exchange.domain.enums import Side
from exchange.gateway.feed.behind import MissedOrders
from exchange.gateway.feed.topics import BookTopic, ChainTopic, StateTopic
from exchange.gateway.mirror.books import Step
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.venue import Mirror
from exchange.views import Level, Touched
from exchange.wire.books import BookOrders, BookTop, OrderStep
from exchange.wire.channels import Channel
from exchange.wire.messages import Action


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


class QueueTopic(ChainTopic):
    """Order by order. Ids are numbers of this channel alone, given anew to whatever enters: they tell of nobody."""

    def __init__(self, channel: Channel, market: Market, mirror: Mirror) -> None:
        super().__init__(channel, market)
        self._books = mirror.books
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
        happened, self._books.steps[self.place] = self._books.steps[self.place], []
        if not happened:
            return []
        steps = [step._replace(order_id=self._id(step)) for step in happened]
        for missed in self.behind.values():
            missed.add(steps)
        before_id, self._said_id = self._said_id, self._market.change_id
        return [self._change(*self._told(steps), before_id)] if self.listeners else []

    def close(self) -> None:
        self._books.forget_orders(self.place)

    def _missed(self, said_id: int) -> MissedOrders:
        return MissedOrders(said_id)

    def _net(self, missed: MissedOrders) -> tuple[list[OrderStep], list[OrderStep]]:
        assert not self._books.steps[self.place]
        return self._told(missed.net())

    def _change(self, bids: list[OrderStep], asks: list[OrderStep], before_id: int) -> bytes:
        market = self._market
        change = BookOrders("change", market.updated_ms, market.symbol, self._said_id, bids, asks, before_id)
        return self.frame(change)

    def _standing(self, side: Side) -> list[OrderStep]:
        market = self._market
        return [
            ("new", market.price(order.price_ticks), market.amount(order.lots), self._ids[order.order_id])
            for order in self._books.queue(market.number, side)
        ]

    def _told(self, steps: list[Step]) -> tuple[list[OrderStep], list[OrderStep]]:
        """Of bids and of asks, in their order."""
        told: dict[int, list[OrderStep]] = {Side.BUY: [], Side.SELL: []}
        price, amount = self._market.price, self._market.amount
        for step in steps:
            action: Action = "new" if not step.before else "change" if step.lots else "delete"
            told[step.side].append((action, price(step.price_ticks), amount(step.lots), step.order_id))
        return told[Side.BUY], told[Side.SELL]

    def _id(self, step: Step) -> int:
        """Of the channel, for the order that a step is about."""
        if not step.before:
            return self._enter(step.order_id)
        return self._ids[step.order_id] if step.lots else self._ids.pop(step.order_id)

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
