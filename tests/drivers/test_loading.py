"""A strategy comes out of its file with the parameters given, or a line says what is there instead."""

from pathlib import Path

import pytest

from strategies.base import Strategy
from strategies.drivers.errors import BadStrategy
from strategies.drivers.loading import load_strategy
from strategies.drivers.parameters import parse_settings

MAKER = """
from dataclasses import dataclass
from typing import Literal

from strategies.base import Strategy
from beside_it import FACTOR

count = 0


class Maker(Strategy):
    def __init__(
        self,
        lots: int,
        gamma: float = 0.5,
        is_shy: bool = False,
        side: Literal["bid", "ask"] = "bid",
        widths: tuple[float, ...] = (),
        until: int | None = None,
    ) -> None:
        global count
        count += 1
        if lots < 1:
            raise ValueError("lots must be positive")
        self.made = (lots * FACTOR, gamma, is_shy, side, widths, until, count)


class Plain(Strategy):
    pass


@dataclass
class Table(Strategy):
    rows: int = 2


class Other:
    pass
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "beside_it.py").write_text("FACTOR = 10\n")
    (tmp_path / "mine.py").write_text(MAKER)
    return str(tmp_path / "mine.py")


def made(strategy: Strategy) -> object:
    return vars(strategy)["made"]


def test_texts_become_what_the_class_takes(file: str) -> None:
    """Whole numbers, fractions, switches, words and lists; and what is of its type already stays."""
    given = parse_settings(["lots=3", "gamma=2", "is_shy=yes", "side=ask", "widths=1, 2.5", "until=none"])
    assert made(load_strategy(f"{file}:Maker", given)) == (30, 2.0, True, "ask", (1.0, 2.5), None, 1)
    typed = made(load_strategy(f"{file}:Maker", {"lots": 3.0, "gamma": 1, "is_shy": False, "until": "7"}))
    assert typed == (30, 1.0, False, "bid", (), 7, 1)


def test_a_file_is_run_anew_each_time(file: str) -> None:
    """What a run leaves in a module is not there for the next."""
    assert [made(load_strategy(f"{file}:Maker", {"lots": 1})) for _ in range(2)] == [
        (10, 0.5, False, "bid", (), None, 1)
    ] * 2


def test_strategies_without_an_init_of_their_own(file: str) -> None:
    """A bare one takes nothing, a dataclass its fields."""
    assert type(load_strategy(f"{file}:Plain")).__name__ == "Plain"
    assert vars(load_strategy(f"{file}:Table", {"rows": "5"})) == {"rows": 5}


def test_a_strategy_in_a_module_and_the_only_one_of_a_file() -> None:
    """Both ways to say it."""
    assert type(load_strategy("strategies.making.avellaneda_stoikov:AvellanedaStoikov")).__name__ == "AvellanedaStoikov"
    assert type(load_strategy("strategies.making.avellaneda_stoikov")).__name__ == "AvellanedaStoikov"


@pytest.mark.parametrize(
    ("wanted", "parameters", "complaint"),
    [
        ("Maker", {}, "Maker needs lots: Maker(lots: int, gamma: float = 0.5, is_shy: bool = False"),
        ("Maker", {"lot": "1"}, "Maker has no parameter 'lot': Maker(lots: int"),
        ("Maker", {"lots": "1.5"}, "Maker.lots takes int, found '1.5'"),
        ("Maker", {"lots": True}, "Maker.lots takes int, found True"),
        ("Maker", {"lots": "1", "gamma": "nan"}, "Maker.gamma takes float, found 'nan'"),
        ("Maker", {"lots": "1", "is_shy": "2"}, "Maker.is_shy takes bool, found '2'"),
        ("Maker", {"lots": "1", "side": "both"}, "Maker.side takes bid or ask, found 'both'"),
        ("Maker", {"lots": "1", "until": "x"}, "Maker.until takes int or NoneType, found 'x'"),
        ("Maker", {"lots": "0"}, "refuses {'lots': 0}: lots must be positive"),
        ("Plain", {"lots": "1"}, "Plain has no parameter 'lots': Plain takes none"),
        ("Nobody", {}, "Nobody is not there; strategies there: Maker, Plain, Table"),
        ("Other", {}, "Other is no Strategy; strategies there: Maker, Plain, Table"),
        ("", {}, "has 3 strategies (Maker, Plain, Table): say FILE:CLASS"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(
    file: str, wanted: str, parameters: dict[str, str | bool], complaint: str
) -> None:
    """In one line that names the class, the parameter and the choices."""
    with pytest.raises(BadStrategy) as refusal:
        load_strategy(f"{file}:{wanted}" if wanted else file, dict(parameters))
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_does_not_run_says_where(tmp_path: Path) -> None:
    """The line of the author's own file; and a file that is not there is named."""
    broken, wrong = tmp_path / "broken.py", tmp_path / "wrong.py"
    broken.write_text("x = 1\nclass (:\n")
    wrong.write_text("def half(n):\n    return 1 / n\n\n\nhalf(0)\n")
    for path, complaint in (
        (broken, "broken.py:2: SyntaxError"),
        (wrong, "wrong.py:2: ZeroDivisionError: division by zero"),
        (tmp_path / "none.py", "there is no file"),
        ("no_such_module_at_all:X", "No module named"),
    ):
        with pytest.raises(BadStrategy, match=complaint):
            load_strategy(f"{path}:X" if isinstance(path, Path) else path)


@pytest.mark.parametrize("pairs", [["gamma"], ["=1"], ["1a=2"], ["a=1", "a=2"]])
def test_settings_are_names_and_values_each_once(pairs: list[str]) -> None:
    """Anything else is refused rather than guessed."""
    with pytest.raises(BadStrategy):
        parse_settings(pairs)
