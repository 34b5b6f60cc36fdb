"""The parts of a model that a fit may find: a long-term factor, a season of the local clock, steps, mistakes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from exchange.domain.units import NS_PER_HOUR
from exchange.jit import COMPILED
from strategies.curves.estimation import Estimate, estimate, sample_of, standard_scores
from strategies.curves.filtering import Floats
from strategies.curves.fit import Outcome, fit_file, fit_series
from strategies.curves.model import Parameters
from strategies.curves.prices import BadPrices, PriceSeries, SeriesKey
from strategies.curves.season import Spline, Step, local_hours, spline_columns
from strategies.curves.shapes import Sample
from strategies.curves.simulate import simulate_at

START_NS = int(np.datetime64("2026-01-20", "ns").astype(np.int64))
uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="fits thousands of prices: run without NUMBA_DISABLE_JIT to include it"
)
DAY = (0.2, 0.25, 0.0, -0.15, -0.2, -0.1)


def drawn(parameters: Parameters, count: int, gap_hours: float, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    times_ns = START_NS + (np.cumsum(1.0 / 60.0 + rng.exponential(gap_hours, count)) * NS_PER_HOUR).astype(np.int64)
    return sample_of(times_ns / NS_PER_HOUR, simulate_at(parameters, times_ns, rng)[0])


def within(found: Estimate, truth: Parameters, *names: str) -> None:
    for name in names:
        error = found.standard_errors[name]
        assert abs(getattr(found.parameters, name) - getattr(truth, name)) < 4.0 * error, name


@uncompiled_is_too_slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_term_factor_is_found_where_there_is_one(seed: int) -> None:
    """Within its stated errors, with a level that is that of the last price; what spot does not tell is refused."""
    truth = Parameters(level_usd=2.0, half_life_hours=3.0, volatility=0.05, long_volatility=0.015)
    sample = drawn(truth, 3_000, 0.5, seed)
    found = estimate(sample, "Europe/Paris")
    within(found, truth, "half_life_hours", "volatility", "long_volatility")
    assert found.standard_errors["long_volatility"] < 0.004
    assert found.parameters.season == ()
    assert {"correlation", "drift_per_day", "premium_short", "premium_long_per_day"} <= set(found.refused)
    last = float(np.median(np.exp(sample.logs[-60:])))
    assert found.parameters.level_usd == pytest.approx(last, rel=0.25)
    scores, belief = standard_scores(found.parameters, sample, found.first)
    assert scores.std() == pytest.approx(1.0, abs=0.05)
    assert belief.long == pytest.approx(0.0, abs=1e-6)


@uncompiled_is_too_slow
def test_a_long_term_factor_is_not_imagined() -> None:
    """Deviations that revert within a day, for two months."""
    truth = Parameters(level_usd=2.0, half_life_hours=8.0, volatility=0.05)
    assert estimate(drawn(truth, 3_000, 0.5, 3)).parameters.long_volatility == 0.0


@uncompiled_is_too_slow
def test_a_season_follows_the_local_clock_and_a_step_its_date() -> None:
    """Half a year around the change to daylight saving: both halves are fitted as well as the truth would."""
    season = (Spline(period_hours=24.0, weights=DAY, time_zone="America/New_York"),)
    truth = Parameters(
        level_usd=2.0, half_life_hours=3.0, volatility=0.03, season=season, steps=(Step(date="2026-03-01", size=-0.3),)
    )
    sample = drawn(truth, 3_000, 1.2, 4)
    found = estimate(sample, "America/New_York", ("2026-03-01", "2030-01-01"))
    assert "not prices on both sides" in found.refused["step_2030-01-01"]
    (step,) = found.parameters.steps
    assert step.size == pytest.approx(-0.3, abs=4.0 * found.standard_errors["step_2026-03-01"])
    assert found.standard_errors["step_2026-03-01"] < 0.05
    hours = sample.hours[0] + np.arange(24.0 * 150.0)
    np.testing.assert_allclose(found.parameters.usual_log(hours), truth.usual_log(hours), atol=0.05)
    for dates in (("2026-02-30",), ("soon",), ("2026-03-01", "2026-03-01")):
        with pytest.raises(BadPrices, match="date"):
            estimate(sample, "UTC", dates)


@uncompiled_is_too_slow
def test_mistakes_of_a_scraper_are_told_from_jumps_and_do_not_drag_the_fit() -> None:
    """One price in a hundred is anything: the share is found, and the rest is as if they were not there."""
    truth = Parameters(level_usd=2.0, half_life_hours=6.0, volatility=0.04)
    clean = drawn(truth, 3_000, 0.5, 5)
    rng = np.random.default_rng(6)
    wrong = rng.random(clean.hours.size) < 0.01
    found = estimate(clean._replace(logs=np.where(wrong, clean.logs + rng.normal(0.0, 2.0, wrong.size), clean.logs)))
    assert found.parameters.jumps_per_day == 0.0
    assert found.parameters.mistake_share == pytest.approx(0.01, rel=0.5)
    within(found, truth, "level_usd", "half_life_hours", "volatility")
    assert found.parameters.volatility == pytest.approx(0.04, rel=0.05)


def test_splines_are_smooth_periodic_and_shares_of_one() -> None:
    """Rows add up to 1, the scalar way agrees, the ends of a week meet, and the clock of Paris jumps in March."""
    hours = np.linspace(490_000.0, 496_000.0, 4_001)
    columns = spline_columns(hours, 168.0, 7, "Europe/Paris")
    np.testing.assert_allclose(columns.sum(axis=1), 1.0)
    weights = (0.1, -0.2, 0.3, 0.0, 0.05, -0.2, -0.05)
    spline = Spline(period_hours=168.0, weights=weights, time_zone="Europe/Paris")
    np.testing.assert_allclose(spline.log_at(hours), columns @ np.array(weights), atol=1e-12)
    np.testing.assert_allclose([spline.log_at_one(float(hour)) for hour in hours], spline.log_at(hours), atol=1e-9)
    seam = 168.0 * 2_920 - 1.0  # midnight in Paris
    near = spline.log_at(seam + np.array([-1e-6, 0.0, 1e-6]))
    assert np.ptp(near) < 1e-6
    march = float(np.datetime64("2026-03-29T01", "h").astype(np.int64))
    assert (local_hours(np.array([march - 0.01, march]), "Europe/Paris") - march).tolist() == pytest.approx([0.99, 2.0])


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Australia/Lord_Howe"])
def test_a_clock_that_nobody_knows_is_refused(zone: str) -> None:
    """So is one that is not whole hours from UTC."""
    with pytest.raises(ValueError, match=r"zone|hours"):
        Spline(period_hours=24.0, weights=DAY, time_zone=zone)


def hourly(prices: Floats, gaps: Floats | None = None) -> PriceSeries:
    hours = np.arange(prices.size) if gaps is None else np.cumsum(gaps)
    times_ns = START_NS + (hours * NS_PER_HOUR).astype(np.int64)
    return PriceSeries(SeriesKey("someone", "H100SXM", "USE", "spot"), times_ns, prices, prices.size)


@uncompiled_is_too_slow
def test_gaps_of_days_and_prices_a_microsecond_apart_get_an_answer() -> None:
    """A month without a price, bursts of looks at one market, all in one series."""
    rng = np.random.default_rng(8)
    gaps = np.where(np.arange(400) % 4 == 0, 1.0, 1e-6 / 3600.0)
    gaps[200] = 24.0 * 30.0
    found = fit_series(hourly(np.exp(0.1 * rng.standard_normal(400)), gaps))
    assert found.outcome is Outcome.FITTED
    assert found.curve is not None
    ahead = found.curve.forward(found.curve.time_ns + np.arange(1, 200) * NS_PER_HOUR)
    assert np.isfinite([*ahead]).all()


@uncompiled_is_too_slow
def test_many_rows_are_read_merged_and_fitted_in_bounded_time(tmp_path: Path) -> None:
    """Unsorted, each time ten times over; the work of the fit does not grow with the rows."""
    rows = 300_000
    rng = np.random.default_rng(9)
    minutes = rng.permutation(rows) // 10
    walk = np.exp(0.001 * np.cumsum(rng.standard_normal(rows // 10)) % 1.0)
    pl.DataFrame(
        {
            "ts_utc": pl.Series(START_NS // 1000 + minutes * 60_000_000).cast(pl.Datetime("us")),
            "provider": pl.repeat("someone", rows, eager=True).cast(pl.Categorical),
            "sku": pl.repeat("H100SXM", rows, eager=True).cast(pl.Categorical),
            "region": pl.repeat("USE", rows, eager=True).cast(pl.Categorical),
            "price_usd_per_gpu_hour": walk[minutes],
            "kind": pl.repeat("spot", rows, eager=True).cast(pl.Categorical),
        }
    ).write_parquet(tmp_path / "many.parquet", compression="uncompressed")
    (found,) = fit_file(str(tmp_path / "many.parquet")).fits
    assert (found.series.rows, found.series.prices.size) == (rows, rows // 10)
    assert found.estimate is not None
    assert found.estimate.used <= 16_000
