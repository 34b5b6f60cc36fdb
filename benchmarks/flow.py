"""A market of any size, kept in motion: the same mix as ``w1``, made here because no file holds ten million orders.

    python -m benchmarks.flow record SHAPE ROWS.npy    (SHAPE: contracts,resting,events; needs the full kernel)
    python -m benchmarks.flow replay SHAPE ROWS.npy REPS

First the book is built up to so many resting orders: bids and offers around a price, at distances that
follow the power law of ``w1``. Then 45% add, 45% cancel (half of them what was added last), 5% replace by another
price and 5% take what is best; adds and cancels differ from that only to keep the number of resting orders.
Orders are named by the engine's ids, so what is asked depends on what was answered: one process
records the commands on a full kernel, and others replay them on a fresh engine, which is what is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median as _median
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import Growth, Meter
from benchmarks.workload import BUYER, SELLER, opening_rows
from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Side, TimeInForce
from exchange.domain.records import COMMAND, Rows
from exchange.engine import Engine

_SEED = 42
_MID_TICKS = 20_000
_DISTANCE_MAX = 4000
_DISTANCE_OFFSET = 10
# The part of all orders that is at most so far from the middle.
_NEARER = np.cumsum((np.arange(1.0, _DISTANCE_MAX + 1) + _DISTANCE_OFFSET) ** -2)
_NEARER /= _NEARER[-1]
_LOTS_MAX = 100
_TAKEN_LOTS_MAX = 60
_BLOCK = 4096
_ORDER_ROW = 2**32 - 1

Integers = NDArray[np.int64]
Generator = np.random.Generator
Scalar = TypeVar("Scalar", bound=np.generic)


class Shape(NamedTuple):
    contracts: int
    resting: int
    events: int  # after the build-up

    @classmethod
    def parse(cls, text: str) -> Shape:
        return cls(*(int(number) for number in text.split(",")))

    def __str__(self) -> str:
        return ",".join(str(number) for number in self)


def built_up(shape: Shape) -> Iterator[Rows]:
    """Accounts, contracts and resting orders, in blocks that are made as they are asked for."""
    opening = opening_rows(shape.contracts)
    if not shape.resting:  # then the contracts are listed and nobody may sell in them
        opening = opening[opening["kind"] != CommandKind.CAPACITY]
    yield _stamped(opening, 1)
    generator = np.random.default_rng([_SEED, 1])
    for start in range(0, shape.resting, _BLOCK):
        count = min(_BLOCK, shape.resting - start)
        rows = np.zeros(count, COMMAND)
        _add(rows, np.ones(count, np.bool_), generator, shape.contracts)
        yield _stamped(rows, len(opening) + start + 1)


class LiveOrders:
    """Ids and sides of resting orders, in no order, from which any can be removed."""

    def __init__(self) -> None:
        self.count = 0
        self.ids = np.zeros(1024, np.int64)
        self.sides = np.zeros(1024, np.int8)
        self._places = np.zeros(1024, np.int64)  # by the row in an id

    def add(self, ids: Integers, sides: NDArray[np.int8]) -> None:
        end = self.count + len(ids)
        self.ids, self.sides = _with_room(self.ids, end), _with_room(self.sides, end)
        self.ids[self.count : end] = ids
        self.sides[self.count : end] = sides
        rows = ids & _ORDER_ROW
        self._places = _with_room(self._places, int(rows.max(initial=0)) + 1)
        self._places[rows] = np.arange(self.count, end)
        self.count = end

    def places(self, ids: Integers) -> Integers:
        """Of those that are here, each once."""
        rows = ids & _ORDER_ROW
        known = rows < len(self._places)
        places = self._places[rows[known]]
        found: Integers = np.unique(places[(places < self.count) & (self.ids[places] == ids[known])])
        return found

    def remove(self, ids: Integers) -> None:
        """The last ones move to where the removed ones were."""
        gone = self.places(ids)
        end = self.count - len(gone)
        last = np.arange(end, self.count)
        holes, moved = gone[gone < end], last[~np.isin(last, gone)]
        self.ids[holes], self.sides[holes] = self.ids[moved], self.sides[moved]
        self._places[self.ids[holes] & _ORDER_ROW] = holes
        self.count = end


def record(shape: Shape) -> tuple[Rows, Engine]:
    """The commands after the build-up, and the engine that has done them."""
    engine, live = Engine(), LiveOrders()
    for rows in built_up(shape):
        _learn(live, rows, engine.apply(rows))
    generator = np.random.default_rng([_SEED, 2])
    # Orders that a batch names must be those that were there before it, so it is small against the book.
    batch = min(max(shape.resting // 32, 16), 2048)
    recorded = [np.zeros(0, COMMAND)]
    recent = np.zeros(0, np.int64)
    for start in range(0, shape.events, batch):
        rows = _mixed(min(batch, shape.events - start), shape, live, recent, generator)
        rows = _stamped(rows, engine.sequence + 1)
        recent = _learn(live, rows, engine.apply(rows))
        recorded.append(rows)
    return np.concatenate(recorded), engine


def _mixed(count: int, shape: Shape, live: LiveOrders, recent: Integers, generator: Generator) -> Rows:
    """One batch of all four kinds, in random order."""
    replaces = takes = round(0.05 * count)
    both = count - replaces - takes
    adds = min(max((both + shape.resting - live.count) // 2, 0), both)
    rows = np.zeros(count, COMMAND)
    kinds = np.repeat([0, 1, 2, 3], [adds, both - adds, replaces, takes])
    generator.shuffle(kinds)
    kinds[_name(rows, kinds, live, recent, generator)] = 0
    _add(rows, kinds == 0, generator, shape.contracts)
    _take(rows, kinds == 3, generator, shape.contracts)
    return rows


def _add(rows: Rows, which: NDArray[np.bool_], generator: Generator, contracts: int) -> None:
    """New orders that rest, because each side keeps to its side of the middle."""
    count = int(which.sum())
    sides = generator.integers(0, 2, count)
    rows["kind"][which] = CommandKind.NEW
    rows["order_type"][which] = OrderType.LIMIT
    rows["time_in_force"][which] = TimeInForce.GTC
    rows["side"][which] = sides
    rows["account"][which] = np.where(sides == Side.BUY, BUYER, SELLER)
    rows["price_ticks"][which] = _prices(sides, generator)
    rows["lots"][which] = generator.integers(1, _LOTS_MAX + 1, count)
    rows["contract"][which] = generator.integers(0, contracts, count)


def _name(rows: Rows, kinds: Integers, live: LiveOrders, recent: Integers, generator: Generator) -> Integers:
    """Cancels and replaces of orders that rest, each named at most once; returns the rows that found none."""
    named = np.flatnonzero((kinds == 1) | (kinds == 2))
    anywhere = generator.integers(0, live.count, 2 * len(named)) if live.count else np.zeros(0, np.int64)
    lately = generator.permutation(live.places(recent))[: len(named) // 2]
    elsewhere = generator.permutation(np.setdiff1d(anywhere, lately))
    places = generator.permutation(np.concatenate([lately, elsewhere])[: len(named)])
    named, without = named[: len(places)], named[len(places) :]
    sides = live.sides[places].astype(np.int64)
    replacing = kinds[named] == 2
    rows["kind"][named] = np.where(replacing, CommandKind.REPLACE, CommandKind.CANCEL)
    rows["order_id"][named] = live.ids[places]
    rows["account"][named] = np.where(sides == Side.BUY, BUYER, SELLER)
    rows["price_ticks"][named] = np.where(replacing, _prices(sides, generator), 0)
    rows["lots"][named] = np.where(replacing, generator.integers(1, _LOTS_MAX + 1, len(named)), 0)
    rows["flags"][named] = np.where(replacing, Flag.LOTS_ARE_OPEN, 0)
    return without


def _take(rows: Rows, which: NDArray[np.bool_], generator: Generator, contracts: int) -> None:
    """Orders that take from the best price, wherever it is, and never rest."""
    _add(rows, which, generator, contracts)
    count = int(which.sum())
    beyond = np.where(rows["side"][which] == Side.BUY, _DISTANCE_MAX, -_DISTANCE_MAX)
    rows["price_ticks"][which] = _MID_TICKS + beyond
    rows["time_in_force"][which] = TimeInForce.IOC
    rows["lots"][which] = generator.integers(1, _TAKEN_LOTS_MAX + 1, count)


def _prices(sides: Integers, generator: Generator) -> Integers:
    distances = np.minimum(np.searchsorted(_NEARER, generator.random(len(sides))) + 1, _DISTANCE_MAX)
    return _MID_TICKS + np.where(sides == Side.BUY, -distances, distances)


def _learn(live: LiveOrders, asked: Rows, events: Rows) -> Integers:
    """Follow the events of ``asked``; returns the ids that are new."""
    fills = events[events["kind"] == EventKind.FILLED]
    left = events["order_id"][(events["kind"] == EventKind.CANCELLED) | (events["kind"] == EventKind.EXPIRED)]
    gone = np.concatenate([left, fills["maker_order_id"][fills["maker_open_lots"] == 0]])
    # Accepted and rested may be one row or two, and an order rests again after a replace.
    is_new = asked["kind"][events["sequence"] - int(asked["sequence"][0])] == CommandKind.NEW
    entered = (events["kind"] == EventKind.ACCEPTED) | (events["kind"] == EventKind.RESTED)
    rested = events[is_new & entered & (events["resting"] == 1)]
    rested = rested[~np.isin(rested["order_id"], gone)]
    new: Integers = rested["order_id"].astype(np.int64)
    # In this order, because the engine gives the rows of orders that are gone to new ones.
    live.remove(gone)
    if len(new):
        live.add(new, asked["side"][rested["sequence"] - int(asked["sequence"][0])])
    return new


def _stamped(rows: Rows, first_sequence: int) -> Rows:
    rows["sequence"] = np.arange(first_sequence, first_sequence + len(rows))
    rows["time_ns"] = 1
    return rows


def _with_room(column: NDArray[Scalar], count: int) -> NDArray[Scalar]:
    if count <= len(column):
        return column
    larger = np.zeros(max(count, 2 * len(column)), column.dtype)
    larger[: len(column)] = column
    return larger


def replay(shape: Shape, rows: Rows, reps: int) -> dict[str, object]:
    """Build up, which shows the memory, then apply ``rows``, which shows the time."""
    batches = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
    growths: list[Growth] = []
    times_ns: list[int] = []
    for _ in range(reps):
        engine = Engine()
        meter = Meter()
        for block in built_up(shape):
            engine.apply(block)
        growths.append(meter.growth())
        started_ns = time.process_time_ns()
        for batch in batches:
            engine.apply(batch)
        times_ns.append(time.process_time_ns() - started_ns)
        found = _totals(engine)
        del engine
    # Only the first engine got new memory for everything.
    resident_bytes, peak_bytes = growths[0]
    if not len(rows):
        times_ns = [0]
    ns_per_event, ns_min, ns_max = (round(which(times_ns) / max(len(rows), 1), 1) for which in (_median, min, max))
    return {
        **found,
        "ns_per_event": ns_per_event,
        "ns_per_event_min": ns_min,
        "ns_per_event_max": ns_max,
        "resident_bytes": resident_bytes,
        "peak_bytes": peak_bytes,
    }


def _totals(engine: Engine) -> dict[str, object]:
    """What must be the same in all runs of a shape, whatever the kernel."""
    contracts = engine.contracts()
    return {
        "resting_end": sum(contract.orders for contract in contracts),
        "trades": sum(contract.trades for contract in contracts),
        "volume": sum(contract.volume_lots for contract in contracts),
    }


def main() -> None:
    what, shape, path = sys.argv[1], Shape.parse(sys.argv[2]), Path(sys.argv[3])
    if what == "record":
        rows, engine = record(shape)
        np.save(path, rows)
        print(json.dumps(_totals(engine)))
    else:
        rows = np.load(path) if shape.events else np.zeros(0, COMMAND)
        print(json.dumps(replay(shape, rows, reps=int(sys.argv[4]))))


if __name__ == "__main__":
    main()
