"""Covariance of places and hours: factors against the integrals they stand for, and no variance below 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.clearing.margin import factors as principal
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.covariance import factors
from strategies.curves.filtering import Floats
from strategies.curves.market import Market, market_of
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.shocks import Comoving, Moments, Places, Shared, basis, events
from tests.curves.places import beliefs_drawn, comoving_drawn, moments_drawn

START_NS = int(np.datetime64("2026-11-30T07:30", "ns").astype(np.int64))


def fading_integral(rate: float, hours: float) -> float:
    decay = rate * hours
    # A few terms of the series where the difference would lose its digits.
    return float((1.0 - np.exp(-decay)) / rate) if decay > 1e-5 else hours * (1.0 - decay / 2.0 + decay**2 / 6.0)


def by_integrals(
    moments: Moments, comoving: Comoving, place: Places, ahead: Floats, horizon: float, beliefs: Floats
) -> Floats:
    """Entry by entry, from the integrals of products of exponentials over what both still see."""
    short, long = (shared.common @ shared.common.T + np.diag(shared.own) for shared in comoving[:2])
    rates, felt = events(moments, comoving.jumps)
    found = np.empty((place.size, place.size))
    for i, (p, at) in enumerate(zip(place, ahead, strict=True)):
        for j, (q, other) in enumerate(zip(place, ahead, strict=True)):
            until = min(at, other, horizon)
            k, kk, b, bb = moments.reversion[p], moments.reversion[q], moments.fading[p], moments.fading[q]
            s, ss = np.sqrt(moments.diffusion_variance[[p, q]])
            xi, xixi = np.sqrt(moments.long_variance[[p, q]])
            rho, rhorho = moments.correlation[[p, q]]
            near, far = np.exp(-k * (at - until)), np.exp(-kk * (other - until))
            total = s * ss * near * far * fading_integral(k + kk, until)
            total += s * near * xixi * rhorho * fading_integral(k, until)
            total += ss * far * xi * rho * fading_integral(kk, until)
            total = short[p, q] * (total + xi * xixi * rho * rhorho * until)
            total += long[p, q] * xi * xixi * np.sqrt((1 - rho**2) * (1 - rhorho**2)) * until
            m, mm = moments.jump_mean[[p, q]]
            v, vv = moments.jump_variance[[p, q]]
            together = (rates * felt[p] * felt[q]).sum() if p != q else moments.jump_rate[p]
            faded = np.exp(-b * (at - until) - bb * (other - until)) * fading_integral(b + bb, until)
            total += together * (m * mm + np.sqrt(v * vv)) * faded
            if p == q:
                one, two = (np.array([np.exp(-k * hours), np.exp(-b * hours), 1.0]) for hours in (at, other))
                total += one @ beliefs[p] @ two
            found[i, j] = total
    return found


@pytest.mark.parametrize("horizon", [0.4, 6.0, np.inf])
def test_factors_multiply_to_the_integrals_of_the_model(horizon: float) -> None:
    """Seven places and forty hours, some of them begun, some alike, some delivered within the horizon."""
    rng = np.random.default_rng(5)
    moments, comoving, beliefs = moments_drawn(rng, 7), comoving_drawn(rng, 7), beliefs_drawn(rng, 7)
    place = rng.integers(0, 7, 40)
    ahead = rng.choice([0.0, 0.5, 1.5, 2.5, 7.5, 30.5, 335.5], 40)
    found = factors(moments, comoving, place, ahead, horizon, beliefs)
    expected = by_integrals(moments, comoving, place, ahead, horizon, beliefs)
    np.testing.assert_allclose(found.covariance(), expected, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(found.variance(), np.diag(expected), rtol=1e-9, atol=1e-13)
    common, own = found.loadings()
    together = common @ common.T + np.where(place[:, None] == place, own @ own.T, 0.0)
    np.testing.assert_allclose(together, expected, rtol=1e-9, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([0.25, 1.0, 24.0, np.inf]))
def test_no_portfolio_of_random_places_and_hours_has_a_variance_below_0(seed: int, places: int, horizon: float) -> None:
    """The least eigenvalue is 0 to rounding, and correlations are at most 1."""
    rng = np.random.default_rng(seed)
    moments, comoving, beliefs = moments_drawn(rng, places), comoving_drawn(rng, places), beliefs_drawn(rng, places)
    place, ahead = rng.integers(0, places, 30), np.round(rng.uniform(0.0, 400.0, 30) * rng.choice([0.01, 1.0], 30), 1)
    covariance = factors(moments, comoving, place, ahead, horizon, beliefs).covariance()
    assert (covariance == covariance.T).all()
    eigenvalues = np.linalg.eigvalsh(covariance)
    assert eigenvalues[0] >= -1e-12 * max(eigenvalues[-1], 1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=40), st.floats(1e-3, 500.0))
def test_a_few_functions_span_all_that_fade(rates: list[float], hours: float) -> None:
    """The root of the Gram matrix gives every integral of two exponentials, and is thin."""
    root, row = basis(np.array(rates), hours)
    both = np.add.outer(np.array(rates), np.array(rates))
    expected = [[fading_integral(rate, hours) for rate in line] for line in both]
    np.testing.assert_allclose((root @ root.T)[np.ix_(row, row)], expected, atol=1e-10 * hours, rtol=1e-9)
    assert root.shape[1] <= 24


def two_places(share: float) -> tuple[Moments, Comoving]:
    """Alike, with nothing but a deviation of half-life ln 2 hours."""
    zero, one = np.zeros(2), np.ones(2)
    shared = Shared(np.full((2, 1), np.sqrt(share)), np.full(2, 1.0 - share))
    return Moments(one, one, one, zero, zero, zero, zero, zero, zero, zero), Comoving(shared, shared, np.zeros((2, 1)))


def test_far_hours_hardly_move_and_near_hours_move_as_one() -> None:
    """What traders know of electricity: a shock of now is gone for later hours (Samuelson), the more so the later."""
    moments, comoving = two_places(0.36)
    moves = factors(moments, comoving, np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 9.0, 1.0]), 0.5).covariance()
    deviations = np.sqrt(np.diag(moves))
    np.testing.assert_allclose(deviations[1] / deviations[0], np.exp(-1.0))
    np.testing.assert_allclose(deviations[2] / deviations[0], np.exp(-8.0))
    np.testing.assert_allclose((moves / np.outer(deviations, deviations))[0], [1.0, 1.0, 1.0, 0.36])


def test_hours_of_the_distance_share_less_at_delivery_than_they_share_moves_of() -> None:
    """Seen from now, the price at 1 and the price at 4 hours share what happens in the first hour and its fading."""
    moments, comoving = two_places(0.5)
    found = factors(moments, comoving, np.array([0, 0, 1]), np.array([1.0, 4.0, 4.0])).covariance()
    usual = 0.5 * (1.0 - np.exp(-2.0))
    np.testing.assert_allclose(found[0], [usual, usual * np.exp(-3.0), 0.5 * usual * np.exp(-3.0)])


def market() -> Market:
    """Two SKUs in two regions at 07:30, one of them a jumpy one with a season."""
    jumpy = Parameters(
        level_usd=2.0,
        half_life_hours=8.0,
        volatility=0.04,
        jumps_per_day=1.0,
        jump_mean=0.3,
        jump_deviation=0.2,
        jump_half_life_hours=1.5,
        season=(Harmonic(period_hours=24.0, cosine=0.5, sine=0.0),),
    )
    calm = Parameters(level_usd=3.0, half_life_hours=20.0, volatility=0.02)
    kinds = {"H100SXM": jumpy, "H200SXM": calm}
    curves = [
        ((sku, region), PlaceCurve.start(kinds[sku], START_NS).observe(START_NS, 2.5))
        for sku in kinds
        for region in ("USE", "EUW")
    ]
    rng = np.random.default_rng(2)
    return market_of(curves, comoving_drawn(rng, 4), START_NS, horizon_hours=2.0)


def test_a_market_of_curves_serves_margin() -> None:
    """Hours of four books: a covariance that the clearing takes, in the order of the contracts."""
    contracts = [
        parse_symbol(f"{sku}_{region}_H{hour:02}-30NOV26")
        for sku in ("H200SXM", "H100SXM")
        for region in ("USE", "EUW")
        for hour in (8, 12, 20)
    ]
    here = market()
    found = here.covariance(contracts)
    loadings, specific = principal(found)
    assert loadings.shape == (12, 3)
    assert (specific >= 0.0).all()
    again = here.covariance(contracts[::-1])
    np.testing.assert_allclose(again[::-1, ::-1], found, rtol=1e-12)
    with pytest.raises(KeyError):
        here.covariance([parse_symbol("L40S_USE_H08-30NOV26")])


def test_a_strip_moves_as_its_hours_weighted_by_their_prices() -> None:
    """A base day in one book against the same sum by hand; the jumpy book's hours differ in price by half."""
    here = market()
    symbols = ["H100SXM_USE_D-1DEC26", "H100SXM_USE_H03-1DEC26", "H200SXM_USE_B8H08-1DEC26"]
    contracts = [parse_symbol(symbol) for symbol in symbols]
    hours = [(contract, hour) for contract in contracts for hour in contract.delivery_hours]
    starts_ns = np.array([hour for _, hour in hours]) * NS_PER_HOUR
    place = np.array([here.numbers[contract.sku.code, contract.region.code] for contract, _ in hours])
    weights = np.zeros((3, len(hours)))
    for column, ((contract, _), start) in enumerate(zip(hours, starts_ns, strict=True)):
        weights[contracts.index(contract), column] = here.forward(np.array([start])).prices[place[column], 0]
    assert weights[0].max() > 1.5 * weights[0][weights[0] > 0.0].min()
    weights /= weights.sum(axis=1, keepdims=True)
    expected = weights @ here.factors(place, starts_ns, 2.0).covariance() @ weights.T
    np.testing.assert_allclose(here.covariance(contracts), expected, rtol=1e-9)
