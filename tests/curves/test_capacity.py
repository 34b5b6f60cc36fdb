"""Supply: what price lists offer, and how long capacity lasts that a higher bid can take."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.capacity import supply_curves
from strategies.curves.model import Parameters
from strategies.curves.preemption import preemption, spells, survival
from strategies.curves.prices import BadPrices, PriceSeries, SeriesKey, read_prices, read_series
from strategies.curves.simulate import simulate

START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))


def listed(rows: list[tuple[int, str, str, str, str, float, float | None]]) -> pl.DataFrame:
    """Hours, provider, machine, place, kind, price and number of offers."""
    frame = pl.DataFrame(
        rows, schema=["hours", "provider", "sku", "region", "kind", "price_usd", "n_offers"], orient="row"
    )
    return frame.with_columns(time_ns=START_NS + pl.col("hours") * NS_PER_HOUR)


def hourly(prices: list[float]) -> PriceSeries:
    times_ns = START_NS + np.arange(len(prices), dtype=np.int64) * NS_PER_HOUR
    return PriceSeries(SeriesKey("aws", "H100", "us-east-1", "spot"), times_ns, np.array(prices), len(prices))


def test_offers_add_up_by_price_and_firm_never_meets_interruptible() -> None:
    """The newest price of each counts, of two sizes of one machine the cheaper, and no unknown machine."""
    curves = supply_curves(
        listed(
            [
                (0, "gcp", "H100 (a3-highgpu-8g)", "us-east4", "on_demand", 9.0, None),
                (1, "gcp", "H100 (a3-highgpu-8g)", "us-east4", "on_demand", 4.0, None),
                (1, "gcp", "H100 (a3-highgpu-4g)", "us-east4", "on_demand", 4.5, None),
                (1, "gcp", "H100 (a3-highgpu-8g)", "us-east4", "spot", 2.0, None),
                (1, "aws", "H100 (p5.48xlarge)", "us-east-1", "on_demand", 5.0, None),
                (1, "aws", "Trainium", "us-east-1", "on_demand", 1.0, None),
            ]
        )
    )
    assert set(curves) == {("H100SXM", "USE", False), ("H100SXM", "USE", True)}
    firm = curves["H100SXM", "USE", False]
    assert [firm.offered(price) for price in (3.99, 4.0, 4.5, 5.0)] == [0.0, 8.0, 8.0, 16.0]
    assert [firm.price_of(gpus) for gpus in (1.0, 8.0, 9.0, 17.0)] == [4.0, 4.0, 5.0, float("inf")]


def test_a_marketplace_has_as_many_offers_as_it_counts_and_an_empty_list_has_none() -> None:
    """Five between the least, the median and the largest; a price of the week before last is forgotten."""
    curves = supply_curves(
        listed(
            [
                (300, "vast", "H100", "", "offer_min", 1.0, 5.0),
                (300, "vast", "H100", "", "offer_median", 2.0, 5.0),
                (300, "vast", "H100", "", "offer_max", 4.0, 5.0),
                (300, "lambda", "H100", "", "on_demand", 0.5, 0.0),
                (300, "lambda", "H100 (8x)", "", "on_demand", 3.0, 1.0),
                (300, "other", "H100", "", "on_demand", 3.5, 2.0),
                (0, "gone", "H100", "", "on_demand", 0.1, None),
            ]
        ),
        gpus_per_offer=2.0,
    )
    curve = curves["H100SXM", "", False]
    assert curve.prices_usd.tolist() == [1.0, 1.5, 2.0, 3.0, 3.5, 4.0]
    assert curve.gpus.tolist() == [2.0, 4.0, 6.0, 10.0, 14.0, 16.0]
    with pytest.raises(BadPrices, match="expected a number above 0"):
        supply_curves(listed([(0, "a", "H100", "", "spot", 1.0, None)]), gpus_per_offer=0.0)


def test_losses_within_hours_are_those_counted_by_hand() -> None:
    """A price that passes the bid for one hour in every ten: of nine hours held, the last two are lost within two."""
    series = hourly(([1.0] * 9 + [3.0]) * 30)
    held = spells(series, 2.0)
    assert held.lost.tolist() == [True] * 30
    assert np.diff(held.starts) == pytest.approx([10.0] * 29)
    found = preemption(series, 2.0, 2.0)
    # The last start that is followed for two hours is in hour 297: 29 spells of nine hours and seven hours of another.
    assert found.probability == pytest.approx(29 * 2 / (29 * 9 + 7))
    assert found.low < 2.0 / 9.0 < found.high
    assert found.per_hour == pytest.approx(1.0 / 9.0)
    times, left, errors = survival(series, 2.0)
    assert (times.tolist(), left.tolist(), errors.tolist()) == ([9.0], [0.0], [0.0])


def test_a_price_that_never_passed_the_bid_may_yet_do_so() -> None:
    """No loss in a month: probability 0, with an interval that a month allows."""
    found = preemption(hourly([1.0] * 720), 2.0, 24.0)
    assert (found.probability, found.low, found.losses) == (0.0, 0.0, 0)
    assert 0.05 < found.high < 0.2


def test_spells_that_still_last_are_weighed_as_kaplan_and_meier_do() -> None:
    """Lost after 2 and 4 hours, and one still held after 3: 2/3 are left after 2 hours, none after 4."""
    series = hourly([3.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 1.0])
    times, left, errors = survival(series, 2.0)
    assert times.tolist() == [2.0, 4.0]
    assert left == pytest.approx([2.0 / 3.0, 0.0])
    assert errors[0] == pytest.approx(np.sqrt((2.0 / 3.0) ** 2 * 1.0 / (3.0 * 2.0)))


def test_intervals_hold_the_chance_of_the_model_that_made_the_prices() -> None:
    """Of 40 series of 40 days, at least 34 hold what a very long series shows."""
    parameters = Parameters(level_usd=1.0, half_life_hours=6.0, volatility=0.1)

    def drawn(seed: int, days: float) -> PriceSeries:
        rng = np.random.default_rng(seed)
        times_ns, prices = simulate(parameters, START_NS, 24.0 * days, 3600.0, rng)
        return PriceSeries(SeriesKey("a", "b", "c", "spot"), times_ns, prices, prices.size)

    truth = preemption(drawn(0, 2_000.0), 1.3, 6.0).probability
    found = [preemption(drawn(seed, 40.0), 1.3, 6.0) for seed in range(1, 41)]
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.85
    assert np.mean([each.probability for each in found]) == pytest.approx(truth, rel=0.2)


@pytest.mark.parametrize(
    ("bid_usd", "hours", "reason"),
    [
        (0.0, 1.0, "expected numbers above 0"),
        (2.0, float("nan"), "expected numbers above 0"),
        (2.0, 500.0, "tell too little"),
        (0.5, 1.0, "was never enough"),
    ],
)
def test_questions_without_an_answer_are_refused(bid_usd: float, hours: float, reason: str) -> None:
    """Nonsense, a series that is too short, a bid below all prices."""
    with pytest.raises(BadPrices, match=reason):
        preemption(hourly([1.0] * 720), bid_usd, hours)


def test_real_spot_capacity_lasts_longer_for_a_higher_bid(data_dir: Path) -> None:
    """The auction of 2015: at ten cents a machine is lost within a day every other time, at 2.60 next to never."""
    for zone in read_series(str(data_dir / "prices" / "aws_g2_spot_2015_mar_jun.parquet")):
        chances = [preemption(zone, bid, 24.0).probability for bid in (0.1, 0.3, 0.65, 2.6)]
        assert chances == sorted(chances, reverse=True)
        assert 0.3 < chances[0] < 0.6
        assert chances[-1] < 0.05


def test_real_price_lists_make_curves_that_rise(data_dir: Path) -> None:
    """One day of all providers: H100 in the East of the United States, spot below on demand."""
    curves = supply_curves(read_prices(str(data_dir / "prices" / "cross_section_2025-10-24.parquet")))
    spot, firm = curves["H100SXM", "USE", True], curves["H100SXM", "USE", False]
    assert spot.price_of(8.0) < firm.price_of(8.0)
    for curve in curves.values():
        assert np.all(np.diff(curve.prices_usd) > 0.0)
        assert np.all(np.diff(curve.gpus) > 0.0)
