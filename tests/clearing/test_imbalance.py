"""The imbalance price against its formula, in fractions, and at its bounds."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.clearing.imbalance import (
    Penalty,
    Scarcity,
    imbalance_ticks,
    price_of_hour,
    scarcity_after_delivery,
    scarcity_at_gate,
)
from exchange.domain.enums import FixingMethod, Phase
from exchange.domain.units import PRICE_TICKS_MAX, TOTAL_MAX
from exchange.reports import ContractView, FixingView, NominationView, PositionView

_CONTRACT = ContractView(
    0, "H100SXM_USE_H14-1DEC26", Phase.GATED, 0, 8_000, 0, 0, 2_000, 0, 0, 0, 0, 2_100, 2_200, 0, 0, 0, 1, 0, 0
)  # fmt: skip
_FIXING = FixingView(0, 1_900, FixingMethod.CALL, 0, 0)


def _position(lots: int, capacity_lots: int) -> PositionView:
    return PositionView(1, 0, lots, capacity_lots, 0, 0, 0)


def _node(minutes: int) -> NominationView:
    return NominationView("n", 0, 1, 2, minutes, 0)


@pytest.mark.parametrize(
    ("fixing", "missing", "expected"),
    [
        (_FIXING._replace(corrected_ticks=1_800), {}, 1_800),
        (_FIXING, {}, 1_900),
        (FixingView(0, 0, FixingMethod.NONE, 0, 0), {}, 2_000),
        (None, {"last_price_ticks": 0}, 2_100),
        (None, {"last_price_ticks": 0, "mark_ticks": 0}, 2_200),
        (None, {"last_price_ticks": 0, "mark_ticks": 0, "reference_ticks": 0}, 1),
    ],
)
def test_the_price_of_an_hour_is_the_first_that_there_is(
    fixing: FixingView | None, missing: dict[str, Any], expected: int
) -> None:
    assert price_of_hour(_CONTRACT._replace(**missing), fixing, []) == expected


def test_where_only_strips_traded_it_is_what_was_paid() -> None:
    """By those who hold lots, on average, rounded down; who sold dearer than he bought may have paid nothing."""
    bare = _CONTRACT._replace(last_price_ticks=0, mark_ticks=0, reference_ticks=0)
    paid = [(3, 3 * 8_000 * 1_000), (1, 8_000 * 2_002), (-4, -8_000 * 5_002)]
    positions = [_position(lots, 0)._replace(cost_micros=cost) for lots, cost in paid]
    assert price_of_hour(bare, None, positions) == 1_250
    assert price_of_hour(bare, None, [_position(1, 0)._replace(cost_micros=-5)]) == 1


@given(
    price_ticks=st.integers(1, 10**6),
    scarce=st.integers(0, 10**6),
    plenty=st.integers(0, 10**6),
    penalty=st.builds(Penalty, st.integers(0, 10**5), st.integers(0, 10**5), st.integers(10**4, 10**6)),
)
def test_it_is_the_formula_rounded_up(price_ticks: int, scarce: int, plenty: int, penalty: Penalty) -> None:
    """The share of what is scarce is rounded down to a basis point first."""
    share = Fraction(scarce, scarce + plenty) if scarce + plenty else Fraction(1)
    share_bps = int(penalty.scarcity_bps * share)
    factor = min(1 + Fraction(penalty.always_bps + share_bps, 10**4), Fraction(penalty.most_bps, 10**4))
    found = imbalance_ticks(
        _CONTRACT._replace(last_price_ticks=price_ticks), None, [], Scarcity(scarce, plenty), penalty
    )
    assert found == ceil(price_ticks * factor)
    assert found >= price_ticks


def test_it_is_a_price_that_the_engine_takes() -> None:
    dear = _CONTRACT._replace(last_price_ticks=PRICE_TICKS_MAX)
    assert imbalance_ticks(dear, None, [], Scarcity(1, 0), Penalty()) == PRICE_TICKS_MAX
    worth = dear._replace(tick_value_micros=10**12)
    assert imbalance_ticks(worth, None, [], Scarcity(1, 0), Penalty()) == TOTAL_MAX // 10**12


def test_at_the_gate_what_was_sold_of_what_was_declared_is_scarce() -> None:
    """Neither buyers nor what was sold without capacity count, so that a buy-in changes nothing."""
    positions = [_position(-3, 5), _position(-4, 1), _position(6, 0), _position(1, 2)]
    assert scarcity_at_gate(positions) == Scarcity(4, 4)
    assert scarcity_at_gate([_position(-3, 5), _position(-1, 1), _position(3, 0), _position(1, 2)]) == Scarcity(4, 4)


def test_after_delivery_minutes_that_are_missing_are_scarce() -> None:
    positions = [_position(-3, 5), _position(3, 0)]
    assert scarcity_after_delivery(positions, [_node(60), _node(15), _node(-1)]) == Scarcity(45, 75 + 120)
