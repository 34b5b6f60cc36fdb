"""Which parts of a model the prices support: the likelihood climbed for one shape after another.

A part is kept if it lowers Schwarz's criterion (BIC) by more than ``EVIDENCE_MIN``: very strong evidence
on the scale of Kass and Raftery (1995). The likelihood has many tops once there are jumps, so each
shape begins from several places; most are left when the first prices have been climbed a little.
"""

import numpy as np

from strategies.curves.climbing import Place, climbed, log_densities, loss_at, near_slopes
from strategies.curves.filtering import LOG_2, Floats
from strategies.curves.shapes import DAY_COARSE, DAY_FINE, MISTAKES_MIN, WEEK, Design, Sample, Shape

EVIDENCE_MIN = 10.0
_SCREENED_MAX = 1_500
_SCREENED_ROUNDS = 10
# Of the log likelihood: to judge a start, and to judge a shape (the winner then goes to its very top).
_SCREENED_GAIN, _SHAPE_GAIN = 1.0, 0.1


class Search:
    """The best shape so far, grown part by part while the criterion falls enough."""

    def __init__(self, sample: Sample, shape: Shape, starts: list[Floats]) -> None:
        self.sample = sample
        self.shape = shape
        self.best = _screened(Design(sample, shape), starts)
        self.criteria = {shape.title: self._criterion(shape, self.best)}

    def _criterion(self, shape: Shape, place: Place) -> float:
        return float(2.0 * place.loss + shape.size * np.log(self.sample.hours.size))

    def tried(self, shape: Shape, starts: list[Floats]) -> bool:
        """Whether ``shape``, begun from ``starts``, is better enough; it is then the best so far."""
        place = _screened(Design(self.sample, shape), starts)
        self.criteria[shape.title] = self._criterion(shape, place)
        if self.criteria[shape.title] >= self.criteria[self.shape.title] - EVIDENCE_MIN:
            return False
        self.shape, self.best = shape, place
        return True

    def grown(self, shape: Shape, **values: float) -> Floats:
        """The best vector so far as one of a larger shape."""
        return self.shape.grown(self.best.theta, shape, values)

    def promises(self, shape: Shape) -> bool:
        """Whether a larger shape could pay at all: Rao's score test, which needs no fit."""
        design, theta = Design(self.sample, shape), self.grown(shape)
        scores = near_slopes(design, theta, log_densities(design, theta))[:, design.inside(theta)]
        total = scores.sum(axis=0)
        gain = float(total @ np.linalg.pinv(scores.T @ scores) @ total)
        return gain > (shape.size - self.shape.size) * float(np.log(self.sample.hours.size))


def searched(sample: Sample, shape: Shape) -> Search:
    """The best supported shape that has all parts of ``shape``, which has no others than steps."""
    tail = np.zeros(len(shape.steps))
    search = Search(sample, shape, [np.concatenate([head, tail]) for head in _plain_starts(sample)])
    jumpy = shape._replace(jumps=True)
    search.tried(jumpy, [search.grown(jumpy, **kind) for kind in _jump_kinds()] + _calmer(search, jumpy))
    wandering = search.shape._replace(long=True)
    slow = search.grown(wandering, long_volatility=float(search.best.theta[2]) + float(np.log(0.2)))
    if search.tried(wandering, [slow, _quicker(slow)]):
        drifting = search.shape._replace(drift=True)
        if search.promises(drifting):
            search.tried(drifting, [search.grown(drifting)])
    erring = search.shape._replace(mistakes=True)
    search.tried(erring, [search.grown(erring, mistake_share=float(np.log(10.0 * MISTAKES_MIN)))])
    # A season has many parameters, and most prices have none: ask first whether one could pay.
    fine = search.shape._replace(splines=(DAY_FINE,))
    begun = search.grown(fine) if search.promises(fine) else None
    coarse = search.shape._replace(splines=(DAY_COARSE,))
    if search.promises(coarse):
        search.tried(coarse, [search.grown(coarse)])
    if begun is not None:
        search.tried(fine, [begun])
    weekly = search.shape._replace(splines=(*search.shape.splines, WEEK))
    if search.promises(weekly):
        search.tried(weekly, [search.grown(weekly)])
    return search


def searched_as(sample: Sample, shape: Shape) -> Search:
    """The likeliest place of a given shape."""
    plain = Shape(steps=shape.steps, time_zone=shape.time_zone)
    values = {"mistake_share": float(np.log(10.0 * MISTAKES_MIN))}
    starts = []
    for start in _plain_starts(sample):
        for kind in _jump_kinds() if shape.jumps else [{}]:
            long = {"long_volatility": float(start[2]) + float(np.log(0.2))}
            whole = np.concatenate([start, np.zeros(len(shape.steps))])
            starts.append(plain.grown(whole, shape, {**values, **kind, **long}))
    return Search(sample, shape, starts)


def _plain_starts(sample: Sample) -> list[Floats]:
    level = float(np.median(sample.logs))
    spread = float(np.median(np.abs(sample.logs - level))) * 1.5 + 0.01
    return [
        np.array([level, np.log(half_life), np.log(spread * np.sqrt(2.0 * LOG_2 / half_life))])
        for half_life in (1.0, 12.0)
    ]


def _jump_kinds() -> list[dict[str, float]]:
    """Rare and big, frequent and small, gone at once, or slow to go."""
    kinds = ((0.02, 0.0, 0.3, 1.0), (0.2, 0.0, 0.1, 2.0), (0.2, 0.5, 1.0, 0.1), (0.05, 0.0, 0.2, 12.0))
    return [
        {
            "jumps_per_day": float(np.log(24.0 * rate)),
            "jump_mean": mean,
            "jump_deviation": float(np.log(deviation)),
            "jump_half_life_hours": float(np.log(fading)),
        }
        for rate, mean, deviation, fading in kinds
    ]


def _calmer(search: Search, shape: Shape) -> list[Floats]:
    """Starts in which the jumps are on top of a calmer deviation around the middle price."""
    starts = []
    for kind in _jump_kinds():
        for half_life in (2.0, 16.0):
            start = search.grown(shape, **kind)
            start[:3] = np.median(search.sample.logs), np.log(half_life), start[2] - 1.0
            starts.append(start)
    return starts


def _quicker(theta: Floats) -> Floats:
    """The same with a deviation that is gone sooner: what lasted is now the long-term factor's."""
    other = theta.copy()
    other[1] -= 2.0
    return other


def _screened(design: Design, starts: list[Floats]) -> Place:
    """The best of the local maxima that the starts lead to.

    Several are first improved on the first prices, if there are many; the two best of all prices go on.
    """
    low, high = design.bounds
    if len(starts) > 1:
        few = Design(Sample(*(column[:_SCREENED_MAX] for column in design.sample)), design.shape)
        starts = [np.clip(start, low, high) for start in starts]
        starts += [np.clip(climbed(few, start, _SCREENED_ROUNDS, _SCREENED_GAIN).theta, low, high) for start in starts]
        starts = sorted(starts, key=lambda theta: loss_at(design, theta))[:2]
    return min((climbed(design, start, gain_min=_SHAPE_GAIN) for start in starts), key=lambda place: place.loss)
