"""A small version of the proof that fits know their own errors; the whole one is benchmarks/curves/recovery.py."""

import pytest

from benchmarks.curves.recovery import CASES, Told, recovered, told_by
from exchange.jit import COMPILED

uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="fits thousands of prices: run without NUMBA_DISABLE_JIT to include it"
)


@uncompiled_is_too_slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Sixty calm series: with a true coverage of 94% fewer than 51, or a bias above 0.5, is one chance in a hundred."""
    found = recovered(60, cases=CASES[:1])
    assert {one.name for one in found} == {"level_usd", "half_life_hours", "volatility"}
    for one in found:
        assert one.told == 60
        assert one.covered >= 51 / 60, one
        assert abs(one.bias) < 0.5, one


@uncompiled_is_too_slow
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_series_is_a_function_of_its_seed(case: object) -> None:
    """The same seed says the same to the bit, another seed something else."""
    place = next(place for place, other in enumerate(CASES) if other is case)
    first, again, other = (told_by(CASES[place], seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_scores_are_in_standard_errors_of_logs_where_a_parameter_is_above_zero() -> None:
    """Twice the truth with an error of a half of itself is log 2 over 0.5 off; a drift is plainly off."""
    assert Told("case", "volatility", 2.0, 1.0, 1.0).score == pytest.approx(1.3863, abs=1e-4)
    assert Told("case", "drift_per_day", 0.02, 0.01, 0.0).score == pytest.approx(2.0)
