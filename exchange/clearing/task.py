"""One provider's part of a nomination, counted from its first hour, and what any plan for it costs at least.

A node that is missing in an hour starts afresh after it: nothing is kept across the gap. So a
node is as many **tracks** as it has stretches of hours without a gap, and these are what is planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

# For each hour, which buyer (his place in ``Task.buyers``) each busy track (its place in ``Task.tracks``) serves.
Plan = list[dict[int, int]]


class Track(NamedTuple):
    """A node in the hours from ``start`` to before ``end``."""

    end: int
    start: int
    node: int
    site: int
    before: int  # the buyer whom it served in the hour before the first, or -1
    keeps: tuple[int, ...]  # places in ``Task.node_runs`` that began earlier and that it has served ever since


class Run(NamedTuple):
    """Lots that stay together from ``start``, below 0 if it began before the first hour, to before ``end``."""

    buyer: int
    start: int
    end: int
    lots: int

    def active(self, hour: int) -> bool:
        return self.start <= hour < self.end


@dataclass(frozen=True)
class Task:
    """``lots[buyer][hour]`` are needed; ``lots_before[buyer]`` were served in the hour before the first.

    ``served[hour, buyer, site]`` counts nodes in the hours before, which are below 0. Sites are all 0
    if no order asks for one.
    """

    provider: int
    first_hour: int
    hours: int
    buyers: tuple[int, ...]
    lots: tuple[tuple[int, ...], ...]
    lots_before: tuple[int, ...]
    tracks: tuple[Track, ...]
    node_runs: tuple[Run, ...]
    site_runs: tuple[Run, ...]
    served: Mapping[tuple[int, int, int], int]

    @cached_property
    def starting(self) -> tuple[tuple[int, ...], ...]:
        """The tracks that start in each hour."""
        starting: list[list[int]] = [[] for _ in range(self.hours)]
        for place, track in enumerate(self.tracks):
            starting[track.start].append(place)
        return tuple(tuple(places) for places in starting)

    def alive(self, hour: int) -> int:
        """How many tracks there are in an hour."""
        return sum(track.start <= hour < track.end for track in self.tracks)

    def continued(self, hour: int) -> Iterator[tuple[int, int]]:
        """Each buyer, and how many of his lots of the hour before go on in this one."""
        for buyer, lots in enumerate(self.lots):
            yield buyer, min(lots[hour], lots[hour - 1] if hour else self.lots_before[buyer])


def switches(task: Task, plan: Plan) -> int:
    """How many lots that go on from one hour to the next do so on another node."""
    before = {place: track.before for place, track in enumerate(task.tracks) if track.start == 0 and track.before >= 0}
    count = 0
    for hour, serving in enumerate(plan):
        stayed = sum(before.get(place) == buyer for place, buyer in serving.items())
        count += sum(lots for _, lots in task.continued(hour)) - stayed
        before = serving
    return count


def switches_least(task: Task) -> int:
    """A bound from each hour alone: as many lots stay as there are nodes that go on."""
    stayed = [0] * len(task.buyers)
    for track in task.tracks:
        if track.start == 0 and track.before >= 0:
            stayed[track.before] += 1
    least = sum(max(0, lots - stayed[buyer]) for buyer, lots in task.continued(0))
    for hour in range(1, task.hours):
        going_on = task.alive(hour) - len(task.starting[hour])
        least += max(0, sum(lots for _, lots in task.continued(hour)) - going_on)
    return least
