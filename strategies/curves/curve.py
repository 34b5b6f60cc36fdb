"""The one object that strategies see: what a GPU-hour is worth, hour by hour, and how surely."""

from dataclasses import dataclass, replace
from math import isfinite, log

import numpy as np
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.filtering import Belief, updated
from strategies.curves.forward import Forward, forward
from strategies.curves.model import Parameters
from strategies.curves.prices import BadPrices

# Two prices at the same instant are two looks at the same market, a second apart.
_APART_HOURS_MIN = 1.0 / 3600.0


@dataclass(frozen=True)
class Curve:
    """A price model and what it believes now. Immutable: ``observe`` returns another."""

    parameters: Parameters
    time_ns: int
    belief: Belief

    @classmethod
    def start(cls, parameters: Parameters, time_ns: int) -> "Curve":
        """The curve before any price is seen: hours near and far are known equally little."""
        return cls(parameters, time_ns, parameters.prior)

    def price(self, hour_start_ns: int) -> float:
        """Expected price of the hour, in dollars per GPU-hour. An hour that has begun costs what it costs now."""
        return float(self.forward(np.array([hour_start_ns])).prices[0])

    def deviation(self, hour_start_ns: int) -> float:
        """One standard deviation of that price as seen from now, in dollars per GPU-hour."""
        return float(self.forward(np.array([hour_start_ns])).deviations[0])

    def forward(self, hours_start_ns: NDArray[np.int64]) -> Forward:
        """``price`` and ``deviation`` of many hours at once: (n,) in, two (n,) out."""
        at_ns = np.maximum(np.asarray(hours_start_ns, dtype=np.int64), self.time_ns)
        return forward(self.parameters, self.belief, self.time_ns / NS_PER_HOUR, at_ns / NS_PER_HOUR)

    def observe(self, time_ns: int, price: float) -> "Curve":
        """The curve after seeing ``price`` at ``time_ns``. A price older than the last one changes nothing.

        Raises BadPrices unless ``price`` is finite and above 0.
        """
        if not isfinite(price) or price <= 0.0:
            raise BadPrices(f"observed price {price} is not a finite number above 0")
        if time_ns < self.time_ns:
            return self
        hours = max((time_ns - self.time_ns) / NS_PER_HOUR, _APART_HOURS_MIN)
        usual = float(self.parameters.usual_log(np.array([time_ns / NS_PER_HOUR]))[0])
        belief, _, _ = updated(self.belief, self.parameters.rates, hours, log(price) - usual)
        return replace(self, time_ns=time_ns, belief=Belief(*belief))
