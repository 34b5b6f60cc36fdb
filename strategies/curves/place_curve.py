"""The one object that strategies see: what a GPU-hour is worth, hour by hour, and how surely."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, isfinite, log

import numpy as np
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import Law
from strategies.curves.blend.bins import BINS
from strategies.curves.comoving import forward_volatility, price_covariance
from strategies.curves.filtering import NOISE_VARIANCE, Belief, Floats, Look, updated
from strategies.curves.forward import Forward, forward, intercept
from strategies.curves.hidden import hidden_laws
from strategies.curves.model import Parameters
from strategies.curves.outlook import Foretold, Outlook
from strategies.curves.prices import BadPrices

# Two prices at the same instant are two looks at the same market, a second apart.
_APART_HOURS_MIN = 1.0 / 3600.0
_VARIANCE_MIN = 1e-18  # of a price that is known, in squared dollars


@dataclass(frozen=True)
class PlaceCurve:
    """A price model and what it believes now. Immutable: ``observe`` returns another."""

    parameters: Parameters
    time_ns: int
    belief: Belief
    outlook: Outlook | None = None  # without one, only the hidden factors foretell

    @classmethod
    def start(cls, parameters: Parameters, time_ns: int) -> "PlaceCurve":
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
        if self._foretold is not None:
            return Forward(*self._foretold.moments(at_ns / NS_PER_HOUR))
        return forward(self.parameters, self.belief, self.time_ns / NS_PER_HOUR, at_ns / NS_PER_HOUR)

    def covariance(self, hours_start_ns: NDArray[np.int64]) -> Floats:
        """(n, n) covariance of the prices of (n,) hours as seen from now, in squared dollars.

        Where what was seen foretells, deviations are those of ``forward`` and the hidden factors say what is shared.
        """
        at_ns = np.maximum(np.asarray(hours_start_ns, dtype=np.int64), self.time_ns)
        shared = price_covariance(self.parameters, self.belief, self.time_ns / NS_PER_HOUR, at_ns / NS_PER_HOUR)
        if self._foretold is None:
            return shared
        own = np.sqrt(np.maximum(np.diag(shared), _VARIANCE_MIN))
        scale = self.forward(at_ns).deviations / own
        scaled: Floats = shared * np.outer(scale, scale)
        return scaled

    def volatility(self, hours_start_ns: NDArray[np.int64]) -> Floats:
        """(n,) volatility of the log forward prices now, per square root of an hour: less, the later the hour."""
        at_ns = np.maximum(np.asarray(hours_start_ns, dtype=np.int64), self.time_ns)
        return forward_volatility(self.parameters, (at_ns - self.time_ns) / NS_PER_HOUR)

    def law(self, hour_start_ns: int) -> Law:
        """The law of the price of the hour: its quantiles, intervals and score."""
        hour = max(hour_start_ns, self.time_ns) / NS_PER_HOUR
        if self._foretold is not None:
            return self._foretold.law(hour)
        beliefs, now = np.array([self.belief]), self.time_ns / NS_PER_HOUR
        logs = hidden_laws(self.parameters, beliefs, np.zeros(1), np.array([hour - now]))[0, 0]
        return Law(np.exp(logs + self.parameters.usual_log_at(hour)), np.full(BINS, 1.0 / BINS))

    @cached_property
    def _foretold(self) -> Foretold | None:
        return None if self.outlook is None else self.outlook.foretold(self.belief, self.time_ns / NS_PER_HOUR)

    def observe(self, time_ns: int, price: float) -> "PlaceCurve":
        """The curve after seeing ``price`` at ``time_ns``. A price older than the last one changes nothing.

        Raises BadPrices unless ``price`` is finite and above 0.
        """
        if not isfinite(price) or price <= 0.0:
            raise BadPrices(f"observed price {price} is not a finite number above 0")
        if time_ns < self.time_ns:
            return self
        after = self._seen(time_ns, Look(log(price) - self._usual(time_ns)))
        if self.outlook is None:
            return after
        return replace(after, outlook=self.outlook.seen(time_ns / NS_PER_HOUR, price))

    def observe_forward(self, time_ns: int, hour_start_ns: int, price: float, deviation: float = 0.01) -> "PlaceCurve":
        """The curve after seeing at ``time_ns`` what an hour yet to come trades at.

        deviation: one standard deviation of what that price says, relative to it: half a spread, say.
        An hour that has begun is the price of now. A price older than the last one changes nothing.
        Raises BadPrices unless both numbers are finite and above 0.
        """
        if not (isfinite(price) and isfinite(deviation) and price > 0.0 and deviation > 0.0):
            raise BadPrices(f"forward price {price} with deviation {deviation}: expected finite numbers above 0")
        if time_ns < self.time_ns:
            return self
        at_ns = max(hour_start_ns, time_ns)
        ahead = (at_ns - time_ns) / NS_PER_HOUR
        rates = self.parameters.rates
        above = float(intercept(self.parameters, np.array([ahead]))[0])
        look = Look(
            log(price) - self._usual(at_ns) - above,
            exp(-rates.reversion * ahead),
            exp(-rates.fading * ahead),
            NOISE_VARIANCE + deviation**2,
        )
        return self._seen(time_ns, look)

    def _usual(self, at_ns: int) -> float:
        return self.parameters.usual_log_at(at_ns / NS_PER_HOUR)

    def _seen(self, time_ns: int, look: Look) -> "PlaceCurve":
        hours = max((time_ns - self.time_ns) / NS_PER_HOUR, _APART_HOURS_MIN)
        belief, _, _ = updated(self.belief, self.parameters.rates, hours, look)
        return replace(self, time_ns=time_ns, belief=Belief(*belief))
