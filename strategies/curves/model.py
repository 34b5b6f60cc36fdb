"""The model of one price: level, season, a deviation that reverts, jumps that fade, and a long-term factor.

    log price(t) = log level + season(t) + steps(t) + x(t) + z(t) + xi(t)
    dx  = -k x dt + s dW                 deviation, half-life ln 2 / k
    dz  = -b z dt + J dN                 spikes, half-life ln 2 / b; N Poisson of rate r, J normal (m, v)
    dxi = mu dt + l dV                   long-term factor; correlation of W and V is rho

x and xi are the two factors of Schwartz and Smith, "Short-term variations and long-term dynamics in
commodity prices" (2000); their premiums (equations 6 and 9) take mu - ``premium_long`` for mu and add
-``premium_short`` dt to dx where prices of later hours are asked for rather than forecast. A seasonal
mean-reverting log price is Lucia and Schwartz, "Electricity prices and power derivatives" (2002);
jumps inside it are Cartea and Figueroa, "Pricing in electricity markets" (2005), where a jump fades
as slowly as any deviation; a rate of fading of its own is Hambly, Howison and Kluge, "Modelling
spikes and pricing swing options in electricity markets" (2009).
"""

from functools import cached_property
from math import log
from typing import Annotated

import numpy as np
from pydantic import Field

from strategies.curves.filtering import LOG_2, Belief, Floats, Rates
from strategies.curves.season import HOURS_PER_DAY as HOURS_PER_DAY
from strategies.curves.season import HOURS_PER_WEEK as HOURS_PER_WEEK
from strategies.curves.season import UTC, Spline, Step
from strategies.curves.season import Harmonic as Harmonic
from strategies.curves.season import Part as Part

# A level that was fitted once is believed to be off by as much as the long-term factor moves in this time.
_LEVEL_AGE_HOURS = 4.0 * HOURS_PER_WEEK


class Parameters(Part):
    """All numbers of the model, in units that people can judge."""

    level_usd: Annotated[float, Field(gt=0, le=1e4)]  # where xi is 0: at the last price of a fit
    half_life_hours: Annotated[float, Field(gt=0, le=1e5)]
    volatility: Annotated[float, Field(ge=0, le=10)]  # of the log price, per square root of an hour
    jumps_per_day: Annotated[float, Field(ge=0, le=1e3)] = 0.0
    jump_mean: Annotated[float, Field(ge=-5, le=5)] = 0.0  # of the log price: 0.7 doubles it
    jump_deviation: Annotated[float, Field(ge=0, le=3)] = 0.0
    jump_half_life_hours: Annotated[float, Field(gt=0, le=1e4)] = 1.0
    long_volatility: Annotated[float, Field(ge=0, le=10)] = 0.0  # per square root of an hour
    drift_per_day: Annotated[float, Field(ge=-1, le=1)] = 0.0  # of the log price
    correlation: Annotated[float, Field(ge=-1, le=1)] = 0.0  # of deviation and long-term factor
    premium_short: Annotated[float, Field(ge=-10, le=10)] = 0.0  # of the log price, per hour
    premium_long_per_day: Annotated[float, Field(ge=-1, le=1)] = 0.0  # of the log price
    mistake_share: Annotated[float, Field(ge=0, le=0.5)] = 0.0  # of the prices that are seen
    season: tuple[Harmonic | Spline, ...] = ()
    steps: tuple[Step, ...] = ()

    @cached_property
    def rates(self) -> Rates:
        return Rates(
            reversion=LOG_2 / self.half_life_hours,
            diffusion_variance=self.volatility**2,
            fading=LOG_2 / self.jump_half_life_hours,
            jump_rate=self.jumps_per_day / HOURS_PER_DAY,
            jump_mean=self.jump_mean,
            jump_variance=self.jump_deviation**2,
            long_variance=self.long_volatility**2,
            drift=self.drift_per_day / HOURS_PER_DAY,
            shared_variance=self.correlation * self.volatility * self.long_volatility,
            mistake_share=self.mistake_share,
        )

    @property
    def prior(self) -> Belief:
        """What is known before any price is seen: the long-run law of deviation and spikes, and a level of some age."""
        return long_run(self.rates)._replace(long_variance=self.rates.long_variance * _LEVEL_AGE_HOURS)

    def usual_log(self, hours: Floats) -> Floats:
        """Log of level, season and steps at ``hours`` since 1970."""
        total = np.full(np.shape(hours), log(self.level_usd))
        for part in (*self.season, *self.steps):
            total = total + part.log_at(hours)
        return total

    def usual_log_at(self, hour: float) -> float:
        """``usual_log`` of one time, for the way of a single observation."""
        parts = (*self.season, *self.steps)
        return log(self.level_usd) + sum(part.log_at_one(hour) for part in parts)

    @property
    def season_strength(self) -> float:
        """From the season's lowest hour to its highest, in logs."""
        week = self.model_copy(update={"steps": ()}).usual_log(np.arange(HOURS_PER_WEEK))
        return float(week.max() - week.min())

    @property
    def time_zone(self) -> str:
        """Whose clock the season follows."""
        zones = {part.time_zone for part in self.season if isinstance(part, Spline)}
        return min(zones, default=UTC)

    def scaled(self, ratio: float) -> "Parameters":
        """The same behaviour around another level."""
        return self.model_copy(update={"level_usd": self.level_usd * ratio})


def long_run(rates: Rates) -> Belief:
    """Deviation and spikes once the start is forgotten, and a long-term factor that is exactly 0."""
    return Belief(
        spike=rates.jump_rate * rates.jump_mean / rates.fading,
        deviation_variance=rates.diffusion_variance / (2.0 * rates.reversion),
        spike_variance=rates.jump_rate * (rates.jump_mean**2 + rates.jump_variance) / (2.0 * rates.fading),
    )
