"""A blend of simple laws: its parameters, and how they are found.

For each of a few horizons the weights are those with which the blend would have scored best on the
series itself (``stacking``), drawn to what usually serves where the series is short. A blend that was
too sure of itself in the past is stretched (``stretching``).
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from strategies.curves.blend.history import History, Looks, Pairs, looks_of, pairs_of
from strategies.curves.blend.offers import life_hours
from strategies.curves.blend.stacking import best_weights, distances
from strategies.curves.blend.stretching import STRETCH_MAX, stretch_of
from strategies.curves.blend.tables import NAMES, Lives, Model, better_offers, laws_at
from strategies.curves.filtering import Floats
from strategies.curves.model import Part

HORIZONS_HOURS = (1.0, 2.0, 6.0, 24.0, 72.0, 168.0)
PAIRS_MIN = 40
_JUDGED_MIN, _JUDGED_MAX = 20, 600
_LEARNT_FIRST = 0.1
_MEMORY_SHARE = 0.5
_RIDGE = 20.0
_NEIGHBOURS = 0.5

# What usually serves: found on other series, and trusted where a series is too short to say.
_SELDOM = ("stays", "highest of the offers", "model")
_USUAL = np.array([0.0 if name in _SELDOM else 1.0 / (len(NAMES) - len(_SELDOM)) for name in NAMES])

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Blend(Part):
    """Weights of the simple laws (``NAMES``) for each horizon, and what the laws need to know."""

    horizons_hours: tuple[Positive, ...]
    weights: tuple[tuple[Share, ...], ...]
    stretches: tuple[Annotated[float, Field(ge=1, le=STRETCH_MAX)], ...]
    life_lowest_hours: Positive
    life_highest_hours: Positive

    @property
    def lives(self) -> Lives:
        return Lives(self.life_lowest_hours, self.life_highest_hours)


class _Judged(NamedTuple):
    """Looks of the past, what came after them for one horizon, and how much each counts."""

    rows: NDArray[np.int64]  # of the judged looks
    came: Floats
    weights: Floats
    independent: float


def blend_of(history: History, model: Model | None = None) -> Blend | None:
    """The blend that served this history best; None if it is too short for any horizon."""
    looks = looks_of(history)
    first = int(looks.hours.size * _LEARNT_FIRST)
    rows = np.unique(np.linspace(first, looks.hours.size - 1, _JUDGED_MAX).astype(np.int64))
    found = {horizon: _judged(looks, rows, pairs_of(history, looks, horizon), horizon) for horizon in HORIZONS_HOURS}
    horizons = np.array([horizon for horizon, seen in found.items() if seen is not None])
    judged = [seen for seen in found.values() if seen is not None]
    if not judged or np.ptp(history.logs) == 0.0:
        return None
    lives = _lives(history, looks, rows)
    laws = laws_at(history, rows, horizons, lives, model)
    weights = _weights(laws, judged)
    stretches = [
        stretch_of(laws[place][:, seen.rows], weights[place], seen.came, seen.weights)
        for place, seen in enumerate(judged)
    ]
    return Blend(
        horizons_hours=tuple(horizons.tolist()),
        weights=tuple(tuple(row.tolist()) for row in weights),
        stretches=tuple(stretches),
        life_lowest_hours=lives.lowest,
        life_highest_hours=lives.highest,
    )


def _lives(history: History, looks: Looks, rows: NDArray[np.int64]) -> Lives:
    rows = rows[rows < looks.hours.size - 1]
    elapsed = looks.hours[rows + 1] - looks.hours[rows]
    is_same = (looks.logs[rows + 1] == looks.logs[rows]).astype(np.float64)
    better = [better_offers(history, rows, is_lowest) for is_lowest in (True, False)]
    return Lives(*(life_hours(elapsed, is_same, count) for count in better))


def _judged(looks: Looks, rows: NDArray[np.int64], pairs: Pairs, horizon: float) -> _Judged | None:
    """None where too few of the ``rows`` can be judged: a gap may leave the pairs all before them."""
    places = np.flatnonzero(np.isin(rows, pairs.looks))
    if pairs.looks.size < PAIRS_MIN or places.size < _JUDGED_MIN:
        return None
    among = np.searchsorted(pairs.looks, rows[places])
    hours = pairs.hours[among]
    span = float(looks.hours[-1] - looks.hours[0])
    weights = np.exp((hours - looks.hours[-1]) / max(span * _MEMORY_SHARE, 1.0))
    # Outcomes that overlap in time say little more than one.
    independent = min(float(weights.sum() ** 2 / (weights**2).sum()), span / horizon)
    return _Judged(places, pairs.logs[among], weights / weights.sum(), independent)


def _weights(laws: Floats, judged: list[_Judged]) -> Floats:
    """(h, NAMES) weights. A horizon also learns from its neighbours, whose best weights are much alike."""
    count = len(NAMES)
    from_came, between = np.empty((len(judged), count)), np.empty((len(judged), count, count))
    for place, seen in enumerate(judged):
        chosen = np.ascontiguousarray(laws[place][:, seen.rows])
        distances(chosen, seen.came, seen.weights, from_came[place], between[place])
        scale = max(float(from_came[place].min()), 1e-9)
        from_came[place] /= scale
        between[place] /= scale
    weights = np.empty((len(judged), count))
    for place, seen in enumerate(judged):
        near = [(place, 1.0)] + [(at, _NEIGHBOURS) for at in (place - 1, place + 1) if 0 <= at < len(judged)]
        shares = sum(share for _, share in near)
        mean_from = sum(from_came[at] * share for at, share in near) / shares
        mean_between = sum(between[at] * share for at, share in near) / shares
        weights[place] = best_weights(mean_from, mean_between, _USUAL, _RIDGE / max(seen.independent, 1.0))
    return weights
