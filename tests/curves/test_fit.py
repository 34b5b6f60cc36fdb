"""Fitting: what was simulated is found again, and poor prices get an honest answer."""

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.units import NS_PER_HOUR
from exchange.jit import COMPILED
from strategies.curves.command import fit
from strategies.curves.curve import load_curves, shipped_curves
from strategies.curves.estimation import estimate, sample_of, standard_scores
from strategies.curves.fit import FitReport, Outcome, SeriesFit, fit_file, fit_series
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.parameter_file import BadParameters, read_parameters, shipped_parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices, PriceSeries, SeriesKey, read_series
from strategies.curves.report import render
from strategies.curves.sample import SAMPLE_SEED, sample_csv, sample_path
from strategies.curves.shapes import JUMP_NAMES, NAMES
from strategies.curves.simulate import simulate_at

START_NS = int(np.datetime64("2026-03-11", "ns").astype(np.int64))
NOW_NS = START_NS + 300 * 24 * NS_PER_HOUR
PRICES = 2_500
uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="fits thousands of prices: run without NUMBA_DISABLE_JIT to include it"
)


def drawn(parameters: Parameters, count: int, gap_hours: float, seed: int) -> PriceSeries:
    """Prices of the model at irregular times, with a gap of four days in the middle."""
    rng = np.random.default_rng(seed)
    gaps = 1.0 / 60.0 + rng.exponential(gap_hours, count)
    gaps[count // 2] = 96.0
    times_ns = START_NS + (np.cumsum(gaps) * NS_PER_HOUR).astype(np.int64)
    return series(times_ns, simulate_at(parameters, times_ns, rng)[0])


def series(times_ns: NDArray[np.int64], prices: NDArray[np.float64]) -> PriceSeries:
    return PriceSeries(SeriesKey("someone", "H100SXM", "USE", "spot"), times_ns, prices, prices.size)


def hourly(prices: list[float]) -> PriceSeries:
    return series(START_NS + np.arange(len(prices)) * NS_PER_HOUR, np.array(prices))


def told(found: SeriesFit) -> str:
    """The report about one series as text."""
    console = Console(width=300, record=True, file=StringIO())
    console.print(render(FitReport("here.csv", found.series.rows, (found,), 0)))
    return console.export_text()


@uncompiled_is_too_slow
@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_parameters_are_found_again_within_their_stated_errors(seed: int) -> None:
    """A deviation and jumps that fade: each parameter within four standard errors, and no season is imagined."""
    truth = Parameters(
        level_usd=1.8,
        half_life_hours=6.0,
        volatility=0.05,
        jumps_per_day=1.0,
        jump_mean=0.4,
        jump_deviation=0.3,
        jump_half_life_hours=1.0,
    )
    prices = drawn(truth, PRICES, 0.5, seed)
    found = estimate(sample_of(prices.times_ns / NS_PER_HOUR, prices.prices))
    assert found.parameters.season == ()
    assert set(found.standard_errors) == {*NAMES, *JUMP_NAMES}
    for name, error in found.standard_errors.items():
        assert 0.0 < error < 0.5 * abs(getattr(truth, name)), name
        assert abs(getattr(found.parameters, name) - getattr(truth, name)) < 4.0 * error, name
    scores, _ = standard_scores(found.parameters, sample_of(prices.times_ns / NS_PER_HOUR, prices.prices))
    assert scores.std() == pytest.approx(1.0, abs=0.05)
    assert abs(np.corrcoef(scores[1:], scores[:-1])[0, 1]) < 0.06


@uncompiled_is_too_slow
def test_a_season_is_found_where_there_is_one_and_jumps_are_not_imagined() -> None:
    """A day of plus and minus fifteen percent under a calm deviation: the forward price follows it."""
    season = (Harmonic(period_hours=24.0, cosine=0.15, sine=0.0),)
    truth = Parameters(level_usd=2.0, half_life_hours=5.0, volatility=0.03, season=season)
    found = fit_series(drawn(truth, PRICES, 0.5, 4))
    assert found.curve is not None
    assert found.curve.parameters.jumps_per_day == 0.0
    week = found.curve.time_ns / NS_PER_HOUR + np.arange(168.0)
    np.testing.assert_allclose(found.curve.parameters.usual_log(week), truth.usual_log(week), atol=0.04)
    assert "the dearest hour of the week" in told(found)


@uncompiled_is_too_slow
def test_single_absurd_prices_do_not_drag_the_level() -> None:
    """Ten prices in two thousand are a hundred times too high: level and half-life stay near the truth."""
    truth = Parameters(level_usd=2.0, half_life_hours=6.0, volatility=0.04)
    clean = drawn(truth, 2_000, 1.0, 5)
    wild = clean.prices.copy()
    wild[100::200] *= 100.0
    found = fit_series(clean._replace(prices=wild))
    assert found.curve is not None
    assert found.curve.parameters.level_usd == pytest.approx(2.0, rel=0.1)
    assert found.curve.parameters.half_life_hours == pytest.approx(6.0, rel=0.5)
    assert found.curve.parameters.volatility == pytest.approx(0.04, rel=0.15)


def test_too_little_is_refused_in_words() -> None:
    """One price, three prices, many prices within an hour."""
    minutes = series(START_NS + np.arange(60) * NS_PER_HOUR // 60, np.linspace(1.0, 2.0, 60))
    for poor in (hourly([2.0]), hourly([2.0, 3.0, 2.5]), minutes):
        found = fit_series(poor)
        assert (found.outcome, found.curve) == (Outcome.REFUSED, None)
        assert "Refused: too little to go by" in told(found)


def test_a_flat_price_makes_a_tight_curve() -> None:
    """A price list that never moved for three weeks: it stays within the day, but for a chance of some percent."""
    found = fit_series(hourly([3.59] * 500))
    assert (found.outcome, found.changes) == (Outcome.FLAT, 0)
    assert found.curve is not None
    tomorrow = found.curve.time_ns + 24 * NS_PER_HOUR
    assert found.curve.price(tomorrow) == pytest.approx(3.59, rel=1e-3)
    assert 0.0 < found.curve.deviation(tomorrow) < 0.01 * 3.59
    assert found.curve.law(tomorrow).interval() == (3.59, 3.59)
    assert "never moved in 20.8 days" in told(found)


def test_a_price_set_by_hand_is_believed_to_stay_where_it_was_set() -> None:
    """Two steps in a month: the curve stands at the last one."""
    found = fit_series(hourly([2.0] * 300 + [2.3] * 300 + [2.1] * 100))
    assert (found.outcome, found.changes) == (Outcome.STEPPED, 2)
    assert found.curve is not None
    tomorrow = found.curve.time_ns + 24 * NS_PER_HOUR
    assert found.curve.price(tomorrow) == pytest.approx(2.1, rel=0.01)
    assert 0.005 < found.curve.deviation(tomorrow) < 0.2
    assert "set by hand" in told(found)


@pytest.mark.parametrize(
    "prices",
    [
        [1.0, 2.0] * 40,
        [0.0001, 10_000.0] * 40,
        [1.0] * 49 + [1.5] * 49,
        [float(price) for price in np.geomspace(0.01, 100.0, 80)],
        [1.0 + (hour % 2) * 1e-3 for hour in range(80)],
    ],
    ids=["two prices in turn", "the extremes in turn", "one step", "a steady climb", "rounding"],
)
def test_odd_series_get_an_answer_and_a_finite_forward(prices: list[float]) -> None:
    """Nothing that passes the reader breaks the fit."""
    found = fit_series(hourly(prices))
    assert found.curve is not None
    ahead = found.curve.forward(found.curve.time_ns + np.arange(1, 25) * NS_PER_HOUR)
    assert np.isfinite(ahead.prices).all()
    assert np.isfinite(ahead.deviations).all()
    assert told(found)


def test_the_shipped_sample_is_what_the_shipped_parameters_and_its_seed_make() -> None:
    """Byte for byte, and small."""
    shipped = Path(sample_path()).read_bytes()
    assert shipped == sample_csv(SAMPLE_SEED)
    assert len(shipped) < 200_000
    assert sample_csv(1) != shipped


def test_there_is_a_curve_for_every_sku_in_every_region() -> None:
    """Priced above 0, dearer in the Tokyo region than in the East of the United States, B200 above H100."""
    curves = shipped_curves(NOW_NS)
    assert set(curves) == {(sku, region) for sku in CATALOGUE.skus for region in CATALOGUE.regions}
    ahead = NOW_NS + 24 * NS_PER_HOUR
    for curve in curves.values():
        assert 0.1 < curve.price(ahead) < 20.0
        assert 0.0 < curve.deviation(ahead) < 0.5 * curve.price(ahead)
    assert curves["H100SXM", "USE"].price(ahead) < curves["H100SXM", "APN"].price(ahead)
    assert curves["H100SXM", "USE"].price(ahead) < curves["B200SXM", "USE"].price(ahead)
    seen = curves.observe(("H100SXM", "USE"), NOW_NS, 2.5)
    assert seen["H100SXM", "USE"].price(NOW_NS) == pytest.approx(2.5, rel=0.02)
    assert seen["H100SXM", "EUW"] is curves["H100SXM", "EUW"]


def test_every_shipped_number_says_where_it_comes_from() -> None:
    """Fitted models name their prices and errors; scaled ones name their source."""
    file = shipped_parameters()
    for model in file.models:
        assert model.provenance.rows > 500
        assert model.provenance.standard_errors
    assert all(model.source for model in file.scaled)
    assert all(level.source for level in file.regions)


def run(*arguments: str) -> tuple[int, str]:
    """The command as a user runs it."""
    app = Typer()
    app.command()(fit)
    result = CliRunner().invoke(app, list(arguments), terminal_width=200)
    return result.exit_code, result.output


@uncompiled_is_too_slow
def test_the_command_says_what_it_believes_and_writes_parameters_that_make_curves(tmp_path: Path) -> None:
    """On the shipped sample: words, forward prices, and a file that replaces the shipped curve of its SKU."""
    written = tmp_path / "mine.json"
    code, output = run(sample_path(), "--sku", "H100SXM", "--write", str(written))
    assert code == 0, output
    for words in ("2400 rows", "Level: $1.", "Deviations: half", "Surprises:", "delivery hour", "H100SXM_USE"):
        assert words in output
    (model,) = read_parameters(str(written)).models
    assert (model.sku, model.region, model.provenance.provider) == ("H100SXM", "USE", "synthetic")
    curves = load_curves(str(written), NOW_NS)
    assert curves["H100SXM", "USE"] == PlaceCurve.start(model.parameters, NOW_NS)
    assert curves["H200SXM", "USE"] == shipped_curves(NOW_NS)["H200SXM", "USE"]


def test_the_command_refuses_with_the_form_or_the_reason(tmp_path: Path) -> None:
    """No file, a broken file, a series that is not there, too little: exit code 2 and a sentence."""
    assert run() == (2, run()[1])
    assert "ts_utc, provider, sku, region, price_usd_per_gpu_hour, kind" in run()[1]
    broken = tmp_path / "broken.csv"
    broken.write_text("ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind\n2026-03-11,a,H100,,-1,spot\n")
    code, output = run(str(broken))
    assert code == 2
    assert "row 1: price_usd_per_gpu_hour '-1' is not above 0" in output
    broken.write_text(broken.read_text().replace(",-1,", ",1,"))
    code, output = run(str(broken))
    assert code == 2
    assert "too little to go by: 1 prices" in output
    assert "no series matches" in run(str(broken), "--sku", "MI300X")[1]


def test_a_broken_parameter_file_is_refused_with_the_field(tmp_path: Path) -> None:
    """A negative level, no JSON, no file."""
    path = tmp_path / "parameters.json"
    path.write_text(shipped_parameters().model_dump_json().replace('"level_usd":', '"level_usd":-', 1))
    with pytest.raises(BadParameters, match=r"models.0.parameters.level_usd: .*greater than 0"):
        read_parameters(str(path))
    path.write_text("{")
    with pytest.raises(BadParameters, match="Invalid JSON"):
        read_parameters(str(path))
    with pytest.raises(BadPrices, match="cannot be read"):
        read_parameters(str(tmp_path))


@uncompiled_is_too_slow
def test_real_offers_revert_within_hours(data_dir: Path) -> None:
    """The marketplace's H100: the level is that of the prices, and the surprises are as wide as believed."""
    path = str(data_dir / "prices" / "vast_runpod_lambda_2026.parquet")
    (found,) = fit_file(path, provider="vast", sku="H100", kind="offer_median").fits
    assert found.outcome is Outcome.FITTED
    assert found.curve is not None
    assert found.residuals is not None
    assert 1.6 < found.curve.parameters.level_usd < 2.0
    assert found.curve.parameters.half_life_hours < 5.0
    assert 0.9 < found.residuals.deviation < 1.1
    shipped = next(model for model in shipped_parameters().models if model.sku == "H100SXM")
    assert found.curve.parameters.level_usd == pytest.approx(shipped.parameters.level_usd, rel=0.01)


@uncompiled_is_too_slow
def test_the_real_auction_spikes_and_reverts(data_dir: Path) -> None:
    """The last five thousand prices of a zone: some cents, deviations of hours, spikes gone within the hour."""
    path = str(data_dir / "prices" / "aws_g2_spot_2015_mar_jun.parquet")
    zone = next(series for series in read_series(path) if series.key.region == "us-east-1e")
    found = fit_series(PriceSeries(zone.key, zone.times_ns[-5_000:], zone.prices[-5_000:], 5_000))
    assert found.curve is not None
    parameters = found.curve.parameters
    assert 0.06 < parameters.level_usd < 0.10
    assert 3.0 < parameters.half_life_hours < 48.0
    assert parameters.jumps_per_day > 1.0
    assert parameters.jump_half_life_hours < 1.0


def test_real_price_lists_are_recognised_as_set_by_hand(data_dir: Path) -> None:
    """RunPod's and Lambda's on-demand prices: no model is fitted to what hardly moves."""
    path = str(data_dir / "prices" / "vast_runpod_lambda_2026.parquet")
    for provider in ("runpod", "lambda"):
        report = fit_file(path, provider=provider, kind="on_demand", series_max=60)
        assert {found.outcome for found in report.fits} <= {Outcome.STEPPED, Outcome.FLAT, Outcome.REFUSED}
        assert report.is_useful
