"""Scenarios: what moves with what, what they may be made from, and that they are the same every time."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from exchange.clearing.covariance import Parametric
from exchange.clearing.errors import BadTerms
from exchange.clearing.margin import Factors, Scan, scenarios, scenarios_of_factors
from exchange.clearing.requirement import Hour, Stake, requirement
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import PRICE_TICKS_MAX

_NOON = 498_924


def _hours(count: int = 6) -> list[Contract]:
    return [
        hour_contract(CATALOGUE.sku(sku), CATALOGUE.region(region), _NOON + hour)
        for sku in ("H100SXM", "RTX4090")
        for region in ("USE", "EUW")
        for hour in range(count)
    ]


def _both(first: float, second: float, correlation: float) -> NDArray[np.float64]:
    shared = first * second * correlation
    return np.array([[first**2, shared], [shared, second**2]])


def test_one_hour_by_hand() -> None:
    """The table in docs/margin.md, with a standard deviation of a tenth, which one factor explains all of."""
    (row,) = scenarios([2_500], np.array([[0.01]]), Scan(z=2.0, spike=3.0, coverage=0.35, jump=1.5)).tolist()
    up, down = 2_500 * math.exp(0.2), 2_500 * math.exp(-0.2)
    tilted = [2_500 * math.exp(sign * 0.2 / math.sqrt(2)) for sign in (1, -1)]
    spikes = [2_500 * (1 + 0.35 * (math.exp(sign * 0.6) - 1)) for sign in (1, -1)]
    expected = [2_500, up, down, *[2_500] * 4, *tilted, *tilted, up, down, *spikes, 3_750]
    assert row == [round(value) for value in expected]


def test_what_is_an_hours_own_is_added_in_every_joint_move() -> None:
    """Three factors that move nothing leave all of it over."""
    rows = scenarios_of_factors([1_000, 1_000], Factors(np.zeros((2, 3)), np.array([0.0, 0.01])), Scan(z=1.0))
    assert rows[0, :11].tolist() == [1_000] * 11
    assert rows[1, :11].tolist() == [1_000] + [round(1_000 * math.exp(0.1))] * 10


def test_hours_that_move_together_need_less_than_hours_that_do_not() -> None:
    """Short in one, long in the other, with full credit; and short in both is the other way round."""
    needed = {}
    for correlation in (0.99, 0.0, -0.99):
        values = scenarios([10_000, 10_000], _both(0.2, 0.2, correlation), Scan(jump=1.0, coverage=0.0))
        hours = {number: Hour(tuple(row)) for number, row in enumerate(values.tolist())}
        spread = requirement({0: Stake(-10), 1: Stake(10)}, hours, 10_000)
        outright = requirement({0: Stake(-10), 1: Stake(-10)}, hours, 10_000)
        needed[correlation] = (spread, outright)
    spreads = [needed[correlation][0] for correlation in (0.99, 0.0, -0.99)]
    assert spreads[0] < 0.3 * spreads[1] < spreads[1] < spreads[2]
    # All hours up at once is always one of the scenarios, whatever their correlation.
    assert len({outright for _, outright in needed.values()}) <= 2


def test_a_factor_has_no_sign() -> None:
    """Whatever the order of the hours, and so of the parts of an eigenvector, each hour has the same values."""
    hours = _hours()
    marks = [2_000 + 37 * place for place in range(len(hours))]
    values = scenarios(marks, Parametric().covariance(hours))
    turned = scenarios(marks[::-1], Parametric().covariance(hours[::-1]))
    away = np.abs(values - turned[::-1])
    # The second and third factor may point either way in a turned order; the joint set is the same.
    pairs = [(1, 2), (3, 4), (5, 6)]
    assert away[:, [0, 11, 12, 13, 14, 15]].max() == 0
    for one, other in pairs:
        kept = away[:, [one, other]].max()
        swapped = np.abs(values[:, [one, other]] - turned[::-1][:, [other, one]]).max()
        assert min(kept, swapped) <= 1


def test_the_same_in_every_process() -> None:
    """Not a bit of it depends on where it runs."""
    program = (
        "from tests.clearing.test_margin import _hours\n"
        "from exchange.clearing.covariance import Parametric\n"
        "from exchange.clearing.margin import scenarios\n"
        "hours = _hours()\n"
        "print(scenarios([2_500] * len(hours), Parametric().covariance(hours)).tobytes().hex())\n"
    )
    said = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    hours = _hours()
    assert said == {scenarios([2_500] * len(hours), Parametric().covariance(hours)).tobytes().hex() + "\n"}


def test_parameters_make_a_covariance() -> None:
    """Near hours of one kind move together, far ones and other kinds less; nothing has a variance below 0."""
    hours = _hours(24)
    covariance = Parametric(0.1, 24.0, 0.7, 0.5).covariance(hours)
    assert np.allclose(np.diag(covariance), 0.01)
    assert np.isclose(covariance[0, 1], 0.01 * math.exp(-1 / 24))
    assert np.isclose(covariance[0, 24], 0.01 * 0.5)
    assert np.isclose(covariance[0, 48], 0.01 * 0.7)
    assert np.isclose(covariance[0, 73], 0.01 * 0.35 * math.exp(-1 / 24))
    assert np.linalg.eigvalsh(covariance)[0] > -1e-12


def test_values_stay_within_what_the_engine_takes() -> None:
    rows = scenarios([1, PRICE_TICKS_MAX], _both(2.0, 2.0, 0.5))
    assert rows.min() == 1
    assert rows.max() == PRICE_TICKS_MAX
    assert scenarios([], np.zeros((0, 0))).shape == (0, 16)


@pytest.mark.parametrize(
    ("marks", "covariance", "scan", "message"),
    [
        ([1, 2], np.eye(3), Scan(), "2 by 2"),
        ([1], np.array([[math.nan]]), Scan(), "finite"),
        ([1, 2], np.array([[1.0, 0.5], [0.4, 1.0]]), Scan(), "symmetric"),
        ([1, 2], np.array([[1.0, 2.0], [2.0, 1.0]]), Scan(), "below 0"),
        ([0], np.eye(1), Scan(), "a mark of 0"),
        ([PRICE_TICKS_MAX + 1], np.eye(1), Scan(), "a mark of"),
        ([1], np.eye(1), Scan(z=0.0), "z > 0"),
        ([1], np.eye(1), Scan(jump=0.9), "jump >= 1"),
    ],
)
def test_nonsense_is_refused(marks: list[int], covariance: NDArray[np.float64], scan: Scan, message: str) -> None:
    with pytest.raises(BadTerms, match=message):
        scenarios(marks, covariance, scan)


def test_the_example_on_the_page() -> None:
    """Its code holds, and its tables are what comes of it."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "margin.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    said: dict[str, object] = {}
    exec(example, said)
    noon, one = said["noon"], said["one"]
    assert isinstance(noon, Hour)
    assert isinstance(one, Hour)
    for name, hour in (("noon ", noon), ("one  ", one)):
        floor = max(hour.values) - hour.hold
        cells = " | ".join(f"{value / 1e6:.2f}" for value in (*hour.values, floor, hour.hold))
        assert f"| {name} | {cells} |" in page
    sums = [10 * first - 6 * (second // 2) for first, second in zip(noon.values, one.values, strict=True)]
    assert f"| together | {' | '.join(f'{value / 1e6:.2f}' for value in sums)} |" in page
