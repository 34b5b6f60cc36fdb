"""Maximum likelihood for the model, and which of its parts the prices support.

Prices come minutes to days apart, so the likelihood is that of the exact law between any two times
(``filtering``). Jumps, and a daily or weekly season, are kept only if they lower Schwarz's criterion
(BIC) by more than ``EVIDENCE_MIN``: very strong evidence on the scale of Kass and Raftery (1995).
Standard errors are the sandwich of White (1982), which stay honest when the model is not quite true.
Spikes do not drag the other parameters, because a jump explains them.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtri

from strategies.curves.filtering import LOG_2, Belief, Floats, Rates, filtered, spot_looks
from strategies.curves.model import HOURS_PER_DAY, HOURS_PER_WEEK, Harmonic, Parameters, long_run

EVIDENCE_MIN = 10.0
POINTS_MAX = 16_000  # beyond these every k-th price is used: the law between any two times is exact
_SCREENED_MAX = 1_500
_DAILY = (HOURS_PER_DAY, HOURS_PER_DAY / 2)
_WEEKLY = (*_DAILY, HOURS_PER_WEEK, HOURS_PER_WEEK / 2)
_IMPOSSIBLE = 1e12
_SMALLEST_STEP = 1e-4
_LARGEST_STEP = 0.3
_RESTARTS_MAX = 2
_ROUNDS_MAX = 60

NAMES = ("level_usd", "half_life_hours", "volatility")
JUMP_NAMES = ("jumps_per_day", "jump_mean", "jump_deviation", "jump_half_life_hours")


class Shape(NamedTuple):
    """Which parts a model has."""

    jumps: bool
    periods_hours: tuple[float, ...]

    @property
    def size(self) -> int:
        return 3 + 4 * self.jumps + 2 * len(self.periods_hours)

    @property
    def title(self) -> str:
        season = {0: "no season", len(_DAILY): "daily season", len(_WEEKLY): "weekly season"}
        return f"{'jumps' if self.jumps else 'no jumps'}, {season[len(self.periods_hours)]}"


class Sample(NamedTuple):
    """(n,) times in hours since 1970, rising; hours since the time before; log prices."""

    hours: Floats
    elapsed: Floats
    logs: Floats


class Estimate(NamedTuple):
    """What the prices say."""

    parameters: Parameters
    standard_errors: dict[str, float]
    at_bound: tuple[str, ...]  # parameters at the edge of what prices so far apart, for so long, can tell
    criteria: dict[str, float]  # BIC of each shape that was tried
    used: int


class _Point(NamedTuple):
    theta: Floats
    loss: float


def sample_of(hours: Floats, prices: Floats) -> Sample:
    """The sample of rising times and their prices. The first is judged by the long-run law, whatever its gap."""
    return Sample(hours, np.diff(hours, prepend=hours[0] - 1.0), np.log(prices))


def estimate(sample: Sample) -> Estimate:
    """The best supported model of at least 40 prices."""
    step = -(-sample.hours.size // POINTS_MAX)
    used = sample_of(sample.hours[::step], np.exp(sample.logs[::step])) if step > 1 else sample
    shape, best, criteria = _best_shape(used)
    errors, at_bound = _standard_errors(used, shape, best.theta)
    return Estimate(parameters_of(shape, best.theta), errors, at_bound, criteria, used.hours.size)


def standard_scores(parameters: Parameters, sample: Sample) -> tuple[Floats, Belief]:
    """(n,) residuals, standard normal if the model is right, and the belief after the last price."""
    _, below, belief = _filter(parameters.rates, sample, sample.logs - parameters.usual_log(sample.hours))
    scores: Floats = ndtri(np.clip(below, 1e-12, 1.0 - 1e-12))
    return scores, belief


def parameters_of(shape: Shape, theta: Floats) -> Parameters:
    """The parameters whose logs (where they must be above 0) and plain values ``theta`` holds."""
    jumps = {}
    if shape.jumps:
        rate, mean, deviation, half_life = theta[3:7]
        values = (np.exp(rate) * HOURS_PER_DAY, mean, np.exp(deviation), np.exp(half_life))
        jumps = dict(zip(JUMP_NAMES, (float(value) for value in values), strict=True))
    waves = theta[3 + 4 * shape.jumps :].reshape(-1, 2)
    season = tuple(
        Harmonic(period_hours=period, cosine=float(cosine), sine=float(sine))
        for period, (cosine, sine) in zip(shape.periods_hours, waves, strict=True)
    )
    level, half_life_hours, volatility = (float(value) for value in np.exp(theta[:3]))
    return Parameters(level_usd=level, half_life_hours=half_life_hours, volatility=volatility, season=season, **jumps)


def _best_shape(sample: Sample) -> tuple[Shape, _Point, dict[str, float]]:
    """Grow the model part by part while the criterion falls enough."""
    shape = Shape(False, ())
    best = _minimized(sample, shape, _screened(sample, shape, _plain_starts(sample)))
    criteria = {shape.title: _criterion(sample, shape, best)}

    def tried(candidate: Shape, starts: list[Floats]) -> tuple[Shape, _Point]:
        point = _minimized(sample, candidate, starts)
        criteria[candidate.title] = _criterion(sample, candidate, point)
        better = criteria[candidate.title] < criteria[shape.title] - EVIDENCE_MIN
        return (candidate, point) if better else (shape, best)

    jumpy = Shape(True, ())
    shape, best = tried(jumpy, _screened(sample, jumpy, _jump_starts(sample, best.theta)))
    for periods in (_DAILY, _WEEKLY):
        candidate = Shape(shape.jumps, periods)
        start = np.concatenate([best.theta, np.zeros(candidate.size - best.theta.size)])
        # Fitting a season takes long, and most prices have none: ask first whether one could pay.
        if _promised(sample, candidate, start) > (candidate.size - shape.size) * np.log(sample.hours.size):
            shape, best = tried(candidate, [start])
    return shape, best, criteria


def _promised(sample: Sample, shape: Shape, theta: Floats) -> float:
    """By how much twice the log likelihood would rise if all of ``theta`` were free: Rao's score test."""
    inside = _inside(sample, shape, theta)
    scores = _scores(sample, shape, theta, dict.fromkeys(inside, _SMALLEST_STEP))
    total = scores.sum(axis=0)
    return float(total @ np.linalg.pinv(scores.T @ scores) @ total)


