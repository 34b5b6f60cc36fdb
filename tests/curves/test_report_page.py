"""The page of ``gpux fit --report``: its words, its figures, and what it does with strange series."""

from io import StringIO
from math import exp
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from exchange.domain.units import NS_PER_HOUR
from exchange.jit import COMPILED
from strategies.curves.command import fit
from strategies.curves.fit import FitReport, Outcome, fit_file
from strategies.curves.fit_page import report_page
from strategies.curves.fit_page.check_figures import correlations
from strategies.curves.fit_page.figures import season_figure, telling
from strategies.curves.model import Parameters
from strategies.curves.report import render
from strategies.curves.season import Spline
from strategies.curves.steps import Steps

HOSTILE = '<script>alert("1")</script>&[bold]$x$'
UNPRINTABLE = "bell\x07"
COLUMNS = "ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind"
START = np.datetime64("2026-03-11T00:00:00")
SVG = "{http://www.w3.org/2000/svg}"
BYTES_MAX = 1_500_000
pytestmark = pytest.mark.skipif(
    not COMPILED, reason="fits hundreds of prices several times: run without NUMBA_DISABLE_JIT to include it"
)


def lively(count: int) -> NDArray[np.float64]:
    """Prices that return to two dollars."""
    rng, log = np.random.default_rng(5), 0.0
    logs = [log := 0.8 * log + 0.05 * float(shock) for shock in rng.standard_normal(count)]
    return np.array([2.0 * exp(log) for log in logs])


def rows(provider: str, prices: NDArray[np.float64]) -> list[str]:
    quoted = '"' + provider.replace('"', '""') + '"'
    times = START + np.arange(prices.size) * np.timedelta64(1, "h")
    return [f"{time}Z,{quoted},H100 SXM,us-east-1,{price:.6f},spot" for time, price in zip(times, prices, strict=True)]


