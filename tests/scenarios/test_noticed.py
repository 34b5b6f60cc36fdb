"""Every expectation of every scenario matters: broken anywhere it is reported, and no lie of the engine passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from exchange.domain.enums import EventKind
from exchange.domain.records import Rows
from exchange.engine import Engine
from exchange.scenario import venue
from exchange.scenario.outcomes import Outcome
from exchange.scenario.parse import Look, Scenario, Step
from exchange.scenario.perform import perform
from exchange.scenario.questions import FACTS
from exchange.scenario.run import compare, look, play
from exchange.scenario.venue import Venue
from tests.kernel.modes import FAST
from tests.scenarios.files import SCENARIOS, name


def _broken_outcome(outcome: Outcome) -> list[Outcome]:
    """The same with each fact that it says wrong, one at a time."""
    broken = [replace(outcome, word="rests" if outcome.word != "rests" else "fill")]
    broken.append(replace(outcome, subject="somebody"))
    if outcome.lots is not None:
        broken.append(replace(outcome, lots=outcome.lots + 1))
    if outcome.price is not None:
        broken.append(replace(outcome, price=outcome.price + Decimal("0.01")))
    if outcome.reason:
        broken.append(replace(outcome, reason="gate" if outcome.reason != "gate" else "gtd"))
    if outcome.fee is not None:
        broken.append(replace(outcome, fee=outcome.fee + Decimal("0.000001")))
    if outcome.maker_fee is not None:
        broken.append(replace(outcome, maker_fee=outcome.maker_fee + Decimal("0.000001")))
    if outcome.word == "fill":
        broken.append(replace(outcome, taker="somebody"))
    if outcome.surplus is not None:
        broken.append(replace(outcome, surplus=outcome.surplus + 1))
    if outcome.delta is not None:
        broken.append(replace(outcome, delta=outcome.delta + 1))
    if outcome.until_ns is not None:
        broken.append(replace(outcome, until_ns=outcome.until_ns + 1))
    if outcome.stood_ns is not None:
        broken.append(replace(outcome, stood_ns=outcome.stood_ns + 1))
    return broken


def _broken_line(line: Step | Look) -> list[Step | Look]:
    """The same line with its expectation broken in every way there is."""
    if isinstance(line, Look):
        return [replace(line, expected=expected) for expected in _broken_answer(line)]
    said = line.expected or ()
    # A fixing may go without saying.
    ways = [(*said[:place], *said[place + 1 :]) for place in range(len(said)) if said[place].word != "fixing"]
    ways.append((*said, Outcome("done")))
    for place, outcome in enumerate(said):
        ways += [(*said[:place], wrong, *said[place + 1 :]) for wrong in _broken_outcome(outcome)]
    if len(said) > 1 and said[0] != said[1]:
        ways.append((said[1], said[0], *said[2:]))
    return [replace(line, expected=expected) for expected in ways]


def _broken_answer(look: Look) -> list[tuple[str, ...]]:
    told = look.expected
    if look.question.topic in FACTS:
        return [(*told[:place], f"{fact}9", *told[place + 1 :]) for place, fact in enumerate(told)]
    wrong = [(*told[:place], "9 @ 99.99", *told[place + 1 :]) for place in range(len(told))]
    short = [(*told[:place], *told[place + 1 :]) for place in range(len(told))]
    turned = [told[::-1]] if told != told[::-1] else []
    return [*wrong, *short, *turned, (*told, "and one more")]


def _differs(stage: Venue, line: Step | Look, found: list[Outcome]) -> list[str]:
    return compare(stage, line, found) if isinstance(line, Step) else look(stage, line)


@pytest.mark.compiled
def test_every_expectation_of_every_scenario_matters() -> None:
    """Broken in any one place, each line no longer holds."""
    unnoticed = []
    for scenario in SCENARIOS:
        stage = Venue()
        for line in scenario.lines:
            found = perform(stage, line.action) if isinstance(line, Step) else []
            assert _differs(stage, line, found) == []
            if line.expected is not None and line.number >= scenario.number:
                deaf = [way for way in _broken_line(line) if not _differs(stage, way, found)]
                unnoticed += [f"{name(scenario)}: {line.text}: {way.expected}" for way in deaf]
    assert unnoticed == []


def test_the_report_is_about_the_line_that_does_not_hold() -> None:
    """Broken in one place, another in each line, the scenario ends there and names it."""
    for scenario in SCENARIOS if FAST else SCENARIOS[::10]:
        place = max(place for place, line in enumerate(scenario.lines) if line.expected is not None)
        line = scenario.lines[place]
        ways = _broken_line(line)
        way = ways[(line.number + len(scenario.title)) % len(ways)]
        failure = play(replace(scenario, lines=(*scenario.lines[:place], way, *scenario.lines[place + 1 :]))).failure
        assert failure.startswith(f"{scenario.file}:{line.number}:"), failure


class _Liar(Engine):
    """An engine that does everything right and reports something else."""

    lie: Callable[[Rows], Rows]

    def apply(self, commands: Rows) -> Rows:
        return type(self).lie(super().apply(commands))


def _add_to(column: str, kind: EventKind) -> Callable[[Rows], Rows]:
    def lie(events: Rows) -> Rows:
        events[column][events["kind"] == kind] += 1
        return events

    return lie


def _without(kind: EventKind) -> Callable[[Rows], Rows]:
    return lambda events: events[events["kind"] != kind]


def _turned(kind: EventKind) -> Callable[[Rows], Rows]:
    def lie(events: Rows) -> Rows:
        events["resting"][events["kind"] == kind] ^= 1
        return events

    return lie


_UNREPORTED = (
    EventKind.FILLED,
    EventKind.CANCELLED,
    EventKind.EXPIRED,
    EventKind.RESTED,
    EventKind.PHASE,
    EventKind.REFRESHED,
    EventKind.PARKED,
    EventKind.TRIGGERED,
    EventKind.INDICATIVE,
    EventKind.FROZEN,
    EventKind.STRIP,
    EventKind.SHARED,
)
_LIES: dict[str, Callable[[Rows], Rows]] = {
    **{f"{kind.name} is never reported": _without(kind) for kind in _UNREPORTED},
    "an order rests a tick off its price": _add_to("price_ticks", EventKind.RESTED),
    "another order rests": _add_to("order_id", EventKind.RESTED),
    "a tick off the price": _add_to("price_ticks", EventKind.FILLED),
    "a lot too many": _add_to("lots", EventKind.FILLED),
    "another maker": _add_to("maker_order_id", EventKind.FILLED),
    "a micro-dollar off the fee": _add_to("fee", EventKind.FILLED),
    "another lot stays open": _add_to("open_lots", EventKind.RESTED),
    "the next reason": _add_to("reason", EventKind.REJECTED),
    "the place is kept if it is lost, and lost if it is kept": _turned(EventKind.AMENDED),
    "what rests is said to wait": _turned(EventKind.ACCEPTED),
    "another taker": _add_to("order_id", EventKind.FILLED),
    "another part of an iceberg shows": _add_to("shown_lots", EventKind.REFRESHED),
    "a peg moves elsewhere": _add_to("price_ticks", EventKind.AMENDED),
    "another order is parked": _add_to("order_id", EventKind.PARKED),
    "another order is triggered": _add_to("order_id", EventKind.TRIGGERED),
    "another price would be that of the auction": _add_to("price_ticks", EventKind.INDICATIVE),
    "another surplus": _add_to("amount", EventKind.INDICATIVE),
    "another sum of the legs": _add_to("price_ticks", EventKind.STRIP),
    "another lot is shared": _add_to("lots", EventKind.SHARED),
    "another delta": _add_to("amount", EventKind.FROZEN),
    "a phase ends later": _add_to("amount", EventKind.PHASE),
    "another reason to be cancelled": _add_to("reason", EventKind.CANCELLED),
}


@pytest.mark.compiled
@pytest.mark.parametrize("lie", _LIES)
def test_an_engine_that_errs_does_not_pass(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to err breaks a scenario."""
    monkeypatch.setattr(venue, "Engine", type("Liar", (_Liar,), {"lie": staticmethod(_LIES[lie])}))
    assert any(_played(scenario) for scenario in SCENARIOS)


def _played(scenario: Scenario) -> str:
    # A lie may be no word of the language: the last reason has no next one.
    try:
        return play(scenario).failure
    except (ValueError, IndexError) as error:
        return str(error)
