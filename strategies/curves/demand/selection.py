"""Which parts an intensity needs: those under which arrivals held out are likeliest."""

from typing import Any

import numpy as np

from strategies.curves.demand.estimation import estimate
from strategies.curves.demand.fitted import Fitted
from strategies.curves.demand.intensity import Base, walk
from strategies.curves.demand.level import DAYS_MIN, LevelLaw
from strategies.curves.demand.likelihood import Sample
from strategies.curves.demand.shape import Shape
from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK

# Arrivals held out must be likelier by this much, in log, before a further part is believed.
GAIN_MIN = 3.0
_FOLDS = ((0.55, 0.7), (0.7, 0.85), (0.85, 1.0))
_HELD_MIN = 50
_KNOWN = LevelLaw(np.zeros(1), np.ones(1), 1.0)


def chosen(sample: Sample) -> tuple[Shape, dict[str, float]]:
    """The parts under which arrivals held out are likeliest, none without need; and the scores of all tried.

    Three times the model is fitted to the first part of the arrivals and judged by the next. In turn come a level for
    each day, the season, and a second echo; then each part is asked once more whether the rest can do without it.
    """
    scores: dict[str, float] = {}

    def score(shape: Shape) -> float:
        if shape.title not in scores:
            scores[shape.title] = held_out_score(shape, sample)
        return scores[shape.title]

    span = sample.span_hours
    best = Shape(echoes=1)
    if span >= 3.0 * HOURS_PER_DAY:
        best = max(best, best._replace(daily=True), key=score)
    wider: list[dict[str, Any]] = []
    if span >= (DAYS_MIN + 3) * HOURS_PER_DAY:
        wider.append({"levels": True})
    if span >= 1.5 * HOURS_PER_WEEK and best.daily:
        wider.append({"weekly": True})
    wider.append({"echoes": 2})
    for part in wider:
        candidate = best._replace(**part)
        if score(candidate) > score(best) + GAIN_MIN:
            best = candidate
    narrower: list[dict[str, Any]] = [{"echoes": 0}, {"weekly": False}, {"daily": False, "weekly": False}]
    for part in narrower:
        candidate = best._replace(**part)
        if score(candidate) > score(best) - GAIN_MIN:
            best = candidate
    return best, scores


def held_out_score(shape: Shape, sample: Sample) -> float:
    """Log likelihood of the arrivals of three stretches, each given all before it, with numbers fitted before it."""
    total = 0.0
    for learnt, judged in _FOLDS:
        middle, last = (float(sample.times[0]) + share * sample.span_hours for share in (learnt, judged))
        upto = sample.times[sample.times < last]
        before = upto[upto < middle]
        if before.size >= _HELD_MIN:
            part = Sample(before, middle, sample.day_hour)
            total += _told(Fitted(part, estimate(shape, part)), upto[before.size :], last)
    return total


def _told(fitted: Fitted, times: Floats, end: float) -> float:
    """Log likelihood of later arrivals ``times`` up to ``end``.

    The level of a day held out is not known: its likelihood is the mean over all levels it may have, and what is
    likeliest afterwards joins the days seen.
    """
    now, kernel = fitted.excitement(), fitted.intensity.kernel
    logs, total = np.log(fitted.estimate.levels), 0.0
    ahead = fitted.intensity.base(now.hours, end)
    for first, until, is_new in fitted.stretches(end):
        law = fitted.level_law(logs) if is_new else _KNOWN
        inside = times[(times >= first) & (times < until)]
        walks = [
            walk(Base(ahead.first_cell, ahead.per_hour * np.exp(log)), kernel, inside, now, until) for log in law.logs
        ]
        told = np.array([found.log_likelihood for found in walks]) + np.log(law.weights)
        total += float(np.logaddexp.reduce(told))
        now = walks[0].after
        if is_new:
            logs = np.append(logs, law.logs[np.argmax(told)])
    return total
