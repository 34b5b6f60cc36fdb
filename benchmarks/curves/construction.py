"""The forward curve from 336 hours and 60 strips. ``python -m benchmarks.curves.construction``.

Four markets of the same contracts, in which more and more is contradictory: no book is close, so that only bids and
asks bind; middles that agree; middles that do not, between bids and asks that do; and bids and asks that do not.
Medians of rounds, in milliseconds; and how far, in dollars, the curve is off what it has to meet.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.construction import ForwardCurve, construct
from strategies.curves.curve import shipped_curves
from strategies.curves.prior import Prior, prior_of
from strategies.curves.quoted import Quoted

GOAL_MS = 50.0
DAYS = 14
ROUNDS = 15
_SEED = 1
_TERMS = ("D", "PK", "B8H00", "B8H08")
_DAY = int(np.datetime64("2026-12-01", "D").astype(np.int64))
_START_NS = _DAY * 24 * NS_PER_HOUR
# Of a price: spread, and by how much the middles of contracts are off each other.
_MARKETS = {
    "wide books": (0.1, 0.01),
    "close books that agree": (0.01, 0.0),
    "close books, middles apart": (0.01, 0.001),
    "arbitrages": (0.01, 0.01),
}


class Construction(NamedTuple):
    """One market."""

    name: str
    contracts: int
    ms: float
    cpu_ms: float  # of this process; less than ``ms`` where others use the processor, too
    off_usd: float  # the most that a price is outside bid and ask, beyond what arbitrages are said to be off by
    missed_usd: float  # the most that a price is off the middle of a close book; 0 where none is
    arbitrages: int


def measure() -> tuple[Construction, ...]:
    """All four, the first curve of each not counted."""
    start = prior()
    return tuple(_measured(name, start, quotes(start, *_MARKETS[name])) for name in _MARKETS)


def prior() -> Prior:
    curve = shipped_curves(_START_NS)["H100SXM", "USE"].observe(_START_NS, 2.2)
    return prior_of(curve, _START_NS, DAYS * 24)


def quotes(start: Prior, spread: float, apart: float) -> list[Quoted]:
    """A book for each contract around hourly prices that wave about the model's."""
    rng = np.random.default_rng(_SEED)
    hours = np.arange(start.prices.size)
    true = start.prices * (1.0 + 0.1 * np.sin(hours / 4.0) + 0.1 * np.sin(hours / 60.0))
    found = []
    for contract in contracts():
        price = true[[hour - _DAY * 24 for hour in contract.delivery_hours]].mean() * (1.0 + apart * rng.normal())
        found.append(Quoted(contract, price * (1.0 - spread / 2.0), price * (1.0 + spread / 2.0)))
    return found


def contracts() -> list[Contract]:
    """336 hours and 60 strips: days, peaks, blocks, weeks, and days' off-peak."""
    sku, region = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")
    hours = [hour_contract(sku, region, _DAY * 24 + hour) for hour in range(DAYS * 24)]
    strips = [Contract(sku, region, term, _DAY + day) for day in range(DAYS) for term in _TERMS]
    strips += [Contract(sku, region, "W", _DAY), Contract(sku, region, "W", _DAY + 7)]
    strips += [Contract(sku, region, "OP", _DAY + day) for day in (3, 9)]
    return [*hours, *(strip for strip in strips if strip.delivery_hours[-1] < (_DAY + DAYS) * 24)]


def _measured(name: str, start: Prior, market: list[Quoted]) -> Construction:
    curve = construct(start, market)
    times, cpu_times = [], []
    for _ in range(ROUNDS):
        begun, cpu_begun = perf_counter(), process_time()
        construct(start, market)
        times.append((perf_counter() - begun) * 1e3)
        cpu_times.append((process_time() - cpu_begun) * 1e3)
    facts = (_off(curve), _missed(curve), len(curve.arbitrages))
    return Construction(name, len(market), median(times), median(cpu_times), *facts)


def _off(curve: ForwardCurve) -> float:
    allowed = {found.contract: found.off_usd for found in curve.arbitrages}
    return max(
        max((one.bid_usd or 0.0) - price, price - (one.ask_usd or np.inf), 0.0) - allowed.get(one.contract, 0.0)
        for one in curve.quotes
        for price in (curve.strip(one.contract),)
    )


def _missed(curve: ForwardCurve) -> float:
    missed = (abs(curve.strip(one.contract) - target) for one in curve.quotes if (target := one.target_usd()))
    return max(missed, default=0.0)


def main() -> None:
    print(f"{'market':<28}{'contracts':>10}{'ms':>8}{'cpu ms':>8}{'off $':>11}{'missed $':>11}{'arbitrages':>12}")
    for found in measure():
        print(
            f"{found.name:<28}{found.contracts:>10}{found.ms:>8.1f}{found.cpu_ms:>8.1f}{found.off_usd:>11.1e}{found.missed_usd:>11.1e}"
            f"{found.arbitrages:>12}"
        )
    print(f"goal: under {GOAL_MS:.0f} ms")


if __name__ == "__main__":
    main()
