"""The fewest switches there can be, by trying everything; shares no code with what it judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise, product
from typing import NamedTuple

from exchange.clearing.netting import Pair
from exchange.clearing.terms import Assignment, Need, Node, Order
from exchange.domain.enums import Cohesion


class Case(NamedTuple):
    """One provider's nomination, as it is asked for."""

    first_hour: int
    hours: int
    needs: tuple[Need, ...]
    nodes: tuple[Node, ...]
    fixed: tuple[Assignment, ...] = ()
    orders: tuple[Order, ...] = ()


# Whom each node serves.
Serving = dict[int, int]


def fewest_switches(case: Case) -> int | None:
    """None if the orders cannot be kept together."""
    costs = [cost for choice in _choices(case) if (cost := _fewest_with(case, choice)) is not None]
    return min(costs, default=None)


def switches(case: Case, assignments: Sequence[Assignment]) -> int:
    """How many lots that go on from one hour to the next do so on another node."""
    end = case.first_hour + case.hours
    serving = [_serving((*case.fixed, *assignments), hour) for hour in range(case.first_hour - 1, end)]
    return sum(_cost(before, after) for before, after in pairwise(serving))


def keeps_together(case: Case, assignments: Sequence[Assignment]) -> bool:
    """Whether nodes can be found in ``assignments`` for each order, to each its own, that are as it says."""
    serving = {hour: _serving((*case.fixed, *assignments), hour) for hour in _hours(case)}
    return any(all(_fits(case, choice, hour, serving[hour]) for hour in serving) for choice in _choices(case))


# For each order that is kept together: the nodes, or the site.
Choice = tuple[tuple[Order, frozenset[int]], ...]


def _hours(case: Case) -> range:
    """Those to nominate, and all before them that are known."""
    return range(min([case.first_hour - 1, *(row.hour for row in case.fixed)]), case.first_hour + case.hours)


def _choices(case: Case) -> Iterator[Choice]:
    """Every way to choose nodes or a site for each order."""
    numbers = sorted(node.node for node in case.nodes)
    ways = []
    orders = [order for order in case.orders if order.first_hour + order.hours > case.first_hour]
    for order in orders:
        if order.cohesion == Cohesion.NODE:
            ways.append([frozenset(nodes) for nodes in combinations(numbers, order.lots)])
        elif order.cohesion == Cohesion.SITE:
            ways.append([frozenset({site}) for site in sorted({node.site for node in case.nodes})])
        else:
            ways.append([frozenset()])
    for way in product(*ways):
        yield tuple(zip(orders, way, strict=True))


def _fits(case: Case, choice: Choice, hour: int, serving: Mapping[int, int]) -> bool:
    site_of = {node.node: node.site for node in case.nodes}
    taken: set[int] = set()
    at_site: Counter[tuple[int, int]] = Counter()
    active = [(order, way) for order, way in choice if order.first_hour <= hour < order.first_hour + order.hours]
    for order, nodes in active:
        if order.cohesion == Cohesion.NODE:
            if taken & nodes or any(serving.get(node) != order.buyer for node in nodes):
                return False
            taken |= nodes
    for order, sites in active:
        if order.cohesion == Cohesion.SITE:
            (site,) = sites
            at_site[order.buyer, site] += order.lots
    return all(
        lots <= sum(served == buyer and site_of[node] == site and node not in taken for node, served in serving.items())
        for (buyer, site), lots in at_site.items()
    )


def _fewest_with(case: Case, choice: Choice) -> int | None:
    before = [hour for hour in _hours(case) if hour < case.first_hour]
    if not all(_fits(case, choice, hour, _serving(case.fixed, hour)) for hour in before):
        return None
    best: list[tuple[Serving, int]] = [(_serving(case.fixed, case.first_hour - 1), 0)]
    for hour in range(case.first_hour, case.first_hour + case.hours):
        ways = [way for way in _ways(case, hour) if _fits(case, choice, hour, way)]
        best = [(way, min(cost + _cost(earlier, way) for earlier, cost in best)) for way in ways]
        if not best:
            return None
    return min(cost for _, cost in best)


def _ways(case: Case, hour: int) -> Iterator[Serving]:
    """Every way to meet the needs of an hour."""
    there = [node.node for node in case.nodes if hour in node.hours]
    wanted = {need.buyer: need.lots for need in case.needs if need.hour == hour}
    for buyers in product([None, *wanted], repeat=len(there)):
        if Counter(buyer for buyer in buyers if buyer is not None) == wanted:
            yield {node: buyer for node, buyer in zip(there, buyers, strict=True) if buyer is not None}


def _serving(assignments: Sequence[Assignment], hour: int) -> Serving:
    return {row.node: row.buyer for row in assignments if row.hour == hour}


def _cost(before: Serving, after: Serving) -> int:
    had, has = Counter(before.values()), Counter(after.values())
    return sum((had & has).values()) - sum(before.get(node) == buyer for node, buyer in after.items())


def best_kept(supply: Mapping[int, int], demand: Mapping[int, int], before: Mapping[tuple[int, int], int]) -> list[int]:
    """Of every pairing, the lots kept of each pair of ``before`` (by buyer and seller): most of all, then most of
    the first, then of the next."""
    kept = [
        [min(pairs.get(key, 0), before[key]) for key in sorted(before)]
        for pairs in _pairings(tuple(supply.items()), dict(demand))
    ]
    return max(kept, key=lambda lots: (sum(lots), lots))


def _pairings(supply: tuple[tuple[int, int], ...], demand: dict[int, int]) -> Iterator[dict[tuple[int, int], int]]:
    if not supply:
        yield {}
        return
    (seller, lots), rest = supply[0], supply[1:]
    for gives in product(*(range(min(lots, wanted) + 1) for wanted in demand.values())):
        if sum(gives) == lots:
            mine = {(buyer, seller): given for buyer, given in zip(demand, gives, strict=True)}
            left = {buyer: demand[buyer] - given for buyer, given in zip(demand, gives, strict=True)}
            for others in _pairings(rest, left):
                yield mine | others


def by_buyer(pairs: Sequence[Pair]) -> dict[tuple[int, int], int]:
    return {(pair.buyer, pair.seller): pair.lots for pair in pairs}
