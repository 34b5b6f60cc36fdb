"""Quotes as rows of numbers: which hours each averages, and between which bounds the average must lie."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.filtering import Floats
from strategies.curves.prior import Prior
from strategies.curves.quoted import BadQuote, Quoted


class Demands(NamedTuple):
    """m quotes of n hours, in order of their contracts' names. Dollars per GPU-hour."""

    quotes: tuple[Quoted, ...]
    weights: Any  # (m, n) sparse: a row times the prices of the hours is the price of the contract
    low: Floats  # (m,) the bid, 0 where there is none
    high: Floats  # (m,) the ask, infinite where there is none
    targets: Floats  # (m,) what it trades at, NaN where that is not known
    noises: Floats  # (m,) one deviation of the price from its target or middle, NaN where there is none

    def met_by(self, prices: Floats, tolerance_usd: float) -> bool:
        """Whether hours of these ``prices`` agree with every quote."""
        off = np.abs(self.weights @ prices - self.targets)
        return self.allows(prices, tolerance_usd) and bool((np.isnan(off) | (off <= tolerance_usd)).all())

    def allows(self, prices: Floats, tolerance_usd: float) -> bool:
        """Whether hours of these ``prices`` lie between every bid and ask."""
        found = self.weights @ prices
        return bool(((found >= self.low - tolerance_usd) & (found <= self.high + tolerance_usd)).all())


def demands(prior: Prior, quotes: Iterable[Quoted], spread_max: float) -> Demands:
    """Raises BadQuote for a second quote of a contract, another place, or hours the prior does not have."""
    ordered = tuple(sorted(quotes, key=lambda quoted: quoted.contract.symbol))
    first, count = int(prior.hours_ns[0]) // NS_PER_HOUR, prior.hours_ns.size
    for before, after in pairwise(ordered):
        _check_pair(before, after)
    for quoted in ordered:
        _check_hours(quoted, first, count)
    columns = [np.array(quoted.contract.delivery_hours) - first for quoted in ordered]
    sizes = np.array([hours.size for hours in columns], dtype=np.int64)
    weights = sparse.csr_array(
        (
            np.repeat(1.0 / np.maximum(sizes, 1), sizes),
            np.concatenate([*columns, np.empty(0, np.int64)]),
            np.concatenate([[0], np.cumsum(sizes)]),
        ),
        shape=(len(ordered), count),
    )
    return Demands(
        ordered,
        weights,
        _floats([quoted.bid_usd for quoted in ordered], 0.0),
        _floats([quoted.ask_usd for quoted in ordered], np.inf),
        _floats([quoted.target_usd(spread_max) for quoted in ordered], np.nan),
        _floats([quoted.noise_usd(spread_max) for quoted in ordered], np.nan),
    )


def _floats(values: list[float | None], missing: float) -> Floats:
    return np.array([missing if value is None else value for value in values], dtype=np.float64)


def _check_pair(before: Quoted, after: Quoted) -> None:
    one, other = before.contract, after.contract
    if one.symbol == other.symbol:
        raise BadQuote(f"{one.symbol} is quoted twice")
    if (one.sku, one.region) != (other.sku, other.region):
        raise BadQuote(f"{one.symbol} and {other.symbol} are not of one SKU in one region")


def _check_hours(quoted: Quoted, first: int, count: int) -> None:
    hours = quoted.contract.delivery_hours
    if hours[0] < first or hours[-1] >= first + count:
        last = np.datetime64(first + count, "h")
        span = f"{np.datetime64(first, 'h')}:00Z to {last}:00Z"
        raise BadQuote(f"{quoted.contract.symbol} delivers outside the hours of the curve, {span}")
