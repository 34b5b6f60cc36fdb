"""From numbers to nodes: who of each kind stays, who leaves, and who takes a place, by node number.

Of a kind that serves a buyer with n nodes in one hour and with m in the next, min(n, m) stay: its
tracks all go on until they all end. Those that are tied to a run stay first; there are never more
of them than serve. A run takes its tracks, when it starts, from those that serve its buyer.
"""

from __future__ import annotations

from exchange.clearing.exact import Kind, Numbering, kind_of
from exchange.clearing.task import Plan, Task


def seat(task: Task, numbering: Numbering) -> Plan:
    """The plan that has these numbers."""
    plan: Plan = [{} for _ in range(task.hours)]
    kinds: dict[Kind, list[int]] = {}
    for place, track in enumerate(task.tracks):
        kinds.setdefault(kind_of(track), []).append(place)
    for kind in sorted(kinds):
        serving = {place: task.tracks[place].before for place in kinds[kind] if task.tracks[place].before >= 0}
        tied: dict[int, int] = {}
        for hour in range(kind.end):
            there = [place for place in kinds[kind] if task.tracks[place].start <= hour]
            wanted = {buyer: numbering.serve.get((hour, kind, buyer), 0) for buyer in range(len(task.buyers))}
            tied = {place: run for place, run in tied.items() if task.node_runs[run].active(hour)}
            serving = _stay(there, serving, wanted, tied)
            _tie(task, numbering, kind, hour, serving, tied)
            plan[hour].update(serving)
    return plan


def _stay(there: list[int], serving: dict[int, int], wanted: dict[int, int], tied: dict[int, int]) -> dict[int, int]:
    """Who serves whom in the next hour, of those who are there."""
    left = dict(wanted)
    stays: dict[int, int] = {}
    for place in sorted(serving, key=lambda place: (place not in tied, place)):
        buyer = serving[place]
        if left[buyer]:
            left[buyer] -= 1
            stays[place] = buyer
    free = [place for place in there if place not in stays]
    for buyer in sorted(left):
        for place in free[: left[buyer]]:
            stays[place] = buyer
        free = free[left[buyer] :]
    return stays


def _tie(
    task: Task, numbering: Numbering, kind: Kind, hour: int, serving: dict[int, int], tied: dict[int, int]
) -> None:
    """Tie tracks to the runs that start in this hour."""
    for run, terms in enumerate(task.node_runs):
        if max(terms.start, 0) == hour:
            loose = [place for place in sorted(serving) if serving[place] == terms.buyer and place not in tied]
            for place in loose[: numbering.tie.get((kind, run), 0)]:
                tied[place] = run
