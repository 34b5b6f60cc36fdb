"""Simple ways to foretell a price, each with the errors it has made so far as its law.

A rival gives a point, and its law is that point with the errors that it made on the past spread
around it: a strong form of each, since the errors need not be normal. AR(1) is tried with normal
errors, too, as it is usually written. Everything is in logarithms.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from strategies.curves.filtering import Floats

LEVELS = (np.arange(80) + 0.5) / 80
_SMOOTHED_MAX = 3_000


class Task(NamedTuple):
    """What a rival may know at a cut, and what it is asked."""

    hours: Floats  # (n,) looks known at the cut
    logs: Floats
    pairs: tuple[Floats, Floats, Floats, Floats]  # hours and logs before, hours and logs after, known at the cut
    asked: Floats  # (m,) hours of the origins
    now: Floats  # (m,) log prices there
    horizon: float
    all_hours: Floats  # every look up to the last origin asked
    all_logs: Floats


Rival = Callable[[Task], Floats]  # (m, 80) quantiles of the log price


def last_price(task: Task) -> Floats:
    _, before, _, after = task.pairs
    return task.now[:, None] + np.quantile(after - before, LEVELS)


def autoregression(task: Task) -> Floats:
    mean, errors = _regressed(task)
    return mean[:, None] + np.quantile(errors, LEVELS)


def normal_autoregression(task: Task) -> Floats:
    mean, errors = _regressed(task)
    laws: Floats = mean[:, None] + errors.std() * ndtri(LEVELS)
    return laws


def seasonal(task: Task) -> Floats:
    """The price at the same hour of the last day that is known."""
    days = np.ceil(task.horizon / 24.0)

    def point(hours: Floats) -> Floats:
        then = hours + task.horizon - 24.0 * days
        then_logs: Floats = task.all_logs[np.maximum(np.searchsorted(task.all_hours, then, side="right") - 1, 0)]
        return then_logs

    hours, _, _, after = task.pairs
    return point(task.asked)[:, None] + np.quantile(after - point(hours), LEVELS)


def smoothed(task: Task) -> Floats:
    """Simple exponential smoothing of the looks, its constant fitted by statsmodels."""
    constant = _constant(task)
    levels = np.empty(task.all_logs.size)
    level = task.all_logs[0]
    for row, value in enumerate(task.all_logs):
        level += constant * (value - level)
        levels[row] = level

    def point(hours: Floats) -> Floats:
        return levels[np.searchsorted(task.all_hours, hours, side="right") - 1]

    hours, _, _, after = task.pairs
    return point(task.asked)[:, None] + np.quantile(after - point(hours), LEVELS)


def _constant(task: Task) -> float:
    logs = task.logs[-_SMOOTHED_MAX:]
    if np.ptp(logs) == 0.0:
        return 1.0
    fitted = SimpleExpSmoothing(logs, initialization_method="estimated").fit()
    return float(fitted.params["smoothing_level"])


def _regressed(task: Task) -> tuple[Floats, Floats]:
    _, before, _, after = task.pairs
    spread = float(before.var())
    slope = float(np.cov(before, after, bias=True)[0, 1]) / spread if spread > 0.0 else 1.0
    constant = float(after.mean()) - slope * float(before.mean())
    return constant + slope * task.now, after - constant - slope * before


RIVALS: dict[str, Rival] = {
    "last price": last_price,
    "seasonal naive": seasonal,
    "exponential smoothing": smoothed,
    "AR(1)": autoregression,
    "AR(1), normal": normal_autoregression,
}
