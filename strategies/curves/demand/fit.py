"""From jobs to what is believed of demand, or to the reason why they cannot tell."""

from typing import NamedTuple

import numpy as np

from strategies.curves.demand.estimation import UnclearDemand, estimate, spread
from strategies.curves.demand.fitted import Fitted
from strategies.curves.demand.intensity import Intensity
from strategies.curves.demand.likelihood import Sample
from strategies.curves.demand.marks import Marks
from strategies.curves.demand.reading import Jobs
from strategies.curves.demand.selection import chosen
from strategies.curves.demand.shape import Shape
from strategies.curves.filtering import Floats
from strategies.curves.model import HOURS_PER_DAY

EVENTS_MIN = 100
EVENTS_MAX = 50_000  # beyond these, and beyond so many days, only the latest count
DAYS_MAX = 60.0
HOURS_MIN = 6.0  # with arrivals in each, and so long a time
_ONE_HOUR_MAX = 0.5  # the most of all arrivals that may come within one hour


class DemandFit(NamedTuple):
    """What is believed of the jobs of a file."""

    jobs: Jobs
    fitted: Fitted  # to the arrivals used, those of one second spread over it
    held_out: dict[str, float]  # log likelihood of arrivals held out, by parts; empty if the parts were given
    marks: Marks

    @property
    def intensity(self) -> Intensity:
        """At the level of the last day."""
        return self.fitted.intensity

    @property
    def left_out(self) -> int:
        """Earlier arrivals, too many to use."""
        return self.jobs.hours.size - self.fitted.sample.times.size


def fit_jobs(jobs: Jobs, shape: Shape | None = None) -> DemandFit:
    """Fit an intensity: with these parts, or those that arrivals held out support.

    Raises UnclearDemand if the arrivals are too few, too short or all in one burst.
    """
    latest = jobs.hours[-EVENTS_MAX:]
    times = spread(latest[latest >= jobs.end_hours - DAYS_MAX * HOURS_PER_DAY])
    _refuse_unclear(times, jobs.end_hours)
    sample = Sample(times, jobs.end_hours, quietest_hour(times))
    held_out: dict[str, float] = {}
    if shape is None:
        shape, held_out = chosen(sample)
    return DemandFit(jobs, Fitted(sample, estimate(shape, sample)), held_out, jobs.marks)


def quietest_hour(times: Floats) -> float:
    """The middle of the three hours of the day with the fewest arrivals: there one day of demand ends."""
    counts = np.bincount(np.floor(np.remainder(times, HOURS_PER_DAY)).astype(np.int64), minlength=24)
    return float(np.argmin(counts + np.roll(counts, 1) + np.roll(counts, -1))) + 0.5


def _refuse_unclear(times: Floats, end_hours: float) -> None:
    if times.size < EVENTS_MIN:
        raise UnclearDemand(f"too few jobs to go by: {times.size}, and at least {EVENTS_MIN} are needed")
    counts = np.unique(np.floor(times), return_counts=True)[1]
    if end_hours - times[0] < HOURS_MIN or counts.size < HOURS_MIN:
        raise UnclearDemand(
            f"too short a time to go by: jobs came in {counts.size} different hours of "
            f"{end_hours - times[0]:.1f}; at least {HOURS_MIN:.0f} are needed"
        )
    if counts.max() > _ONE_HOUR_MAX * times.size:
        raise UnclearDemand(
            f"one burst: {counts.max()} of {times.size} jobs came within one hour, which tells nothing of others"
        )
