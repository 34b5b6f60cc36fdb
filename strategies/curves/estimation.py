"""Maximum likelihood for the model, and which of its parts the prices support.

Prices come minutes to days apart, so the likelihood is that of the exact law between any two times
(``filtering``). Jumps, a long-term factor and its drift, mistakes, and a daily or weekly season are
kept only where the evidence is very strong (``search``). Spikes do not drag the other parameters,
because a jump explains them, nor does a wrong price, because it may always be one. Of more than
``POINTS_MAX`` prices every k-th is used: the law between any two times is exact, so this costs
precision and no truth (what is over within k prices is seen less well).
"""

from typing import NamedTuple

import numpy as np
from pydantic import ValidationError
from scipy.special import ndtri

from strategies.curves.climbing import climbed, started
from strategies.curves.doubt import refusals, standard_errors, weaknesses
from strategies.curves.filtering import Belief, Floats, Rates, filtered, spot_looks
from strategies.curves.model import Parameters
from strategies.curves.prices import BadPrices
from strategies.curves.search import Search, searched, searched_as
from strategies.curves.season import UTC, Step
from strategies.curves.shapes import Design, Sample, Shape, parameters_of

POINTS_MAX = 12_000
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
    used = _thinned(sample)
    inside = tuple(date for date in step_dates if used.hours[0] < Step(date=date, size=0.0).hour <= used.hours[-1])
    found = searched(used, Shape(steps=inside, time_zone=time_zone))
    told = _told(found)
    seen = {f"step_{date}": _NOT_SEEN for date in step_dates if date not in inside}
    return told._replace(refused={**told.refused, **seen})


def estimate_as(sample: Sample, shape: Shape) -> Estimate:
    """The most likely model of a given shape, whether or not the prices ask for all of its parts."""
    return _told(searched_as(_thinned(sample), shape))


def _less_biased(parameters: Parameters, errors: dict[str, float], hours: float) -> tuple[Parameters, dict[str, float]]:
    """The same with the rate of reversion less what it is too high by, where the level had to be found too.

    That is 4 over the time seen (Tang and Chen, "Parameter estimation and bias correction for diffusion
    processes", 2009); never more than half of it is taken off. Errors that it enters grow with it.
    """
    rate = parameters.rates.reversion
    ratio = rate / max(rate - 4.0 / hours, rate / 2.0)
    better = parameters.model_copy(update={"half_life_hours": parameters.half_life_hours * ratio})
    grown = {"half_life_hours": ratio**2, "level_usd": ratio}
    return better, {name: error * grown.get(name, 1.0) for name, error in errors.items()}


def _thinned(sample: Sample) -> Sample:
    step = -(-sample.hours.size // POINTS_MAX)
    return sample_of(sample.hours[::step], np.exp(sample.logs[::step])) if step > 1 else sample


def _told(found: Search) -> Estimate:
    """What is believed once the search is over: from the very top of the likelihood."""
    used, design = found.sample, Design(found.sample, found.shape)
    theta = climbed(design, found.best.theta).theta
    errors = standard_errors(design, theta)
    parameters, first = parameters_of(found.shape, theta), started(parameters_of(found.shape, theta).rates)
    if found.shape.long:
        # The level is told as it is now, not as it was at the first price.
        _, _, belief = _filter(parameters.rates, first, used, design.observed(theta))
        parameters = parameters.scaled(float(np.exp(belief.long)))
        first = first._replace(long=-belief.long)
        errors["level_usd"] = parameters.level_usd * float(np.sqrt(belief.long_variance))
    elif "half_life_hours" in errors:
        parameters, errors = _less_biased(parameters, errors, float(used.hours[-1] - used.hours[0]))
        first = started(parameters.rates)
    return Estimate(
        parameters,
        errors,
        tuple(name for name in found.shape.names if name not in errors),
        found.criteria,
        used.hours.size,
        first,
        refusals(design),
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


def _filter(rates: Rates, first: Belief, sample: Sample, observed: Floats) -> tuple[Floats, Floats, Belief]:
    log_density, below = np.empty((2, observed.size))
    belief = filtered(first, rates, sample.elapsed, spot_looks(observed), log_density, below)
    return log_density, below, Belief(*belief)
