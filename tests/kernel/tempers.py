"""What kinds of market are generated: the prices, sizes and budgets that reach different parts of the rules."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX, TOTAL_MAX

# Where the ladder of prices changes its shape: the edges of 64-level pages, and of pages of pages.
_EDGE_TICKS = [1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 262_143, 262_144, 16_777_215, 16_777_216, 10**8 - 1, 10**8]


class Temper(NamedTuple):
    """How one generated market behaves."""

    tick_values_micros: list[int]
    budgets_micros: list[int]
    price_ticks: Callable[[Random], int]
    lots_max: int
    hoarding: bool  # few cancels and no gates: the books grow deep
    desk: float = 1.0  # how often the venue's desk acts, of a hundred commands
    watched: float = 1.0  # how often orders come that must be looked at whenever their contract moves
    away_commands: int = 40  # for how many commands at most a contract is out of continuous trading
    pace_ns: int = 1  # the unit of all times; where it is a second and more, contracts live for hours
    lives: tuple[int, ...] = (300, 3000, 10_000)  # how long contracts live, in that unit
    lists: float = 1.0  # how often a contract comes; where there are many, most of them are left alone
    strips: bool = False  # some contracts are strips of others
    alike: bool = False  # most contracts are hours of one kind, of which one can make another good


def dense(random: Random) -> int:
    return random.randint(1, 40)


def several_pages(random: Random) -> int:
    return random.randint(1, 40) if random.random() < 0.3 else random.randint(1, 700)


def edges(random: Random) -> int:
    return max(1, min(PRICE_TICKS_MAX, random.choice(_EDGE_TICKS) + random.randint(-2, 2)))


def far_and_wide(random: Random) -> int:
    return random.randint(1, 10 ** random.randint(1, 8))


def narrow(random: Random) -> int:
    return random.randint(95, 105) if random.random() < 0.8 else random.randint(60, 140)


TEMPERS = [
    Temper([1, 1000], [500, 10**5, 10**9], dense, 10, hoarding=False),
    Temper([8000], [10**6, 10**9, 10**12], several_pages, 30, hoarding=False, alike=True),
    Temper([1, 7, 10**6], [10**9, 10**15, TOTAL_MAX // 20], edges, 1000, hoarding=False),
    Temper([3, 10**12], [10**6, TOTAL_MAX // 10], far_and_wide, LOTS_MAX, hoarding=False),
    Temper([1, 8000], [10**9, TOTAL_MAX // 20], several_pages, 100, hoarding=True),
    Temper([1, 8000], [10**8, 10**12], narrow, 20, hoarding=False, desk=8.0),
    Temper([1000], [10**9, 10**12], narrow, 20, hoarding=False, desk=3.0, away_commands=200, alike=True),
    Temper([1000], [10**12], narrow, 20, hoarding=True, watched=8.0),
    Temper(
        [1, 8000],
        [10**9, 10**13],
        narrow,
        20,
        hoarding=False,
        desk=2.0,
        away_commands=60,
        pace_ns=1_200_000_000,
        lives=(300, 3000, 4500, 6000),  # 3000 are exactly an hour
        lists=5.0,
    ),
    Temper([8000], [10**9, 10**12], narrow, 10, hoarding=False, strips=True, alike=True),
    Temper([1], [10**9, TOTAL_MAX // 20], edges, 1000, hoarding=False, desk=4.0, watched=2.0, strips=True),
    Temper([1000], [10**12], narrow, 20, hoarding=True, strips=True),
]
