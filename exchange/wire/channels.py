"""Names of channels, such as ``book.H100SXM_USE_H14-1DEC26.raw``, and what they ask for."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, get_args

from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.history import Resolution

# Clients know the last two by different names.
INTERVALS = ("raw", "100ms", "agg2")
RESOLUTIONS: tuple[str, ...] = get_args(Resolution)
# How many ticks of price are taken for one level, and how many levels are shown.
GROUPS = {"none": 1, **{str(ticks): ticks for ticks in (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000)}}
DEPTHS = {str(levels): levels for levels in (1, 5, 10, 20, 50, 100)}
KINDS = ("future", "any")


class Stream(Enum):
    BOOK = "book"
    TRADES = "trades"
    CHART = "chart.trades"
    TICKER = "ticker"
    QUOTE = "quote"
    FORWARD = "forward"
    INDEX = "index"
    INSTRUMENT_STATE = "instrument.state"
    FIXING = "fixing"
    DELIVERY = "delivery"
    PLATFORM = "platform_state"
    USER_ORDERS = "user.orders"
    USER_TRADES = "user.trades"
    USER_PORTFOLIO = "user.portfolio"
    USER_EVENTS = "user.events"


# What becomes of contracts, told as it happens.
NEWS = frozenset({Stream.INSTRUMENT_STATE, Stream.FIXING, Stream.DELIVERY})
PRIVATE = frozenset({Stream.USER_ORDERS, Stream.USER_TRADES, Stream.USER_PORTFOLIO, Stream.USER_EVENTS})


class Channel(NamedTuple):
    """``instrument`` is empty where the channel is of all instruments of ``currency``."""

    name: str
    stream: Stream
    instrument: str = ""
    currency: str = "any"
    interval: str = "raw"
    # Of books: the best so many levels of so many ticks, or order by order.
    depth: int = 0
    group_ticks: int = 1
    by_order: bool = False
    resolution: str = ""
    of_public_methods: bool = False

    @property
    def private(self) -> bool:
        return self.stream in PRIVATE

    @property
    def raw(self) -> bool:
        return self.interval == "raw"


def parse_channel(name: str) -> Channel:
    """The channel of this name. Raises Refusal, listing the forms, if there is none."""
    match name.split("."):
        case ["book" | "ticker" as stream, instrument, interval] if interval in INTERVALS and instrument:
            return Channel(name, Stream(stream), instrument, interval=interval)
        case ["book", instrument, "l3"] if instrument:
            return Channel(name, Stream.BOOK, instrument, by_order=True)
        case ["book", instrument, group, depth, interval] if interval in INTERVALS and instrument:
            if group in GROUPS and depth in DEPTHS:
                return Channel(name, Stream.BOOK, instrument, "any", interval, DEPTHS[depth], GROUPS[group])
            known = f"GROUP is one of {', '.join(GROUPS)} and DEPTH of {', '.join(DEPTHS)}"
            advice = f"in book.INSTRUMENT.GROUP.DEPTH.INTERVAL {known}, not {group[:16]!r} and {depth[:16]!r}"
            raise Refusal(Code.SUBSCRIBE_ERROR, advice, param="channels")
        case ["chart", "trades", instrument, resolution] if resolution in RESOLUTIONS and instrument:
            return Channel(name, Stream.CHART, instrument, interval="100ms", resolution=resolution)
        case ["platform_state", *rest] if rest in ([], ["public_methods_state"]):
            return Channel(name, Stream.PLATFORM, of_public_methods=bool(rest))
        case ["quote", instrument] if instrument:
            return Channel(name, Stream.QUOTE, instrument)
        case ["forward", sku_region] if sku_region:
            return Channel(name, Stream.FORWARD, sku_region)
        case ["index", sku] if sku:
            return Channel(name, Stream.INDEX, sku)
        case ["trades", *rest]:
            return _selection(name, Stream.TRADES, rest)
        case ["user", "orders" | "trades" as what, *rest]:
            return _selection(name, Stream(f"user.{what}"), rest)
        case ["user", "portfolio", currency] if currency:
            return Channel(name, Stream.USER_PORTFOLIO, currency=currency)
        case ["user", "events", "raw"]:
            return Channel(name, Stream.USER_EVENTS)
        case ["instrument", "state", kind, currency] if kind in KINDS and currency:
            return Channel(name, Stream.INSTRUMENT_STATE, currency=currency)
        case ["fixing" | "delivery" as stream, kind, currency] if kind in KINDS and currency:
            return Channel(name, Stream(stream), currency=currency)
        case ["fixing" | "delivery" as stream, instrument] if instrument:
            return Channel(name, Stream(stream), instrument)
    raise _unknown(name)


def in_currency(currency: str, base_currency: str) -> bool:
    """Whether an instrument of ``base_currency``, settled in USD, answers to ``currency``."""
    return currency in ("any", "USD", base_currency)


def _selection(name: str, stream: Stream, rest: list[str]) -> Channel:
    match rest:
        case [instrument, interval] if interval in INTERVALS and instrument and instrument not in KINDS:
            return Channel(name, stream, instrument, interval=interval)
        case [kind, currency, interval] if kind in KINDS and currency and interval in INTERVALS:
            return Channel(name, stream, currency=currency, interval=interval)
    raise _unknown(name)


def _unknown(name: str) -> Refusal:
    forms = "book.X.raw, trades.X.raw, ticker.X.100ms, quote.X, forward.SKU_REGION, user.orders.any.any.raw"
    return Refusal(
        Code.SUBSCRIBE_ERROR, f"there is no channel {name[:128]!r}; channels look like {forms}", param="channels"
    )
