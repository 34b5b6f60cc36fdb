"""The suites and campaigns of tracebook-conformance on the engine.

Where our market's rules are others, ``DIFFERENCES`` says why, where the case first shows it, and how the
case reads without that rule: then it must pass to its end, so that nothing else hides behind it. No case
asks for a kind of order that the engine does not have; one that did would stand in the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from tracebook import MarketEvent
from tracebook.conformance import (
    BUNDLED_SUITE_VERSIONS,
    ConformanceConfig,
    ConformanceReport,
    ConformanceSuite,
    campaign_profile_names,
    copy_bundled_conformance_suite,
    run_campaign,
    run_conformance,
    run_conformance_suite,
)

from tests.conformance.adapter import Replacing, adapter_factory
from tests.kernel.modes import FAST

_TRACES, _EVENTS_A_TRACE, _SEED = 10 if FAST else 2, 200, 42

Events = list[MarketEvent]


def _on_the_grid(event: MarketEvent) -> MarketEvent:
    return event if event.price is None else replace(event, price=round(event.price, 2))


class Difference(NamedTuple):
    """``event_index`` counts from 1; ``category`` is what tracebook calls that which differs."""

    why: str
    event_index: int
    category: str
    config_without: Callable[[ConformanceConfig], ConformanceConfig] = lambda config: config
    events_without: Callable[[Events], Events] = lambda events: events
    replacing_without: Replacing = Replacing.KEEPS_PLACE


DIFFERENCES = {
    "fifo-lifecycle": Difference(
        "an amend at the same price that does not grow keeps its place; the trace sends it to the end",
        event_index=4,
        category="book_state",
        replacing_without=Replacing.LOSES_PLACE,
    ),
    "pro-rata-allocation": Difference(
        "a price trades in the order of arrival; the trace shares it out by size, and sends amends to the end",
        event_index=4,
        category="trades",
        config_without=lambda config: replace(config, matching_algorithm="fifo"),
        replacing_without=Replacing.LOSES_PLACE,
    ),
    "tick-grid": Difference(
        "a price between ticks is refused, so that nobody trades at a price he did not name; the trace rounds it",
        event_index=1,
        category="outcome",
        events_without=lambda events: [_on_the_grid(event) for event in events],
    ),
}


@pytest.fixture(params=BUNDLED_SUITE_VERSIONS)
def suite(request: pytest.FixtureRequest, tmp_path: Path) -> ConformanceSuite:
    """Every version that ships, also the ones to come."""
    return copy_bundled_conformance_suite(tmp_path / "suite", suite_version=request.param)


def test_every_case_passes_but_where_our_rules_differ(suite: ConformanceSuite) -> None:
    """A rule of ours shows at the event and in the way that the table says; everything else agrees."""
    report = run_conformance_suite(suite, adapter_factory(Replacing.KEEPS_PLACE))
    divergences = {case["name"]: case["report"]["divergence"] for case in report["cases"]}
    assert {
        name: (divergence["event_index"], divergence["category"])
        for name, divergence in divergences.items()
        if divergence
    } == {name: (difference.event_index, difference.category) for name, difference in DIFFERENCES.items()}
    assert len(divergences) == len(suite.cases) > len(DIFFERENCES)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_without_the_rule_that_differs_a_case_passes_to_its_end(suite: ConformanceSuite, name: str) -> None:
    """So the rule is all that differs."""
    (case,) = (case for case in suite.cases if case.name == name)
    difference = DIFFERENCES[name]
    report = run_conformance(
        difference.events_without(case.load_events()),
        adapter_factory(difference.replacing_without),
        config=difference.config_without(case.config),
    )
    assert report.conformant, report.divergence
    assert report.compared_events == report.event_count == len(case.load_events())


@pytest.mark.parametrize("profile", campaign_profile_names())
def test_generated_traces_agree_event_by_event(profile: str) -> None:
    """Outcomes, trades and every queue, after each event, over all that the profile covers."""
    result = run_campaign(
        adapter_factory(Replacing.LOSES_PLACE), profile, seed=_SEED, traces=_TRACES, events_per_trace=_EVENTS_A_TRACE
    )
    assert result.conformant, result.failure
    assert [trace.report.compared_events for trace in result.traces] == [_EVENTS_A_TRACE] * _TRACES
    assert result.semantic_coverage.uncovered_capabilities == ()


def test_a_campaign_finds_the_one_rule_that_differs() -> None:
    """With our own rule of amending, the comparison does fail, and what is left of the trace is that rule."""
    result = run_campaign(
        adapter_factory(Replacing.KEEPS_PLACE), "fifo-limit-v1", seed=_SEED, traces=1, events_per_trace=_EVENTS_A_TRACE
    )
    assert result.failure is not None
    events, report = result.failure.minimization.events, result.failure.minimization.report
    assert _amended_in_place(list(events), report)


def _amended_in_place(events: Events, report: ConformanceReport) -> bool:
    """Whether two orders stand at a price, and the older is replaced there by no more than it has."""
    *standing, last = events
    if len(standing) != 2 or report.divergence is None or report.divergence.category != "book_state":
        return False
    older, newer = standing
    same_level = (older.symbol, older.side, older.price) == (newer.symbol, newer.side, newer.price)
    in_place = last.op == "replace" and last.order_id == older.order_id and last.price in (None, older.price)
    assert older.quantity is not None
    return same_level and in_place and (last.quantity or 0) <= older.quantity
