"""Levels made orders: what stands is what was told, and who leaves is whom the model says."""

from __future__ import annotations

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.domain.records import Rows
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.converter import Converter
from strategies.backtest.reading.models import queue_model
from strategies.backtest.recording import Recording
from tests.reading.flows import CONTRACT, Book, Said, numbers_are_dense, said

_DEPTH = 4
_TIMES = 400
_LEVELS_DRAWN = 4_000
_ORDER_LOTS = 10


def _rows(flow: Rows) -> list[Said]:
    return said(Recording(flow, (CONTRACT,), 0))


def _feed(rows: list[tuple[int, int, int, int, int]]) -> Rows:
    """Messages of (time, kind, side, price, lots)."""
    feed = np.zeros(len(rows), parts.FEED)
    for name, column in zip(("time_ns", "kind", "side", "price_ticks", "lots"), zip(*rows, strict=True), strict=True):
        feed[name] = column
    return feed


def _random_book(rng: np.random.Generator, depth: int) -> list[dict[int, int]]:
    """Lots by price of bids and asks around a middle that moves."""
    middle = 1_000 + int(rng.integers(-3, 4))
    return [
        {middle - 1 - int(away): int(rng.integers(1, 30)) for away in rng.choice(8, rng.integers(depth + 1), False)},
        {middle + 1 + int(away): int(rng.integers(1, 30)) for away in rng.choice(8, rng.integers(depth + 1), False)},
    ]


@pytest.mark.parametrize("model", ["pessimistic", "optimistic", "proportional", "power:3"])
def test_what_is_told_of_levels_stands(model: str) -> None:
    """After each time, in whichever order its rows come, though prices of both sides pass each other."""
    rng = np.random.default_rng(11)
    books = [_random_book(rng, 8) for _ in range(_TIMES)]
    rows, before = [], [dict[int, int](), dict[int, int]()]
    for time_ns, book in enumerate(books):
        told = [
            (time_ns, parts.LEVEL, side, price, book[side].get(price, 0))
            for side in Side
            for price in book[side].keys() | before[side].keys()
        ]
        # Only the last word on a level counts.
        told = [(time_ns, parts.LEVEL, side, price, 99) for _, _, side, price, _ in told[:2]] + told
        rows += told[:2] + [told[2:][place] for place in rng.permutation(len(told) - 2)]
        before = book
    converter = Converter(1, queue_model(model))
    flow = _rows(converter.levels(_feed(rows)))
    found = Book()
    for time_ns, book in enumerate(books):
        found.follow([row for row in flow if row[0] == time_ns])
        for side in Side:
            assert found.levels(side) == sorted(book[side].items(), reverse=side == Side.BUY)
    assert converter.count(parts.CROSSED) == 0


def test_the_levels_that_are_shown_stand_first() -> None:
    """After each view the best levels are its own; behind them what was last seen there, where it may still stand."""
    rng = np.random.default_rng(12)
    books = [_random_book(rng, _DEPTH) for _ in range(_TIMES)]
    views = np.zeros((_TIMES, _DEPTH, 4), np.int64)
    for view, book in zip(views, books, strict=True):
        for side in Side:
            for level, (price, lots) in enumerate(sorted(book[side].items(), reverse=side == Side.BUY)):
                view[level, 2 - 2 * side : 4 - 2 * side] = price, lots
    feed = _feed([(time_ns, parts.LEVEL, 0, 0, 0) for time_ns in range(_TIMES)])
    converter = Converter(1, queue_model("proportional"))
    flow = converter.bests(feed, views)
    found, rows = Book(), _rows(flow)
    for time_ns, book in enumerate(books):
        found.follow([row for row in rows if row[0] == time_ns])
        bids, asks = (found.levels(side) for side in Side)
        assert not (bids and asks) or bids[0][0] < asks[0][0]
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            shown = sorted(book[side].items(), reverse=side == Side.BUY)
            assert levels[: len(shown)] == shown
            assert len(shown) == _DEPTH or len(levels) == len(shown)
    assert numbers_are_dense(flow)


def test_more_than_is_shown_trades_where_nobody_was_better() -> None:
    """Hidden lots come and trade; a price behind the best is no trade of the book."""
    converter = Converter(1, queue_model("pessimistic"))
    flow = converter.levels(
        _feed(
            [
                (1, parts.LEVEL, 0, 100, 5),
                (2, parts.TRADE, 0, 100, 8),
                (3, parts.LEVEL, 0, 100, 2),
                (4, parts.TRADE, 0, 99, 3),
            ]
        )
    )
    assert _rows(flow) == [
        (1, "ADD", 0, 0, 100, 5),
        (2, "ADD", 1, 0, 100, 3),
        (2, "EXECUTE", 0, 0, 100, 5),
        (2, "EXECUTE", 1, 0, 100, 3),
        (3, "ADD", 1, 0, 100, 2),
    ]
    assert (converter.count(parts.UNSEEN), converter.count(parts.COVERED)) == (6, 3)


def _who_left(model: str) -> list[int]:
    """Of three orders of as many lots at each of many levels: how often the first, second and third lost some."""
    prices = range(1, 1 + _LEVELS_DRAWN)
    adds = [(lots, parts.LEVEL, 0, price, lots * _ORDER_LOTS) for lots in (1, 2, 3) for price in prices]
    cancels = [(4, parts.LEVEL, 0, price, 3 * _ORDER_LOTS - 1) for price in prices]
    rows = _rows(Converter(1, queue_model(model)).levels(_feed(adds + cancels)))
    places: dict[int, int] = {}
    lost = [0, 0, 0]
    for time, kind, number, *_ in rows:
        if kind == "ADD":
            places[number] = time - 1
        else:
            lost[places[number]] += 1
    assert sum(lost) == _LEVELS_DRAWN
    return lost


@pytest.mark.parametrize(("model", "power"), [("proportional", 1.0), ("power:2", 2.0), ("power:0.5", 0.5)])
def test_the_draw_has_its_law(model: str, power: float) -> None:
    """The chance that who left stood behind a share z of the level is (1-z)^n / ((1-z)^n + z^n)."""
    behind = [(1 - z) ** power / ((1 - z) ** power + z**power) for z in (0, 1 / 3, 2 / 3, 1)]
    for lost, before, after in zip(_who_left(model), behind, behind[1:], strict=False):
        chance = before - after
        deviation = (chance * (1 - chance) * _LEVELS_DRAWN) ** 0.5
        assert abs(lost - chance * _LEVELS_DRAWN) < 4 * deviation


def test_pessimists_and_optimists_know_who_left() -> None:
    assert _who_left("pessimistic") == [0, 0, _LEVELS_DRAWN]
    assert _who_left("optimistic") == [_LEVELS_DRAWN, 0, 0]
