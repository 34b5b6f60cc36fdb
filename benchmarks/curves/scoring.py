"""Scores of forecasts: how far off, how sharp, how honest, and how surely better than another.

Skill is 1 - score / score of the rival. Series of different prices are put together as shares of their
price. Intervals are from a circular block bootstrap (Politis and
Romano, 1992) with blocks of a day or two horizons, whichever is longer, since errors that overlap
are alike.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.curves.rivals import LEVELS, RIVALS
from benchmarks.curves.rolling import OURS, Asked
from strategies.curves.filtering import Floats

_RESAMPLED = 400
_TWO_BINS = 2
_NOTHING = 1e-9  # of a price: less is rounding


class Scored(NamedTuple):
    """(n,) scores of each forecaster at each origin of one series and horizon."""

    crps: dict[str, Floats]  # of the price, as a share of the mean price
    log_crps: dict[str, Floats]
    absolute: dict[str, Floats]  # error of the median, as a share of the mean price
    held: Floats  # whether our 95% interval held it
    ranked: Floats  # the same, of a rank drawn where the law has a lump: 95% if the law is right
    block: int  # origins that are alike


def scored(asked: Asked, horizon: float) -> Scored:
    """The scores of everybody on one series."""
    prices, came = {name: np.exp(law) for name, law in asked.laws.items()}, np.exp(asked.came)
    scale = float(came.mean())
    crps = {name: _crps(law, came) / scale for name, law in prices.items()}
    log_crps = {name: _crps(law, asked.came) for name, law in asked.laws.items()}
    absolute = {name: np.abs(np.median(law, axis=1) - came) / scale for name, law in prices.items()}
    ours = asked.laws[OURS]
    low, high = ours[:, _TWO_BINS] - 1e-9, ours[:, -_TWO_BINS - 1] + 1e-9
    gap = float(np.median(np.diff(asked.hours))) if asked.hours.size > 1 else 1.0
    return Scored(
        crps,
        log_crps,
        absolute,
        held=((asked.came >= low) & (asked.came <= high)).astype(np.float64),
        ranked=_ranked(ours, asked.came),
        block=max(1, round(max(24.0, 2.0 * horizon) / max(gap, 1e-3))),
    )


def _crps(laws: Floats, came: Floats) -> Floats:
    count = LEVELS.size
    ranks = 2.0 * np.arange(count) - count + 1.0
    apart: Floats = (np.sort(laws, axis=1) @ ranks) / count**2
    score: Floats = np.abs(laws - came[:, None]).mean(axis=1) - apart
    return score


def _ranked(laws: Floats, came: Floats) -> Floats:
    """Where the law has a lump at what came, its rank is anywhere in the lump: drawn, with a fixed seed."""
    below, upto = (laws < came[:, None] - 1e-9).mean(axis=1), (laws <= came[:, None] + 1e-9).mean(axis=1)
    rank = below + np.random.default_rng(0).random(came.size) * (upto - below)
    inside: Floats = ((rank >= 0.025) & (rank <= 0.975)).astype(np.float64)
    return inside


class Skill(NamedTuple):
    """Ours against one rival."""

    rival: str
    skill: float
    low: float
    high: float


def skill(series: list[Scored], kind: str) -> Skill:
    """Against the rival that did best over all these series; ``kind``: crps, log_crps or absolute."""
    means = {name: np.mean([getattr(one, kind)[name].mean() for one in series]) for name in RIVALS}
    rival = min(means, key=lambda name: float(means[name]))
    rng = np.random.default_rng(1)
    drawn = np.array([_resampled(series, kind, rival, rng) for _ in range(_RESAMPLED)])
    low, high = np.quantile(drawn, (0.025, 0.975))
    ours = float(np.mean([getattr(one, kind)[OURS].mean() for one in series]))
    return Skill(rival, _gain(ours, float(means[rival])), float(low), float(high))


def _resampled(series: list[Scored], kind: str, rival: str, rng: np.random.Generator) -> float:
    ours, theirs = 0.0, 0.0
    for one in series:
        scores = getattr(one, kind)
        count = scores[OURS].size
        starts = rng.integers(count, size=-(-count // one.block))
        rows = ((starts[:, None] + np.arange(one.block)) % count).ravel()[:count]
        ours += float(scores[OURS][rows].mean())
        theirs += float(scores[rival][rows].mean())
    return _gain(ours, theirs)


def _gain(ours: float, theirs: float) -> float:
    """Where nobody is ever wrong, nobody is better."""
    return 1.0 - (ours + _NOTHING) / (theirs + _NOTHING)
