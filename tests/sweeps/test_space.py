"""What shall be tried is read from few words, or a line says what is wrong with them."""

import pytest

from strategies.sweeps.planning import samples
from strategies.sweeps.space import BadSpace, Choice, Range, parse_space


def test_each_form_is_read() -> None:
    """Ranges of numbers, whole ones, on a log scale, and choices; and written as they were read."""
    texts = ["gamma=0.1:10:log", "lots=1:20:int", "n=1:1000:int:log", "shift=-1:1", "kind=a,b", "depth=1,5,10"]
    space = parse_space(texts)
    assert space.axes == (
        Range("gamma", 0.1, 10.0, False, True),
        Range("lots", 1, 20, True, False),
        Range("n", 1, 1000, True, True),
        Range("shift", -1.0, 1.0, False, False),
        Choice("kind", ("a", "b")),
        Choice("depth", (1, 5, 10)),
    )
    assert parse_space([str(axis) for axis in space.axes]) == space


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "needs at least one --param"),
        (["gamma"], "expected NAME=LOW:HIGH"),
        (["2x=1:2"], "expected NAME=LOW:HIGH"),
        (["x="], "expected NAME=LOW:HIGH"),
        (["x=5"], "one value is nothing to try; --set x=5 fixes it"),
        (["x=a,,b"], "an empty value"),
        (["x=a,b,a"], "given twice"),
        (["x=2:1"], "LOW is below HIGH"),
        (["x=1:1"], "LOW is below HIGH"),
        (["x=0:1:log"], "on a log scale LOW is above 0"),
        (["x=0:1.5:int"], "whole numbers"),
        (["x=a:b"], "LOW and HIGH are numbers"),
        (["x=1:inf"], "LOW and HIGH are finite"),
        (["x=nan:1"], "LOW and HIGH are finite"),
        (["x=1:2:fast"], "after LOW:HIGH come int or log, not 'fast'"),
        (["x=1:2", "x=3:4"], "--param x is given 2 times"),
    ],
)
def test_what_cannot_be_tried_is_refused(texts: list[str], said: str) -> None:
    """In one line that says what was expected."""
    with pytest.raises(BadSpace, match=said.replace("(", r"\(")):
        parse_space(texts)


def test_a_few_samples_have_every_choice_and_both_ends() -> None:
    """So that what a strategy refuses is found before anything runs."""
    found = samples(parse_space(["x=0:1", "n=1:9:int", "kind=a,b,c,d"]))
    columns = {name: {dict(each)[name] for each in found} for name in ("x", "n", "kind")}
    assert columns["kind"] == {"a", "b", "c", "d"}
    assert columns["n"] == {1, 4, 9}
    assert {0.0, 1.0} < columns["x"]
    assert any(not value.is_integer() for value in columns["x"] if isinstance(value, float))
