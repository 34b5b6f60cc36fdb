"""The day of a market in bytes, kept until the market changes: people ask for all of them, and there are thousands."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from exchange.gateway.mirror.markets import Market
from exchange.wire.charts import BookSummary

_encode = msgspec.json.Encoder().encode
# Where the time of the summary goes, which is that of the question.
_TIME = b'"creation_timestamp":'


def summaries(markets: Iterable[Market], now_ms: int) -> Raw:
    """A list of BookSummary, encoded."""
    time = b"%d" % now_ms
    return Raw(b"[" + b",".join([time.join(_summary(market)) for market in markets]) + b"]")


def _summary(market: Market) -> tuple[bytes, bytes]:
    """What stands before and after the time. The mark of a strip is that of its hours."""
    legs = market.legs
    said = (market.version, market.open_interest_lots, sum([leg.version for leg in legs]) if legs else 0)
    if market.summary is None or market.summary_said != said:
        before, _, after = _encode(make_summary(market)).partition(_TIME + b"0")
        market.summary, market.summary_said = (before + _TIME, after), said
    return market.summary


def make_summary(market: Market) -> BookSummary:
    """As it stands, but for the time."""
    bid, ask = market.price(market.book.bids.best()[0]), market.price(market.book.asks.best()[0])
    stats, mark = market.stats(), market.mark_price()
    return BookSummary(
        instrument_name=market.symbol,
        base_currency=market.base_currency,
        quote_currency="USD",
        creation_timestamp=0,
        bid_price=bid,
        ask_price=ask,
        mid_price=(bid + ask) / 2 if bid and ask else None,
        mark_price=mark,
        estimated_delivery_price=mark,
        last=market.price(market.last_ticks) if market.last_ticks else None,
        high=stats.high,
        low=stats.low,
        price_change=stats.price_change,
        volume=stats.volume,
        volume_usd=stats.volume_usd,
        volume_notional=stats.volume_notional,
        open_interest=market.amount(market.open_interest_lots),
    )