def _criterion(sample: Sample, shape: Shape, point: _Point) -> float:
    return float(2.0 * point.loss + shape.size * np.log(sample.hours.size))


def _plain_starts(sample: Sample) -> list[Floats]:
    level = float(np.median(sample.logs))
    spread = float(np.median(np.abs(sample.logs - level))) * 1.5 + 0.01
    return [
        np.array([level, np.log(half_life), np.log(spread * np.sqrt(2.0 * LOG_2 / half_life))])
        for half_life in (1.0, 12.0)
    ]


def _jump_starts(sample: Sample, plain: Floats) -> list[Floats]:
    """Rare and big, frequent and small, gone at once, or slow to go; on top of a calmer deviation."""
    level = float(np.median(sample.logs))
    calm = plain[2] - 1.0
    kinds = ((0.02, 0.0, 0.3, 1.0), (0.2, 0.0, 0.1, 2.0), (0.2, 0.5, 1.0, 0.1), (0.05, 0.0, 0.2, 12.0))
    return [
        np.array([level, np.log(half_life), calm, np.log(rate), mean, np.log(deviation), np.log(fading)])
        for half_life in (2.0, 16.0)
        for rate, mean, deviation, fading in kinds
    ]


def _screened(sample: Sample, shape: Shape, starts: list[Floats]) -> list[Floats]:
    """The best three starts: each is improved on the first prices, if there are many, and judged on all."""
    few = Sample(*(column[:_SCREENED_MAX] for column in sample))
    low, high = np.array(bounds_of(sample, shape)).T
    waves = _waves(sample, shape)
    improved = [np.clip(_minimized(few, shape, [start]).theta, low, high) for start in starts]
    improved += [np.clip(start, low, high) for start in starts]
    return sorted(improved, key=lambda theta: -float(_log_densities(sample, shape, waves, theta).sum()))[:3]


def bounds_of(sample: Sample, shape: Shape) -> list[tuple[float, float]]:
    """Edges of what can be told: nothing much faster than the prices come, or much slower than they last.

    Jumps are what is rare: at most six a day and one price in ten. Otherwise they would be a second
    noise, and the deviation would be left with nothing to explain.
    """
    gap = max(float(np.median(sample.elapsed[1:])), 1.0 / 60.0)
    lasting = float(sample.hours[-1] - sample.hours[0]) / 8.0
    fastest, slowest = gap / 2.0, max(min(lasting, 2.0 * HOURS_PER_WEEK), gap)
    bounds = [(float(sample.logs.min()), float(sample.logs.max()))]
    bounds += [_logs(fastest, slowest), _logs(1e-3, 3.0)]
    if shape.jumps:
        bounds += [_logs(1e-4, min(0.25, 0.1 / gap)), (-2.0, 2.0), _logs(0.05, 1.5)]
        bounds += [_logs(fastest, max(min(lasting, HOURS_PER_DAY), gap))]
    return bounds + [(-2.0, 2.0)] * (2 * len(shape.periods_hours))


def _logs(least: float, most: float) -> tuple[float, float]:
    return float(np.log(least)), float(np.log(most))


def _minimized(sample: Sample, shape: Shape, starts: list[Floats]) -> _Point:
    """The best of the local minima that the starts lead to."""
    bounds = bounds_of(sample, shape)
    low, high = np.array(bounds).T
    waves = _waves(sample, shape)

    def loss(theta: Floats) -> float:
        return -float(_log_densities(sample, shape, waves, theta).sum())

    best = _Point(np.clip(starts[0], low, high), np.inf)
    for start in starts:
        found = _Point(np.clip(start, low, high), np.inf)
        # A line search may give up on rounding noise: begin again where it stopped.
        for _ in range(_RESTARTS_MAX):
            result = minimize(loss, found.theta, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ROUNDS_MAX})
            gained = found.loss - float(result.fun)
            found = _Point(np.asarray(result.x, dtype=np.float64), float(result.fun))
            if gained < 0.01:
                break
        best = min(best, found, key=lambda point: point.loss)
    return best


