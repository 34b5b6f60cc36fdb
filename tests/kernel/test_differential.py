"""Random commands through the kernel and through the reference exchange: same events, same state."""

from __future__ import annotations

from collections import Counter

import pytest

from exchange.domain.enums import EventKind, Reason, Reject
from tests.kernel.modes import FUZZ_COMMANDS
from tests.kernel.pair import Pair, differs, show, smallest_failure
from tests.kernel.worlds import every_temper, run_world
from tests.reference.events import event_tuples

_REASONED = (EventKind.CANCELLED, EventKind.EXPIRED, EventKind.AMENDED, EventKind.FILLED)
_COMMANDS_A_WORLD = max(1, min(10_000, FUZZ_COMMANDS // len(every_temper())))


@pytest.mark.parametrize("seed", range(100, 100 + -(-FUZZ_COMMANDS // _COMMANDS_A_WORLD)))
def test_kernel_and_reference_never_differ(seed: int) -> None:
    """Events, books, accounts, positions and orders after every batch; invariants now and then and at the end."""
    run_world(seed, _COMMANDS_A_WORLD)


@pytest.mark.compiled
def test_generator_reaches_every_refusal_reason_and_event() -> None:
    """A rule that no generated command touches would not be tested at all."""
    reached: Counter[tuple[EventKind, int]] = Counter()

    def count(pair: Pair) -> None:
        reached.update((EventKind(event.kind), event.reason) for event in event_tuples(pair.events))

    for seed in every_temper():
        run_world(seed, 4_000, watch=count)
    kinds = {kind for kind, _ in reached}
    refusals = {Reject(reason) for kind, reason in reached if kind == EventKind.REJECTED}
    reasons = {Reason(reason) for kind, reason in reached if reason and kind in _REASONED}
    assert kinds == set(EventKind)
    # Nobody lists a strip of 168 legs by chance.
    assert refusals == set(Reject) - {Reject.NONE, Reject.STRIP_IS_FULL}
    assert reasons == set(Reason)


def test_a_difference_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fault put into the reference, the search must end with just the commands that show it."""
    pair = run_world(1, 300)
    monkeypatch.setattr("tests.reference.listing.FEE_BPS_MAX", 9_998)
    assert differs(pair.history)
    smallest = smallest_failure(pair.history, differs)
    assert len(smallest) == 1
    assert "kind=7" in show(smallest)
