"""The whole curve: 14 days of hours, 10 SKUs in 10 regions. ``python -m benchmarks.curves.full_curve``.

Prices, deviations and covariance factors of 33,600 hours, from beliefs; every SKU behaves differently, and five
seasons are told apart. Also what a single joint draw of all of it costs. Medians of rounds, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.market import Market, market_of
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.shocks import Comoving
from strategies.curves.structure import Shares, structured

GOAL_MS = 50.0
HOURS = 14 * 24
SKUS = REGIONS = 10
ROUNDS = 21
_PATHS = 20
_START_NS = int(np.datetime64("2026-12-01T07:30", "ns").astype(np.int64))
_PERIODS = (168.0, 84.0, 24.0, 12.0)


class FullCurve(NamedTuple):
    """Milliseconds."""

    surface_ms: float
    factors_ms: float
    both_ms: float
    draw_ms: float
    columns: int  # of the factors in time


def market() -> Market:
    """A hundred places that have each seen a price."""
    skus, regions = [f"SKU{number}" for number in range(SKUS)], [f"R{number}" for number in range(REGIONS)]
    curves = [
        ((sku, region), PlaceCurve.start(_behaviour(number), _START_NS).observe(_START_NS, 2.0 + 0.1 * number))
        for number, sku in enumerate(skus)
        for region in regions
    ]
    shared = structured(Shares(0.2, 0.3, 0.1), [sku for (sku, _), _ in curves], [region for (_, region), _ in curves])
    return market_of(curves, Comoving(shared, shared, shared.common[:, :1] ** 2), _START_NS)


def _behaviour(number: int) -> Parameters:
    season = tuple(Harmonic(period_hours=period, cosine=0.01 * (number % 5), sine=0.02) for period in _PERIODS)
    return Parameters(
        level_usd=2.0 + number,
        half_life_hours=0.5 * 1.6**number,
        volatility=0.05,
        jumps_per_day=0.5 + 0.1 * number,
        jump_mean=0.1,
        jump_deviation=0.2,
        jump_half_life_hours=1.0 + number,
        season=season,
    )


def measure() -> FullCurve:
    """As told by this machine."""
    here = market()
    starts_ns = (_START_NS // NS_PER_HOUR + 1 + np.arange(HOURS)) * NS_PER_HOUR
    place, hour_ns = np.repeat(np.arange(SKUS * REGIONS), HOURS), np.tile(starts_ns, SKUS * REGIONS)

    def surface() -> None:
        here.forward(starts_ns)

    def factors() -> int:
        return sum(part.time.shape[1] for part in here.factors(place, hour_ns, here.horizon_hours).parts)

    def both() -> None:
        surface()
        factors()

    def draws() -> None:
        here.draws(starts_ns, _PATHS, seed=1)

    return FullCurve(_ms(surface), _ms(factors), _ms(both), _ms(draws, 5) / _PATHS, factors())


def _ms(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    run()
    each = []
    for _ in range(rounds):
        start = perf_counter()
        run()
        each.append((perf_counter() - start) * 1e3)
    return median(each)


def main() -> None:
    found = measure()
    print(f"full curve, {SKUS * REGIONS * HOURS:,} hours: {found.both_ms:.1f} ms (goal {GOAL_MS:.0f})")
    print(f"  prices and deviations {found.surface_ms:.1f} ms")
    print(f"  covariance factors {found.factors_ms:.1f} ms, {found.columns} columns in time")
    print(f"  one joint scenario of all {found.draw_ms:.1f} ms, of {_PATHS} drawn together")


if __name__ == "__main__":
    main()
