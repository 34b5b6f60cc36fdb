"""What is written down is the same for the same sweep, complete, and needs nobody else to be read."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from strategies.sweeps.choices import Pruner
from strategies.sweeps.executors import Evaluate, Here
from strategies.sweeps.judging import judge
from strategies.sweeps.plan import Plan
from strategies.sweeps.results import NotWritten, sweep_json, write_results
from strategies.sweeps.task import Score, Task
from tests.sweeps import toys

BYTES_MAX = 1_500_000


def written(directory: Path, plan: Plan, evaluate: Evaluate = toys.hill) -> tuple[str, str]:
    """The JSON and the page."""
    directory.mkdir()
    trials = toys.swept(directory / "kept", plan, Here(evaluate))
    write_results(directory / "out", plan, judge(plan, trials), trials)
    return tuple((directory / "out" / name).read_text(encoding="utf-8") for name in ("sweep.json", "sweep.html"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return written(tmp_path_factory.mktemp("sweep") / "one", toys.plan(windows=8))


def test_the_page_shows_all_of_it(found: tuple[str, str]) -> None:
    """Verdict, winner, table, and a figure with words for each of the four."""
    page = found[1]
    root = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    captions = [caption.text or "" for caption in root.iter("figcaption")]
    assert [caption.split(".")[0] for caption in captions] == [
        "What each trial scored, against its parameters",
        "All trials by their Sharpe ratio",
        "The best of each half of the periods, looked up in the other half",
        "Profit over the windows in order",
    ]
    assert "can be told from luck" in page
    assert "Deflated Sharpe ratio as published" in page
    assert "Probability of overfitting" in page
    assert page.count("<tr>") == 11


def test_the_page_needs_nobody_else(found: tuple[str, str]) -> None:
    """No script, no picture or style from elsewhere, and a size that can be sent."""
    page = re.sub(r'xmlns(:\w+)?="[^"]*"|<!DOCTYPE[^>]*>', "", found[1])
    assert "http" not in page
    assert "<script" not in page
    assert "mathdefault" not in page
    assert len(page) < BYTES_MAX


def test_the_same_sweep_is_the_same_bytes(found: tuple[str, str], tmp_path: Path) -> None:
    """Both files."""
    assert written(tmp_path / "two", toys.plan(windows=8)) == found


def test_the_numbers_are_all_there(found: tuple[str, str]) -> None:
    """Every trial, the winner's periods, and each statistic; as strict JSON."""
    numbers = json.loads(found[0], parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert len(numbers["trials"]) == numbers["plan"]["trials"] == 24
    assert len(numbers["winner"]["profits_usd"]) == 8 * toys.PERIODS
    assert numbers["verdict"] == "skill"
    assert 0.0 <= numbers["deflated_sharpe"]["probability"] <= numbers["deflated_sharpe"]["probability_noise"] <= 1.0
    assert numbers["overfitting"]["halves"] == 12_870
    assert len(numbers["walk_forward"]["anchored"]["steps"]) == 7
    assert numbers["run"]["periods"] == toys.PERIODS
    assert not {"jobs", "date", "seconds"} & numbers.keys()


def test_a_sweep_that_says_little_is_written_too(tmp_path: Path) -> None:
    """One window, many failures, constant profits: what is not judged is null, and the page still stands."""

    def poor(task: Task) -> Score:
        if float(dict(task.parameters)["x"]) < 0.5:
            return Score((), failure="ValueError: <no>")
        return Score((0.0, 0.0))

    text, page = written(tmp_path / "poor", toys.plan(windows=1, pruner=Pruner.NONE), poor)
    numbers = json.loads(text)
    assert numbers["verdict"] == "loss"
    assert (numbers["deflated_sharpe"], numbers["overfitting"]) == (None, None)
    assert {trial["value"] for trial in numbers["trials"]} == {0.0, None}
    assert "nan" not in page.lower().replace("&", "")
    ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """In one line."""
    plan = toys.plan(trials=3)
    trials = toys.swept(tmp_path / "kept", plan, Here(toys.hill))
    with pytest.raises(NotWritten, match="cannot be written"):
        write_results(tmp_path / "kept", plan, judge(plan, trials), trials)
    assert sweep_json(plan, judge(plan, trials), trials).startswith("{")
