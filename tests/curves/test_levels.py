"""Levels of SKUs and regions: shrunk as they should be, with errors that hold, and the numbers that ship."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.calibration import jumps, listed, pooled, steps, surprises
from strategies.curves.curve import curves_of
from strategies.curves.levels import Listed, levels_of
from strategies.curves.market import market_of
from strategies.curves.mixed import mixed
from strategies.curves.model import Parameters
from strategies.curves.parameter_file import Comovement, ParameterFile, SharedVariance, shipped_parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices, PriceSeries, SeriesKey, read_prices
from strategies.curves.structure import comoving_of, doubts_of

NOW_NS = int(np.datetime64("2026-11-30T07:30", "ns").astype(np.int64))


def test_crossed_effects_are_those_of_statsmodels() -> None:
    """Variances and predictions of two crossed kinds against MixedLM, which finds them another way."""
    rng = np.random.default_rng(4)
    one, other = rng.integers(0, 6, 60), rng.integers(0, 5, 60)
    values = 2.0 + rng.normal(0.0, 0.8, 6)[one] + rng.normal(0.0, 0.4, 5)[other] + rng.normal(0.0, 0.3, 60)
    found = mixed(values, np.ones((60, 1)), {"one": one.tolist(), "other": other.tolist()})
    with warnings.catch_warnings():
        # It uses what the next pandas will not have.
        warnings.simplefilter("ignore")
        from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

        designs = [[(labels[:, None] == np.arange(size)).astype(float)] for labels, size in ((one, 6), (other, 5))]
        names = [[[f"{kind}{number}" for number in range(size)]] for kind, size in (("one", 6), ("other", 5))]
        spec = VCSpec(["one", "other"], names, designs)
        rival = MixedLM(values, np.ones((60, 1)), np.zeros(60), exog_vc=spec).fit(reml=True)
    np.testing.assert_allclose([found.variances["one"], found.variances["other"]], rival.vcomp, rtol=2e-3)
    assert found.variances["noise"] == pytest.approx(rival.scale, rel=2e-3)
    assert found.fixed[0] == pytest.approx(rival.fe_params[0], rel=1e-4)
    effects = rival.random_effects[0.0]
    for number in range(6):
        mine = found.effects[found.labels["one"][number]]
        assert mine == pytest.approx(effects.filter(like=f"[one{number}]").iloc[0], abs=2e-3)


def test_predictions_are_wrong_by_as_much_as_they_say() -> None:
    """Of groups seen once, often, or never: errors over stated errors have a deviation of 1."""
    scores: dict[str, list[float]] = {"once": [], "often": [], "never": []}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0.0, 0.5, 40)
        groups = [number for number in range(10) for _ in range(6)] + list(range(10, 30))
        values = 1.0 + truth[groups] + rng.normal(0.0, 0.4, len(groups))
        found = mixed(values, np.ones((len(groups), 1)), {"kind": groups})
        for group, actual in enumerate(truth.tolist()):
            value, error = found.predicted(np.ones(1), {"kind": group})
            seen = "often" if group < 10 else "once" if group < 30 else "never"
            scores[seen].append((value - 1.0 - actual) / error)
    for seen, each in scores.items():
        assert np.std(each) == pytest.approx(1.0, abs=0.15), seen


def prices_of(skus: dict[str, float], regions: dict[str, float], seed: int) -> list[Listed]:
    """Three providers list all SKUs in all regions; each has its own idea of each."""
    rng = np.random.default_rng(seed)
    found = []
    for source in ("one spot", "one on_demand", "two spot"):
        dear = rng.normal(0.0, 0.5)
        for sku, level in skus.items():
            own = dear + level + rng.normal(0.0, 0.1)
            for region, more in regions.items():
                for size in range(2):
                    price = float(np.exp(own + more + rng.normal(0.0, 0.05)))
                    found.append(Listed(source, f"{sku}-{size}", sku, region, price))
    return found


def test_regions_and_skus_are_told_apart_and_what_was_never_seen_is_doubted() -> None:
    """Known effects come back within three errors; a SKU or region without prices has the error of its kind."""
    skus = {"A": 0.0, "B": 0.7, "C": -1.5, "D": 0.4}
    regions = {"E": -0.2, "W": 0.0, "N": 0.2}
    found = levels_of(prices_of(skus, regions, 1))
    for region, more in regions.items():
        level = found.region(region)
        assert abs(level.log - more) < 3.0 * level.error
    apart = found.sku("B", "one spot").log - found.sku("C", "one spot").log
    assert apart == pytest.approx(2.2, abs=0.4)
    assert found.region("S").log == 0.0
    assert found.region("S").error > found.region("E").error
    assert found.sku("X", "one spot").error > 2.0 * found.sku("A", "one spot").error
    with pytest.raises(BadPrices, match="not above 0"):
        levels_of([Listed("a", "b", "c", "", -1.0)] * 3)
    with pytest.raises(BadPrices, match="1 values"):
        levels_of([Listed("a", "b", "c", "", 1.0)])


def test_a_machine_that_comes_or_goes_moves_no_place(data_dir: Path) -> None:
    """Google's lists: H100 joins in 2024, and each region's steps are no larger than its machines'."""
    tidy = read_prices(str(data_dir / "prices" / "gcp_gpu_prices_2022_2025h1.parquet"))
    seen, skus, regions = steps(tidy, "spot")
    assert {"H100SXM", "A100SXM80", "L4"} <= set(skus)
    assert set(regions) <= set(CATALOGUE.regions)
    fit = pooled([(seen, skus, regions)])
    assert fit.unknown == ()
    shipped = shipped_parameters().comovement.long
    assert (shipped.everywhere, shipped.sku, shipped.region) == tuple(round(share, 3) for share in fit.shares)
    assert fit.shares.sku > fit.errors.sku


