"""The stages of a contract: by hand, for every SKU, and what does not fit."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exchange.domain.catalogue import CATALOGUE, Sku
from exchange.domain.enums import CLOSED, STAGES, Phase
from exchange.domain.errors import BadSchedule
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.lifecycle import Rules, Step, due, next_change_ns, schedule, stage_at
from exchange.domain.units import NEVER_NS, NS_PER_HOUR, NS_PER_MINUTE

_HOUR = parse_symbol("H100SXM_USE_H14-1DEC26")
_TWO_PM_NS = _HOUR.start_ns
_SKUS = st.sampled_from(sorted(CATALOGUE.skus.values(), key=lambda sku: sku.code))
_RULES = st.builds(
    Rules,
    listed_minutes=st.integers(0, 200),
    preopen_minutes=st.integers(0, 200),
    closing_minutes=st.integers(0, 200),
    nomination_minutes=st.integers(1, 14),
    attestation_minutes=st.integers(0, 200),
)


def _minutes(contract: Contract, listed: int, rules: Rules) -> list[tuple[int, Phase]]:
    """The schedule in minutes from the start of delivery."""
    changes = schedule(contract, contract.start_ns + listed * NS_PER_MINUTE, rules)
    return [((change.time_ns - contract.start_ns) // NS_PER_MINUTE, change.stage) for change in changes]


@pytest.mark.parametrize(("sku", "gate"), [("H100SXM", 15), ("B200SXM", 30), ("MI300X", 30), ("H100SXMIB", 60)])
def test_a_life_by_hand(sku: str, gate: int) -> None:
    """A virtual machine, bare metal and a cluster differ in their gate alone."""
    rules = Rules(listed_minutes=20, preopen_minutes=10)
    assert _minutes(parse_symbol(f"{sku}_USE_B4H08-1DEC26"), -600, rules) == [
        (-600, Phase.LISTED),
        (-580, Phase.PREOPEN),
        (-570, Phase.CONTINUOUS),
        (-gate - 5, Phase.CLOSING),
        (-gate, Phase.GATED),
        (-gate + 5, Phase.NOMINATED),
        (0, Phase.DELIVERING),
        (240 + 60, Phase.SETTLED),
    ]


def test_a_stage_that_lasts_no_time_is_left_out() -> None:
    """All but the listing; by default a contract trades as soon as it is listed."""
    assert _minutes(_HOUR, -600, Rules())[:3] == [
        (-600, Phase.LISTED),
        (-600, Phase.CONTINUOUS),
        (-20, Phase.CLOSING),
    ]
    assert _minutes(_HOUR, -600, Rules(closing_minutes=0, attestation_minutes=0)) == [
        (-600, Phase.LISTED),
        (-600, Phase.CONTINUOUS),
        (-15, Phase.GATED),
        (-10, Phase.NOMINATED),
        (0, Phase.DELIVERING),
        (60, Phase.SETTLED),
    ]


def test_off_peak_delivers_until_its_evening_is_over() -> None:
    """With the peak between: on the short day of spring, 23 hours from the first to the end of the last."""
    assert _minutes(parse_symbol("H100SXM_USE_OP-8MAR26"), -600, Rules())[-2:] == [
        (0, Phase.DELIVERING),
        (23 * 60 + 60, Phase.SETTLED),
    ]


@pytest.mark.parametrize(
    ("listed", "opening"),
    [
        (-60, [(-60, Phase.LISTED), (-50, Phase.PREOPEN), (-30, Phase.CONTINUOUS), (-20, Phase.CLOSING)]),
        (-45, [(-45, Phase.LISTED), (-35, Phase.PREOPEN), (-20, Phase.CLOSING)]),
        (-25, [(-25, Phase.LISTED), (-20, Phase.CLOSING)]),
        (-17, [(-17, Phase.LISTED), (-17, Phase.CLOSING)]),
    ],
)
def test_a_late_listing_shortens_the_opening(listed: int, opening: list[tuple[int, Phase]]) -> None:
    """The closing call and the gate wait for nobody."""
    assert _minutes(_HOUR, listed, Rules(listed_minutes=10, preopen_minutes=20))[:-4] == opening


@given(_SKUS, st.sampled_from(["H14", "B8H20", "PK", "OP", "D", "W"]), st.integers(1, 400 * 60), _RULES)
def test_schedules_ascend(sku: Sku, term: str, before: int, rules: Rules) -> None:
    """Stages in their order, none twice, from listing to settlement; only the second may begin with the first."""
    contract = parse_symbol(f"{sku.code}_EUW_{term}-25OCT26")
    listed_ns = contract.gate_ns - before * NS_PER_MINUTE
    changes = schedule(contract, listed_ns, rules)
    assert changes[0] == (listed_ns, Phase.LISTED)
    assert changes[-1] == (contract.end_ns + rules.attestation_minutes * NS_PER_MINUTE, Phase.SETTLED)
    assert (contract.gate_ns, Phase.GATED) in changes
    assert (contract.start_ns, Phase.DELIVERING) in changes
    assert all(STAGES.index(earlier.stage) < STAGES.index(later.stage) for earlier, later in pairwise(changes))
    assert all(earlier.time_ns < later.time_ns for earlier, later in pairwise(changes[1:]))
    assert changes[0].time_ns <= changes[1].time_ns


@given(_SKUS, st.integers(1, 400 * 60), _RULES)
def test_the_stage_is_the_last_that_has_begun(sku: Sku, before: int, rules: Rules) -> None:
    """Walking from change to change meets every stage that lasts, each from its very first nanosecond."""
    contract = parse_symbol(f"{sku.code}_EUW_D-25OCT26")
    listed_ns = contract.gate_ns - before * NS_PER_MINUTE
    changes = schedule(contract, listed_ns, rules)
    lasting = changes[1:] if changes[0].time_ns == changes[1].time_ns else changes
    now_ns, before_it, walked = listed_ns - 1, None, []
    while (next_ns := next_change_ns(contract, now_ns, rules, listed_ns)) != NEVER_NS:
        assert stage_at(contract, next_ns - 1, rules, listed_ns) == before_it
        now_ns, before_it = next_ns, stage_at(contract, next_ns, rules, listed_ns)
        walked.append((now_ns, before_it))
    assert walked == list(lasting)
    assert before_it is Phase.SETTLED


def test_without_a_listing_time_the_opening_is_over() -> None:
    """Whoever asks long after a listing need not know when it was."""
    rules = Rules(listed_minutes=60, preopen_minutes=60)
    now_ns = _TWO_PM_NS - NS_PER_HOUR
    assert stage_at(_HOUR, now_ns, rules) is Phase.CONTINUOUS
    assert stage_at(_HOUR, now_ns, rules, listed_ns=now_ns) is Phase.LISTED
    assert next_change_ns(_HOUR, now_ns, rules) == _TWO_PM_NS - 20 * NS_PER_MINUTE
    assert next_change_ns(_HOUR, now_ns, rules, listed_ns=now_ns + 1) == now_ns + 1


@pytest.mark.parametrize("late_ns", [0, 1, NS_PER_HOUR])
def test_nothing_is_listed_at_its_gate_or_later(late_ns: int) -> None:
    """It would never trade."""
    with pytest.raises(BadSchedule, match="its gate is at"):
        schedule(_HOUR, _HOUR.gate_ns + late_ns, Rules())
    with pytest.raises(BadSchedule, match="its gate is at"):
        stage_at(_HOUR, _TWO_PM_NS, Rules(), _HOUR.gate_ns + late_ns)


def test_nominations_end_before_delivery_begins() -> None:
    """Fourteen minutes fit between a gate a quarter of an hour ahead and its delivery, fifteen do not."""
    assert (-1, Phase.NOMINATED) in _minutes(_HOUR, -600, Rules(nomination_minutes=14))
    with pytest.raises(BadSchedule, match="15 minutes before delivery: nominations cannot last 15"):
        schedule(_HOUR, 0, Rules(nomination_minutes=15))
    cluster = parse_symbol("H100SXMIB_USE_H14-1DEC26")
    assert (-45, Phase.NOMINATED) in _minutes(cluster, -600, Rules(nomination_minutes=15))


@pytest.mark.parametrize(
    "wrong",
    [
        {"preopen_minutes": -1},
        {"closing_minutes": 0.5},
        {"nomination_minutes": 0},
        {"attestation_minutes": 10**6},
        {"halted_minutes": 5},
    ],
)
def test_rules_that_are_none_are_refused(wrong: dict[str, object]) -> None:
    """Out of bounds, broken, or unknown."""
    with pytest.raises(ValidationError):
        Rules.model_validate(wrong)


@pytest.mark.parametrize(
    ("minutes", "phase", "step"),
    [
        (-580, Phase.LISTED, None),
        (-570, Phase.LISTED, Step(Phase.PREOPEN, -550)),
        (-560, Phase.PREOPEN, None),
        (-550, Phase.LISTED, Step(Phase.CONTINUOUS)),
        (-550, Phase.PREOPEN, None),
        (-100, Phase.CLOSING, None),
        (-20, Phase.LISTED, Step(Phase.CLOSING)),
        (-20, Phase.CONTINUOUS, Step(Phase.CLOSING)),
        (-20, Phase.PREOPEN, Step(Phase.CLOSING)),
        (-20, Phase.CLOSING, None),
        (-20, Phase.HALTED, None),
        (-20, Phase.CANCEL_ONLY, None),
        (-20, Phase.VOLATILITY, None),
        (-15, Phase.CLOSING, None),
        (-11, Phase.GATED, None),
        (-10, Phase.GATED, Step(Phase.NOMINATED)),
        (-10, Phase.NOMINATED, None),
        (0, Phase.GATED, Step(Phase.NOMINATED)),
        (0, Phase.NOMINATED, Step(Phase.DELIVERING)),
        (119, Phase.DELIVERING, None),
        (120, Phase.DELIVERING, Step(Phase.SETTLED)),
        (10**6, Phase.SETTLED, None),
        (-601, Phase.LISTED, None),
    ],
)
def test_what_is_due(minutes: int, phase: Phase, step: Step | None) -> None:
    """One step at a time; halts and auctions in between are left alone, and the gate is the engine's."""
    rules = Rules(listed_minutes=30, preopen_minutes=20)
    listed_ns = _TWO_PM_NS - 600 * NS_PER_MINUTE
    found = due(_HOUR, phase, _TWO_PM_NS + minutes * NS_PER_MINUTE, rules, listed_ns)
    if step is not None and step.until_ns:
        step = step._replace(until_ns=_TWO_PM_NS + step.until_ns * NS_PER_MINUTE)
    assert found == step


