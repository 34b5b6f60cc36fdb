"""Candles as they grow."""

from __future__ import annotations

from exchange.gateway.feed.topics import Topic
from exchange.gateway.mirror.drawing import one
from exchange.gateway.mirror.markets import Market
from exchange.views.candles import RESOLUTIONS, flat, start_of
from exchange.wire.channels import Channel
from exchange.wire.messages import Trade


class ChartTopic(Topic):
    """The candle that trades fall into, each time as it is so far; and a flat one that begins without any."""

    def __init__(self, channel: Channel, market: Market) -> None:
        super().__init__(channel, market.number)
        self._market = market
        self._minutes = RESOLUTIONS[channel.resolution]
        # When the last candle begins that was said or may not have been, 0 before any.
        newest = market.history.last(self._minutes)
        self._start_ms = 0 if newest is None else newest.start_ms

    def note(self, trades: list[Trade]) -> None:
        """The market keeps what traded."""

    def greet(self) -> list[bytes]:
        newest = self._market.history.last(self._minutes)
        if newest is None:
            return []
        start_ms = max(self._start_ms, newest.start_ms)
        candle = newest if newest.start_ms == start_ms else flat(start_ms, newest.close_ticks)
        return [self.frame(one(self._market, candle))]

    def take(self) -> list[bytes]:
        candles = self._market.history.since(self._minutes, self._start_ms)
        if candles:
            self._start_ms = candles[-1].start_ms
        return [self.frame(one(self._market, candle)) for candle in candles]

    def begin(self, now_ms: int) -> bool:
        """Whether another candle has begun, which has something to say although nothing traded in it."""
        start_ms = start_of(now_ms, self._minutes)
        if not self._start_ms or start_ms <= self._start_ms or self._market.is_over:
            return False
        self._start_ms = start_ms
        return True
