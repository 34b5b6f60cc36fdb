"""Bins of one probability hold any law: its mean to rounding, its quantiles to a bin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.jit import entry
from strategies.curves.blend.bins import BINS, pour, settle
from strategies.curves.blend.law import Law, mixed
from strategies.curves.filtering import Floats


@entry
def poured(values: Floats, shares: Floats, is_rising: bool, bins: Floats) -> None:
    """A whole law into ``bins``, from its lowest value, or from its highest."""
    bins[:] = 0.0
    total = 0.0
    for at in range(values.size):
        total = pour(bins, total, values[at], shares[at])
    settle(bins, total, is_rising)


def bins_of(law: Law, is_rising: bool = True) -> Floats:
    bins = np.empty(BINS)
    step = 1 if is_rising else -1
    poured(np.ascontiguousarray(law.values[::step]), np.ascontiguousarray(law.shares[::step]), is_rising, bins)
    return bins


def drawn(seed: int, count: int) -> Law:
    """Some values share a price, some have next to no probability."""
    rng = np.random.default_rng(seed)
    values = np.sort(np.exp(rng.normal(0.0, 1.0, count)).round(2) + 0.01)
    shares = rng.exponential(1.0, count) ** 3 + 1e-9
    return Law(values, shares / shares.sum())


laws = st.builds(drawn, st.integers(0, 10**6), st.integers(1, 400))


@settings(max_examples=200, deadline=None)
@given(laws, st.booleans())
def test_bins_keep_the_mean_and_each_bin_is_the_mean_between_two_quantiles(law: Law, is_rising: bool) -> None:
    """Against the area under the inverse of the distribution, from one eightieth to the next."""
    bins = bins_of(law, is_rising)
    assert np.exp(bins).mean() == pytest.approx(law.mean, rel=1e-9)
    assert (np.diff(bins) >= 0.0).all()
    ends = np.append(0.0, np.cumsum(law.shares))
    area = np.append(0.0, np.cumsum(law.values * law.shares))
    expected = np.diff(np.interp(np.arange(BINS + 1) / BINS, ends / ends[-1], area)) * BINS
    np.testing.assert_allclose(np.exp(bins), expected, rtol=1e-8)


@settings(max_examples=100, deadline=None)
@given(laws)
def test_quantiles_are_within_a_bin(law: Law) -> None:
    """The value of a bin is between the quantiles at its two ends."""
    bins = np.exp(bins_of(law))
    low, high = (law.quantiles((np.arange(BINS) + side) / BINS) for side in (1e-9, 1.0))
    assert (bins >= low * (1.0 - 1e-9)).all()
    assert (bins <= high * (1.0 + 1e-9)).all()


def test_pouring_from_the_highest_is_the_mirror_of_pouring_from_the_lowest() -> None:
    """The same law, whichever end comes first; and one price alone fills every bin."""
    law = drawn(3, 57)
    np.testing.assert_allclose(bins_of(law, True), bins_of(law, False), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(bins_of(Law(np.array([2.5]), np.array([1.0]))), np.log(2.5), rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(laws, st.floats(0.005, 20.0))
def test_the_score_of_a_law_is_the_squared_area_between_it_and_what_came(law: Law, came: float) -> None:
    """Against the integral of (F(x) - 1{x >= came})^2, which is constant between the values and what came."""
    edges = np.unique(np.append(law.values, came))
    middles = (edges[1:] + edges[:-1]) / 2.0
    reached = np.array([law.shares[law.values <= middle].sum() for middle in middles])
    expected = float((reached - (middles >= came)) ** 2 @ np.diff(edges))
    assert law.crps(came) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_law_tells_quantiles_intervals_and_chances() -> None:
    """Four prices by hand."""
    law = Law(np.array([1.0, 2.0, 2.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert law.mean == pytest.approx(2.7)
    assert law.deviation == pytest.approx(np.sqrt(0.1 + 0.5 * 4.0 + 0.4 * 16.0 - 2.7**2))
    assert law.quantiles(np.array([0.0, 0.1, 0.1001, 0.6, 0.61, 1.0])).tolist() == [1.0, 1.0, 2.0, 2.0, 4.0, 4.0]
    assert (law.median, law.interval(0.5), law.interval()) == (2.0, (2.0, 4.0), (1.0, 4.0))
    assert law.below(2.0) == pytest.approx((0.1, 0.6))
    assert law.below(3.0) == pytest.approx((0.6, 0.6))
    assert law.below(0.5) == (0.0, 0.0)
    assert law.below(9.0) == pytest.approx((1.0, 1.0))


def test_a_mixture_has_the_chances_of_its_parts() -> None:
    """Rising, adding up to 1, and at every price the weighted mean of what the parts say."""
    parts, weights = [drawn(1, 30), drawn(2, 1), drawn(3, 80)], np.array([0.5, 0.2, 0.3])
    law = mixed(parts, weights)
    assert (np.diff(law.values) >= 0.0).all()
    assert law.shares.sum() == pytest.approx(1.0)
    for price in (0.2, 0.7, 1.0, 2.0, 5.0):
        expected = sum(weight * part.below(price)[1] for weight, part in zip(weights, parts, strict=True))
        assert law.below(price)[1] == pytest.approx(expected)