def test_levels_that_ship_are_those_of_the_price_lists(data_dir: Path) -> None:
    """Regions again from the day's lists and the marketplaces; what the United States' East costs is below average."""
    prices = data_dir / "prices"
    day = listed(read_prices(str(prices / "cross_section_2025-10-24.parquet")), ("spot", "on_demand", "offer_min"))
    assert {each.region for each in day} == {"", *CATALOGUE.regions}
    shipped = {level.region: level for level in shipped_parameters().regions}
    assert shipped["USE"].ratio < 1.0 < shipped["APN"].ratio
    found = levels_of([each for each in day if each.sku in ("H100SXM", "A100SXM80", "L4", "L40S", "H200SXM")])
    for code, level in shipped.items():
        mine = found.region(code)
        assert abs(mine.log - np.log(level.ratio)) < 2.0 * np.hypot(mine.error, level.error)


def test_surprises_of_thinned_prices_are_standard_and_their_jumps_centred() -> None:
    """A calm model's own prices: scores with a deviation of 1, one in each stretch; no price, no surprise."""
    rng = np.random.default_rng(8)
    times_ns = NOW_NS + np.cumsum(rng.integers(1, NS_PER_HOUR, 4_000))
    parameters = Parameters(level_usd=2.0, half_life_hours=5.0, volatility=0.05)
    series = PriceSeries(SeriesKey("a", "b", "", "spot"), times_ns, np.full(4_000, 2.0), 4_000)
    flat = surprises(series, parameters)
    assert (np.diff(np.floor(flat.ends / 3.0)) >= 1.0).all()
    assert flat.scores.std() < 0.1
    beyond = jumps(flat._replace(scores=rng.standard_normal(flat.scores.size)))
    assert beyond.scores.mean() == pytest.approx(0.0, abs=1e-12)
    assert np.unique(beyond.scores).size == 2


def test_shipped_places_move_together_as_the_file_says() -> None:
    """Regions of one SKU share a third, SKUs of one region nothing; unseen levels are doubted, seen ones not."""
    file = shipped_parameters()
    curves = sorted(curves_of(file, NOW_NS).items())
    places = [place for place, _ in curves]
    comoving, doubts = comoving_of(file.comovement, places), doubts_of(file, places)
    here = market_of(curves, comoving, NOW_NS, doubts)
    one, region, sku = (here.numbers[place] for place in (("H100SXM", "USE"), ("H100SXM", "EUW"), ("H200SXM", "USE")))
    together = comoving.short.common @ comoving.short.common.T
    assert together[one, region] == pytest.approx(file.comovement.short.sku)
    assert together[one, sku] == pytest.approx(0.0)
    errors = np.sqrt((doubts.common**2).sum(axis=1) + doubts.own)
    h100, a100 = (errors[here.numbers[place]] for place in (("H100SXM", "USE"), ("A100SXM80", "USE")))
    assert 0.15 < h100 < 0.25 < a100 < 0.6
    tomorrow = np.array([NOW_NS + 24 * NS_PER_HOUR])
    sure = market_of(curves, comoving, NOW_NS)
    assert (here.forward(tomorrow).deviations > sure.forward(tomorrow).deviations).all()
    rows = np.array([here.numbers["A100SXM80", "USE"], here.numbers["A100SXM80", "EUW"]])
    doubted, known = (each.factors(rows, np.repeat(tomorrow, 2)).covariance() for each in (here, sure))
    scaled = next(each.error for each in file.scaled if each.sku == "A100SXM80")
    assert (doubted - known)[0, 1] == pytest.approx(scaled**2)
    paths = here.draws(tomorrow, 20_000, seed=1)
    drawn = np.cov(np.log(paths[:, rows, 0]).T)
    np.testing.assert_allclose(drawn, doubted, rtol=0.05)


def test_a_place_with_a_model_of_its_own_has_no_doubt_of_its_level() -> None:
    file = shipped_parameters()
    own = file.models[0].model_copy(update={"region": "USE"})
    doubts = doubts_of(file.model_copy(update={"models": (own, *file.models)}), [(own.sku, "USE"), (own.sku, "EUW")])
    assert doubts.own[0] == doubts.common[0].sum() == 0.0
    assert doubts.own[1] > 0.0


def test_a_file_says_how_places_move_together_or_that_they_do_not() -> None:
    """Shares of more than everything are refused; a file without the section has independent places."""
    with pytest.raises(ValueError, match="add up to 1 at most"):
        SharedVariance(everywhere=0.6, sku=0.5)
    assert ParameterFile(models=()).comovement == Comovement()
    assert isinstance(comoving_of(Comovement(), [("A", "E")]).short.own[0], float)
    curve = PlaceCurve.start(Parameters(level_usd=2.0, half_life_hours=5.0, volatility=0.05), NOW_NS)
    places = [("A", "E"), ("A", "W")]
    alone = market_of([(place, curve) for place in places], comoving_of(Comovement(), places), NOW_NS)
    moves = alone.factors(np.arange(2), np.repeat(NOW_NS + NS_PER_HOUR, 2)).covariance()
    assert moves[0, 1] == 0.0 < moves[0, 0]
