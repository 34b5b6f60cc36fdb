"""Which contracts there are: what should be listed at an instant, and which hour is the spot.

Only the instant, the SKUs and the regions decide. The horizon is the ``hours_ahead`` whole hours
after the present one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from exchange.domain.catalogue import CATALOGUE, Region, Sku
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE

HOURS_AHEAD = 14 * 24

# Shorter before longer: the order of contracts that share a gate.
_TERMS = (
    *(f"H{hour:02d}" for hour in range(24)),
    *(f"B4H{hour:02d}" for hour in range(0, 24, 4)),
    *(f"B8H{hour:02d}" for hour in range(0, 24, 8)),
    *("PK", "OP", "D", "W"),
)
_SPOT = re.compile(r"(?P<sku>[A-Z0-9]+)_(?P<region>[A-Z0-9]+):SPOT")


def hours(
    skus: Sequence[Sku], regions: Sequence[Region], now_ns: int, hours_ahead: int = HOURS_AHEAD
) -> Iterator[Contract]:
    """The hours within the horizon whose gate is still to come, earliest delivery first."""
    first = now_ns // NS_PER_HOUR + 1
    for hour in range(first, first + hours_ahead):
        for sku in skus:
            for region in regions:
                contract = hour_contract(sku, region, hour)
                if contract.gate_ns > now_ns:
                    yield contract


def contracts(
    skus: Sequence[Sku], regions: Sequence[Region], now_ns: int, hours_ahead: int = HOURS_AHEAD
) -> list[Contract]:
    """Everything that should be listed, earliest gate first: all its hours in the horizon, its gate to come.

    Hours; blocks of 4 from 00, 04, ... 20 UTC and of 8 from 00, 08, 16 UTC; peak and off-peak of each
    local date; each UTC day; the week from each Monday. Where gates are equal, shorter terms come
    first, then SKUs and regions in the order given.
    """
    end_hour = now_ns // NS_PER_HOUR + 1 + hours_ahead
    candidates = (
        _contract(sku, region, term, day)
        for term, day in _periods(now_ns // NS_PER_HOUR, end_hour)
        for sku in skus
        for region in regions
    )
    due = (contract for contract in candidates if contract.gate_ns > now_ns and contract.delivery_hours[-1] < end_hour)
    return sorted(due, key=lambda contract: contract.gate_ns)


def listing_ns(contract: Contract, hours_ahead: int = HOURS_AHEAD) -> int:
    """From when on ``contracts`` lists it. If that is not before its gate, it never does: the horizon is too short."""
    return contract.end_ns - (hours_ahead + 1) * NS_PER_HOUR


def listed_ns(contract: Contract, hours_ahead: int = HOURS_AHEAD) -> int:
    """The same, which may be before the venue listed it: then its opening is over so much earlier.

    0, as if it was long ago, if this horizon never lists it: with another one it was listed at another time.
    """
    time_ns = listing_ns(contract, hours_ahead)
    return time_ns if time_ns < contract.gate_ns else 0


def spot(sku: Sku, region: Region, now_ns: int) -> Contract:
    """The first hour whose gate is still to come."""
    return hour_contract(sku, region, (now_ns + sku.gate_minutes * NS_PER_MINUTE) // NS_PER_HOUR + 1)


def resolve(symbol: str, now_ns: int) -> Contract:
    """The contract of this name, where ``H100SXM_USE:SPOT`` is the spot of that moment. Raises BadSymbol."""
    alias = _SPOT.fullmatch(symbol)
    if alias is None:
        return parse_symbol(symbol)
    return spot(CATALOGUE.sku(alias["sku"]), CATALOGUE.region(alias["region"]), now_ns)


# Asked for again and again: each remembers its hours.
_contract = lru_cache(maxsize=65_536)(Contract)


def _periods(present_hour: int, end_hour: int) -> Iterator[tuple[str, int]]:
    """Terms and dates, among them all whose hours lie after the present one and before the end."""
    # Local dates too: no clock is so far from UTC that a peak misses the date of UTC with the same name.
    for term in _TERMS:
        for day in range(present_hour // 24, end_hour // 24 + 1):
            if term != "W" or _is_monday(day):
                yield term, day


def _is_monday(day: int) -> bool:
    # 1 January 1970 was a Thursday.
    return day % 7 == 4
