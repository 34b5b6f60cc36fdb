"""Numbers of other markets as whole ticks and lots, or a refusal that names the row."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.queues import Integers

_OFF = 1e-5  # of a unit, far above what a double loses and far below what anybody would quote


def size_of(text: str | float | Decimal, what: str) -> Decimal:
    """A tick or a lot. Raises BadSource unless it is a number above 0."""
    try:
        size = Decimal(str(text))
    except InvalidOperation:
        size = Decimal(0)
    if not size.is_finite() or not 0 < size < 10**9:
        raise BadSource(f"{what} {str(text)[:40]!r}: expected a number above 0")
    return size


class Checks:
    """Refusals of one file; ``rows`` are the numbers of a piece's messages in it, from 1."""

    def __init__(self, file: str, rows: Integers) -> None:
        self._file = file
        self._rows = rows

    def refuse(self, wrong: NDArray[np.bool_], what: str, found: NDArray[Any]) -> None:
        """Raise BadSource for the first message that is wrong."""
        if wrong.any():
            place = int(np.argmax(wrong))
            raise BadSource(f"{self._file}: row {self._rows[place]}: expected {what}, found {found[place]}")

    def whole(self, values: NDArray[np.float64], unit: Decimal, what: str) -> Integers:
        """How many ``unit`` each value is."""
        with np.errstate(invalid="ignore"):
            counted = values / float(unit)
            nearest = np.rint(counted)
            self.refuse(~(np.abs(counted - nearest) <= _OFF), f"a {what} in steps of {unit:f}", values)
        return nearest.astype(np.int64)

    def ticks(self, ticks: Integers, told: NDArray[Any], matters: NDArray[np.bool_]) -> None:
        """Prices are within bounds, where they matter."""
        self.refuse(
            matters & ((ticks < 1) | (ticks > PRICE_TICKS_MAX)), f"a price from 1 to {PRICE_TICKS_MAX} ticks", told
        )

    def lots(self, lots: Integers, told: NDArray[Any], least: NDArray[np.int64]) -> None:
        """Sizes are within bounds."""
        self.refuse((lots < least) | (lots > LOTS_MAX), f"a size up to {LOTS_MAX} lots", told)

    def times(self, times_ns: Integers, before_ns: int) -> None:
        """No time is before that of the row above."""
        earlier = times_ns < np.concatenate([[before_ns], times_ns])[:-1]
        self.refuse(earlier, "no time before that of the row above", times_ns)