@pytest.fixture(scope="module")
def prices_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four series: lively with a hostile name, set by hand, flat with a name that cannot be printed, and too short."""
    steps = np.repeat([2.0, 2.2, 2.1], 60)
    lines = [
        COLUMNS,
        *rows(HOSTILE, lively(360)),
        *rows("list", steps),
        *rows(UNPRINTABLE, np.full(90, 3.0)),
        *rows("few", np.array([1.0, 1.5, 1.2])),
    ]
    path = tmp_path_factory.mktemp("prices") / "prices.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def report(prices_file: str) -> FitReport:
    return fit_file(prices_file)


@pytest.fixture(scope="module")
def page(report: FitReport) -> str:
    return report_page(report)


@pytest.fixture(scope="module")
def sections(page: str) -> dict[str, ElementTree.Element]:
    """The part of each series, by the beginning of its name."""
    found = {"".join(one.find("h2").itertext()): one for one in ElementTree.fromstring(page).iter("section")}  # type: ignore[union-attr]
    return {name.partition(" H100 SXM")[0]: one for name, one in found.items()}


def words(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def run(*arguments: str) -> tuple[int, str]:
    """The command as a user runs it."""
    app = Typer()
    app.command()(fit)
    result = CliRunner().invoke(app, list(arguments), terminal_width=200)
    return result.exit_code, result.output


def test_a_fitted_series_has_its_words_and_its_figures(sections: dict[str, ElementTree.Element]) -> None:
    """What is expected, the regime, the hidden factors, the blend, and six figures that say what they show."""
    found = sections[HOSTILE]
    text = words(found)
    for said in ("In a day: $", "In 7 days: $", "Regime: thin marketplace", "Judged by:", "Level: $", "Season: none"):
        assert said in text
    for said in ("half of one is gone after", "Not told: premium short", "a blend of laws", "Surprises:", "Held out:"):
        assert said in text
    shown = [figure.find(f"{SVG}svg").get("aria-label", "") for figure in found.iter("figure")]  # type: ignore[union-attr]
    beginnings = ("How surely", "Prices on", "The next 7 days", "Which laws", "Surprises", "Foretold before")
    assert [label.startswith(beginning) for label, beginning in zip(shown, beginnings, strict=True)] == [True] * 6
    for label in ("95%", "80%", "50%", "median", "mean", "around its recent mean", "stays as it is", "the level now"):
        assert label in text


def test_series_without_the_whole_model_appear_with_the_reason(
    sections: dict[str, ElementTree.Element], report: FitReport
) -> None:
    """Set by hand: rate and size of steps. Flat: it stays. Too short: why, its prices, and no forecast."""
    assert len(sections) == 4
    listed, flat, few = (
        words(sections["list"]),
        words(sections["bell\N{REPLACEMENT CHARACTER}"]),
        words(sections["few"]),
    )
    assert "The price moved 2 times in 7.5 days: it is set by hand" in listed
    (steps,) = (
        fit.curve.outlook.way
        for fit in report.fits
        if fit.series.key.provider == "list" and fit.curve is not None and fit.curve.outlook is not None
    )
    assert isinstance(steps, Steps)
    assert f"a step comes every {1.0 / (steps.per_hour * 24.0):.3g} days" in listed
    assert "The price never moved in 3.7 days: it is believed to stay where it is." in flat
    assert "Refused: too little to go by: 3 prices over 2.0 hours" in few
    assert "Prices on a log scale" in few
    assert "The next 7 days" in flat
    assert "The next 7 days" not in few


def test_the_table_on_top_has_a_row_for_each_series(page: str, report: FitReport) -> None:
    """Its outcome, and what is expected in a week where there is a curve."""
    table = ElementTree.fromstring(page).find("body/table")
    assert table is not None
    cells = [[words(cell) for cell in row] for row in table][1:]
    assert [row[1] for row in cells] == [Outcome.FITTED, Outcome.REFUSED, Outcome.STEPPED, Outcome.FLAT]
    assert cells[1][4:] == [""] * 3
    curve = report.fits[3].curve
    assert curve is not None
    law = curve.law(curve.time_ns + 168 * NS_PER_HOUR)
    assert cells[3][3:] == [f"{price:.4f}" for price in (3.0, law.mean, *law.interval())]


def test_a_page_needs_nothing_from_outside_and_runs_nothing(page: str) -> None:
    """A hostile name is text; ids are told apart, and what refers to one finds it; it is not too long to send."""
    assert len(page.encode()) < BYTES_MAX / 2
    tree = ElementTree.fromstring(page)
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "image", "a"})
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    named = {value for one in tree.iter() for key, value in one.attrib.items() if key.endswith("href")}
    assert named
    assert {name.removeprefix("#") for name in named} <= set(ids)
    assert "url(http" not in page
    assert "\x07" not in page


def test_the_same_prices_give_the_same_bytes_and_the_command_writes_them(
    prices_file: str, page: str, tmp_path: Path
) -> None:
    """From another fit, through the command; and its words are on the terminal too."""
    path = tmp_path / "out.html"
    code, output = run(prices_file, "--report", str(path))
    assert code == 0, output
    assert path.read_bytes() == page.encode()
    assert "- Regime: thin marketplace" in output
    assert "- Later prices: a blend of laws" in output
    assert "- Later prices: a step comes every" in output


def test_a_file_of_which_nothing_can_be_fitted_gets_a_page_that_says_why(tmp_path: Path) -> None:
    """The command fails as without a page."""
    path, out = tmp_path / "few.csv", tmp_path / "out.html"
    path.write_text("\n".join([COLUMNS, *rows("one", np.array([2.0]))]))
    assert run(str(path), "--report", str(out))[0] == 2
    assert "Refused: too little to go by: 1 prices" in words(ElementTree.fromstring(out.read_text(encoding="utf-8")))


def test_a_page_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    """Exit code 2, the path and the reason."""
    path = tmp_path / "flat.csv"
    path.write_text("\n".join([COLUMNS, *rows("list", np.full(60, 2.0))]))
    nowhere = str(tmp_path / "nowhere" / "out.html")
    code, output = run(str(path), "--report", nowhere)
    assert code == 2
    assert f"{nowhere}: cannot be written (No such file or directory)" in output
    assert "Traceback" not in output


def test_many_prices_are_thinned_to_those_that_show(report: FitReport) -> None:
    """Of 50,000 at most two of each stretch are kept: every spike, both ends; of few all."""
    prices = np.ones(50_000)
    prices[[7, 31_234]] = 9.0, 0.1
    times_ns = np.arange(prices.size) * NS_PER_HOUR
    kept = telling(times_ns, prices)
    assert kept.size <= 1_002
    assert {0, 7, 31_234, prices.size - 1} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
    few = report.fits[0].series
    assert telling(few.times_ns, few.prices).size == few.prices.size


def test_the_season_stands_at_the_local_hour() -> None:
    """In winter a Monday of New York begins at 05:00 UTC; what is drawn for it is what the spline says then."""
    spline = Spline(period_hours=24.0, weights=(0.0, 0.0, 0.3, 0.0), time_zone="America/New_York")
    weekly = Spline(period_hours=168.0, weights=(0.2, 0, 0, 0, 0, 0, 0), time_zone="America/New_York")
    parameters = Parameters(level_usd=2.0, half_life_hours=5.0, volatility=0.1, season=(spline, weekly))
    until_ns = int(np.datetime64("2026-01-21T17:00:00", "ns").astype(np.int64))
    days, percents = season_figure(parameters, until_ns).axes[0].lines[0].get_xydata().T  # type: ignore[union-attr]
    monday = float(np.datetime64("2026-01-19T05:00:00", "h").astype(np.int64))
    expected = [
        100.0 * np.expm1(spline.log_at_one(hour) + weekly.log_at_one(hour)) for hour in monday + days[:96] * 24.0
    ]
    assert days[:3].tolist() == pytest.approx([0.0, 0.5 / 24.0, 1.0 / 24.0])
    assert percents[:96] == pytest.approx(expected)


def test_correlations_are_those_of_each_value_with_the_ones_before() -> None:
    """Signs that alternate: minus one at odd lags, one at even ones, less what the ends leave out."""
    signs = np.resize([1.0, -1.0], 100)
    assert correlations(signs, 3) == pytest.approx([-0.99, 0.98, -0.97])


def test_the_terminal_says_how_later_prices_are_foretold(report: FitReport) -> None:
    """A line for the regime and one for the law of later prices, of each series that was not refused."""
    console = Console(width=2_000, record=True, file=StringIO())
    console.print(render(report))
    lines = console.export_text().splitlines()
    assert sum(line.startswith("- Regime: ") for line in lines) == 3
    assert sum(line.startswith("- Later prices: ") for line in lines) == 3
    assert any(line.startswith(HOSTILE) for line in lines)