def _waves(sample: Sample, shape: Shape) -> Floats:
    """(n, 2 periods) cosines and sines of the season at each price."""
    columns = []
    for period in shape.periods_hours:
        angle = 2.0 * np.pi * np.remainder(sample.hours, period) / period
        columns += [np.cos(angle), np.sin(angle)]
    return np.stack(columns, axis=1) if columns else np.empty((sample.hours.size, 0))


def _log_densities(sample: Sample, shape: Shape, waves: Floats, theta: Floats) -> Floats:
    """(n,) log density of each price given those before it; very low where it is not finite."""
    rates = parameters_of(Shape(shape.jumps, ()), theta[: 3 + 4 * shape.jumps]).rates
    season = waves @ theta[3 + 4 * shape.jumps :]
    log_densities, _, _ = _filter(rates, sample, sample.logs - theta[0] - season)
    return np.nan_to_num(log_densities, nan=-_IMPOSSIBLE, neginf=-_IMPOSSIBLE, posinf=-_IMPOSSIBLE)


def _filter(rates: Rates, sample: Sample, observed: Floats) -> tuple[Floats, Floats, Belief]:
    log_densities, below = np.empty((2, observed.size))
    belief = filtered(long_run(rates), rates, sample.elapsed, spot_looks(observed), log_densities, below)
    return log_densities, below, Belief(*belief)


def _standard_errors(sample: Sample, shape: Shape, theta: Floats) -> tuple[dict[str, float], tuple[str, ...]]:
    """Sandwich errors of the parameters in their own units, and the names of those at an edge."""
    inside = _inside(sample, shape, theta)
    steps = _steps(sample, shape, theta, inside)
    scores = _scores(sample, shape, theta, steps)
    meat = scores.T @ scores
    curvature = _curvature(sample, shape, theta, steps)
    # Where the likelihood is not curved like a bowl the sandwich means nothing: the scores alone must do.
    is_bowl = bool(np.linalg.eigvalsh(curvature).min() > 0.0)
    bread = np.linalg.inv(curvature) if is_bowl else np.linalg.pinv(meat)
    variances = np.diag(bread @ meat @ bread)
    errors = dict(zip(inside, np.sqrt(variances).tolist(), strict=True))
    names = NAMES + JUMP_NAMES * shape.jumps
    parameters = parameters_of(shape, theta)
    in_units = {
        name: errors[at] * (1.0 if name == "jump_mean" else getattr(parameters, name))
        for at, name in enumerate(names)
        if at in errors
    }
    return in_units, tuple(name for at, name in enumerate(names) if at not in errors)


def _inside(sample: Sample, shape: Shape, theta: Floats) -> list[int]:
    """Which parameters are not at an edge."""
    low, high = np.array(bounds_of(sample, shape)).T
    margin = 1e-3 * (high - low)
    inside: list[int] = np.flatnonzero((theta > low + margin) & (theta < high - margin)).tolist()
    return inside


def _steps(sample: Sample, shape: Shape, theta: Floats, inside: list[int]) -> dict[int, float]:
    """How far to move each parameter to see the likelihood bend: until it has fallen by about one.

    Nearer, rounding and the filter's choices between cases would show instead.
    """
    waves = _waves(sample, shape)

    def loss(column: int, by: float) -> float:
        return -float(_log_densities(sample, shape, waves, _moved(theta, (column, by))).sum())

    base, steps = loss(0, 0.0), {}
    for column in inside:
        step = _SMALLEST_STEP
        while step < _LARGEST_STEP and loss(column, step) + loss(column, -step) - 2.0 * base < 1.0:
            step *= 2.0
        steps[column] = step
    return steps


def _scores(sample: Sample, shape: Shape, theta: Floats, steps: dict[int, float]) -> Floats:
    """(n, steps) slope of each price's log density in each parameter."""
    waves = _waves(sample, shape)
    slopes = []
    for column, step in steps.items():
        higher, lower = (_log_densities(sample, shape, waves, _moved(theta, (column, by))) for by in (step, -step))
        slopes.append((higher - lower) / (2.0 * step))
    return np.stack(slopes, axis=1)


def _curvature(sample: Sample, shape: Shape, theta: Floats, steps: dict[int, float]) -> Floats:
    """(steps, steps) second derivatives of the negative log likelihood."""
    waves = _waves(sample, shape)
    curvature = np.empty((len(steps), len(steps)))
    for row, (i, down) in enumerate(steps.items()):
        for column, (j, across) in enumerate(list(steps.items())[: row + 1]):
            total = 0.0
            for one, other in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                corner = _moved(theta, (i, one * down / 2.0), (j, other * across / 2.0))
                total -= one * other * float(_log_densities(sample, shape, waves, corner).sum())
            curvature[row, column] = curvature[column, row] = total / (down * across)
    return curvature


def _moved(theta: Floats, *moves: tuple[int, float]) -> Floats:
    moved = theta.copy()
    for column, by in moves:
        moved[column] += by
    return moved
