"""What the perishable maker is made of beside its control problem: portfolio, strips, rates learnt from fills."""

from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.units import NS_PER_HOUR
from strategies.curves import shipped_curves
from strategies.making.perishable import CurveComoving, SharedComoving
from strategies.making.perishable.fill_rates import FillRates
from strategies.making.perishable.portfolio import Comoving, Loadings, Portfolio
from strategies.making.perishable.strips import HourView, strip_prices
from tests.strategies.world import START_NS, contracts

HOURS = contracts()


def covariance(loadings: Loadings) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    common, own, place = loadings
    dense: np.ndarray[tuple[int, int], np.dtype[np.float64]] = common @ common.T
    return dense + np.where(place[:, None] == place[None, :], own @ own.T, 0.0)


@pytest.mark.parametrize("comoving", [SharedComoving(1.0), CurveComoving(shipped_curves, 1.0)])
def test_the_portfolio_is_the_covariance_without_its_diagonal(comoving: Comoving) -> None:
    """Written out as n by n it says the same, also after a fill, and for what comes all at once."""
    loadings = comoving(HOURS, START_NS)
    dense = covariance(loadings)
    values = np.random.default_rng(3).normal(0.0, 100.0, len(HOURS))
    others = dense - np.diag(np.diag(dense))
    portfolio = Portfolio(loadings, values)
    assert portfolio.marginal == pytest.approx(others @ values, rel=1e-9)
    values[7] += 40.0
    portfolio.bought(7, 40.0)
    assert portfolio.marginal == pytest.approx(others @ values, rel=1e-9)
    rows = [0, 1, 2, 9, 20]
    assert portfolio.among(rows, 10.0) == pytest.approx(others[np.ix_(rows, rows)].sum() * 100.0 / 2)


def test_the_loadings_of_a_curve_are_its_covariance() -> None:
    """The same numbers that margin is reckoned with."""
    dense = covariance(CurveComoving(shipped_curves, 1.0)(HOURS, START_NS))
    assert dense == pytest.approx(shipped_curves(START_NS).covariance(HOURS), rel=1e-9)


def test_shares_say_who_moves_with_whom() -> None:
    """Hours of one place most, then those of one SKU, then those of one region, then the rest; nothing at the gate."""
    comoving = SharedComoving(1.0, deviation=0.1, market=0.3, sku=0.2, region=0.1, place=0.3)
    dense = covariance(comoving(contracts(3), START_NS - 5 * NS_PER_HOUR)) / 0.01
    assert dense[0, [1, 3, 6, 9]] == pytest.approx([0.9, 0.5, 0.4, 0.3])
    gated = comoving(HOURS, HOURS[0].gate_ns)
    assert not gated.common[0].any()
    assert gated.common[1].any()
    with pytest.raises(ValueError, match="more than 1"):
        SharedComoving(market=0.8, sku=0.3)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(1, 60)), min_size=4, max_size=8),
    st.floats(0.0, 1.0),
    st.floats(-500.0, 500.0),
    st.data(),
)
def test_no_cover_of_a_strip_can_be_traded_against_it(
    hours: list[tuple[int, int]], edge: float, joint: float, data: st.DataObject
) -> None:
    """Cut any run of hours into strips and hours as one likes: what they ask is never under what the whole bids."""
    views = [HourView(bid, bid + wide) for bid, wide in hours]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(views) - 1))))
    parts = []
    for start, end in pairwise([0, *cuts, len(views)]):
        part = views[start:end]
        whole = len(part) == 1
        parts.append((part[0].bid_ticks, part[0].ask_ticks) if whole else strip_prices(part, edge, joint / 2))
    bid, ask = strip_prices(views, edge, joint)
    assert bid < ask
    assert bid <= sum(part[1] for part in parts)
    assert ask >= sum(part[0] for part in parts)


def test_a_strip_gives_up_its_share_and_is_dearer_where_its_hours_move_together() -> None:
    """A quarter of the half spread, and one tick for each tick of joint risk."""
    views = [HourView(100, 110), HourView(200, 230)]
    assert strip_prices(views, 0.0) == (300, 340)
    assert strip_prices(views, 0.25) == (305, 335)
    assert strip_prices(views, 0.25, 7.0) == (298, 342)
    assert strip_prices(views, 1.0, -50.0) == (320, 321)


def test_fill_rates_are_what_was_given_until_something_is_seen() -> None:
    """And while nothing fills at all, they fall, and no further than to a twentieth."""
    rates = FillRates(10.0, 40.0, prior_hours=24.0)
    assert rates.estimate() == pytest.approx((10.0, 40.0))
    rates.stood(0.02, 24.0)
    first, _ = rates.estimate()
    assert 1.0 < first < 9.0
    rates.stood(0.0, 1e6)
    assert rates.estimate()[0] >= 10.0 / 20.0


def test_fill_rates_are_found_from_one_s_own_quotes() -> None:
    """25 exp(-60 d) an hour, believed to be 10 exp(-40 d): within a few per cent after a thousand hours."""
    rng = np.random.default_rng(0)
    rates = FillRates(10.0, 40.0, prior_hours=24.0, memory_hours=1e9)
    for depth in rng.uniform(0.0, 0.08, 20_000).tolist():
        rates.stood(depth, 0.05)
        rates.filled(depth, float(rng.poisson(25.0 * exp(-60.0 * depth) * 0.05)))
    assert rates.estimate() == pytest.approx((25.0, 60.0), rel=0.05)
    rates.passed(1e12)
    assert rates.estimate() == pytest.approx((10.0, 40.0))
