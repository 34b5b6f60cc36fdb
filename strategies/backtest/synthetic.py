"""A market of people without intentions: orders, cancels and market orders by the laws of chance alone.

On each side limit orders arrive at every distance of 1 .. ``ticks`` from the best opposite price, each at
``limit_rate``; market orders at ``market_rate``; and every open order is cancelled at ``cancel_rate`` (Smith,
Farmer, Gillemot and Krishnamurthy, 2003; the rates are constant in the distance, where Cont, Stoikov and
Talreja, 2010, let them fall). All are Poisson, so the next thing to happen is drawn from the sum of the rates.

The draw keeps small books of its own, to know what is open and where the best prices are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import Side
from exchange.domain.flow import FLOW, FlowKind
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.records import Rows
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.jit import entry, int64, kernel
from strategies.backtest.recording import CHUNK_ROWS, Recording

_ADD, _DELETE, _TAKE = int(FlowKind.ADD), int(FlowKind.DELETE), int(FlowKind.TAKE)
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_PRICES = 1024  # of a book; it starts in their middle
_BASE_TICKS = 2_000
_START_HOUR = 496_000
_DRAWS_EACH = 3

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ZeroIntelligence:
    """Rates are a second; of a limit order at one distance on one side, of market orders on one side, of one order."""

    limit_rate: float = 50.0
    market_rate: float = 150.0
    cancel_rate: float = 0.5
    ticks: int = 10
    lots_max: int = 9  # sizes are uniform from 1


_NAMES = ["contract", "price", "lots", "older", "newer", "place"]
# An open order: its book and where in it, its neighbours in the queue, and its place among all that are open.
_ORDER = np.dtype([(name, "<i4") for name in _NAMES])
_LEVEL = np.dtype([("oldest", "<i4"), ("newest", "<i4")])  # order + 1, or 0


def zero_intelligence(
    requests: int, seed: int, books: int = 1, law: ZeroIntelligence | None = None, label: str = ""
) -> Recording:
    """``requests`` of a market on ``books`` books, the same to the byte for the same arguments."""
    law = law or ZeroIntelligence()
    contracts = _contracts(books)
    start_ns = (_START_HOUR - 1) * NS_PER_HOUR
    rng = np.random.default_rng(seed)
    flow = np.zeros(requests, FLOW)
    expected = int(books * 2 * law.ticks * law.limit_rate / law.cancel_rate)
    orders = np.zeros(min(requests, 4 * expected + 1024), _ORDER)
    levels = np.zeros(books * 2 * _PRICES, _LEVEL)
    best = np.zeros((books, 2), np.int64)
    best[:, _BUY], best[:, _SELL] = 0, _PRICES
    free = np.arange(len(orders) - 1, -1, -1, dtype=np.int64)
    opened = np.zeros(len(orders), np.int64)
    clock = np.array([start_ns, 0], np.int64)
    rates = np.array([2 * law.ticks * law.limit_rate * books, 2 * law.market_rate * books, law.cancel_rate])
    for start in range(0, requests, CHUNK_ROWS):
        part = flow[start : start + CHUNK_ROWS]
        waits, chances = rng.standard_exponential(len(part)), rng.random((len(part), _DRAWS_EACH))
        drawn = _draw(part, waits, chances, rates, law.ticks, law.lots_max, orders, levels, best, free, opened, clock)
        assert drawn == len(part), "more orders are open at once than the law lets expect"
    return Recording(flow, contracts, start_ns, label or f"zero intelligence, seed {seed}")


def _contracts(books: int) -> tuple[Contract, ...]:
    """Hours of one place that are traded for longer than any flow lasts."""
    sku, region = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")
    return tuple(hour_contract(sku, region, _START_HOUR + 24 * 365 + hour) for hour in range(books))


@entry
def _draw(
    flow: Rows,
    waits: Floats,
    chances: Floats,
    rates: Floats,
    ticks: int,
    lots_max: int,
    orders: Rows,
    levels: Rows,
    best: Ints,
    free: Ints,
    opened: Ints,
    clock: Ints,
) -> int:
    """Fill ``flow``; ``clock`` holds the time in nanoseconds and how many orders are open.

    waits: (n,) exponential of mean 1. chances: (n, 3) uniform. Returns the rows filled, fewer where ``orders`` is full.
    """
    books = best.shape[0]
    for place in range(flow.shape[0]):
        count = clock[1]
        total = rates[0] + rates[1] + rates[2] * count
        clock[0] += int64(waits[place] * NS_PER_SECOND / total)
        row = flow[place]
        row["time_ns"] = clock[0]
        which = chances[place, 0] * total
        if which >= rates[0] + rates[1] and count > 0:
            order = opened[min(int64(chances[place, 1] * count), count - 1)]
            _delete(row, order, orders, levels, best, free, opened, clock)
            continue
        spot = int64(chances[place, 1] * 2 * books)
        contract, side = spot >> 1, spot & 1
        row["contract"] = contract
        row["side"] = side
        row["lots"] = 1 + int64(chances[place, 2] * lots_max)
        opposite = best[contract, 1 - side]
        if which >= rates[0] and 0 < opposite < _PRICES:
            row["kind"] = _TAKE
            row["order"] = -1
            _take(contract, 1 - side, int64(row["lots"]), orders, levels, best, free, opened, clock)
            continue
        if count == orders.shape[0]:
            return place
        distance = 1 + int64(which / rates[0] * ticks) % ticks
        price = _price(best, contract, side, distance)
        order = free[orders.shape[0] - 1 - count]
        row["kind"] = _ADD
        row["order"] = order
        row["price_ticks"] = _BASE_TICKS + price
        _add(order, contract, side, price, int64(row["lots"]), orders, levels, best, opened, clock)
    return len(flow)


@kernel
def _price(best: Ints, contract: int, side: int, distance: int) -> int:
    """So far from the best opposite price, or from the middle where nobody is, and within the book."""
    opposite = int64(best[contract, 1 - side])
    if not 0 < opposite < _PRICES:
        opposite = _PRICES // 2 + (1 if side == _BUY else 0)
    price: int = opposite - distance if side == _BUY else opposite + distance
    return min(max(price, 1), _PRICES - 1)


@kernel
def _level(contract: int, side: int, price: int) -> int:
    return (contract * 2 + side) * _PRICES + price


@kernel
def _add(
    order: int, contract: int, side: int, price: int, lots: int, orders: Rows, levels: Rows, best: Ints, opened: Ints,
    clock: Ints,
) -> None:  # fmt: skip
    node = orders[order]
    level = levels[_level(contract, side, price)]
    node["contract"] = contract * 2 + side
    node["price"] = price
    node["lots"] = lots
    node["older"] = level["newest"]
    node["newer"] = 0
    node["place"] = clock[1]
    if int64(level["newest"]) != 0:
        orders[int64(level["newest"]) - 1]["newer"] = order + 1
    else:
        level["oldest"] = order + 1
    level["newest"] = order + 1
    opened[clock[1]] = order
    clock[1] += 1
    if side == _BUY:
        best[contract, side] = max(int64(best[contract, side]), price)
    else:
        best[contract, side] = min(int64(best[contract, side]), price)


@kernel
def _delete(
    row: Rows, order: int, orders: Rows, levels: Rows, best: Ints, free: Ints, opened: Ints, clock: Ints
) -> None:
    """Cancel ``order``."""
    row["kind"] = _DELETE
    row["order"] = order
    row["contract"] = int64(orders[order]["contract"]) >> 1
    row["side"] = int64(orders[order]["contract"]) & 1
    _remove(order, orders, levels, best, free, opened, clock)


@kernel
def _take(
    contract: int, side: int, lots: int, orders: Rows, levels: Rows, best: Ints, free: Ints, opened: Ints, clock: Ints
) -> None:
    """Trade with the orders of ``side`` as far as ``lots`` go."""
    while lots > 0 and 0 < int64(best[contract, side]) < _PRICES:
        order = int64(levels[_level(contract, side, int64(best[contract, side]))]["oldest"]) - 1
        node = orders[order]
        if int64(node["lots"]) > lots:
            node["lots"] -= lots
            return
        lots -= int64(node["lots"])
        _remove(order, orders, levels, best, free, opened, clock)


@kernel
def _remove(order: int, orders: Rows, levels: Rows, best: Ints, free: Ints, opened: Ints, clock: Ints) -> None:
    node = orders[order]
    contract, side = int64(node["contract"]) >> 1, int64(node["contract"]) & 1
    level = levels[_level(contract, side, int64(node["price"]))]
    older, newer = int64(node["older"]), int64(node["newer"])
    if older != 0:
        orders[older - 1]["newer"] = newer
    else:
        level["oldest"] = newer
    if newer != 0:
        orders[newer - 1]["older"] = older
    else:
        level["newest"] = older
    clock[1] -= 1
    last = opened[clock[1]]
    opened[int64(node["place"])] = last
    orders[last]["place"] = node["place"]
    free[orders.shape[0] - 1 - clock[1]] = order
    step = -1 if side == _BUY else 1
    price = int64(best[contract, side])
    while 0 < price < _PRICES and int64(levels[_level(contract, side, price)]["oldest"]) == 0:
        price += step
    best[contract, side] = price
