"""The simulation of Avellaneda and Stoikov (2008), section 3.3, many paths at once: by formula, and in the book.

In each step the mid price is known, both quotes are set, each is filled with probability lambda(distance) dt,
literally, and the mid price moves by sigma sqrt(dt) up or down. In the book the quotes are post-only orders of
their own contract on the engine, and what arrives with that probability is somebody's IOC order.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, Protocol

import numpy as np

from benchmarks.papers.many_books import MAKER, Flags, Floats, Integers, ManyBooks, limit_orders
from exchange.domain.enums import EventKind, Flag, Side, TimeInForce
from strategies.making import optimal_spread, reservation_price

MID, SIGMA, END, STEP, K, A = 100.0, 2.0, 1.0, 0.005, 1.5, 140.0
STEPS = round(END / STEP)
_TICK = 0.001


class Paths(NamedTuple):
    """(paths,) each, at the end."""

    cash: Floats
    inventory: Floats
    mid: Floats

    @property
    def profit(self) -> Floats:
        return self.cash + self.inventory * self.mid


class Market(Protocol):
    def quote(self, bids: Floats, asks: Floats) -> tuple[Floats, Floats]:
        """Stand there from now on, one lot each; returns the prices as they really are."""
        ...

    def trade(self, sells: Flags, buys: Flags) -> tuple[Flags, Flags]:
        """Somebody sells, somebody buys; returns whose bid and whose ask was filled."""
        ...


class ByFormula:
    """Any price can be quoted, and who comes is filled."""

    def quote(self, bids: Floats, asks: Floats) -> tuple[Floats, Floats]:
        return bids, asks

    def trade(self, sells: Flags, buys: Flags) -> tuple[Flags, Flags]:
        return sells, buys


class InTheBook:
    """A contract of the engine for each path; a tick is $0.001."""

    def __init__(self, paths: int) -> None:
        self.books = ManyBooks(paths)
        self._every = np.arange(paths)
        self._bid_ticks = self._ask_ticks = np.zeros(paths, np.int64)

    def quote(self, bids: Floats, asks: Floats) -> tuple[Floats, Floats]:
        self.books.clear()
        self._bid_ticks = np.rint(bids / _TICK).astype(np.int64)
        self._ask_ticks = np.maximum(np.rint(asks / _TICK).astype(np.int64), self._bid_ticks + 1)
        every = np.concatenate([self._every, self._every])
        sides = np.repeat([int(Side.BUY), int(Side.SELL)], len(self._every))
        rows = limit_orders(every, sides, np.concatenate([self._bid_ticks, self._ask_ticks]), MAKER)
        rows["flags"] = Flag.POST_ONLY
        self.books.apply(rows)
        return np.asarray(self._bid_ticks * _TICK, np.float64), np.asarray(self._ask_ticks * _TICK, np.float64)

    def trade(self, sells: Flags, buys: Flags) -> tuple[Flags, Flags]:
        sold, bought = np.flatnonzero(sells), np.flatnonzero(buys)
        prices = np.concatenate([self._bid_ticks[sold], self._ask_ticks[bought]])
        sides = np.repeat([int(Side.SELL), int(Side.BUY)], [len(sold), len(bought)])
        rows = limit_orders(np.concatenate([sold, bought]), sides, prices)
        rows["time_in_force"] = TimeInForce.IOC
        events = self.books.apply(rows)
        fills = np.flatnonzero(events["kind"] == EventKind.FILLED)
        filled = np.zeros((2, len(self._every)), np.bool_)
        filled[1 - events["side"][fills].astype(np.int64), events["contract"][fills]] = True
        return filled[Side.BUY], filled[Side.SELL]

    def account(self) -> tuple[Integers, Integers]:
        """(paths,) each: the lots that the maker holds and the ticks it has received, as the engine says."""
        held, received = np.zeros((2, len(self._every)), np.int64)
        for position in self.books.engine.positions(MAKER):
            held[position.contract], received[position.contract] = position.lots, -position.cost_micros
        return held, received


def average_spread(gamma: float) -> float:
    """Of the inventory strategy, over the whole time: what the symmetric strategy quotes throughout."""
    # The spread falls evenly with time, so that its average is the one in the middle.
    return optimal_spread(gamma, SIGMA**2 * END / 2, K)


def played(gamma: float, leans: bool, paths: int, generator: np.random.Generator, market: Market) -> Paths:
    """``leans``: the inventory strategy, which quotes around the reservation price; else the symmetric one."""
    mid, held, cash = np.full(paths, MID), np.zeros(paths), np.zeros(paths)
    average = average_spread(gamma)
    for step in range(STEPS):
        variance = SIGMA**2 * (END - step * STEP)
        spread = optimal_spread(gamma, variance, K) if leans else average
        lean = reservation_price(0.0, 1.0, gamma, variance) if leans else 0.0
        center = mid + held * lean
        bids, asks = market.quote(center - spread / 2, center + spread / 2)
        sells, buys = (generator.random(paths) < _chance(distance) for distance in (mid - bids, asks - mid))
        bought, sold = market.trade(sells, buys)
        cash += np.where(sold, asks, 0.0) - np.where(bought, bids, 0.0)
        held += bought.astype(np.float64) - sold
        mid += SIGMA * sqrt(STEP) * (2.0 * generator.integers(0, 2, paths) - 1.0)
    return Paths(cash, held, mid)


def _chance(distance: Floats) -> Floats:
    """lambda dt, which passes 1 where a quote stands far beyond the mid price."""
    chance: Floats = A * STEP * np.exp(-K * distance)
    return chance


class Moments(NamedTuple):
    """Mean and standard deviation, and the standard error of both in a sample of one."""

    mean: float
    deviation: float
    mean_error: float
    deviation_error: float

    @classmethod
    def of(cls, sample: Floats) -> Moments:
        mean, deviation = float(sample.mean()), float(sample.std())
        fourth = float(((sample - mean) ** 4).mean())
        return cls(mean, deviation, deviation, sqrt(fourth - deviation**4) / (2 * deviation))
