"""The most lots that can stay where they were, as a maximum flow, and one answer of all that are as good.

SciPy's maximum flow (Dinic, "Algorithm for solution of a problem of maximum flow in networks with
power estimation", 1970) is exact in integers, but which of several maxima it finds is its own
affair. So its answer is a start only: arc after arc, by buyer and seller, takes what a detour of
the others can give it (a cycle in the residual network), and is then left alone. What comes out is
the maximum whose arcs, read in that order, are lexicographically greatest: there is one of these,
whichever maximum was first.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

# (buyer, seller) -> lots
Lots = dict[tuple[int, int], int]
# A place in the residual network: a buyer, a seller, or what is around them.
Place = tuple[str, int]
_AROUND: Place = ("around", 0)


def most_kept(supply: dict[int, int], demand: dict[int, int], before: Lots) -> Lots:
    """How many lots of each pair of ``before`` are kept, where that is any.

    supply, demand: lots by account, 0 to 10**9. Pairs of others, and pairs of 0 lots, are passed over.
    Takes the time of the flow and O(pairs) for each pair that is kept neither in full nor not at all.
    """
    wide = {
        (buyer, seller): min(before[buyer, seller], demand[buyer], supply[seller])
        for buyer, seller in sorted(before)
        if buyer in demand and seller in supply
    }
    network = _Network(supply, demand, {arc: lots for arc, lots in wide.items() if lots > 0})
    for arc in network.wide:
        network.favour(arc)
    return {arc: lots for arc, lots in network.flow.items() if lots}


def _maximum(supply: dict[int, int], demand: dict[int, int], wide: Lots) -> Lots:
    """A maximum flow through the arcs of ``wide``."""
    if not wide:
        return {}
    sellers, buyers = sorted({seller for _, seller in wide}), sorted({buyer for buyer, _ in wide})
    seller_at = {seller: 1 + place for place, seller in enumerate(sellers)}
    buyer_at = {buyer: 1 + len(sellers) + place for place, buyer in enumerate(buyers)}
    sink = 1 + len(sellers) + len(buyers)
    arcs = [(0, seller_at[seller], supply[seller]) for seller in sellers]
    arcs += [(seller_at[seller], buyer_at[buyer], lots) for (buyer, seller), lots in wide.items()]
    arcs += [(buyer_at[buyer], sink, demand[buyer]) for buyer in buyers]
    tails, heads, lots = np.array(arcs, np.int32).T
    found = maximum_flow(csr_array((lots, (tails, heads)), shape=(sink + 1, sink + 1)), 0, sink).flow
    return {(buyer, seller): int(found[seller_at[seller], buyer_at[buyer]]) for buyer, seller in wide}


class _Network:
    """A maximum flow that is moved towards the arcs that come first."""

    def __init__(self, supply: dict[int, int], demand: dict[int, int], wide: Lots) -> None:
        self.supply, self.demand, self.wide = supply, demand, wide
        self.flow = _maximum(supply, demand, wide)
        self.sellers: dict[int, list[int]] = {}
        self.buyers: dict[int, list[int]] = {}
        self.given = dict.fromkeys(supply, 0)
        self.got = dict.fromkeys(demand, 0)
        for (buyer, seller), lots in self.flow.items():
            self.sellers.setdefault(buyer, []).append(seller)
            self.buyers.setdefault(seller, []).append(buyer)
            self.given[seller] += lots
            self.got[buyer] += lots

    def favour(self, arc: tuple[int, int]) -> None:
        """Give ``arc`` as much as it can have while the whole, and all arcs before it, keep what they have."""
        while self.flow[arc] < self.wide[arc]:
            detour = self._detour(arc)
            if detour is None:
                return
            lots, changes = detour
            for changed, sign in changes:
                self.flow[changed] += sign * lots
                self.got[changed[0]] += sign * lots
                self.given[changed[1]] += sign * lots

    def _detour(self, arc: tuple[int, int]) -> tuple[int, list[tuple[tuple[int, int], int]]] | None:
        """The shortest way from the buyer of ``arc`` back to its seller: how many lots, which arcs gain or lose."""
        start, end = ("buyer", arc[0]), ("seller", arc[1])
        came: dict[Place, tuple[Place, int]] = {start: (start, self.wide[arc] - self.flow[arc])}
        waiting = deque([start])
        while waiting and end not in came:
            place = waiting.popleft()
            for next_place, lots in self._steps(place, arc):
                if lots > 0 and next_place not in came:
                    came[next_place] = (place, min(lots, came[place][1]))
                    waiting.append(next_place)
        if end not in came:
            return None
        changes = [(arc, 1)]
        place = end
        while place != start:
            before = came[place][0]
            if before[0] == "buyer" and place[0] == "seller":
                changes.append(((before[1], place[1]), -1))
            elif before[0] == "seller" and place[0] == "buyer":
                changes.append(((place[1], before[1]), 1))
            place = before
        return came[end][1], changes

    def _steps(self, place: Place, arc: tuple[int, int]) -> list[tuple[Place, int]]:
        """Where lots that are too many at ``place`` can go, and how many."""
        kind, account = place
        if kind == "buyer":
            steps: list[tuple[Place, int]] = [
                (("seller", seller), self.flow[account, seller])
                for seller in self.sellers[account]
                if (account, seller) > arc
            ]
            return [*steps, (_AROUND, self.demand[account] - self.got[account])]
        if kind == "seller":
            # Arcs before ``arc`` may be tried, too: they have all that they can have without those before them.
            steps = [
                (("buyer", buyer), self.wide[buyer, account] - self.flow[buyer, account])
                for buyer in self.buyers[account]
            ]
            return [*steps, (_AROUND, self.given[account])]
        steps = [(("seller", seller), self.supply[seller] - self.given[seller]) for seller in self.buyers]
        return [*steps, *((("buyer", buyer), self.got[buyer]) for buyer in self.sellers)]
