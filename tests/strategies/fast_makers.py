"""Compiled strategies to test with: each wakes for other things."""

from collections.abc import Sequence
from typing import Any

from strategies.base import Wake
from strategies.fast import FastStrategy, Record, Records, fast, kept, kept_each

LEAN = 0.05


@fast
def quote(book: Record, want: Record, half_ticks: int, lots: int, held_max_lots: int) -> None:
    """Around the middle, leaning against what is held."""
    center = round(book["mid_ticks"] - LEAN * book["position_lots"])
    want["bid_ticks"] = center - half_ticks
    want["ask_ticks"] = center + half_ticks
    want["bid_lots"] = min(lots, held_max_lots - book["position_lots"])
    want["ask_lots"] = min(lots, held_max_lots + book["position_lots"])
    want["is_set"] = 1


class ByTimer(FastStrategy):
    """Requotes everything ten times a second, and on a fill where it happened."""

    wakes = Wake.TIMER | Wake.FILL
    timer_ns: int = 100_000_000
    half_ticks: int = 2
    lots: int = 5
    held_max_lots: int = 20
    bought_lots: int = kept(0)
    fills: int = kept_each(0)

    @fast
    def on_timer(me: Record, books: Records, wants: Records) -> None:
        for contract in range(len(books)):
            if books[contract]["mid_ticks"] > 0:
                quote(books[contract], wants[contract], me["half_ticks"], me["lots"], me["held_max_lots"])

    @fast
    def on_fill(me: Record, books: Records, wants: Records, fill: Record) -> None:
        contract = fill["contract"]
        me["bought_lots"] += fill["lots"] * (1 - fill["side"])
        books[contract]["fills"] += fill["is_maker"]
        quote(books[contract], wants[contract], me["half_ticks"] + 1, me["lots"], me["held_max_lots"])


class ByBook(FastStrategy):
    """Follows every change of a best price, and widens after trades; one tick wide, so it is often refused."""

    wakes = Wake.BBO | Wake.TRADE
    half_ticks: float = 1.0
    fade: float = 0.9
    wide: float = kept_each(0.0)
    traded_lots: int = kept(0)

    @fast
    def on_start(me: Record, books: Records, wants: Records) -> None:
        me["traded_lots"] = 1

    @fast
    def on_book(me: Record, books: Records, wants: Records, contract: int) -> None:
        book = books[contract]
        book["wide"] *= me["fade"]
        if book["best_bid_ticks"] > 0 and book["best_ask_ticks"] > 0:
            quote(book, wants[contract], int(me["half_ticks"] + book["wide"]), 3, 9)

    @fast
    def on_trade(me: Record, books: Records, wants: Records, trade: Record) -> None:
        book = books[trade["contract"]]
        me["traded_lots"] += trade["lots"]
        book["wide"] += 0.1 * trade["lots"] * (1 + trade["side"])
        if book["bid_lots"] > 0 and book["wide"] > 3.0:
            wants[trade["contract"]]["bid_lots"] = 0
            wants[trade["contract"]]["ask_lots"] = 0
            wants[trade["contract"]]["is_set"] = 1


class ByDepth(FastStrategy):
    """Wakes for everything in view, but acts on one contract in three."""

    wakes = Wake.DEPTH | Wake.TIMER
    timer_ns: int = 7_000_000
    looks: int = kept(0)

    @fast
    def on_book(me: Record, books: Records, wants: Records, contract: int) -> None:
        me["looks"] += 1
        if me["looks"] % 3 == 0 and books[contract]["mid_ticks"] > 0:
            quote(books[contract], wants[contract], 1, 2, 6)

    @fast
    def on_timer(me: Record, books: Records, wants: Records) -> None:
        wants[me["looks"] % len(wants)]["bid_lots"] = 0
        wants[me["looks"] % len(wants)]["ask_lots"] = 0
        wants[me["looks"] % len(wants)]["is_set"] = me["looks"] % 2


ALL: Sequence[Any] = (ByTimer, ByBook, ByDepth)
