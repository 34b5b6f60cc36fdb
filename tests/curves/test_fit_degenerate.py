"""Whatever a price file holds, fitting ends with a clear answer or a clear refusal."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from exchange.domain.units import NS_PER_HOUR
from exchange.jit import COMPILED
from strategies.curves.filtering import Floats
from strategies.curves.fit import Outcome, SeriesFit, fit_file, fit_series
from strategies.curves.prices import BadPrices, PriceSeries, SeriesKey

START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))
pytestmark = pytest.mark.skipif(not COMPILED, reason="fits thousands of prices: run without NUMBA_DISABLE_JIT")


def reverting(count: int, seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    logs = np.zeros(count)
    for row in range(1, count):
        logs[row] = 0.8 * logs[row - 1] + 0.05 * rng.standard_normal()
    prices: Floats = 2.0 * np.exp(logs)
    return prices


def fitted(hours: Floats, prices: Floats) -> SeriesFit:
    times_ns = START_NS + (hours * NS_PER_HOUR).astype(np.int64)
    return fit_series(PriceSeries(SeriesKey("someone", "H100SXM", "USE", "spot"), times_ns, prices, prices.size))


def is_sound(found: SeriesFit) -> bool:
    """Finite forward prices and rising laws, now and two weeks ahead, also after one more price."""
    assert found.curve is not None
    last_ns = found.curve.time_ns
    for curve in (found.curve, found.curve.observe(last_ns + NS_PER_HOUR, float(found.series.prices[-1]))):
        ahead_ns = curve.time_ns + np.array([0, 1, 6, 24, 14 * 24]) * NS_PER_HOUR
        forward = curve.forward(ahead_ns)
        assert np.isfinite(forward.prices).all()
        assert (forward.prices > 0.0).all()
        assert np.isfinite(forward.deviations).all()
        for hour_ns in ahead_ns:
            law = curve.law(int(hour_ns))
            assert np.isfinite(law.values).all()
            assert (np.diff(law.values) >= 0.0).all()
            assert law.shares.sum() == pytest.approx(1.0)
    return True


@pytest.mark.parametrize("count", [1, 2, 49])
def test_some_points_are_refused(count: int) -> None:
    """One, two, and one too few."""
    found = fitted(np.arange(float(count)), reverting(count))
    assert (found.outcome, found.curve) == (Outcome.REFUSED, None)
    assert f"too little to go by: {count} prices" in found.reason


def gaps() -> Floats:
    hours = np.arange(400.0)
    hours[100:] += 240.0
    hours[250:] += 500.0
    return hours


@pytest.mark.parametrize(
    ("hours", "prices", "outcome"),
    [
        (np.arange(400.0), np.full(400, 2.0), Outcome.FLAT),
        (gaps(), reverting(400), Outcome.FITTED),
        (np.arange(400.0), np.repeat(reverting(40), 10), Outcome.FITTED),
        (np.arange(400.0), np.repeat(reverting(4), 100), Outcome.STEPPED),
        (np.arange(400.0), np.append(np.full(200, 2.0), reverting(200)), Outcome.FITTED),
        (np.arange(400.0), np.append(reverting(200), np.full(200, 2.0)), Outcome.FITTED),
        (np.sort(np.append(np.arange(200.0), np.arange(200.0) + 1e-12)), reverting(400), Outcome.FITTED),
        (np.arange(400.0) / 12.0, reverting(400), Outcome.FITTED),
    ],
    ids=[
        "all equal",
        "gaps of days",
        "ten of each",
        "hundred of each",
        "stood, then moved",
        "moved, then stood",
        "times apart by nothing",
        "33 hours",
    ],
)
def test_odd_series_have_sound_curves(hours: Floats, prices: Floats, outcome: Outcome) -> None:
    """And the outcome is what a person would say."""
    found = fitted(hours, prices)
    assert found.outcome is outcome
    assert is_sound(found)


def written(path: Path, times: list[str], prices: list[str]) -> str:
    rows = [f"{time},someone,H100SXM,USE,{price},spot" for time, price in zip(times, prices, strict=True)]
    path.write_text("ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind\n" + "\n".join(rows) + "\n")
    return str(path)


def stamps(count: int) -> list[str]:
    return [f"2026-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z" for hour in range(count)]


def test_the_order_of_rows_and_rows_twice_change_nothing(tmp_path: Path) -> None:
    """Shuffled, and each row twice: the same curve to the last digit."""
    times, prices = stamps(300), [f"{price:.3f}" for price in reverting(300)]
    (found,) = fit_file(written(tmp_path / "sorted.csv", times, prices)).fits
    order = np.random.default_rng(1).permutation(np.tile(np.arange(300), 2))
    shuffled = written(tmp_path / "shuffled.csv", [times[at] for at in order], [prices[at] for at in order])
    (other,) = fit_file(shuffled).fits
    assert is_sound(found)
    assert found.curve is not None
    assert other.curve is not None
    assert other.curve.parameters == found.curve.parameters
    ahead_ns = found.curve.time_ns + np.arange(48) * NS_PER_HOUR
    assert other.curve.forward(ahead_ns).prices.tobytes() == found.curve.forward(ahead_ns).prices.tobytes()


@pytest.mark.parametrize("price", ["-1", "0", "nan", "inf", "1e300", "", "free"])
def test_a_price_that_cannot_be_is_refused_with_its_row(price: str, tmp_path: Path) -> None:
    """Row 7 of 60 is wrong: the message says so, and no curve is made."""
    prices = [f"{value:.3f}" for value in reverting(60)]
    prices[6] = price
    with pytest.raises(BadPrices, match="row 7: price_usd_per_gpu_hour"):
        fit_file(written(tmp_path / "bad.csv", stamps(60), prices))


def test_millions_of_rows_are_fitted_from_as_many_as_say_something(tmp_path: Path) -> None:
    """Two million rows, three seconds apart: the curve stands near their middle."""
    count = 2_000_000
    times_ns = START_NS + np.arange(count, dtype=np.int64) * 3_000_000_000
    rng = np.random.default_rng(3)
    hourly = reverting(count // 1_200 + 2)
    prices = np.interp(np.arange(count) / 1_200.0, np.arange(hourly.size), hourly) * np.exp(
        0.01 * rng.normal(size=count)
    )
    path = tmp_path / "many.parquet"
    pl.DataFrame(
        {
            "ts_utc": pl.Series(times_ns).cast(pl.Datetime("ns")),
            "provider": ["someone"] * count,
            "sku": ["H100SXM"] * count,
            "region": ["USE"] * count,
            "price_usd_per_gpu_hour": prices,
            "kind": ["spot"] * count,
        }
    ).write_parquet(path)
    (found,) = fit_file(str(path)).fits
    assert found.series.rows == count
    assert found.outcome is Outcome.FITTED
    assert found.curve is not None
    assert found.curve.parameters.level_usd == pytest.approx(float(np.median(prices)), rel=0.1)
    assert is_sound(found)
