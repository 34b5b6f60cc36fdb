"""One task for each provider, from what nomination was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from exchange.clearing.errors import BadTerms
from exchange.clearing.reading import Said
from exchange.clearing.task import Run, Task, Track
from exchange.clearing.terms import Node, Order
from exchange.domain.enums import Cohesion

# (hour, which is below 0; node) -> buyer
Fixed = dict[tuple[int, int], int]


def split(said: Said) -> list[Task]:
    """The tasks of all providers from whom something is needed, by their numbers.

    Raises BadTerms where orders hold more lots together than their buyer needs.
    """
    going_on = [
        order
        for order in said.orders
        if order.cohesion is not Cohesion.NONE and order.first_hour + order.hours > said.first_hour
    ]
    providers = {need.provider for need in said.needs} | {order.provider for order in going_on}
    return [
        _task(said, provider, [order for order in going_on if order.provider == provider])
        for provider in sorted(providers)
    ]


def _task(said: Said, provider: int, orders: list[Order]) -> Task:
    nodes = [node for node in said.nodes if node.provider == provider]
    fixed = {(row.hour - said.first_hour, row.node): row.buyer for row in said.fixed if row.provider == provider}
    lots = Counter((hour, buyer) for (hour, _), buyer in fixed.items())
    lots.update(
        {(need.hour - said.first_hour, need.buyer): need.lots for need in said.needs if need.provider == provider}
    )
    known = min([-1, *(hour for hour, _ in fixed)])
    _check_orders(said, orders, lots, known)

    buyers = sorted({buyer for _, buyer in lots})
    at = {buyer: place for place, buyer in enumerate(buyers)}
    node_runs = _runs(said, orders, Cohesion.NODE, at, known)
    several_sites = len({node.site for node in nodes}) > 1
    site_runs = _runs(said, orders, Cohesion.SITE, at, known) if several_sites else ()
    if not site_runs:
        nodes = [node._replace(site=0) for node in nodes]
    site_of = {node.node: node.site for node in nodes}
    return Task(
        provider=provider,
        first_hour=said.first_hour,
        hours=said.hours,
        buyers=tuple(buyers),
        lots=tuple(tuple(lots[hour, buyer] for hour in range(said.hours)) for buyer in buyers),
        lots_before=tuple(lots[-1, buyer] for buyer in buyers),
        tracks=tuple(_track(*stretch, fixed, at, node_runs) for stretch in _stretches(said, nodes)),
        node_runs=node_runs,
        site_runs=site_runs,
        served=Counter((hour, at[buyer], site_of[node]) for (hour, node), buyer in fixed.items()),
    )


def _check_orders(said: Said, orders: list[Order], lots: Counter[tuple[int, int]], known: int) -> None:
    """``lots``: what each buyer had or needs, by hour from the first; ``known``: the first hour that is known."""
    for hour in range(known, said.hours):
        together: Counter[int] = Counter()
        for order in orders:
            if order.first_hour <= said.first_hour + hour < order.first_hour + order.hours:
                together[order.buyer] += order.lots
        for buyer, kept in together.items():
            if kept > lots[hour, buyer]:
                raise BadTerms(
                    f"hour {said.first_hour + hour}: orders keep {kept} lots of buyer {buyer} together,"
                    f" and he has {lots[hour, buyer]} of provider {orders[0].provider}"
                )


def _runs(said: Said, orders: list[Order], cohesion: Cohesion, at: dict[int, int], known: int) -> tuple[Run, ...]:
    runs = []
    for order in orders:
        if order.cohesion is cohesion:
            start = order.first_hour - said.first_hour
            runs.append(Run(at[order.buyer], max(start, known), start + order.hours, order.lots))
    return tuple(sorted(runs))


def _stretches(said: Said, nodes: list[Node]) -> Iterator[tuple[Node, int, int]]:
    """Each node with the start and end of each stretch of hours without a gap."""
    for node in nodes:
        hours = {hour - said.first_hour for hour in node.hours}
        start = 0
        for hour in range(said.hours + 1):
            if hour == said.hours or hour not in hours:
                if start < hour:
                    yield node, start, hour
                start = hour + 1


def _track(node: Node, start: int, end: int, fixed: Fixed, at: dict[int, int], runs: tuple[Run, ...]) -> Track:
    if start or (-1, node.node) not in fixed:
        return Track(end, start, node.node, node.site, -1, ())
    before = at[fixed[-1, node.node]]
    keeps = [
        place
        for place, run in enumerate(runs)
        if run.start < 0
        and all((hour, node.node) in fixed and at[fixed[hour, node.node]] == run.buyer for hour in range(run.start, 0))
    ]
    return Track(end, start, node.node, node.site, before, tuple(keeps))
