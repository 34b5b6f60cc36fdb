"""``gpux curve``: what it prints, draws and refuses, without an exchange."""

import json
from io import StringIO
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.construction import forward_curve
from strategies.curves.curve import shipped_curves
from strategies.curves.drawing import BadPicture, draw
from strategies.curves.forward_report import Shown, picture, render
from strategies.curves.quoted import Quoted
from strategies.live.curve_command import curve
from tests.curves.test_construction import START_NS

WHEN = ("--at", "2026-12-01T00:30")


def run(*arguments: str) -> tuple[int, str]:
    """The command as a user runs it: exit code and all that it says."""
    app = Typer()
    app.command()(curve)
    result = CliRunner().invoke(app, list(arguments), terminal_width=200)
    return result.exit_code, result.output


def shown(*quotes: Quoted) -> Shown:
    sku, region = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")
    model = shipped_curves(START_NS)["H100SXM", "USE"].observe(START_NS, 2.3)
    return Shown(sku, region, forward_curve(model, quotes, START_NS, 72), 72, "Made for a test.")


def test_it_prints_two_weeks_of_a_place_at_what_is_observed() -> None:
    """The first hour costs what was observed; a table of days, a picture, the usual strips; the same again."""
    code, output = run("h100sxm@use", "--observe", "2.6", *WHEN)
    assert code == 0, output
    lines = output.splitlines()
    assert lines[0] == "H100SXM in USE, 2026-12-01T00:00Z to 2026-12-15T00:00Z, dollars per GPU-hour"
    assert lines[1] == "Shipped parameters, and 2.6 dollars now."
    days = [line.split() for line in lines if line.startswith("2026-12-")]
    assert [day[0] for day in days] == [f"2026-12-{day:02d}" for day in range(1, 15)]
    assert float(days[0][2]) == pytest.approx(2.6, rel=0.01)
    assert any(line.startswith("H100SXM_USE_PK-1DEC26 ") for line in lines)
    assert "█" in output
    assert run("h100sxm@use", "--observe", "2.6", *WHEN) == (code, output)


def test_json_holds_every_hour_and_strips_that_are_their_averages() -> None:
    """For programs: 48 hours, their deviations, and the day as the mean of its 24."""
    code, output = run("RTX4090@EUW", "--days", "2", "--json", *WHEN)
    assert code == 0, output
    found = json.loads(output)
    assert (found["sku"], found["region"], len(found["hours"])) == ("RTX4090", "EUW", 48)
    assert found["hours"][0]["start"] == "2026-12-01T00:00Z"
    assert all(0.0 < hour["error"] <= hour["deviation"] for hour in found["hours"])
    prices = {strip["instrument_name"]: strip["price"] for strip in found["strips"]}
    mean = sum(hour["price"] for hour in found["hours"][24:]) / 24
    assert prices["RTX4090_EUW_D-2DEC26"] == pytest.approx(mean, abs=1e-6)
    assert found["arbitrages"] == []


def test_it_fits_a_file_of_prices_and_goes_on_from_its_end(tmp_path: Path) -> None:
    """From the last price of the file, unless told of now; another region is refused with what there is."""
    path = str(tmp_path / "list.csv")
    times = np.datetime64("2026-04-01T00:00:00") + np.arange(60) * np.timedelta64(1, "h")
    rows = [f"{time}Z,someone,H100 SXM,us-east-1,2.5,on_demand" for time in times]
    Path(path).write_text("\n".join(["ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind", *rows]))
    code, output = run("H100SXM@USE", "--prices", path, "--days", "1", "--json")
    assert code == 0, output
    found = json.loads(output)
    assert found["source"] == f"Model fitted to someone H100 SXM us-east-1 on_demand in {path}."
    assert found["hours"][0] == {
        "start": "2026-04-03T11:00Z",
        "price": pytest.approx(2.5, rel=1e-4),
        "deviation": ANY,
        "error": ANY,
    }
    code, output = run("H100SXM@USE", "--prices", path, "--days", "1", "--json", "--observe", "3", *WHEN)
    assert json.loads(output)["hours"][0]["start"] == "2026-12-01T00:00Z"
    assert json.loads(output)["hours"][0]["price"] > 2.5
    for arguments, reason in (
        (("H100SXM@EUW", "--prices", path), "no series matches; it has someone H100 SXM us-east-1 on_demand"),
        (("H100SXM@USE", "--prices", path, "--at", "2026-01-01"), "which is yet to come"),
    ):
        code, output = run(*arguments)
        assert code == 2
        assert reason in output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("H100SXM",), "'H100SXM' is not SKU@REGION, such as H100SXM@USE: A100PCIE80, A100SXM80"),
        (("H1@USE",), "unknown SKU 'H1': one of A100PCIE80"),
        (("H100SXM@MARS",), "unknown region 'MARS': one of APN"),
        (("H100SXM@USE", "--observe", "nan"), "observed price nan is not a finite number above 0"),
        (("H100SXM@USE", "--observe", "-1"), "observed price -1.0 is not a finite number above 0"),
        (("H100SXM@USE", "--at", "noon"), "time 'noon' is not one like 2026-12-01T08:00"),
        (("H100SXM@USE", "--at", "1066-10-14"), "time '1066-10-14' is not one like"),
        (("H100SXM@USE", "--plot", "curve.pdf"), "curve.pdf: a plot ends in one of .svg, .png, .html"),
        (("H100SXM@USE", "--parameters", "none.json"), "none.json: cannot be read"),
        (("H100SXM@USE", "--parameters", "a", "--prices", "b"), "--parameters or --prices, not both"),
        (("H100SXM@USE", "--live", *WHEN), "--at goes without it"),
        (("H100SXM@USE", "--venue", "ws://127.0.0.1:1/"), "no exchange at ws://127.0.0.1:1/"),
    ],
)
def test_it_refuses_with_the_reason_and_the_choices(arguments: tuple[str, ...], reason: str) -> None:
    """Exit code 2 and one sentence."""
    code, output = run(*arguments)
    assert code == 2
    assert reason in output
    assert "Traceback" not in output


