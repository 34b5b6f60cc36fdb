"""A market maker that is compiled: the same file runs in every driver, and at full speed in a backtest.

gpux backtest examples/compiled_strategy.py:Maker
"""

from strategies.fast import FastStrategy, Record, Records, fast, kept_each


@fast
def leaning(mid_ticks: float, position_lots: int, lean_ticks: float) -> float:
    """The middle, moved against what is held."""
    return mid_ticks - lean_ticks * position_lots


class Maker(FastStrategy):
    """Ten times a second, ``half_ticks`` either side of the middle, and never holding more than ``held_max_lots``."""

    timer_ns: int = 100_000_000
    half_ticks: int = 3
    quote_lots: int = 5
    held_max_lots: int = 50
    lean_ticks: float = 0.05
    requotes: int = kept_each(0)

    @fast
    def on_timer(me: Record, books: Records, wants: Records) -> None:
        for contract in range(len(books)):
            book, want = books[contract], wants[contract]
            if book["mid_ticks"] > 0:
                held = book["position_lots"]
                center = round(leaning(book["mid_ticks"], held, me["lean_ticks"]))
                want["bid_ticks"] = center - me["half_ticks"]
                want["ask_ticks"] = center + me["half_ticks"]
                want["bid_lots"] = min(me["quote_lots"], me["held_max_lots"] - held)
                want["ask_lots"] = min(me["quote_lots"], me["held_max_lots"] + held)
                want["is_set"] = 1
                book["requotes"] += 1
