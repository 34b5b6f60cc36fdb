"""How surely a fit knows its parameters: sandwich errors, and what the prices cannot tell.

The sandwich of White (1982) stays honest when the model is not quite true. Its filling is the sum of
the squares of the scores, its bread the curvature of the likelihood, both measured over steps so long
that the likelihood falls by about a half: nearer, rounding and the filter's choices would show.
"""

import numpy as np

from strategies.curves.climbing import log_densities, loss_at, moved, near_slopes
from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY
from strategies.curves.shapes import PLAIN, Design, parameters_of

_STEP_MIN, _STEP_MAX = 1e-4, 0.3
_JUMPS_MIN = 10
_RELATIVE_MAX = 0.5
_OF_PRICING = "spot prices are seen in the world, and it is a matter of prices of later hours"
_UNSEEN = {"premium_short": _OF_PRICING, "premium_long_per_day": _OF_PRICING}
_OF_LONG = {
    "correlation": "of spot prices only the sum of its part and the deviation's own variance is seen",
    "drift_per_day": "it is known no better than the long-term factor's volatility over the root of the time seen",
}


def standard_errors(design: Design, theta: Floats) -> dict[str, float]:
    """One standard error of each named parameter that is not at an edge, in its own units."""
    inside = design.inside(theta)
    if not inside:
        return {}
    steps = _steps(design, theta, inside)
    slopes = [
        (log_densities(design, moved(theta, (at, by))) - log_densities(design, moved(theta, (at, -by)))) / (2.0 * by)
        for at, by in steps.items()
    ]
    scores = np.stack(slopes, axis=1)
    filling = scores.T @ scores
    curvature = _curvature(design, theta, steps)
    # Where the likelihood is not curved like a bowl the sandwich means nothing: the scores alone must do.
    is_bowl = bool(np.linalg.eigvalsh(curvature).min() > 0.0)
    bread = np.linalg.inv(curvature) if is_bowl else np.linalg.pinv(filling)
    errors = dict(zip(inside, np.sqrt(np.diag(bread @ filling @ bread)).tolist(), strict=True))
    parameters, shape = parameters_of(design.shape, theta), design.shape
    named = {
        name: errors[at] * (1.0 if name in PLAIN else getattr(parameters, name))
        for at, name in enumerate(shape.names)
        if at in errors
    }
    first = shape.size - len(shape.steps)
    return named | {f"step_{date}": errors[at] for at, date in enumerate(shape.steps, first) if at in errors}


def refusals(design: Design) -> dict[str, str]:
    """What these prices, whatever they are, cannot tell, and why; a fit leaves it at 0."""
    shape = design.shape
    of_long = {
        name: why for name, why in _OF_LONG.items() if shape.long and not (name == "drift_per_day" and shape.drift)
    }
    return {**_UNSEEN, **of_long}


def weaknesses(design: Design, theta: Floats, errors: dict[str, float]) -> dict[str, str]:
    """What the prices tell badly, and how one sees that."""
    parameters = parameters_of(design.shape, theta)
    weak = {}
    for name, error in errors.items():
        if name not in design.shape.names:
            continue
        value = abs(getattr(parameters, name))
        if name in PLAIN and 2.0 * error > value:
            weak[name] = "it is not told from none"
        elif name not in PLAIN and error > _RELATIVE_MAX * value:
            weak[name] = "its error is above half of it"
    span_days = float(design.sample.hours[-1] - design.sample.hours[0]) / HOURS_PER_DAY
    jumps = parameters.jumps_per_day * span_days
    if design.shape.jumps and jumps < _JUMPS_MIN:
        weak |= dict.fromkeys(("jump_mean", "jump_deviation"), f"only about {max(jumps, 1.0):.0f} jumps came")
    return weak


def _steps(design: Design, theta: Floats, inside: list[int]) -> dict[int, float]:
    """How far to move each parameter so that the likelihood falls by about a half."""
    slopes = near_slopes(design, theta, log_densities(design, theta))[:, inside]
    squares = np.maximum((slopes**2).sum(axis=0), 1e-12)
    lengths = np.clip(1.0 / np.sqrt(squares), _STEP_MIN, _STEP_MAX)
    return dict(zip(inside, lengths.tolist(), strict=True))


def _curvature(design: Design, theta: Floats, steps: dict[int, float]) -> Floats:
    """(steps, steps) second derivatives of the negative log likelihood, from pairs of moves and their opposites."""
    base = loss_at(design, theta)
    alone = [
        loss_at(design, moved(theta, (at, by))) + loss_at(design, moved(theta, (at, -by))) for at, by in steps.items()
    ]
    curvature = np.diag([(both - 2.0 * base) / by**2 for both, by in zip(alone, steps.values(), strict=True)])
    for row, (i, down) in enumerate(steps.items()):
        for column, (j, across) in enumerate(list(steps.items())[:row]):
            pair = loss_at(design, moved(theta, (i, down), (j, across)))
            pair += loss_at(design, moved(theta, (i, -down), (j, -across)))
            bend = (pair - alone[row] - alone[column] + 2.0 * base) / (2.0 * down * across)
            curvature[row, column] = curvature[column, row] = bend
    return curvature
