"""How long capacity that is bought in an auction lasts: it is lost when the price passes the buyer's bid.

Between two prices of a series the earlier one holds. Two questions have two answers: whoever gets capacity at a random
time asks for the chance to lose it within some hours (``preemption``); whoever waits for the price to fall asks how
long capacity lasts that is got as soon as the bid is enough (``survival``), which is shorter, as prices that have
just come down go up again soon.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.filtering import Floats
from strategies.curves.prices import BadPrices, PriceSeries

_BLOCK_HOURS_MIN = 24.0


class Preemption(NamedTuple):
    """The chance to lose capacity within some hours, for one who gets it at a random time that the bid allows."""

    probability: float
    low: float  # of a 95% interval
    high: float
    per_hour: float  # hazard: losses for each hour held
    allowed: float  # share of time in which the bid would have got it
    losses: int  # seen, of capacity held from whenever the price was low enough


class Spells(NamedTuple):
    """Stretches of time in which a bid holds: (n,) start and end in hours, and whether the price ended it."""

    starts: Floats
    ends: Floats
    lost: NDArray[np.bool_]


def spells(series: PriceSeries, bid_usd: float) -> Spells:
    """Times of ``series`` at which its price was at ``bid_usd`` or less. The last may end with the series."""
    hours = series.times_ns / NS_PER_HOUR
    held = series.prices[:-1] <= bid_usd
    turns = np.diff(held.astype(np.int64), prepend=0, append=0)
    first, beyond = np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)
    lost = np.where(
        beyond < series.prices.size, series.prices[np.minimum(beyond, series.prices.size - 1)] > bid_usd, False
    )
    return Spells(hours[first], hours[beyond], lost)


def preemption(series: PriceSeries, bid_usd: float, hours: float) -> Preemption:
    """The chance that the price passes ``bid_usd`` within ``hours`` of a random time at which it had not.

    Only times that were followed for ``hours`` count, so nothing is censored. The interval is that of Clopper and
    Pearson (1934) for as many independent times as have the variance seen between blocks of a day (or of ``hours``,
    if longer), whose prices go together. Raises BadPrices if the bid or the hours are not above 0, or the series is too
    short, or the bid is never enough.
    """
    if not (bid_usd > 0.0 and hours > 0.0 and np.isfinite(bid_usd) and np.isfinite(hours)):
        raise BadPrices(f"a bid of {bid_usd} dollars for {hours} hours: expected numbers above 0")
    start, end = (float(series.times_ns[place] / NS_PER_HOUR) for place in (0, -1))
    if end - start <= 2.0 * hours:
        raise BadPrices(f"{end - start:.1f} hours of prices tell too little of what happens within {hours} hours")
    found = spells(series, bid_usd)
    last = end - hours
    block = max(hours, _BLOCK_HOURS_MIN)
    edges = np.append(np.arange(start, last, block), last)
    held = _covered(found.starts, np.minimum(found.ends, last), edges)
    soon = np.where(found.lost, np.maximum(found.starts, found.ends - hours), np.inf)
    taken = _covered(soon, np.minimum(found.ends, last), edges)
    if held.sum() <= 0.0:
        raise BadPrices(f"a bid of {bid_usd} dollars was never enough: the lowest price is {series.prices.min():.4f}")
    chance = float(taken.sum() / held.sum())
    low, high = _interval(chance, held, taken)
    losses, total = int(found.lost.sum()), float((found.ends - found.starts).sum())
    return Preemption(chance, low, high, losses / total, total / (end - start), losses)


def survival(series: PriceSeries, bid_usd: float) -> tuple[Floats, Floats, Floats]:
    """Kaplan and Meier's (1958) estimate for capacity got as soon as the bid is enough: hours, survival, its error.

    Three (k,), one for each length at which some was lost; the error is Greenwood's. A spell still held counts until
    the end, and the one with which the series begins is left out: nobody knows how old it is.
    """
    found = spells(series, bid_usd)
    begun = found.starts > series.times_ns[0] / NS_PER_HOUR
    lengths, lost = (found.ends - found.starts)[begun], found.lost[begun]
    times = np.unique(lengths[lost])
    at_risk = lengths.size - np.searchsorted(np.sort(lengths), times)
    losses = np.searchsorted(np.sort(lengths[lost]), times, side="right")
    losses = np.diff(losses, prepend=0)
    left = np.cumprod(1.0 - losses / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = left * np.sqrt(np.cumsum(losses / (at_risk * (at_risk - losses))))
    return times, left, np.where(left > 0.0, errors, 0.0)


def _covered(starts: Floats, ends: Floats, edges: Floats) -> Floats:
    """(n,) hours that the stretches cover between each of (n + 1,) edges and the next."""
    real = ends > starts
    starts, ends = starts[real], ends[real]
    upto = np.clip(edges[:, None] - starts, 0.0, ends - starts).sum(axis=1)
    return np.diff(upto)


def _interval(chance: float, held: Floats, taken: Floats) -> tuple[float, float]:
    total = float(held.sum())
    blocks = int((held > 0.0).sum())
    variance = float(((taken - chance * held) ** 2).sum()) / total**2 * blocks / max(blocks - 1, 1)
    # Without any loss, or nothing but losses, there is no variance to see: each block counts once.
    count = float(blocks) if variance <= 0.0 else min(chance * (1.0 - chance) / variance, total)
    hits = chance * count
    low = float(beta.ppf(0.025, hits, count - hits + 1.0)) if hits > 0.0 else 0.0
    high = float(beta.ppf(0.975, hits + 1.0, count - hits)) if hits < count else 1.0
    return low, high
