"""No plan switches less than the one that is found, whichever way it is found: against every plan there is."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random

import pytest

from exchange.clearing import nomination
from exchange.clearing.errors import BadTerms, Scattered
from exchange.clearing.nomination import nominate
from exchange.clearing.program import Answer, Program
from tests.clearing.brute import Case, fewest_switches, keeps_together, switches
from tests.clearing.cases import crowded_case, small_case

Maker = Callable[[Random], Case]

# Beside the first few hundred, those that tell a slip in a place where others do not lead.
_BLOCKS: list[tuple[Maker, list[int]]] = [
    *((small_case, list(range(start, start + 100))) for start in range(0, 400, 100)),
    *((crowded_case, list(range(start, start + 100))) for start in range(0, 200, 100)),
    (small_case, [566, 1252, 2349, 3108]),
    (crowded_case, [245, 248, 278, 289, 321, 341, 400, 552, 676, 809, 830, 842, 970, 1202, 3275]),
]


@pytest.fixture(params=["as it comes", "by the program", "by its search"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sweep and the rounding are so good that what comes after them has to be asked by itself."""
    way = str(request.param)
    if way != "as it comes":
        monkeypatch.setattr(nomination, "sweep", lambda task: None)
    if way == "by its search":
        monkeypatch.setattr(Program, "rounded", lambda program, corner: Answer(None, inf, -inf))
    return way


@pytest.mark.parametrize(("maker", "seeds"), _BLOCKS)
def test_no_plan_switches_less(way: str, maker: Maker, seeds: list[int]) -> None:
    """Nodes come and go, hours are fixed, orders stay together or cannot."""
    for seed in seeds:
        case = maker(Random(seed))
        fewest = fewest_switches(case)
        try:
            nominated = nominate(*case)
        except (BadTerms, Scattered):
            assert fewest is None, seed
            continue
        assert fewest is not None, seed
        outcomes = [(each.switches, each.switches_least) for each in nominated.outcomes]
        assert outcomes == ([(fewest, fewest)] if case.needs else []), seed
        assert switches(case, nominated.assignments) == fewest, seed
        assert keeps_together(case, nominated.assignments), seed


def test_the_cases_are_worth_trying() -> None:
    """Some need no switch, some need one or more, and some have orders that cannot be kept."""
    fewest = [fewest_switches(small_case(Random(seed))) for seed in range(400)]
    assert fewest.count(0) > 200
    assert fewest.count(None) > 8
    assert sum(cost is not None and cost > 0 for cost in fewest) > 40
    assert sum(cost is not None and cost > 1 for cost in fewest) > 5
