"""What cannot be nominated is refused, and the message says which hour, provider and order it is about."""

from __future__ import annotations

import pytest

from exchange.clearing.errors import BadTerms, OverSold, Scattered
from exchange.clearing.nomination import nominate
from exchange.clearing.terms import Assignment, Need, Node, Order
from exchange.domain.enums import Cohesion
from exchange.domain.units import LOTS_MAX

# Hours 10 and 11; provider 7 has two nodes, of which the second is missing in hour 11.
NODES = [Node(7, 1, 1, (10, 11)), Node(7, 2, 2, (10,))]
NEEDS = [Need(10, 7, 21, 1), Need(11, 7, 21, 1)]


def test_it_can_be_nominated() -> None:
    """So that what is refused below is refused for what is wrong with it."""
    nominated = nominate(10, 2, NEEDS, NODES, [Assignment(9, 7, 1, 21)], [Order(7, 21, 9, 3, 1, Cohesion.NODE)])
    assert nominated.assignments == (Assignment(10, 7, 1, 21), Assignment(11, 7, 1, 21))


def test_who_sold_too_much_is_named_with_the_hour() -> None:
    needs = [Need(10, 7, 21, 2), Need(11, 7, 21, 1), Need(11, 7, 22, 1)]
    with pytest.raises(OverSold, match="hour 11: provider 7 sold 2 lots and declared 1 nodes") as refused:
        nominate(10, 2, needs, NODES)
    assert (refused.value.hour, refused.value.provider) == (11, 7)
    with pytest.raises(OverSold, match="hour 10: provider 8 sold 1 lots and declared 0 nodes"):
        nominate(10, 2, [*NEEDS, Need(10, 8, 21, 1)], NODES)


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ([Need(10, 7, 21, -1)], "lots of a need of hour 10 -1 is not from 1"),
        ([Need(10, 7, 21, 0)], "lots of a need of hour 10 0 is not from 1"),
        ([Need(10, 7, 21, LOTS_MAX + 1)], "lots of a need of hour 10 1000000001 is not from 1"),
        ([Need(10, 7, 21, 1.0)], "lots of a need of hour 10 1.0 is not a whole number"),  # type: ignore[arg-type]
        ([Need(10, "7", 21, 1)], "provider of a need of hour 10 '7' is not a whole number"),  # type: ignore[arg-type]
        ([Need(10, 7, True, 1)], "buyer of a need of hour 10 True is not a whole number"),
        ([Need(None, 7, 21, 1)], "hour of a need None is not a whole number"),  # type: ignore[arg-type]
        ([Need(9, 7, 21, 1)], "hour 9 of a need is not from 10 to 11"),
        ([Need(12, 7, 21, 1)], "hour 12 of a need is not from 10 to 11"),
        ([*NEEDS, Need(10, 7, 21, 2)], "need of hour, provider and buyer is there twice: (10, 7, 21)"),
    ],
)
def test_needs_that_are_wrong_are_refused(needs: list[Need], message: str) -> None:
    with pytest.raises(BadTerms) as refused:
        nominate(10, 2, needs, NODES)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([Node(7, -1, 1, (10, 11))], "node -1 is not from 0"),
        ([Node(7, 1, 1.5, (10, 11))], "site of node 1 1.5 is not a whole number"),  # type: ignore[arg-type]
        ([Node(7, 1, 1, (10, 11, 10))], "node 1 of provider 7: hour is there twice: (10,)"),
        ([*NODES, Node(7, 2, 1, ())], "node of provider and number is there twice: (7, 2)"),
        ([Node(7, number, 1, (10, 11)) for number in range(10_001)], "number of nodes of provider 7 10001 is not"),
    ],
)
def test_nodes_that_are_wrong_are_refused(nodes: list[Node], message: str) -> None:
    with pytest.raises(BadTerms) as refused:
        nominate(10, 2, NEEDS, nodes)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        ([Assignment(9, 7, 3, 21)], "hour 9: provider 7 declared no node 3"),
        ([Assignment(9, 8, 1, 21)], "hour 9: provider 8 declared no node 1"),
        ([Assignment(10, 7, 1, 21)], "hour 10 is fixed, but the hours from 10 on are to be nominated"),
        ([Assignment(9, 7, 1, 21), Assignment(9, 7, 1, 22)], "is there twice: (9, 7, 1)"),
        ([Assignment(9, 7, 1, -2)], "part of a fixed assignment -2 is not from 0"),
    ],
)
def test_fixed_hours_that_are_wrong_are_refused(fixed: list[Assignment], message: str) -> None:
    with pytest.raises(BadTerms) as refused:
        nominate(10, 2, NEEDS, NODES, fixed)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (Order(7, 21, 10, 3, 1, Cohesion.NODE), "an order of buyer 21 goes on after hour 11"),
        (Order(7, 21, 10, 0, 1, Cohesion.NODE), "hours of an order of buyer 21 0 is not from 1"),
        (Order(7, 21, 10, 2, 1, 3), "cohesion of an order of buyer 21 3 is not from 0 to 2"),  # type: ignore[arg-type]
        (Order(7, 21, 10, 2, 2, Cohesion.NODE), "hour 10: orders keep 2 lots of buyer 21 together, and he has 1"),
        (Order(7, 22, 10, 2, 1, Cohesion.SITE), "hour 10: orders keep 1 lots of buyer 22 together, and he has 0"),
        (Order(8, 21, 10, 2, 1, Cohesion.NODE), "hour 10: orders keep 1 lots of buyer 21 together, and he has 0"),
        (Order(7, 21, 9, 3, 1, Cohesion.NODE), "hour 9: orders keep 1 lots of buyer 21 together, and he has 0"),
    ],
)
def test_orders_that_are_wrong_are_refused(order: Order, message: str) -> None:
    with pytest.raises(BadTerms) as refused:
        nominate(10, 2, NEEDS, NODES, orders=[order])
    assert message in str(refused.value)


