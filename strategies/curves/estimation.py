"""Maximum likelihood for the model, and which of its parts the prices support.

Prices come minutes to days apart, so the likelihood is that of the exact law between any two times
(``filtering``). Jumps, a long-term factor and its drift, mistakes, and a daily or weekly season are
kept only if they lower Schwarz's criterion (BIC) by more than ``EVIDENCE_MIN``: very strong evidence
on the scale of Kass and Raftery (1995). Spikes do not drag the other parameters, because a jump
explains them, nor does a wrong price, because it may always be one. Of more than ``POINTS_MAX``
prices every k-th is used: the law between any two times is exact, so this costs precision and no
truth (what is over within k prices is seen less well).
"""

from typing import NamedTuple

import numpy as np
from pydantic import ValidationError
from scipy.special import ndtri

from strategies.curves.climbing import Place, climbed, log_densities, loss_at, near_slopes, started
from strategies.curves.doubt import refusals, standard_errors, weaknesses
from strategies.curves.filtering import LOG_2, Belief, Floats, Rates, filtered, spot_looks
from strategies.curves.model import Parameters
from strategies.curves.prices import BadPrices
from strategies.curves.season import UTC, Step
from strategies.curves.shapes import DAY_COARSE, DAY_FINE, MISTAKES_MIN, WEEK, Design, Sample, Shape, parameters_of

EVIDENCE_MIN = 10.0
POINTS_MAX = 12_000
_SCREENED_MAX = 1_500
_SCREENED_ROUNDS = 10
# Of the log likelihood: to judge a start, and to judge a shape (the winner then goes to its very top).
_SCREENED_GAIN, _SHAPE_GAIN = 1.0, 0.1
_NOT_SEEN = "there are not prices on both sides of it"


class Estimate(NamedTuple):
    """What the prices say. ``first`` is the belief before the first of them, ``used`` how many were used."""

    parameters: Parameters
    standard_errors: dict[str, float]
    at_bound: tuple[str, ...]  # parameters at the edge of what prices so far apart, for so long, can tell
    criteria: dict[str, float]  # BIC of each shape that was tried
    used: int
    first: Belief
    refused: dict[str, str]  # what such prices cannot tell at all, and why: left at 0
    weak: dict[str, str]  # what they tell badly, and how one sees that


class _Search:
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


def sample_of(hours: Floats, prices: Floats) -> Sample:
    """The sample of rising times and their prices. The first is judged by the long-run law, whatever its gap."""
    return Sample(hours, np.diff(hours, prepend=hours[0] - 1.0), np.log(prices))


def estimate(sample: Sample, time_zone: str = UTC, step_dates: tuple[str, ...] = ()) -> Estimate:
    """The best supported model of at least 40 prices.

    time_zone: whose clock the season follows. step_dates: days from which on the level may be another,
    such as the launch of a generation; each gets a size, also where it is small. Raises BadPrices for
    a date that is none, or given twice.
    """
    _check_dates(step_dates)
    step = -(-sample.hours.size // POINTS_MAX)
    used = sample_of(sample.hours[::step], np.exp(sample.logs[::step])) if step > 1 else sample
    inside = tuple(date for date in step_dates if used.hours[0] < Step(date=date, size=0.0).hour <= used.hours[-1])
    found = _searched(used, Shape(steps=inside, time_zone=time_zone))
    design = Design(used, found.shape)
    theta = climbed(design, found.best.theta).theta
    errors = standard_errors(design, theta)
    parameters, first = parameters_of(found.shape, theta), started(parameters_of(found.shape, theta).rates)
    if found.shape.long:
        # The level is told as it is now, not as it was at the first price.
        _, _, belief = _filter(parameters.rates, first, used, design.observed(theta))
        parameters = parameters.scaled(float(np.exp(belief.long)))
        first = first._replace(long=-belief.long)
        errors["level_usd"] = parameters.level_usd * float(np.sqrt(belief.long_variance))
    return Estimate(
        parameters,
        errors,
        tuple(name for name in found.shape.names if name not in errors),
        found.criteria,
        used.hours.size,
        first,
        {**refusals(design), **{f"step_{date}": _NOT_SEEN for date in step_dates if date not in inside}},
        weaknesses(design, theta, errors),
    )


def _check_dates(dates: tuple[str, ...]) -> None:
    for date in dates:
        try:
            Step(date=date, size=0.0)
        except ValidationError:
            raise BadPrices(f"{date!r} is not a date like 2026-03-11") from None
    if len(set(dates)) < len(dates):
        raise BadPrices("a date is given twice")


def standard_scores(parameters: Parameters, sample: Sample, first: Belief | None = None) -> tuple[Floats, Belief]:
    """(n,) residuals, standard normal if the model is right, and the belief after the last price."""
    rates = parameters.rates
    observed = sample.logs - parameters.usual_log(sample.hours)
    _, below, belief = _filter(rates, parameters.prior if first is None else first, sample, observed)
    scores: Floats = ndtri(np.clip(below, 1e-12, 1.0 - 1e-12))
    return scores, belief


def _searched(sample: Sample, shape: Shape) -> _Search:
    tail = np.zeros(len(shape.steps))
    search = _Search(sample, shape, [np.concatenate([head, tail]) for head in _plain_starts(sample)])
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


def _calmer(search: _Search, shape: Shape) -> list[Floats]:
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


def _filter(rates: Rates, first: Belief, sample: Sample, observed: Floats) -> tuple[Floats, Floats, Belief]:
    log_density, below = np.empty((2, observed.size))
    belief = filtered(first, rates, sample.elapsed, spot_looks(observed), log_density, below)
    return log_density, below, Belief(*belief)