def test_what_contradicts_is_shown_beside_the_strips_with_the_trades_that_take_it(tmp_path: Path) -> None:
    """A block bid above what its halves are offered at: told in words, marked in the table, listed for programs."""
    whole, *halves = (parse_symbol(f"H100SXM_USE_{term}-2DEC26") for term in ("B8H00", "B4H00", "B4H04"))
    made = shown(Quoted(whole, bid_usd=2.1), *(Quoted(half, ask_usd=2.0) for half in halves))
    text = printed(made)
    assert (
        "Arbitrage: H100SXM_USE_B8H00-2DEC26 bid 2.1000 is 0.1000 above what the others allow. Buy 1 GPU "
        "H100SXM_USE_B4H00-2DEC26 at 2.0000, buy 1 GPU H100SXM_USE_B4H04-2DEC26 at 2.0000, sell 1 GPU "
        "H100SXM_USE_B8H00-2DEC26 at 2.1000: earns 0.8000 dollars before fees."
    ) in text
    draw(made, tmp_path / "curve.html")
    assert "<p>Arbitrage: H100SXM_USE_B8H00-2DEC26 bid" in (tmp_path / "curve.html").read_text(encoding="utf-8")
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.startswith("H100SXM_USE_B")}
    assert rows["H100SXM_USE_B8H00-2DEC26"] == ["8", "2.1000", "2.0000", "arbitrage"]
    assert rows["H100SXM_USE_B4H04-2DEC26"] == ["4", "2.0000", "2.0000"]


def test_the_picture_is_as_wide_as_the_hours_and_as_high_as_the_band() -> None:
    """One line of the price in every column, inside its band; the days stand below where they begin."""
    *rows, axis, days = picture(shown())
    body = [row.partition("│")[2].ljust(72) for row in rows]
    for column in range(72):
        cells = [row[column] for row in body]
        assert cells.count("█") == 1
        assert "".join(cells).strip().strip("░█") == ""
    assert axis.strip() == "└" + "─" * 72
    assert days == " " * 11 + "01" + " " * 22 + "02" + " " * 22 + "03"


def test_pictures_are_the_same_each_time_and_need_no_display(tmp_path: Path) -> None:
    """SVG with its words as text, PNG, and a page that fetches nothing."""
    day = parse_symbol("H100SXM_USE_D-2DEC26")
    made = shown(Quoted(day, 2.0, 2.1), Quoted(parse_symbol("H100SXM_USE_H03-1DEC26"), 2.2, 2.4))
    for name in ("curve.svg", "curve.png", "curve.html"):
        draw(made, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        draw(made, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    svg, page = ((tmp_path / name).read_text(encoding="utf-8") for name in ("curve.svg", "curve.html"))
    for words in ("H100SXM in USE", "dollars per GPU-hour", "bid of an hour", "ask of a strip", "the model before any"):
        assert words in svg
        assert words in page
    assert "<td>H100SXM_USE_D-2DEC26</td><td>2.0000</td><td>2.1000</td>" in page
    assert "<script" not in page
    assert 'src="http' not in page
    with pytest.raises(BadPicture, match="cannot be written"):
        draw(made, tmp_path / "nowhere" / "curve.svg")


def test_only_the_hours_asked_for_are_shown_however_far_the_quotes_reach() -> None:
    """A week that is quoted beyond the end lengthens the curve, not the report."""
    week = parse_symbol("H100SXM_USE_W-7DEC26")
    made = shown(Quoted(week, 2.0, 2.1))
    assert made.curve.hours_ns[-1] == week.end_ns - NS_PER_HOUR
    assert week.symbol not in printed(made)
    assert "2026-12-04" not in printed(made).partition("UTC")[2]


def printed(made: Shown) -> str:
    """The report as text."""
    console = Console(width=500, record=True, file=StringIO())
    console.print(render(made))
    return console.export_text()