@pytest.mark.parametrize(("first_hour", "hours"), [(-1, 2), (10, 0), (10, 169), (10.0, 2), (10, "2")])
def test_hours_that_are_wrong_are_refused(first_hour: int, hours: int) -> None:
    with pytest.raises(BadTerms):
        nominate(first_hour, hours, [], [])


def test_an_order_that_no_nodes_can_keep_is_named() -> None:
    needs = [Need(10, 7, 21, 1), Need(11, 7, 21, 1)]
    nodes = [Node(7, 1, 1, (10,)), Node(7, 2, 2, (11,))]
    named = "provider 7: buyer 21 keeps 1 lots from hour 10 to 11"
    with pytest.raises(Scattered, match=f"{named} on the same nodes, and 0 fit"):
        nominate(10, 2, needs, nodes, orders=[Order(7, 21, 10, 2, 1, Cohesion.NODE)])
    with pytest.raises(Scattered, match=f"{named} at one site, and no site has more than 0"):
        nominate(10, 2, needs, nodes, orders=[Order(7, 21, 10, 2, 1, Cohesion.SITE)])


def test_an_order_whose_node_is_gone_is_named() -> None:
    """There is another node, but it has not served the order from the beginning."""
    nodes = [Node(7, 1, 1, ()), Node(7, 2, 1, (10, 11))]
    orders = [Order(7, 21, 9, 2, 1, Cohesion.NODE)]
    with pytest.raises(Scattered, match="buyer 21 keeps 1 lots from hour 9 to 10 on the same nodes, and 0 fit"):
        nominate(10, 2, NEEDS, nodes, [Assignment(9, 7, 1, 21)], orders)


def test_orders_that_can_be_kept_only_one_by_one_are_refused() -> None:
    """One node stays for both hours, and both buyers want it."""
    needs = [Need(hour, 7, buyer, 1) for hour in (10, 11) for buyer in (21, 22)]
    nodes = [Node(7, 1, 1, (10, 11)), Node(7, 2, 1, (10,)), Node(7, 3, 1, (11,))]
    orders = [Order(7, buyer, 10, 2, 1, Cohesion.NODE) for buyer in (21, 22)]
    nominate(10, 2, needs, nodes, orders=orders[:1])
    with pytest.raises(Scattered, match="provider 7: its nodes cannot keep all orders together"):
        nominate(10, 2, needs, nodes, orders=orders)


def test_a_lot_counts_for_one_order_only() -> None:
    """The node that stays is tied to an order, so that it is not also the lot that stays at its site."""
    nodes = [Node(7, 1, 1, (10, 11)), Node(7, 2, 1, (10,)), Node(7, 3, 2, (11,))]
    needs = [Need(10, 7, 21, 2), Need(11, 7, 21, 2)]
    orders = [Order(7, 21, 10, 2, 1, Cohesion.NODE), Order(7, 21, 10, 2, 1, Cohesion.SITE)]
    for order in orders:
        nominate(10, 2, needs, nodes, orders=[order])
    with pytest.raises(Scattered, match="provider 7: its nodes cannot keep all orders together"):
        nominate(10, 2, needs, nodes, orders=orders)


@pytest.mark.parametrize("site", [1, 2])
def test_an_order_stays_at_the_site_where_it_began(site: int) -> None:
    """Its node is gone, and there is one at either site."""
    nodes = [Node(7, 1, site, ()), Node(7, 2, 1, (10,)), Node(7, 3, 2, (10,))]
    needs, fixed = [Need(10, 7, 21, 1)], [Assignment(9, 7, 1, 21)]
    nominated = nominate(10, 1, needs, nodes, fixed, [Order(7, 21, 9, 2, 1, Cohesion.SITE)])
    assert [row.node for row in nominated.assignments] == [site + 1]


def test_what_is_over_or_hangs_together_by_nothing_is_passed_over() -> None:
    """Orders that ended before the first hour, and any without cohesion."""
    orders = [Order(7, 21, 5, 5, 9, Cohesion.NODE), Order(7, 21, 10, 50, 9, Cohesion.NONE)]
    assert nominate(10, 2, NEEDS, NODES, orders=orders) == nominate(10, 2, NEEDS, NODES)
