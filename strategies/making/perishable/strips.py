"""Strips priced by the same numbers as their hours, so that no set of one's own quotes can be traded against another.

Each hour has one value r, between its bid and its ask. A strip's bid is at most the sum of its hours' values,
its ask at least that. Then whoever buys any of one's contracts and sells others that deliver the same hours pays
sum r or more and gets sum r or less: hours against strips, strips against strips, in any cover.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import NamedTuple


class HourView(NamedTuple):
    """One hour's quote in ticks."""

    bid_ticks: int
    ask_ticks: int

    @property
    def value_ticks(self) -> float:
        return (self.bid_ticks + self.ask_ticks) / 2


def strip_prices(hours: Sequence[HourView], edge: float, joint_ticks: float = 0.0) -> tuple[int, int]:
    """Bid and ask of a strip of these hours, in ticks of the sum.

    edge: the share of the hours' spreads that it gives up, at most 1; one trade of many hours is surer than many
    trades. joint_ticks: what taking all hours at once costs beyond each alone, because they move together (negative
    where they hedge each other); it widens both sides.
    """
    assert 0.0 <= edge <= 1.0, f"a strip cannot give up {edge} of its spread"
    value = sum(hour.value_ticks for hour in hours)
    half = sum(hour.ask_ticks - hour.bid_ticks for hour in hours) / 2 * (1.0 - edge)
    half = max(0.0, half + joint_ticks)
    bid_ticks, ask_ticks = floor(value - half), ceil(value + half)
    return bid_ticks, max(ask_ticks, bid_ticks + 1)
