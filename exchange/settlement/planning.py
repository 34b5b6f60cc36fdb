"""Which nodes serve whom in an hour, with a look at the hours after it, so that a buyer can stay on his node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exchange.clearing.errors import ClearingError
from exchange.clearing.netting import Pair, pair
from exchange.clearing.nomination import needs_of, nominate
from exchange.clearing.terms import Assignment, Need, Node
from exchange.domain.enums import CLOSED
from exchange.domain.instruments import Contract
from exchange.engine import Engine
from exchange.settlement.nodes import node_number
from exchange.settlement.positions import neighbour, open_lots, shortfalls

# Hours planned at once; those after the first are what is sold of them so far, and are planned again.
HOURS = 4


class Assigned(NamedTuple):
    seller: int
    node: int  # of the seller, from 1
    buyer: int


class _Hour(NamedTuple):
    hour: int
    number: int
    pairs: tuple[Pair, ...]


def plan(engine: Engine, number: int, contract: Contract, pairs: tuple[Pair, ...]) -> list[Assigned]:
    """Nodes for all of ``pairs``, whose sellers declared enough of them, by seller and node.

    Where that is too much for ``exchange.clearing.nomination``, the lowest nodes that are free, in order.
    """
    hours = _hours(engine, number, contract, pairs)
    first = hours[0].hour
    before = neighbour(engine, contract, -1)
    sellers = sorted({one.seller for one in pairs})
    fixed = [] if before is None else [row for row in _nominated(engine, before, first - 1) if row.provider in sellers]
    nodes = _nodes(engine, hours, sellers, fixed)
    needs = [need for hour in hours for need in needs_of(hour.hour, hour.pairs) if need.provider in sellers]
    try:
        assignments = nominate(first, len(hours), needs, nodes, fixed).assignments
    except ClearingError:
        assignments = _in_order(needs, nodes, first)
    return [Assigned(row.provider, row.node, row.buyer) for row in assignments if row.hour == first]


def _hours(engine: Engine, number: int, contract: Contract, pairs: tuple[Pair, ...]) -> list[_Hour]:
    """The hour and those after it, as far as they trade and can be delivered."""
    hours = [_Hour(contract.delivery_hours[0], number, pairs)]
    for ahead in range(1, HOURS):
        later = neighbour(engine, contract, ahead)
        if later is None or engine.phase(later) in CLOSED:
            break
        lots = open_lots(engine, later)
        if shortfalls(engine, later, lots):
            break
        hours.append(_Hour(hours[0].hour + ahead, later, pair(lots, hours[-1].pairs).pairs))
    return hours


def _nominated(engine: Engine, number: int, hour: int) -> list[Assignment]:
    """What was nominated of nodes that are called as ours are."""
    rows = [
        (row.seller, node_number(row.seller, engine.account(row.seller).name, row.node), row.buyer)
        for row in engine.nominations(number)
    ]
    return [Assignment(hour, seller, node, buyer) for seller, node, buyer in rows if node]


def _nodes(engine: Engine, hours: Sequence[_Hour], sellers: Sequence[int], fixed: Sequence[Assignment]) -> list[Node]:
    """As many nodes of each seller as it sold at most, and those that served before. One site a seller."""
    first = hours[0]
    positions = [
        {position.account: position for position in engine.holders(hour.number) if position.account in sellers}
        for hour in hours
    ]
    taken = {(row.provider, row.node) for row in _nominated(engine, first.number, first.hour)}
    nodes = []
    for seller in sellers:
        held = [held.get(seller) for held in positions]
        most = max(-position.lots for position in held if position is not None)
        numbers = {*range(1, most + 1), *(row.node for row in fixed if row.provider == seller)}
        for node in sorted(numbers):
            there = tuple(
                hour.hour
                for hour, position in zip(hours, held, strict=True)
                if position is not None
                and node <= position.capacity_lots
                and not (hour is first and (seller, node) in taken)
            )
            nodes.append(Node(seller, node, seller, there))
    return nodes


def _in_order(needs: Sequence[Need], nodes: Sequence[Node], hour: int) -> tuple[Assignment, ...]:
    sellers = {need.provider for need in needs}
    free = {
        seller: iter([node.node for node in nodes if node.provider == seller and hour in node.hours])
        for seller in sellers
    }
    return tuple(
        Assignment(hour, need.provider, next(free[need.provider]), need.buyer)
        for need in needs
        if need.hour == hour
        for _ in range(need.lots)
    )
