"""The fewest switches, where nodes come and go: a mixed-integer program.

With nodes that come and go, whether nobody need switch is interval scheduling with machine
availabilities, which is NP-complete (Kolen, Lenstra, Papadimitriou and Spieksma, "Interval
scheduling: a survey", Naval Research Logistics 54, 2007; Brucker and Nordmann, "The k-track
assignment problem", Computing 52, 1994). So this is a program for a solver, made small by what
does not matter: of two tracks that are there in an hour, and that end together, neither is better,
whichever came first. Tracks that end together, at one site, and may go on with the same runs that
began earlier, are one **kind**, and only numbers are planned:

    serve[h, k, b]  of kind k serve buyer b in hour h
    enter[h, k, b]  of these did not in the hour before:  enter >= serve[h] - serve[h - 1]
    tie[k, r]       of kind k stay with the node-cohesive run r:  serve >= the sum of its ties
    choose[r, s]    site s is the one of the site-cohesive run r

For a kind and an hour no more serve than there are, for a buyer and an hour as many as he needs,
and the fewest enter. There are hours * hours / 2 * buyers columns of ``serve`` at most for each
site, however many nodes there are, and no fewer lots stay on their nodes than the numbers say:
``exchange.clearing.seating`` shows them who stays.
"""

from __future__ import annotations

from collections import Counter
from math import ceil, inf
from typing import NamedTuple

import numpy as np

from exchange.clearing.errors import Scattered, TooLarge
from exchange.clearing.program import BRANCHES_MAX, Answer, Numbers, Program
from exchange.clearing.task import Run, Task, Track

# Far more than what rounding can do to a cost, and far less than one switch.
_SLACK = 1e-3


class Kind(NamedTuple):
    """Tracks that are as good as each other."""

    site: int
    end: int
    keeps: tuple[int, ...]  # as in ``Track``


class Numbering(NamedTuple):
    """How many of a kind serve a buyer, by (hour, kind, buyer), and stay with a run, by (kind, place of the run).

    No plan has fewer switches than ``switches_least``.
    """

    serve: dict[tuple[int, Kind, int], int]
    tie: dict[tuple[Kind, int], int]
    switches_least: int


def kind_of(track: Track) -> Kind:
    return Kind(track.site, track.end, track.keeps)


def size(task: Task) -> int:
    """How many columns of ``serve`` there are."""
    kinds: list[set[Kind]] = [set() for _ in range(task.hours)]
    for track in task.tracks:
        for hour in range(track.start, track.end):
            kinds[hour].add(kind_of(track))
    return sum(len(kinds[hour]) * sum(lots[hour] > 0 for lots in task.lots) for hour in range(task.hours))


def number(task: Task) -> Numbering:
    """Numbers with the fewest switches.

    First the relaxation, which bounds them from below. It is nearly whole: what is whole in it is
    held, and the rest solved. Only if that costs more than the bound, all is searched for less.
    Raises Scattered if the runs cannot all be kept, TooLarge if the search ends without an answer.
    """
    model = _Model(task)
    corner = model.program.relaxed()
    if corner.values is None:
        raise _scattered(task)
    least = ceil(corner.least - _SLACK)
    best = model.program.rounded(corner.values)
    if best.values is None or round(best.cost) > least:
        best, bound = _searched(task, model.program, best)
        least = max(least, bound)
    assert best.values is not None
    return model.numbering(np.rint(best.values), least - model.rises)


def _searched(task: Task, program: Program, best: Answer) -> tuple[Answer, int]:
    """Better than ``best``, if it is found, and what any other costs at least."""
    if best.values is None:
        found = program.whole()
        if found.values is not None:
            return found, ceil(found.least - _SLACK)
        if found.least == inf:
            raise _scattered(task)
        raise TooLarge(f"provider {task.provider}: to keep orders together takes more than {BRANCHES_MAX} branches")
    found = program.whole(most_cost=round(best.cost) - 1)
    bound = min(found.least, best.cost)
    return (best if found.values is None else found), ceil(bound - _SLACK) if bound > -inf else 0


def _scattered(task: Task) -> Scattered:
    return Scattered(task.provider, "its nodes cannot keep all orders together that must be, only some of them")


