"""A run's outcome in words, and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine.playing import Divergence
from strategies.backtest.running import Outcome
from strategies.backtest.spec import RunSpec
from strategies.drivers.closing import figures


def headline(spec: RunSpec, outcome: Outcome) -> Iterator[str]:
    """What was run, and what the recording is."""
    hours, seconds = divmod(round(outcome.seconds), 3600)
    lasted = f"{hours} h {seconds // 60:02d} min" if hours else f"{outcome.seconds:,.0f} s"
    yield f"{spec.strategy}: {lasted} of virtual time, {outcome.messages:,} requests by everybody, seed {spec.seed}."
    if outcome.is_estimate:
        yield "Places in the queue are an estimate: the recording shows levels, not orders."
    yield from (f"- {note}" for note in outcome.notes)


def diverged(found: Divergence | None) -> Iterator[str]:
    """How far the market that was played is from the one that was recorded."""
    if found is None:
        return
    orphans = ", ".join(f"{count:,} {kind.name.lower()}" for kind, count in sorted(found.orphans.items()) if count)
    refused = ", ".join(f"{count:,} {why.name.lower()}" for why, count in sorted(found.refusals.items()) if count)
    yield (
        f"Played {found.rows:,} rows, which filled {found.own_lots:,} lots of one's own; to stay with the recording "
        f"{found.trimmed_lots:,} lots were trimmed; {found.outlived:,} orders outlived it."
    )
    if orphans:
        yield f"About orders that were gone: {orphans}."
    if refused:
        yield f"Refused by the venue: {refused}."


def for_programs(outcome: Outcome) -> dict[str, object]:
    """The figures of ``--json``."""
    found = outcome.divergence
    given: dict[str, object] = {
        **figures(outcome.statistics),
        "seconds": outcome.seconds,
        "requests": outcome.messages,
        "is_estimate": outcome.is_estimate,
    }
    if found is not None:
        given["divergence"] = {
            "rows": found.rows,
            "own_lots": found.own_lots,
            "trimmed_lots": found.trimmed_lots,
            "outlived": found.outlived,
            "orphans": {kind.name.lower(): count for kind, count in sorted(found.orphans.items())},
            "refusals": {why.name.lower(): count for why, count in sorted(found.refusals.items())},
        }
    return given
