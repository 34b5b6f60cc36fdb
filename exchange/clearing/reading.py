"""What nomination is told, checked: whole numbers within bounds, nothing twice, nothing about other hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from exchange.clearing.errors import BadTerms
from exchange.clearing.terms import Assignment, Need, Node, Order
from exchange.clearing.whole import once, whole
from exchange.domain.enums import Cohesion
from exchange.domain.units import LOTS_MAX

HOURS_MAX = 168
NODES_MAX = 10_000  # of one provider


class Said(NamedTuple):
    """All that was handed in, each in its one order, with ints only."""

    first_hour: int
    hours: int
    needs: list[Need]
    nodes: list[Node]
    fixed: list[Assignment]
    orders: list[Order]


def read(
    first_hour: int,
    hours: int,
    needs: Iterable[Need],
    nodes: Iterable[Node],
    fixed: Iterable[Assignment],
    orders: Iterable[Order],
) -> Said:
    """All of it in order. Raises BadTerms."""
    said = Said(
        whole(first_hour, "first hour"),
        whole(hours, "number of hours", 1, HOURS_MAX),
        sorted(_need(need) for need in needs),
        sorted(_node(node) for node in nodes),
        sorted(Assignment(*(whole(value, "part of a fixed assignment") for value in row)) for row in fixed),
        sorted(_order(order) for order in orders),
    )
    _check(said)
    return said


def _need(need: Need) -> Need:
    hour, provider, buyer, lots = need
    of = f"of a need of hour {hour!r}"
    return Need(
        whole(hour, "hour of a need"),
        whole(provider, f"provider {of}"),
        whole(buyer, f"buyer {of}"),
        whole(lots, f"lots {of}", 1, LOTS_MAX),
    )


def _node(node: Node) -> Node:
    provider, number, site, hours = node
    of = f"of node {number!r}"
    return Node(
        whole(provider, f"provider {of}"),
        whole(number, "node"),
        whole(site, f"site {of}"),
        tuple(sorted(whole(hour, f"hour {of}") for hour in hours)),
    )


def _order(order: Order) -> Order:
    provider, buyer, first_hour, hours, lots, cohesion = order
    of = f"of an order of buyer {buyer!r}"
    return Order(
        whole(provider, f"provider {of}"),
        whole(buyer, "buyer of an order"),
        whole(first_hour, f"first hour {of}"),
        whole(hours, f"hours {of}", 1),
        whole(lots, f"lots {of}", 1, LOTS_MAX),
        Cohesion(whole(cohesion, f"cohesion {of}", Cohesion.NONE, Cohesion.NODE)),
    )


def _check(said: Said) -> None:
    end = said.first_hour + said.hours
    once(((need.hour, need.provider, need.buyer) for need in said.needs), "need of hour, provider and buyer")
    once(((node.provider, node.node) for node in said.nodes), "node of provider and number")
    once(((row.hour, row.provider, row.node) for row in said.fixed), "fixed assignment of hour, provider and node")
    for need in said.needs:
        if not said.first_hour <= need.hour < end:
            raise BadTerms(f"hour {need.hour} of a need is not from {said.first_hour} to {end - 1}")
    for node in said.nodes:
        once(((hour,) for hour in node.hours), f"node {node.node} of provider {node.provider}: hour")
    declared = {(node.provider, node.node) for node in said.nodes}
    for row in said.fixed:
        if (row.provider, row.node) not in declared:
            raise BadTerms(f"hour {row.hour}: provider {row.provider} declared no node {row.node}")
        if row.hour >= said.first_hour:
            raise BadTerms(f"hour {row.hour} is fixed, but the hours from {said.first_hour} on are to be nominated")
    for order in said.orders:
        if order.cohesion is not Cohesion.NONE and order.first_hour + order.hours > end:
            raise BadTerms(f"an order of buyer {order.buyer} goes on after hour {end - 1}, the last to be nominated")
    for provider, most in Counter(node.provider for node in said.nodes).items():
        whole(most, f"number of nodes of provider {provider}", 0, NODES_MAX)
