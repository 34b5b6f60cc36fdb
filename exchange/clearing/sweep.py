"""Hour after hour, lots stay where they are, and new ones take the node that fits them most tightly.

This is interval graph coloring in order of start, which needs no more nodes than there are lots in
the fullest hour (see Kolen, Lenstra, Papadimitriou and Spieksma, "Interval scheduling: a survey",
Naval Research Logistics 54, 2007): where nodes are there in all hours no lot ever moves. Where
they are not, a lot takes the node that goes first of those that stay as long as it, else the one
that stays longest; that is only a good guess. O(hours * tracks * log(tracks)), no solver.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from exchange.clearing.task import Plan, Task

# (end, place in ``Task.tracks``), which is how tracks are kept in order
Standing = tuple[int, int]


class Wish(NamedTuple):
    """A lot without a node, which would best stay until ``end``, or must, if it is ``tied``."""

    tied: bool
    end: int
    buyer: int


def sweep(task: Task) -> Plan | None:
    """A plan, or None if it did not find one that keeps the lots together that must be. Sites are not looked at."""
    state = _State(task)
    plan = []
    for hour in range(task.hours):
        if not state.advance(hour):
            return None
        plan.append({place: buyer for buyer, places in enumerate(state.held) for _, place in places})
    return plan


def ends_of_lots(lots: tuple[int, ...], hour: int) -> list[int]:
    """How long each lot of an hour stays if the newest always goes first, longest first."""
    ends = [0] * lots[hour]
    left = lots[hour]
    for later in range(hour + 1, len(lots) + 1):
        needed = lots[later] if later < len(lots) else 0
        while left > needed:
            left -= 1
            ends[left] = later
    return ends


def fitting(standing: list[Standing], end: int) -> int:
    """Where in the sorted ``standing`` the one is that goes first of those that stay until ``end``, or the length."""
    return bisect_left(standing, (end, -1))


class _State:
    """Who stands where in an hour."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.held: list[list[Standing]] = [[] for _ in task.buyers]
        self.free: list[Standing] = []
        self.tied_until: dict[int, int] = {}

    def advance(self, hour: int) -> bool:
        """Go on to ``hour``; False if lots that are tied find no node."""
        self.held = [[standing for standing in held if standing[0] > hour] for held in self.held]
        self.free = [standing for standing in self.free if standing[0] > hour]
        for place in self.task.starting[hour]:
            track = self.task.tracks[place]
            (self.held[track.before] if track.before >= 0 else self.free).append((track.end, place))
        self.free.sort()
        wishes: list[Wish] = []
        for buyer in range(len(self.task.buyers)):
            tied = [standing for standing in self.held[buyer] if self.tied_until.get(standing[1], 0) > hour]
            loose = sorted(standing for standing in self.held[buyer] if self.tied_until.get(standing[1], 0) <= hour)
            self.held[buyer] = tied
            if not self._tie(hour, buyer, loose, wishes):
                return False
            self._keep(hour, buyer, loose, wishes)
        wishes.sort(key=lambda wish: (not wish.tied, -wish.end, wish.buyer))
        return all(self._fulfil(wish) for wish in wishes)

    def _tie(self, hour: int, buyer: int, loose: list[Standing], wishes: list[Wish]) -> bool:
        """Tie lots of runs that start to ``loose``, else wish for a node; False if a run must go on and cannot."""
        for place, run in enumerate(self.task.node_runs):
            if run.buyer != buyer or max(run.start, 0) != hour:
                continue
            for _ in range(run.lots):
                fit = fitting(loose, run.end)
                while run.start < 0 and fit < len(loose) and place not in self.task.tracks[loose[fit][1]].keeps:
                    fit += 1
                if fit < len(loose):
                    self._give(buyer, loose.pop(fit), run.end)
                elif run.start < 0:
                    return False
                else:
                    wishes.append(Wish(True, run.end, buyer))
        return True

    def _keep(self, hour: int, buyer: int, loose: list[Standing], wishes: list[Wish]) -> None:
        """Keep as many of ``loose`` as are needed, and wish for what is missing. Tied lots count as the longest."""
        tied = len(self.held[buyer]) + sum(wish.buyer == buyer for wish in wishes)
        unfit = []
        for end in ends_of_lots(self.task.lots[buyer], hour)[tied:]:
            fit = fitting(loose, end)
            if fit < len(loose):
                self._give(buyer, loose.pop(fit))
            else:
                unfit.append(end)
        for end in unfit:
            if loose:
                self._give(buyer, loose.pop())
            else:
                wishes.append(Wish(False, end, buyer))
        for standing in loose:
            insort(self.free, standing)

    def _fulfil(self, wish: Wish) -> bool:
        fit = fitting(self.free, wish.end)
        if fit == len(self.free):
            if wish.tied:
                return False
            fit = fitting(self.free, self.free[-1][0])
        self._give(wish.buyer, self.free.pop(fit), wish.end if wish.tied else 0)
        return True

    def _give(self, buyer: int, standing: Standing, tied_until: int = 0) -> None:
        self.held[buyer].append(standing)
        if tied_until:
            self.tied_until[standing[1]] = tied_until
