"""The price of a GPU-hour now, played along given paths, and what it makes each delivery hour worth.

Real or simulated history can be played faster than it happened: a deviation from the usual price
comes and goes at the speed of the path, while the way from now to delivery is counted in hours of
the clock, because the contracts are hours of the clock. Everything here is a function of its
arguments; what it keeps is only a memory of answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base.views import Curve
from strategies.curves.filtering import Belief
from strategies.curves.forward import Forward, forward
from strategies.curves.model import Parameters

# Prices stand still for this long, so that one evaluation of a curve serves everybody who asks.
REFRESH_NS = NS_PER_SECOND // 10
_REMEMBERED_MAX = 256


def place_of(contract: Contract) -> str:
    """The name of a curve: ``SKU_REGION``."""
    return f"{contract.sku.code}_{contract.region.code}"


@dataclass(frozen=True)
class PricePath:
    """Spot prices in dollars per GPU-hour, one every ``step_ns`` of path time from ``origin_ns`` on."""

    parameters: Parameters
    prices: Sequence[float]
    origin_ns: int
    step_ns: int

    def log_deviation(self, elapsed_ns: float) -> float:
        """Log of price over the usual price. Beyond its end the path is walked back, and so on."""
        last = len(self.prices) - 1
        place = elapsed_ns / self.step_ns % (2 * last) if last else 0.0
        place = min(place, 2 * last - place)
        before = min(int(place), max(0, last - 1))
        share = place - before
        price = self.prices[before] * (1 - share) + self.prices[min(before + 1, last)] * share
        hours = (self.origin_ns + place * self.step_ns) / NS_PER_HOUR
        return log(price) - float(self.parameters.usual_log(np.array([hours]))[0])

    def price(self, elapsed_ns: int) -> float:
        """Dollars per GPU-hour. Where the path is walked back, seasons go on: only the deviations return."""
        hours = (self.origin_ns + elapsed_ns) / NS_PER_HOUR
        return exp(self.log_deviation(elapsed_ns) + self.parameters.usual_log_at(hours))


@dataclass(frozen=True)
class SeenCurve:
    """One forward curve as it stands at one moment, hour by hour."""

    known: Mapping[int, tuple[float, float]]  # hour start -> (price, deviation)

    @classmethod
    def of(cls, hours_start_ns: NDArray[np.int64], seen: Forward) -> "SeenCurve":
        """(n,) hours and what is foreseen of each."""
        priced = zip(seen.prices.tolist(), seen.deviations.tolist(), strict=True)
        return cls(dict(zip(hours_start_ns.tolist(), priced, strict=True)))

    def price(self, hour_start_ns: int) -> float:
        return self.known[hour_start_ns][0]

    def deviation(self, hour_start_ns: int) -> float:
        return self.known[hour_start_ns][1]


class SpotIndex:
    """Fair value of every contract; as a callable it is the ``FairValue`` of the agents.

    ``paths`` by ``SKU_REGION``. The clock shows ``start_ns`` when the paths begin, and path time
    runs ``speed`` times as fast from there.
    """

    def __init__(
        self, paths: Mapping[str, PricePath], contracts: Sequence[Contract], start_ns: int, speed: float = 1.0
    ) -> None:
        self._paths = paths
        self._start_ns = start_ns
        self._speed = speed
        self._hours = {place: hours_of(place, contracts) for place in paths}
        self._remembered: dict[tuple[str, int], SeenCurve] = {}

    def __call__(self, contract: Contract, time_ns: int) -> float:
        curve = self.curve(contract, time_ns)
        hours = _hours(contract)
        return sum(curve.price(hour) for hour in hours) / len(hours)

    def curve(self, contract: Contract, time_ns: int) -> Curve:
        """The forward curve of this contract's SKU and region; a ``CurveSource``."""
        beat = max(0, time_ns - self._start_ns) // REFRESH_NS
        key = (place_of(contract), beat)
        curve = self._remembered.get(key)
        if curve is None:
            curve = self._evaluate(*key)
            if len(self._remembered) >= _REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[key] = curve
        return curve

    def seen_late(self, lag_ns: int) -> "LateIndex":
        """The same curves as somebody knows them who hears of prices ``lag_ns`` later."""
        return LateIndex(self, lag_ns)

    def _evaluate(self, place: str, beat: int) -> SeenCurve:
        path = self._paths[place]
        now_ns = self._start_ns + beat * REFRESH_NS
        belief = Belief(deviation=path.log_deviation(beat * REFRESH_NS * self._speed))
        hours_ns = self._hours[place]
        at_hours = np.maximum(hours_ns, now_ns) / NS_PER_HOUR
        return SeenCurve.of(hours_ns, forward(path.parameters, belief, now_ns / NS_PER_HOUR, at_hours))


@dataclass(frozen=True)
class LateIndex:
    """A ``CurveSource`` that is behind."""

    index: SpotIndex
    lag_ns: int

    def __call__(self, contract: Contract, time_ns: int) -> Curve:
        return self.index.curve(contract, time_ns - self.lag_ns)


def hours_of(place: str, contracts: Sequence[Contract]) -> NDArray[np.int64]:
    """(n,) starts of the hours that these contracts deliver in that place, rising."""
    here = [contract for contract in contracts if place_of(contract) == place]
    return np.array(sorted({hour for contract in here for hour in _hours(contract)}), dtype=np.int64)


def _hours(contract: Contract) -> list[int]:
    return [hour * NS_PER_HOUR for hour in contract.delivery_hours]
