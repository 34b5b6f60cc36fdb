"""How well later prices were foretold where the way of foretelling had not seen them: the last third of a series.

Weights of the blend, or the rate and size of steps, are found on the first two thirds; each look of the last
third is then asked for the law of a later price, from what was seen by then. The numbers of the hidden factors, the
season and the ranks of prices among all are those of the whole series, which flatters them a little.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.curves.blend import Blend, History, blend_of
from strategies.curves.blend.history import looks_of, pairs_of, sight_of
from strategies.curves.blend.stretching import mixture, stretched
from strategies.curves.blend.tables import laws_at
from strategies.curves.filtering import Floats
from strategies.curves.fit import SeriesFit
from strategies.curves.outlook import hidden_model
from strategies.curves.steps import Steps, steps_of

HORIZONS_HOURS = (1.0, 6.0, 24.0, 168.0)
HORIZONS_MAX = 3
_STEPS_HORIZONS_HOURS = (24.0, 168.0)
_LEARNT = 2.0 / 3.0
_JUDGED_MAX = 300
_JUDGED_MIN = 20
_SAME = 1e-9  # of the log price: closer than this is equal
_Rows = NDArray[np.int64]


class HeldOut(NamedTuple):
    """For one horizon: (n,) probabilities that were given to a lower price than came, and to one that is not higher."""

    horizon_hours: float
    below: Floats
    upto: Floats

    def held(self, share: float = 0.95) -> float:
        """How often the central interval of probability ``share`` held what came."""
        low, high = (1.0 - share) / 2.0, (1.0 + share) / 2.0
        return float(((self.upto >= low - _SAME) & (self.below <= high + _SAME)).mean())

    def histogram(self, bins: int = 10) -> Floats:
        """(bins,) of the probability integral transform, all 1 if the laws are right.

        A law may have lumps, where the transform is spread evenly over the lump (Czado, Gneiting and Held,
        "Predictive model assessment for count data", 2009).
        """
        edges = np.linspace(0.0, 1.0, bins + 1)
        reached = (edges[:, None] - self.below) / np.maximum(self.upto - self.below, _SAME)
        heights: Floats = np.diff(np.clip(reached, 0.0, 1.0).mean(axis=1)) * bins
        return heights


def held_out(fit: SeriesFit) -> tuple[HeldOut, ...]:
    """One for each of at most ``HORIZONS_MAX`` horizons; none where the last third has too little to judge by."""
    outlook = None if fit.curve is None else fit.curve.outlook
    if outlook is None or fit.changes == 0:
        return ()
    history = outlook.history
    looks = looks_of(history)
    split = int(looks.hours.size * _LEARNT)
    learnt = _until(history, float(looks.hours[split - 1]))
    rows = np.unique(np.linspace(split, looks.hours.size - 1, _JUDGED_MAX).astype(np.int64))
    if isinstance(outlook.way, Steps):
        return _of_steps(steps_of(learnt.hours, learnt.logs), history, rows)
    assert fit.estimate is not None
    factors, first = outlook.parameters, fit.estimate.first
    blend = blend_of(learnt, hidden_model(factors, first, learnt))
    if blend is None:
        return ()
    chosen = [horizon for horizon in HORIZONS_HOURS if horizon in blend.horizons_hours][:HORIZONS_MAX]
    laws = laws_at(history, rows, np.array(chosen), blend.lives, hidden_model(factors, first, history))
    found = []
    for horizon, law in zip(chosen, laws, strict=True):
        came, places = _came(history, rows, horizon)
        if came.size >= _JUDGED_MIN:
            place = blend.horizons_hours.index(horizon)
            found.append(HeldOut(horizon, *ranked(law[:, places], blend, place, came, sight_of(looks, rows[places]))))
    return tuple(found)


def _until(history: History, hour: float) -> History:
    count = int(np.searchsorted(history.hours, hour, side="right"))
    return history._replace(hours=history.hours[:count], logs=history.logs[:count], until=hour)


def _came(history: History, rows: _Rows, horizon: float) -> tuple[Floats, _Rows]:
    """What came after those of the ``rows`` of which it is known, and their places among them."""
    pairs = pairs_of(history, looks_of(history), horizon)
    _, places, among = np.intersect1d(rows, pairs.looks, assume_unique=True, return_indices=True)
    return pairs.logs[among], places.astype(np.int64)


def _of_steps(steps: Steps, history: History, rows: _Rows) -> tuple[HeldOut, ...]:
    found = []
    logs = looks_of(history).logs
    for horizon in _STEPS_HORIZONS_HOURS:
        came, places = _came(history, rows, horizon)
        if came.size >= _JUDGED_MIN:
            moves, law = came - logs[rows[places]], steps.law(1.0, horizon)
            below, upto = (
                np.array([law.shares[np.log(law.values) < move + edge].sum() for move in moves])
                for edge in (-_SAME, _SAME)
            )
            found.append(HeldOut(horizon, below, upto))
    return tuple(found)


def ranked(laws: Floats, blend: Blend, place: int, came: Floats, sight: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """(m,) probabilities of a lower price than came, and of one that is not higher.

    laws: (NAMES, m, BINS) of the horizon at ``place``. came: (m,) log prices. sight: (m,) each, see ``stretched``.
    """
    found = stretched(mixture(laws, np.array(blend.weights[place])), blend.stretches[place], sight)
    below, upto = (
        np.where(found.logs < came[:, None] + edge, found.shares, 0.0).sum(axis=1) for edge in (-_SAME, _SAME)
    )
    return below, upto
