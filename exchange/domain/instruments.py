"""Contracts: one SKU in one region for one delivery period, and their names, both ways.

A name is ``SKU_REGION_TERM-DATE``, such as ``H100SXM_USE_H14-1DEC26``. It has no dot and nothing
after the date, because client libraries split or fold other forms.

Hours ``H14``, blocks ``B4H08`` and ``B8H08``, days ``D`` and weeks ``W`` are in UTC: D is the 24 hours
of the UTC date, W the 168 hours from its beginning (any date has a name; the calendar lists Mondays).
Peak ``PK`` and off-peak ``OP`` belong to the local date of the region: PK is 08:00 to 20:00 on its
clocks, every day of the week, OP what is left of that date. So PK has 12 hours and OP 12, but 11 or
13 where the clocks change.

A contract of several hours is a strip. Its price in ticks is the sum of what its hours cost, so that
it stays a whole number; in dollars it is shown as their average, for a GPU-hour like any price.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

import numpy as np

from exchange.domain.catalogue import CATALOGUE, Region, Sku
from exchange.domain.errors import BadSymbol, BadUnits
from exchange.domain.local_time import local_day
from exchange.domain.units import LOTS_MAX, MICROS_PER_DOLLAR, NS_PER_HOUR, NS_PER_MINUTE, PRICE_TICKS_MAX, exact_units

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SYMBOL = re.compile(
    r"(?P<sku>[A-Z0-9]+)_(?P<region>[A-Z0-9]+)_(?P<term>[A-Z0-9]+)"
    r"-(?P<day>[1-9]|[12][0-9]|3[01])(?P<month>[A-Z]{3})(?P<year>[0-9]{2})"
)
_HOURLY = re.compile(r"(?:B(?P<block>[48]))?H(?P<hour>[01][0-9]|2[0-3])")
_WHOLE_DAY = {"D": 24, "W": 168}
_LOCAL = ("PK", "OP")
# Where the average is shown it has eight decimals, which is enough to find the sum again: of 168
# hours at a tick of $0.0001 two neighbours are 6e-7 apart.
_AVERAGE_STEP = Decimal("0.00000001")
_AVERAGE_OFF = _AVERAGE_STEP / 2


@dataclass(frozen=True)
class Contract:
    """A tradable delivery period. ``term`` is ``H14``, ``B8H08``, ``PK``, ``OP``, ``D`` or ``W``.

    ``day`` counts dates from 1970: the region's own for PK and OP, those of UTC for the others.
    """

    sku: Sku
    region: Region
    term: str
    day: int

    @cached_property
    def symbol(self) -> str:
        date = np.datetime64(self.day, "D").item()
        return (
            f"{self.sku.code}_{self.region.code}_{self.term}-{date.day}{_MONTHS[date.month - 1]}{date.year % 100:02d}"
        )

    @cached_property
    def delivery_hours(self) -> tuple[int, ...]:
        """The hours it delivers, in UTC since 1970, ascending, at most 168. OP leaves out those of the peak."""
        if self.term in _LOCAL:
            local = local_day(self.region.time_zone, self.day)
            return local.peak if self.term == "PK" else local.off_peak
        hourly = _HOURLY.fullmatch(self.term)
        first = self.day * 24 + (int(hourly["hour"]) if hourly else 0)
        count = int(hourly["block"] or 1) if hourly else _WHOLE_DAY[self.term]
        return tuple(range(first, first + count))

    @cached_property
    def hours(self) -> int:
        """How many hours of delivery one lot buys."""
        return len(self.delivery_hours)

    @cached_property
    def start_ns(self) -> int:
        """When delivery starts, in nanoseconds since 1970."""
        return self.delivery_hours[0] * NS_PER_HOUR

    @property
    def end_ns(self) -> int:
        """When the last hour of delivery is over."""
        return (self.delivery_hours[-1] + 1) * NS_PER_HOUR

    @cached_property
    def gate_ns(self) -> int:
        """When trading ends."""
        return self.start_ns - self.sku.gate_minutes * NS_PER_MINUTE

    @cached_property
    def gpu_hours_per_lot(self) -> int:
        return self.sku.gpus_per_node * self.hours

    @cached_property
    def _lot_gpu_hours(self) -> Decimal:
        return Decimal(self.gpu_hours_per_lot)

    @cached_property
    def is_strip(self) -> bool:
        return self.hours > 1

    @property
    def tick_value_micros(self) -> int:
        """Micro-dollars that one tick of price is worth on one lot, whichever of its hours the tick is of."""
        return self.sku.tick_micros * self.sku.gpus_per_node

    def price_ticks(self, price: str | float | Decimal) -> int:
        """Dollars per GPU-hour as ticks. Raises BadUnits off the tick or out of bounds.

        Of a strip any average of whole ticks, as exact as ``price`` gives it.
        """
        if self.is_strip:
            ticks = exact_units(price, self.sku.tick_usd / self.hours, "price", _AVERAGE_OFF)
        else:
            ticks = exact_units(price, self.sku.tick_usd, "price")
        if not 0 < ticks <= PRICE_TICKS_MAX:
            raise BadUnits(f"price {price} is not above 0 and at most {self.price(PRICE_TICKS_MAX):f}")
        return ticks

    def price(self, ticks: int) -> Decimal:
        """Ticks as dollars per GPU-hour, as they are said: exact; of a strip the average, to eight decimals."""
        total = ticks * self.sku.tick_usd
        return (total / self.hours).quantize(_AVERAGE_STEP) if self.is_strip else total

    def price_usd(self, ticks: int) -> float:
        """Ticks as dollars per GPU-hour, to reckon with."""
        return ticks * self.sku.tick_micros / (MICROS_PER_DOLLAR * self.hours)

    def lots(self, gpu_hours: str | float | Decimal) -> int:
        """GPU-hours as lots. Raises BadUnits unless it is a whole number of lots within bounds."""
        lots = exact_units(gpu_hours, self._lot_gpu_hours, "amount")
        if not 0 < lots <= LOTS_MAX:
            raise BadUnits(
                f"amount {gpu_hours} is not above 0 and at most {LOTS_MAX * self.gpu_hours_per_lot} GPU-hours"
            )
        return lots


@lru_cache(maxsize=65536)
def parse_symbol(symbol: str) -> Contract:
    """The contract of this name. Raises BadSymbol, saying what is wrong with it."""
    parts = _SYMBOL.fullmatch(symbol[:40])
    if parts is None:
        raise BadSymbol(f"{symbol[:40]!r} is not a contract name like H100SXM_USE_H14-1DEC26")
    term = parts["term"]
    if not _HOURLY.fullmatch(term) and term not in _WHOLE_DAY and term not in _LOCAL:
        raise BadSymbol(f"{symbol!r}: {term!r} is not a delivery period like H14, B4H08, B8H08, PK, OP, D or W")
    return Contract(CATALOGUE.sku(parts["sku"]), CATALOGUE.region(parts["region"]), term, _day(symbol, parts))


def hour_contract(sku: Sku, region: Region, hour: int) -> Contract:
    """The contract of one hour; ``hour`` counts hours since 1970."""
    day, hour_of_day = divmod(hour, 24)
    return Contract(sku, region, f"H{hour_of_day:02d}", day)


def _day(symbol: str, parts: re.Match[str]) -> int:
    if parts["month"] not in _MONTHS:
        raise BadSymbol(f"{symbol!r}: {parts['month']!r} is not a month like DEC")
    month = _MONTHS.index(parts["month"]) + 1
    try:
        date = np.datetime64(f"20{parts['year']}-{month:02d}-{int(parts['day']):02d}", "D")
    except ValueError:
        raise BadSymbol(f"{symbol!r}: there is no such day") from None
    return int(date.astype(np.int64))