def test_an_opening_call_that_is_cut_short_goes_on_into_the_closing_call() -> None:
    """There is no time of continuous trading at which it would end by itself."""
    rules = Rules(preopen_minutes=60)
    listed_ns = _HOUR.gate_ns - 20 * NS_PER_MINUTE
    assert due(_HOUR, Phase.LISTED, listed_ns, rules, listed_ns) == Step(Phase.PREOPEN)


@given(_SKUS, st.integers(1, 3000), _RULES, st.sampled_from(STAGES), st.integers(0, 10_000))
def test_whatever_was_missed_is_caught_up(sku: Sku, before: int, rules: Rules, phase: Phase, later: int) -> None:
    """From any stage that it may have been left in, step by step, to the one where it should stand."""
    contract = hour_contract(sku, CATALOGUE.region("EUW"), 500_000)
    listed_ns = contract.gate_ns - before * NS_PER_MINUTE
    now_ns = listed_ns + later * NS_PER_MINUTE
    wanted = stage_at(contract, now_ns, rules, listed_ns)
    assert wanted is not None
    if now_ns >= contract.gate_ns and phase not in CLOSED:
        phase = Phase.GATED
    while (step := due(contract, phase, now_ns, rules, listed_ns)) is not None:
        assert STAGES.index(step.phase) > STAGES.index(phase)
        phase = step.phase
    assert STAGES.index(phase) >= STAGES.index(wanted) or (phase, wanted) == (Phase.PREOPEN, Phase.CONTINUOUS)


def test_gates_are_as_far_ahead_as_the_kind_of_capacity_asks() -> None:
    """A virtual machine a quarter of an hour, bare metal half, a cluster an hour; InfiniBand makes a cluster."""
    minutes = {"vm": 15, "bare_metal": 30, "cluster": 60}
    for sku in CATALOGUE.skus.values():
        assert sku.gate_minutes == minutes[sku.isolation]
        assert (sku.interconnect == "infiniband") == (sku.isolation == "cluster")
