"""The curve of the whole market: every place at once, also those that foretell from what was seen of them."""

from dataclasses import replace

import numpy as np
import pytest

from exchange.clearing.covariance import Covariance
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import hour_contract
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import history_of
from strategies.curves.curve import Curve, shipped_curves
from strategies.curves.fit import fit_series
from strategies.curves.model import Parameters
from strategies.curves.outlook import Outlook
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import PriceSeries, SeriesKey
from strategies.curves.simulate import simulate_at
from strategies.curves.steps import Steps

START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))
HERE, THERE = ("H100SXM", "USE"), ("H200SXM", "EUW")
HOURS_NS = START_NS + np.array([1, 6, 30]) * NS_PER_HOUR


def stepped(curve: PlaceCurve, price: float) -> PlaceCurve:
    """The same place with an administered price."""
    history = history_of(np.array([START_NS / NS_PER_HOUR]), np.log([price]))
    return replace(curve, outlook=Outlook(curve.parameters, history, Steps(0.01, 0.05)), time_ns=START_NS)


@pytest.fixture(scope="module")
def curve() -> Curve:
    shipped = shipped_curves(START_NS)
    return replace(shipped, curves={**shipped.curves, THERE: stepped(shipped[THERE], 3.0)})


def test_every_place_is_priced_as_it_is_alone(curve: Curve) -> None:
    surface = curve.forward(HOURS_NS)
    for row, place in enumerate(curve):
        if place == THERE or curve.doubts is None or not curve.doubts.common[row].any():
            np.testing.assert_allclose(surface.prices[row], curve[place].forward(HOURS_NS).prices, rtol=1e-9)
    np.testing.assert_allclose(surface.prices[list(curve).index(THERE)], 3.0, rtol=0.01)


def test_draws_have_the_law_of_each_place(curve: Curve) -> None:
    """Where a law is told by what was seen, the draws have its quantiles; elsewhere the mean is the forward."""
    drawn = curve.draws(HOURS_NS, 20_000, seed=5)
    row = list(curve).index(THERE)
    law = curve[THERE].law(int(HOURS_NS[1]))
    levels = np.array([0.05, 0.5, 0.95, 0.99])
    np.testing.assert_allclose(np.quantile(drawn[:, row, 1], levels), law.quantiles(levels), rtol=1e-3)
    here = list(curve).index(HERE)
    error = drawn[:, here].std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn[:, here].mean(axis=0) - curve.forward(HOURS_NS).prices[here]) < 4.5 * error).all()
    np.testing.assert_array_equal(drawn, curve.draws(HOURS_NS, 20_000, seed=5))


def test_margin_may_ask_it_how_hours_move_together(curve: Curve) -> None:
    """It is a covariance to the clearing house: symmetric, without negative directions, and near hours move alike."""
    asked: Covariance = curve
    contracts = [
        hour_contract(CATALOGUE.sku(sku), CATALOGUE.region(region), START_NS // NS_PER_HOUR + hour)
        for sku, region in (HERE, ("H100SXM", "EUW"), ("B200SXM", "USE"))
        for hour in (1, 2, 20)
    ]
    found = asked.covariance(contracts)
    np.testing.assert_array_equal(found, found.T)
    assert np.linalg.eigvalsh(found).min() > -1e-12
    assert found[0, 1] > found[0, 2] > 0.0
    assert found[0, 1] > found[0, 4]


def test_a_place_that_was_seen_is_no_longer_doubted(curve: Curve) -> None:
    place = ("GB200NVL", "EUN")
    row = list(curve).index(place)
    before = curve.forward(HOURS_NS).deviations[row]
    after = curve.observe(place, START_NS, curve[place].price(START_NS))
    assert curve.doubts is not None
    assert after.doubts is not None
    assert curve.doubts.own[row] + curve.doubts.common[row].sum() > 0.0
    assert after.doubts.own[row] == after.doubts.common[row].sum() == 0.0
    assert (after.forward(HOURS_NS).deviations[row] < before).all()
    assert after.observe(HERE, START_NS, 2.0).doubts is not None


def test_an_hour_that_trades_moves_the_law_of_a_place_that_foretells() -> None:
    """The hidden factors are one law of the blend: what tomorrow trades at is heard, though no price of now was."""
    rng = np.random.default_rng(4)
    truth = Parameters(level_usd=2.0, half_life_hours=30.0, volatility=0.03)
    times_ns = START_NS - np.arange(800, 0, -1) * NS_PER_HOUR
    fit = fit_series(
        PriceSeries(SeriesKey("one", "H100", "", "spot"), times_ns, simulate_at(truth, times_ns, rng)[0], 800)
    )
    assert fit.curve is not None
    later_ns = fit.curve.time_ns + 10 * NS_PER_HOUR
    before = fit.curve.price(later_ns)
    after = fit.curve.observe_forward(fit.curve.time_ns + NS_PER_HOUR // 2, later_ns, before * 1.2)
    assert before < after.price(later_ns) < before * 1.2


def test_hours_of_one_place_covary_as_its_forward_deviates(curve: Curve) -> None:
    """The diagonal is that of ``forward`` whichever way it foretells; near hours share more; volatility falls."""
    for place in (HERE, THERE):
        found, alone = curve[place].covariance(HOURS_NS), curve[place].forward(HOURS_NS).deviations
        np.testing.assert_allclose(np.sqrt(np.diag(found)), alone, rtol=1e-9)
        assert np.linalg.eigvalsh(found).min() > -1e-12
        shared = found / np.outer(alone, alone)
        assert shared[0, 1] > shared[0, 2] >= 0.0
    volatility = curve[HERE].volatility(HOURS_NS)
    assert (np.diff(volatility) <= 0.0).all()
    assert volatility[0] > volatility[-1]