class _Model:
    """The program of a task, and which column is what."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.program = Program()
        self.there = [
            Counter(kind_of(track) for track in task.tracks if track.start <= hour < track.end)
            for hour in range(task.hours)
        ]
        self.before = Counter((kind_of(track), track.before) for track in task.tracks if track.before >= 0)
        self.serve: dict[tuple[int, Kind, int], int] = {}
        self.tie: dict[tuple[Kind, int], int] = {}
        # Each lot that was not there in the hour before must enter.
        self.rises = 0
        for hour in range(task.hours):
            self.rises += sum(task.lots[buyer][hour] - lots for buyer, lots in task.continued(hour))
            self._add_hour(hour)
        self._add_node_runs()
        self._add_site_runs()

    def _add_hour(self, hour: int) -> None:
        there = self.there[hour]
        needed = [(buyer, lots[hour]) for buyer, lots in enumerate(self.task.lots) if lots[hour]]
        for kind in sorted(there):
            for buyer, lots in needed:
                self._add_serve(hour, kind, buyer, min(there[kind], lots))
            self.program.row([(self.serve[hour, kind, buyer], 1) for buyer, _ in needed], high=there[kind])
        for buyer, lots in needed:
            self.program.row([(self.serve[hour, kind, buyer], 1) for kind in sorted(there)], lots, lots)

    def _add_serve(self, hour: int, kind: Kind, buyer: int, most: int) -> None:
        before = self.serve.get((hour - 1, kind, buyer))
        served = self.before[kind, buyer] if hour == 0 else 0
        if before is None and not served:
            self.serve[hour, kind, buyer] = self.program.column(most, cost=1)
            return
        column = self.serve[hour, kind, buyer] = self.program.column(most)
        enter = self.program.column(most, cost=1, whole=False)
        terms = [(column, 1), (enter, -1)]
        self.program.row(terms if before is None else [*terms, (before, -1)], high=served)

    def _add_node_runs(self) -> None:
        for place, run in enumerate(self.task.node_runs):
            kinds = [kind for kind in sorted(self.there[max(run.start, 0)]) if self._fits(kind, run, place)]
            for kind in kinds:
                self.tie[kind, place] = self.program.column(run.lots)
            self.program.row([(self.tie[kind, place], 1) for kind in kinds], run.lots, run.lots)
        for buyer in sorted({run.buyer for run in self.task.node_runs}):
            for kind in sorted({kind for kind, _ in self.tie}):
                for hour in range(self.task.hours):
                    if ties := self._ties(hour, kind, buyer):
                        self.program.row([(self.serve[hour, kind, buyer], -1), *ties], high=0)

    def _fits(self, kind: Kind, run: Run, place: int) -> bool:
        return run.end <= kind.end and (run.start >= 0 or place in kind.keeps)

    def _ties(self, hour: int, kind: Kind, buyer: int) -> list[tuple[int, int]]:
        """The columns of what is tied of a kind to a buyer in an hour."""
        return [
            (self.tie[kind, place], 1)
            for place, run in enumerate(self.task.node_runs)
            if run.buyer == buyer and run.active(hour) and (kind, place) in self.tie
        ]

    def _add_site_runs(self) -> None:
        runs = self.task.site_runs
        sites = sorted({track.site for track in self.task.tracks})
        choose = [[self.program.column(1) for _ in sites] for _ in runs]
        for columns in choose:
            self.program.row([(column, 1) for column in columns], 1, 1)
        for buyer in sorted({run.buyer for run in runs}):
            mine = [(run, columns) for run, columns in zip(runs, choose, strict=True) if run.buyer == buyer]
            for hour in range(min(run.start for run, _ in mine), max(run.end for run, _ in mine)):
                for at, site in enumerate(sites):
                    chosen = [(columns[at], run.lots) for run, columns in mine if run.active(hour)]
                    if chosen:
                        self._add_site(hour, buyer, site, chosen)

    def _add_site(self, hour: int, buyer: int, site: int, chosen: list[tuple[int, int]]) -> None:
        """What is chosen to be at a site is served there, by nodes that are not tied."""
        kinds = sorted(kind for kind in {kind for there in self.there for kind in there} if kind.site == site)
        terms = chosen + [tie for kind in kinds for tie in self._ties(hour, kind, buyer)]
        if hour < 0:
            self.program.row(terms, high=self.task.served.get((hour, buyer, site), 0))
            return
        serving = [self.serve.get((hour, kind, buyer)) for kind in kinds]
        self.program.row([*terms, *((column, -1) for column in serving if column is not None)], high=0)

    def numbering(self, values: Numbers, least: int) -> Numbering:
        serve = {key: int(values[column]) for key, column in self.serve.items() if values[column]}
        tie = {key: int(values[column]) for key, column in self.tie.items() if values[column]}
        return Numbering(serve, tie, least)
