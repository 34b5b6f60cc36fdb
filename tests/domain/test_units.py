"""Numbers from outside become whole units, exactly, or are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.errors import BadUnits
from exchange.domain.units import exact_units, micros


@given(st.integers(-(10**12), 10**12), st.sampled_from([Decimal("0.001"), Decimal("0.0001"), Decimal(8), Decimal(1)]))
def test_a_multiple_of_the_unit_comes_back(units: int, unit: Decimal) -> None:
    """As a decimal and as its text."""
    value = units * unit
    assert exact_units(value, unit, "price") == units
    assert exact_units(str(value), unit, "price") == units


@given(st.integers(0, 10**9))
def test_a_float_means_its_shortest_text(ticks: int) -> None:
    """2.35 is 2350 ticks of a tenth of a cent, although no float is exactly 2.35."""
    assert exact_units(ticks / 1000, Decimal("0.001"), "price") == ticks


@given(st.integers(-(10**9), 10**9), st.integers(1, 7))
def test_between_two_units_there_is_nothing(units: int, eighths: int) -> None:
    """No rounding, in either direction."""
    with pytest.raises(BadUnits, match="not a multiple of 8"):
        exact_units(8 * units + eighths, Decimal(8), "amount")


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "sNaN", float("nan"), float("inf"), "1e400", "1e-400", "9" * 40]
)
def test_what_is_no_finite_number_of_sane_size_is_refused(value: str | float) -> None:
    """Quickly, too: a huge exponent must not be worked out."""
    with pytest.raises(BadUnits):
        exact_units(value, Decimal("0.001"), "price")


@pytest.mark.parametrize("value", ["", "two", "1,5", "0x10", "1 2"])
def test_what_is_no_number_is_named_in_the_refusal(value: str) -> None:
    """The message says what was found."""
    with pytest.raises(BadUnits, match=r"price .* is not a number"):
        exact_units(value, Decimal("0.001"), "price")


def test_dollars_become_micro_dollars() -> None:
    """Money is counted in millionths, and nothing smaller can be said."""
    assert micros("1.000001") == 1_000_001
    assert micros(0.1) == 100_000
    with pytest.raises(BadUnits):
        micros("0.0000001")


def test_digits_beyond_what_is_reckoned_with_are_not_rounded_away() -> None:
    with pytest.raises(BadUnits, match="multiple"):
        exact_units(Decimal("0." + 1_000 * "9"), Decimal("0.001"), "price")
