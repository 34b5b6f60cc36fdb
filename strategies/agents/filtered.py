"""The forward curves of somebody who sees only prices: what a filter believes of them, and how surely.

``SpotIndex`` takes all that is unusual about the price of now for a deviation that reverts, and has no
doubt of it. In a market one sees the price alone, perhaps a little late, and a ``PlaceCurve`` makes of it what
it can: whether a move is a deviation or a jump that lasts stays in doubt for a while.

There are two clocks, as in ``spot``. The filter counts path time, in which what it follows comes and
goes: ``speed`` hours pass for it in an hour of the clock, between two looks and from the last look to
now. From now to delivery an hour is one of the clock. So the variance of an hour is the filter's doubt
about the present, which grows at the speed of the path while nothing is heard, and what the hours of
the clock until delivery may bring.

Between two of its prices a path is drawn straight. Looks at that line are not independent, and the
filter would lose every jump in them: it keeps the path's own prices, and the price of now is one
more look that is forgotten with the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.agents.spot import REFRESH_NS, PricePath, SeenCurve, hours_of, place_of
from strategies.curves.place_curve import PlaceCurve

# Who comes late, or has not looked for long, reads this much of the past: a week, where prices are ten minutes apart.
_HISTORY_STEPS = 1008


class FilteredIndex:
    """A ``CurveSource`` that knows of each place the prices until ``lag_ns`` ago, and nothing else.

    ``paths``, ``start_ns`` and ``speed`` as in ``SpotIndex``. Prices become known in beats of
    ``REFRESH_NS``. Time does not go backwards: an earlier time gets the answer of the latest one.
    """

    def __init__(
        self,
        paths: Mapping[str, PricePath],
        contracts: Sequence[Contract],
        start_ns: int,
        speed: float = 1.0,
        lag_ns: int = 0,
    ) -> None:
        self._start_ns = start_ns
        self._speed = speed
        self._lag_ns = lag_ns
        self._hours = {place: hours_of(place, contracts) for place in paths}
        self._watches = {place: Watch(path) for place, path in paths.items()}
        self._latest: dict[str, tuple[int, SeenCurve]] = {}  # beat and answer, by place

    def __call__(self, contract: Contract, time_ns: int) -> SeenCurve:
        place, beat = place_of(contract), max(0, time_ns - self._start_ns) // REFRESH_NS
        latest = self._latest.get(place)
        if latest is None or latest[0] < beat:
            latest = self._latest[place] = beat, self._evaluate(place, beat * REFRESH_NS)
        return latest[1]

    def fair(self, contract: Contract, time_ns: int) -> float:
        """What this contract is worth by that curve, on average over its hours; a ``FairValue``."""
        curve = self(contract, time_ns)
        prices = [curve.price(hour * NS_PER_HOUR) for hour in contract.delivery_hours]
        return sum(prices) / len(prices)

    def _evaluate(self, place: str, elapsed_ns: int) -> SeenCurve:
        """The curve of ``place`` when the clock has run for ``elapsed_ns``."""
        seen_ns = max(0, elapsed_ns - self._lag_ns)
        believed = self._watches[place].seen(int(seen_ns * self._speed))
        now_ns, age_ns = self._start_ns + elapsed_ns, int((elapsed_ns - seen_ns) * self._speed)
        hours_ns = self._hours[place]
        on_the_clock = replace(believed, time_ns=now_ns - age_ns)
        return SeenCurve.of(hours_ns, on_the_clock.forward(np.maximum(hours_ns, now_ns)))


class Watch:
    """The curve, in path time, of somebody who follows one path from its first price on."""

    def __init__(self, path: PricePath) -> None:
        self._path = path
        self._step = 0
        self._curve = self._begun()

    def seen(self, elapsed_ns: int) -> PlaceCurve:
        """After the price at ``elapsed_ns`` of path time, which must not be before the one asked for last."""
        step, rest_ns = divmod(elapsed_ns, self._path.step_ns)
        if step - self._step > _HISTORY_STEPS:
            self._step = step - _HISTORY_STEPS
            self._curve = self._begun()
        while self._step < step:
            self._step += 1
            self._curve = self._look(self._curve, self._step * self._path.step_ns)
        return self._look(self._curve, elapsed_ns) if rest_ns else self._curve

    def _begun(self) -> PlaceCurve:
        """As if the price at ``_step`` were the first one seen."""
        elapsed_ns = self._step * self._path.step_ns
        return self._look(PlaceCurve.start(self._path.parameters, self._path.origin_ns + elapsed_ns), elapsed_ns)

    def _look(self, curve: PlaceCurve, elapsed_ns: int) -> PlaceCurve:
        return curve.observe(self._path.origin_ns + elapsed_ns, self._path.price(elapsed_ns))
