"""The model of one price: a level, a season, a deviation that reverts, and jumps that fade.

    log price(t) = log level + season(t) + x(t) + z(t)
    dx = -k x dt + s dW                  deviation, half-life ln 2 / k
    dz = -b z dt + J dN                  spikes, half-life ln 2 / b; N Poisson of rate r, J normal (m, v)

season(t) is a sum of sines and cosines whose periods divide the week, so it is smooth, has mean 0
and depends on the hour of the week in UTC alone. A seasonal mean-reverting log price is Lucia and
Schwartz, "Electricity prices and power derivatives" (2002); jumps inside it are Cartea and
Figueroa, "Pricing in electricity markets" (2005), where a jump fades as slowly as any deviation;
a rate of fading of its own is Hambly, Howison and Kluge, "Modelling spikes and pricing swing
options in electricity markets" (2009).
"""

from functools import cached_property
from math import log
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from strategies.curves.filtering import LOG_2, Belief, Floats, Rates

HOURS_PER_WEEK = 168.0
HOURS_PER_DAY = 24.0


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Harmonic(Part):
    """One wave of the season, in logs. Its phase is 0 on 1 January 1970 at 00:00 UTC, a Thursday."""

    period_hours: Annotated[float, Field(gt=0, le=HOURS_PER_WEEK)]
    cosine: Annotated[float, Field(ge=-5, le=5)]
    sine: Annotated[float, Field(ge=-5, le=5)]


class Parameters(Part):
    """All numbers of the model, in units that people can judge."""

    level_usd: Annotated[float, Field(gt=0, le=1e4)]
    half_life_hours: Annotated[float, Field(gt=0, le=1e5)]
    volatility: Annotated[float, Field(ge=0, le=10)]  # of the log price, per square root of an hour
    jumps_per_day: Annotated[float, Field(ge=0, le=1e3)] = 0.0
    jump_mean: Annotated[float, Field(ge=-5, le=5)] = 0.0  # of the log price: 0.7 doubles it
    jump_deviation: Annotated[float, Field(ge=0, le=3)] = 0.0
    jump_half_life_hours: Annotated[float, Field(gt=0, le=1e4)] = 1.0
    season: tuple[Harmonic, ...] = ()

    @cached_property
    def rates(self) -> Rates:
        return Rates(
            reversion=LOG_2 / self.half_life_hours,
            diffusion_variance=self.volatility**2,
            fading=LOG_2 / self.jump_half_life_hours,
            jump_rate=self.jumps_per_day / HOURS_PER_DAY,
            jump_mean=self.jump_mean,
            jump_variance=self.jump_deviation**2,
        )

    @property
    def prior(self) -> Belief:
        """What is known of the deviation and the spikes before any price is seen: their long-run law."""
        return long_run(self.rates)

    def usual_log(self, hours: Floats) -> Floats:
        """Log of level and season at ``hours`` since 1970."""
        total = np.full(np.shape(hours), log(self.level_usd))
        for wave in self.season:
            angle = 2.0 * np.pi * np.remainder(hours, wave.period_hours) / wave.period_hours
            total = total + wave.cosine * np.cos(angle) + wave.sine * np.sin(angle)
        return total

    @property
    def season_strength(self) -> float:
        """From the season's lowest hour to its highest, in logs."""
        week = self.usual_log(np.arange(HOURS_PER_WEEK))
        return float(week.max() - week.min())

    def scaled(self, ratio: float) -> "Parameters":
        """The same behaviour around another level."""
        return self.model_copy(update={"level_usd": self.level_usd * ratio})


def long_run(rates: Rates) -> Belief:
    """Mean and covariance of the deviation and the spikes once the start is forgotten."""
    spike_variance = rates.jump_rate * (rates.jump_mean**2 + rates.jump_variance) / (2.0 * rates.fading)
    return Belief(
        deviation=0.0,
        spike=rates.jump_rate * rates.jump_mean / rates.fading,
        deviation_variance=rates.diffusion_variance / (2.0 * rates.reversion),
        covariance=0.0,
        spike_variance=spike_variance,
    )
