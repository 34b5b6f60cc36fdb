"""What an account on margin must keep: docs/margin.md in Python's own integers, without the kernel's running sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from exchange.domain.units import BPS


@dataclass(slots=True)
class Stake:
    """What an account holds, may deliver, and offers of one hour."""

    lots: int = 0
    capacity_lots: int = 0
    open_sell_lots: int = 0


class Hour(NamedTuple):
    """What a lot may be worth, in micro-dollars, the mark first."""

    values: tuple[int, ...]

    @property
    def hold(self) -> int:
        """What a lot for sale on margin holds: the dearest value less the least that it brings."""
        return max(self.values) - max(2 * self.values[0] - max(self.values), 0)


def requirement(stakes: Mapping[int, Stake], hours: Mapping[int, Hour | None], credit_bps: int) -> int:
    """What must be kept in the worst scenario: docs/margin.md, line by line."""
    sums: defaultdict[int, int] = defaultdict(int)
    for number, stake in stakes.items():
        hour = hours[number]
        if hour is None:
            continue
        short = max(0, -stake.lots - stake.capacity_lots)
        credited = max(0, max(0, stake.lots) - stake.open_sell_lots)
        excess = max(0, stake.open_sell_lots - max(0, stake.lots + stake.capacity_lots))
        for scenario, value in enumerate(hour.values):
            sums[scenario] += value * short - value * credit_bps // BPS * credited + hour.hold * excess
    return max(0, *sums.values()) if sums else 0
