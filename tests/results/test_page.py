"""The page of runs: all its sections, nothing from outside, small, and sensible about runs of nothing."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from exchange.domain.enums import Side
from strategies.results import Run, run_of
from strategies.results.command import report
from strategies.results.page import runs_page
from strategies.results.page.axes import short, telling
from tests.results.told import Told, around
from tests.results.worlds import recorded

BYTES_MAX = 1_500_000
HOSTILE = '<script>alert("1")</script>&$x$\x07'
SECTIONS = [
    "Equity and drawdown", "Where the profit came from", "Inventory", "Quotes around the middle", "Markouts",
    "Fill ratio by queue position", "Uptime and obligation", "P&L by delivery hour",
]  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.fixture(scope="module")
def lively() -> Run:
    return run_of(recorded()[1], seed=7, label="lively", config={"gamma": 1.0}, notes=("A note of the driver.",))


@pytest.fixture(scope="module")
def page(lively: Run) -> str:
    return runs_page([lively])


def one_fill() -> Run:
    told = Told()
    told.fill(1.0, Side.BUY, 2_000, 1, 2.0, book=around(2_000))
    return told.run(1.0, HOSTILE)


def unsettled() -> Run:
    """Held past the gate, and nobody says what it was worth; no quote was ever seen."""
    told = Told()
    told.fill(1.0, Side.SELL, 2_000, 3, 2.0)
    return told.run(4 * 3600.0, "short")


def nothing() -> Run:
    return Told().run(0.0, "nothing")


def texts(page: str) -> str:
    return " ".join(" ".join(ElementTree.fromstring(page).itertext()).split())


def headings(page: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(page).iter("h3")]


def test_a_run_has_every_section_with_a_picture_and_words(page: str) -> None:
    """Each with a caption that is also the label of the picture."""
    assert headings(page) == SECTIONS
    tree = ElementTree.fromstring(page)
    pictures, captions = list(tree.iter(SVG)), list(tree.iter("figcaption"))
    assert len(pictures) == len(captions) == len(SECTIONS)
    for picture, caption in zip(pictures, captions, strict=True):
        assert picture.get("aria-label") == caption.text
        assert len(caption.text or "") > 80
    assert "A note of the driver." in texts(page)
    assert "gamma" in texts(page)


def test_a_page_needs_nothing_from_outside_and_runs_nothing(page: str) -> None:
    """No script, no link, no address but the names of XML; ids are told apart; it is small."""
    for made in (page, runs_page([one_fill()])):
        assert len(made.encode()) < BYTES_MAX / 2
        tree = ElementTree.fromstring(made)
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert tags.isdisjoint({"script", "img", "link", "iframe", "image", "a"})
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        named = {value for one in tree.iter() for key, value in one.attrib.items() if key.endswith("href")}
        assert {name.removeprefix("#") for name in named} <= set(ids)
        assert "url(http" not in made
        assert "@import" not in made
        addresses = {word for word in made.replace('"', " ").split() if "://" in word}
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_colours_are_variables_so_that_the_dark_page_can_be_read(page: str) -> None:
    """No picture names a colour of its own, and both schemes say what each variable is."""
    style, _, body = page.partition("</style>")
    assert "prefers-color-scheme:dark" in style
    used = {word.partition(")")[0] for word in body.split("var(")[1:]}
    assert used
    assert all(style.count(f"{name}:") == 2 for name in used)
    assert not any(f"#{digits}" in body for digits in ("000000", "0072b2", "d55e00", "1b1c1d"))


@pytest.mark.parametrize("make", [nothing, one_fill, unsettled])
def test_runs_of_little_or_nothing_have_a_page_too(make: Callable[[], Run]) -> None:
    """Every section that can be there, and no number that is none."""
    page = runs_page([make()])
    assert set(SECTIONS) - set(headings(page)) <= {"Quotes around the middle"}
    for nonsense in ("nan", "inf", "None"):
        assert nonsense not in texts(page).lower().replace("inventory", "").split()


def test_what_is_not_known_is_said() -> None:
    """Hours that nobody settled; an estimate; a run without a fill."""
    assert "3 lots in 1 contract: held past the gate" in texts(runs_page([unsettled()]))
    assert "Nothing was filled" in texts(runs_page([nothing()]))
    estimate = run_of(Told().recorder, is_estimate=True)
    assert "The place in the queue is an estimate" in texts(runs_page([estimate]))


def test_several_runs_stand_beside_each_other(lively: Run) -> None:
    """Pictures and table first, then each, by number; equal results are told from others."""
    page = runs_page([lively, unsettled(), lively])
    assert headings(page)[:2] == ["Equity", "Markouts"]
    tree = ElementTree.fromstring(page)
    table = next(iter(tree.iter("table")))
    rows = [["".join(cell.itertext()) for cell in row] for row in table]
    assert rows[0] == ["", "run 1: lively", "run 2: short", "run 3: lively"]
    assert rows[-1] == ["same results as the first", "yes", "no", "yes"]
    assert len({len(row) for row in rows}) == 1
    assert len(page.encode()) < BYTES_MAX


def test_many_runs_are_compared_and_the_first_shown(lively: Run) -> None:
    """Twelve still make a page that can be sent."""
    page = runs_page([lively, *[nothing()] * 11])
    assert "The other 8 runs are in the comparison only." in texts(page)
    assert "The first 7 of 12 are drawn." in texts(page)
    assert len(list(ElementTree.fromstring(page).iter("h2"))) == 1 + 4
    assert len(page.encode()) < BYTES_MAX


def test_the_same_run_gives_the_same_bytes(lively: Run, page: str) -> None:
    """Nothing on the page says when it was made."""
    assert runs_page([lively]) == page


def command(*arguments: str) -> tuple[int, str]:
    app = Typer()
    app.command()(report)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_the_command_writes_the_page_beside_the_run_or_where_it_is_told(tmp_path: Path, lively: Run, page: str) -> None:
    """The page of what was saved is that of the run itself."""
    lively.save(tmp_path / "run")
    code, output = command(str(tmp_path / "run"))
    assert code == 0, output
    assert (tmp_path / "run" / "report.html").read_bytes() == page.encode()
    assert command(str(tmp_path / "run"), "--out", str(tmp_path / "here.html"))[0] == 0
    assert (tmp_path / "here.html").read_bytes() == page.encode()


def test_what_cannot_be_reported_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    """No run named, none there, or no place to write."""
    nothing().save(tmp_path / "run")
    cases = [
        ([], "gpux report needs a RUN"),
        ([str(tmp_path / "none")], "none: no run (run.json: No such file or directory)"),
        ([str(tmp_path / "run"), "--out", str(tmp_path / "no" / "page.html")], "cannot be written (No such file"),
    ]
    for arguments, words in cases:
        code, output = command(*arguments)
        assert code == 2
        assert words in output
        assert output.count("\n") == 1


def test_many_points_are_thinned_to_those_that_show() -> None:
    """Of 50,000 at most two of each stretch are kept: every spike, both ends; of few all."""
    values = np.ones(50_000)
    values[[7, 31_234]] = 9.0, 0.1
    rows = telling(values)
    assert rows.size <= 502
    assert {0, 7, 31_234, 49_999} <= set(rows.tolist())
    assert telling(np.ones(30)).tolist() == list(range(30))


def test_numbers_on_axes_are_short() -> None:
    """As people write them."""
    assert [short(number) for number in (0.0, 0.05, 12.5, -1250.0, 12_500.0, 3e6, -2e9)] == [
        "0", "0.05", "12.5", "-1,250", "12.5k", "3M", "-2B",
    ]  # fmt: skip
