"""Maximum likelihood for a panel of forward prices, or for spot prices alone, by the compiled filter.

What the prices cannot tell is refused with a reason and held at its neutral value. Of spot prices
alone the two premiums and the drift of pricing have no trace at all, and the correlation none of its
own: the increments have the variance l^2 h + (s^2 + 2 rho s l) (1 - e^(-kh)) / k, so that only that
sum is seen. The drift of the long-term factor is never known better than l / sqrt(hours seen).
Standard errors are those of the inverse information (the Hessian of the likelihood).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from strategies.curves.filtering import Belief, Floats
from strategies.curves.identify import Loss, hessian, to_blame
from strategies.curves.model import Parameters
from strategies.curves.panel import (
    NAMES,
    Panel,
    Point,
    coordinates,
    level_of,
    panel_log_densities,
    point_of,
    units_of,
)
from strategies.curves.prices import BadPrices

DATES_MIN = 40
_IMPOSSIBLE = 1e12
_ROUNDS_MAX = 200
_LOGS = (0, 1, 2)
# The first to be refused where a direction is flat: nobody needs a premium to see the others.
_BLAMED_FIRST = {"premium_short": 0, "pricing_drift_per_day": 1, "correlation": 2, "drift_per_day": 3, "noise": 4}
_BLAMED_FIRST |= {"long_volatility": 5}
_WHY = {
    "premium_short": "no two times to delivery differ enough to show it",
    "pricing_drift_per_day": "no forwards are there, or too few, to show how they rise with the time to delivery",
    "correlation": "only the sum of its part and the deviation's own variance is seen",
    "noise": "it is too small beside what moves between two dates",
    "long_volatility": "what reverts explains all that moves",
    "drift_per_day": "over so few days even a halving in a year cannot be told from no drift",
}


class NotIdentified(BadPrices):
    """Prices that cannot tell a parameter without which there is no model."""


@dataclass(frozen=True)
class PanelEstimate:
    """What a panel says: a refused parameter is held at 0, a weak one is not told from 0 or from twice itself."""

    point: Point
    belief: Belief  # after the last date
    log_likelihood: float
    standard_errors: dict[str, float]
    refused: dict[str, str] = field(default_factory=dict)
    weak: dict[str, str] = field(default_factory=dict)


class _Best(NamedTuple):
    theta: Floats
    loss: float


def estimate_panel(panel: Panel, start: Point | None = None) -> PanelEstimate:
    """The most likely two-factor model of the panel.

    Raises NotIdentified for fewer than ``DATES_MIN`` dates, or if half-life or volatility cannot be told.
    """
    if panel.dates < DATES_MIN:
        raise NotIdentified(f"{panel.dates} dates are too few for two factors: at least {DATES_MIN} are needed")
    starts = [coordinates(start)] if start else _starts(panel)
    free, refused = list(range(starts[0].size)), _unseen(panel)
    for name in refused:
        free.remove(NAMES.index(name))
    theta = min((_minimized(panel, one, free) for one in starts), key=lambda best: best.loss).theta
    while True:
        inside = _inside(panel, theta, free)
        if not {0, 1} <= {*inside}:
            raise NotIdentified("the prices do not tell half-life or volatility: the likeliest is at an edge")
        bends = hessian(loss_of(panel), theta, inside, units_of(theta))
        flat = to_blame(bends, [_BLAMED_FIRST.get(_kind(column), 9) for column in inside])
        if flat is None:
            break
        column = inside[flat]
        if _kind(column) not in _BLAMED_FIRST:
            raise NotIdentified(f"the prices do not tell {_name(column)}: the likelihood is flat in it")
        refused[_name(column)] = _WHY[_kind(column)]
        free.remove(column)
        theta[column] = bounds_of(panel)[column][0] if column in _LOGS or column >= len(NAMES) else 0.0
        theta = _minimized(panel, theta, free).theta
    for column in free:
        if column not in inside:
            refused[_name(column)] = "at the edge of what prices so far apart, for so long, can tell"
    return _told(panel, theta, inside, bends, refused)


def _unseen(panel: Panel) -> dict[str, str]:
    """What has no trace in the prices, whatever they are."""
    if float(np.ptp(panel.ahead)) > 0.0:
        return {}
    return {name: _WHY[name] for name in ("premium_short", "pricing_drift_per_day", "correlation")}


def _starts(panel: Panel) -> list[Floats]:
    changes = np.diff(panel.logs[panel.group == np.bincount(panel.group).argmax()])
    gap = float(np.median(np.diff(np.unique(panel.hours))))
    volatility = max(float(np.std(changes)), 1e-3) / np.sqrt(gap)
    level = level_of(panel)
    starts = []
    for gaps in (3.0, 30.0):
        parameters = Parameters.model_construct(
            level_usd=level, half_life_hours=gaps * gap, volatility=volatility, long_volatility=0.5 * volatility
        )
        starts.append(coordinates(Point(parameters, (0.3 * volatility * np.sqrt(gap),) * panel.groups)))
    return starts


def bounds_of(panel: Panel) -> list[tuple[float, float]]:
    """Edges of the coordinates: nothing much faster than dates come, or much slower than they last."""
    gap = float(np.median(np.diff(np.unique(panel.hours))))
    span = float(panel.hours[-1] - panel.hours[0])
    furthest = float(panel.ahead.max())
    slowest = max(2.0 * gap, span, furthest)
    bounds = [(np.log(gap / 4.0), np.log(slowest)), (np.log(1e-5), np.log(3.0)), (np.log(1e-6), np.log(3.0))]
    bounds += [(-0.2, 0.2), (-4.0, 4.0), (-3.0, 3.0), (-0.2, 0.2)]
    return [*((float(low), float(high)) for low, high in bounds), *[(float(np.log(1e-4)), 0.0)] * panel.groups]


def loss_of(panel: Panel) -> Loss:
    """The negative log likelihood of coordinates."""
    level = level_of(panel)

    def loss(theta: Floats) -> float:
        total = -float(panel_log_densities(point_of(theta, level), panel)[0].sum())
        return total if np.isfinite(total) else _IMPOSSIBLE

    return loss


def climbed_in(panel: Panel, point: Point, columns: list[int]) -> Point:
    """The most likely point that differs in these coordinates alone; ``point`` itself if none is likelier."""
    theta, loss = coordinates(point), loss_of(panel)
    best = _minimized(panel, theta, columns)
    return point_of(best.theta, level_of(panel)) if best.loss < loss(theta) else point


def _minimized(panel: Panel, theta: Floats, free: list[int]) -> _Best:
    bounds = bounds_of(panel)
    loss, units = loss_of(panel), units_of(theta)[free]
    chosen = [bounds[column] for column in free]
    low, high = np.array(chosen).T

    def of(part: Floats) -> Floats:
        whole = theta.copy()
        whole[free] = part * units
        return whole

    def scaled_loss(part: Floats) -> float:
        return loss(of(part))

    part, least = np.clip(theta[free], low, high) / units, np.inf
    scaled = list(zip((low / units).tolist(), (high / units).tolist(), strict=True))
    # A line search may give up on rounding noise: begin again where it stopped.
    for _ in range(3):
        result = minimize(scaled_loss, part, method="L-BFGS-B", bounds=scaled, options={"maxiter": _ROUNDS_MAX})
        part, gained, least = np.asarray(result.x), least - float(result.fun), float(result.fun)
        if gained < 0.01:
            break
    return _Best(of(part), least)


def _name(column: int) -> str:
    return NAMES[column] if column < len(NAMES) else f"noise_{column - len(NAMES)}"


def _kind(column: int) -> str:
    return NAMES[column] if column < len(NAMES) else "noise"


def _inside(panel: Panel, theta: Floats, free: list[int]) -> list[int]:
    low, high = np.array(bounds_of(panel)).T
    margin = 1e-3 * (high - low)
    return [column for column in free if low[column] + margin[column] < theta[column] < high[column] - margin[column]]


def _told(panel: Panel, theta: Floats, inside: list[int], bends: Floats, refused: dict[str, str]) -> PanelEstimate:
    point = point_of(theta, level_of(panel))
    units = units_of(theta)[inside]
    covariance = np.linalg.inv(bends) * np.outer(units, units)
    errors = dict(zip(map(_name, inside), np.sqrt(np.diag(covariance)).tolist(), strict=True))
    weak = {}
    for name, error in errors.items():
        column = NAMES.index(name) if name in NAMES else -1
        if (column in _LOGS and error > 0.5) or (column > 2 and 2.0 * error > abs(theta[column])):
            weak[name] = "not told from half or twice itself" if column in _LOGS else "not told from none"
    places = {name: place for place, name in enumerate(map(_name, inside))}
    if "drift_per_day" in places and "pricing_drift_per_day" in places:
        both = [places["drift_per_day"], places["pricing_drift_per_day"]]
        error = float(np.sqrt(np.array([1.0, -1.0]) @ covariance[np.ix_(both, both)] @ np.array([1.0, -1.0])))
        errors["premium_long_per_day"] = error
        if 2.0 * error > abs(point.parameters.premium_long_per_day):
            weak["premium_long_per_day"] = "not told from none: it is no better known than the drift"
    elif "pricing_drift_per_day" in places:
        refused["premium_long_per_day"] = "the drift is not known, and it is what is left of it"
    log_densities, belief = panel_log_densities(point, panel)
    return PanelEstimate(point, belief, float(log_densities.sum()), _inunits_of(point, errors), refused, weak)


def _inunits_of(point: Point, errors: dict[str, float]) -> dict[str, float]:
    """Errors of logs and arc tangents as those of the parameters themselves."""
    parameters = point.parameters
    slopes = {NAMES[column]: getattr(parameters, NAMES[column]) for column in _LOGS}
    slopes["correlation"] = 1.0 - parameters.correlation**2
    slopes |= {f"noise_{place}": noise for place, noise in enumerate(point.noise_deviations)}
    return {name: error * slopes.get(name, 1.0) for name, error in errors.items()}
