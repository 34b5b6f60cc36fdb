"""The log of a desk played to a fresh one: it must send the same messages, in the same order, to the byte."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from exchange.domain.enums import Side
from exchange.domain.errors import GpuxError
from exchange.domain.instruments import Contract, parse_symbol
from strategies.base import BookView, Budget, CurveSource, Desk, Fill, Message, Participant, Strategy, TradeView
from strategies.curves import shipped_curves
from strategies.drivers.market_curve import MarketCurve
from strategies.live.logbook import Begun, Called, Carried, Entry, Plain, Saw, plain

Arguments = Sequence[Any]


class LogDiffers(GpuxError):
    """The desk did something else this time; the message says where and what."""


@dataclass(frozen=True)
class Replayed:
    """How much was the same, the messages that were sent and the fills that were heard."""

    desk: Desk
    calls: int
    messages: tuple[tuple[Plain, ...], ...]
    fills: tuple[Fill, ...]


def replay_log(entries: Sequence[Entry], strategy: Strategy, curves: CurveSource | None = None) -> Replayed:
    """Call a fresh desk as the logged one was called.

    ``curves``: a fresh one of what the logged desk had. Raises LogDiffers at the first difference.
    """
    begun = entries[0]
    assert isinstance(begun, Begun), "a log begins with who trades what"
    contracts = {symbol: parse_symbol(symbol) for symbol in begun.contracts}
    books: dict[str, BookView] = {}
    participant = Participant(
        begun.name,
        strategy,
        tuple(contracts.values()),
        capacity_lots=begun.capacity_lots,
        curves=curves,
        budget=Budget(*begun.budget) if begun.budget else None,
    )
    desk = Desk(participant, books, _generator(begun.generator), begun.prefix)
    if isinstance(curves, MarketCurve):
        curves.follow(desk.ctx)
    calls, sent, fills = 0, [], []
    for entry in entries[1:]:
        if isinstance(entry, Saw):
            books[entry.symbol] = entry.view
        elif isinstance(entry, Carried):
            desk.ledger.carry(parse_symbol(entry.symbol), entry.lots, entry.fair_usd)
        elif isinstance(entry, Called):
            calls += 1
            if entry.method == "fill":
                fills.append(_fill(entry.arguments))
            sent += _same(calls, entry, _call(desk, books, contracts, entry))
    return Replayed(desk, calls, tuple(sent), tuple(fills))


def market_curve_of(begun: Begun) -> MarketCurve | None:
    """What ``gpux live`` gave the desk of a curve, if it did."""
    contracts = tuple(map(parse_symbol, begun.contracts))
    return MarketCurve(contracts, shipped_curves(begun.history_ns)) if begun.history_ns else None


def _same(number: int, entry: Called, messages: list[Message]) -> list[tuple[Plain, ...]]:
    now = [plain(message) for message in messages]
    if msgspec.json.encode(now) != msgspec.json.encode(entry.sent):
        where = f"call {number}, {entry.method} at {entry.now_ns}"
        raise LogDiffers(f"{where}: the log has {list(entry.sent)}, the replay sends {now}")
    return now


def _call(desk: Desk, books: Mapping[str, BookView], contracts: Mapping[str, Contract], entry: Called) -> list[Message]:
    now_ns, told = entry.now_ns, entry.arguments
    if entry.method == "book":
        symbol, is_best_changed = str(told[0]), bool(told[1])
        return desk.book(now_ns, contracts[symbol], books[symbol], is_best_changed)
    if entry.method == "trade":
        return desk.trade(now_ns, _trade(told))
    if entry.method == "fill":
        return desk.fill(now_ns, _fill(told), int(told[-1]))
    if entry.method not in _PLAIN_CALLS:
        raise LogDiffers(f"the log has a call {entry.method!r}, which no desk takes")
    found: list[Message] | None = getattr(desk, entry.method)(now_ns, *told)
    return found or []


_PLAIN_CALLS = frozenset(
    {"start", "timer", "curve", "progressed", "answered", "refused", "gone", "orders_lost", "kill", "mark"}
)


def _trade(told: Arguments) -> TradeView:
    symbol, side, price_ticks, lots, time_ns = told
    return TradeView(parse_symbol(symbol), Side(side), price_ticks, lots, time_ns)


def _fill(told: Arguments) -> Fill:
    symbol, client_id, side, price_ticks, lots, fee_usd, is_maker, time_ns, _ = told
    return Fill(parse_symbol(symbol), client_id, Side(side), price_ticks, lots, fee_usd, is_maker, time_ns)


def _generator(state: str) -> np.random.Generator:
    found = json.loads(state)
    kind = getattr(np.random, found["bit_generator"])()
    kind.state = found
    return np.random.Generator(kind)
