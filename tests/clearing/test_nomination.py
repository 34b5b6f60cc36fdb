"""What holds of every nomination: no node twice, every need met by nodes that were declared, orders kept together."""

from __future__ import annotations

from collections import Counter
from math import inf
from random import Random
from typing import NoReturn, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.clearing import exact, nomination, program
from exchange.clearing.errors import TooLarge
from exchange.clearing.netting import Pair
from exchange.clearing.nomination import needs_of, nominate
from exchange.clearing.program import Answer, Program
from exchange.clearing.task import Task
from exchange.clearing.terms import Assignment, Need, Node, Order, Outcome
from exchange.domain.enums import Cohesion
from tests.clearing.brute import Case, keeps_together, switches
from tests.clearing.market import day

FIRST = 1000


@st.composite
def markets(draw: st.DrawFn) -> Case:
    """A provider with at most 10 nodes at 3 sites in 6 hours, one of them fixed; what he sold can be delivered,
    and the orders kept together, because a plan is made first and the needs are read off it."""
    hours = range(FIRST - 1, FIRST + draw(st.integers(1, 5)))
    nodes = [
        Node(7, number, draw(st.integers(1, 3)), tuple(hour for hour in hours if draw(st.integers(0, 5))))
        for number in range(draw(st.integers(1, 10)))
    ]
    plan: dict[tuple[int, int], int] = {}
    orders: list[Order] = []
    for node in nodes:
        buyer = draw(st.integers(21, 24))
        for hour in node.hours:
            if not draw(st.integers(0, 2)):
                buyer = draw(st.integers(20, 24))  # 20 is nobody
            plan[hour, node.node] = buyer
        first = min(node.hours, default=0)
        buyer, length = plan.get((first, node.node), 20), 1
        while plan.get((first + length, node.node)) == buyer:
            length += 1
        if buyer != 20 and len(orders) < 3 and draw(st.booleans()):
            orders.append(Order(7, buyer, first, length, 1, draw(st.sampled_from(Cohesion))))
    needs = Counter((hour, buyer) for (hour, _), buyer in plan.items() if hour >= FIRST and buyer != 20)
    fixed = [Assignment(hour, 7, node, buyer) for (hour, node), buyer in plan.items() if hour < FIRST and buyer != 20]
    return Case(
        FIRST,
        len(hours) - 1,
        tuple(Need(hour, 7, buyer, lots) for (hour, buyer), lots in needs.items()),
        tuple(nodes),
        tuple(fixed),
        tuple(orders),
    )


@given(markets())
@settings(max_examples=150, deadline=None)
def test_every_nomination_can_be_delivered(case: Case) -> None:
    nominated = nominate(*case)
    rows = nominated.assignments
    assert list(rows) == sorted(rows)
    assert len({(row.hour, row.node) for row in rows}) == len(rows)
    hours_of = {node.node: node.hours for node in case.nodes}
    assert all(row.hour in hours_of[row.node] for row in rows)
    assert Counter((row.hour, row.buyer) for row in rows) == {(need.hour, need.buyer): need.lots for need in case.needs}
    assert keeps_together(case, rows)
    assert [each.switches for each in nominated.outcomes] == ([switches(case, rows)] if case.needs else [])
    assert all(each.switches == each.switches_least for each in nominated.outcomes)


@given(markets(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_what_is_said_does_not_matter(case: Case, random: Random) -> None:
    shuffled = case._replace(
        needs=shuffle(random, case.needs),
        nodes=shuffle(random, case.nodes),
        fixed=shuffle(random, case.fixed),
        orders=shuffle(random, case.orders),
    )
    assert nominate(*shuffled) == nominate(*case)


Row = TypeVar("Row")


def shuffle(random: Random, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(random.sample(rows, len(rows)))


@pytest.fixture
def without_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks the program fails."""

    def number(task: Task) -> NoReturn:
        raise AssertionError("the program was asked")

    monkeypatch.setattr(exact, "number", number)


@pytest.mark.usefixtures("without_program")
def test_nobody_switches_where_all_nodes_are_there() -> None:
    """A thousand nodes and half a week."""
    needs, nodes = day(1, nodes=1000, hours=84, buyers=50, missing=0.0, busy=0.97)
    assert nominate(0, 84, needs, nodes).outcomes == (Outcome(7, 0, 0),)


@pytest.mark.usefixtures("without_program")
def test_orders_stay_on_their_nodes_where_all_nodes_are_there() -> None:
    """Also those that began before, where another lot of the buyer has the lower node."""
    nodes = [Node(7, number, 1, (10, 11, 12)) for number in range(1, 4)]
    needs = [Need(10, 7, 21, 2), Need(11, 7, 21, 1), Need(12, 7, 21, 1), Need(11, 7, 22, 2)]
    fixed = [Assignment(8, 7, 2, 21), Assignment(9, 7, 1, 21), Assignment(9, 7, 2, 21)]
    nominated = nominate(10, 3, needs, nodes, fixed, [Order(7, 21, 8, 5, 1, Cohesion.NODE)])
    assert nominated.outcomes == (Outcome(7, 0, 0),)
    assert [row.node for row in nominated.assignments if row.buyer == 21] == [1, 2, 2, 2]


@pytest.mark.usefixtures("without_program")
def test_switches_that_a_single_hour_forces_need_no_program() -> None:
    """The node goes, and another comes; in the first hour, and later."""
    nodes = [Node(7, 1, 1, ()), Node(7, 2, 1, (10,)), Node(7, 3, 1, (11,))]
    needs = [Need(10, 7, 21, 1), Need(11, 7, 21, 1)]
    assert nominate(10, 2, needs, nodes, [Assignment(9, 7, 1, 21)]).outcomes == (Outcome(7, 2, 2),)


@pytest.mark.usefixtures("without_program")
def test_lots_that_must_stay_choose_first() -> None:
    """Else the longer lot of buyer 22 would take the node that goes last."""
    nodes = [Node(7, 1, 1, (10, 11)), Node(7, 2, 1, (10,)), Node(7, 3, 1, (11, 12))]
    needs = [Need(10, 7, 21, 1), Need(11, 7, 21, 1), *(Need(hour, 7, 22, 1) for hour in (10, 11, 12))]
    nominated = nominate(10, 3, needs, nodes, orders=[Order(7, 21, 10, 2, 1, Cohesion.NODE)])
    assert nominated.outcomes == (Outcome(7, 1, 1),)
    assert [row.node for row in nominated.assignments if row.buyer == 21] == [1, 1]


@pytest.mark.usefixtures("without_program")
def test_a_lot_that_no_node_can_keep_stays_while_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """Node 1 goes when node 2 does, so that there is no use in changing to it."""
    monkeypatch.setattr(nomination, "COLUMNS_MAX", 0)
    nodes = [Node(7, 1, 1, (1, 2)), Node(7, 2, 1, (0, 1, 2)), Node(7, 3, 1, (3,))]
    nominated = nominate(0, 4, [Need(hour, 7, 21, 1) for hour in range(4)], nodes)
    assert [row.node for row in nominated.assignments] == [2, 2, 2, 3]


def test_a_day_of_a_large_provider_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 nodes, of which one in twenty is missing at any time, 30 buyers, and nearly everything sold."""
    needs, nodes = day(2, nodes=200, hours=24, buyers=30, missing=0.05, busy=0.95)
    (outcome,) = nominate(0, 24, needs, nodes).outcomes
    assert outcome.switches == outcome.switches_least
    monkeypatch.setattr(nomination, "COLUMNS_MAX", 0)
    (guess,) = nominate(0, 24, needs, nodes).outcomes
    assert guess.switches > outcome.switches, "the sweep was as good, so that the program was not asked"


def test_days_of_a_smaller_provider_are_solved() -> None:
    """In one of these the rounded answer is not the best."""
    for seed in range(50, 60):
        needs, nodes = day(seed, nodes=40, hours=16, buyers=8, missing=0.1, busy=0.97)
        (outcome,) = nominate(0, 16, needs, nodes).outcomes
        assert outcome.switches == outcome.switches_least


def test_what_is_not_proven_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hour alone could do without a switch; that all of them cannot is seen by the program only."""
    nodes = (Node(7, 1, 1, (0, 1)), Node(7, 2, 1, (1, 2)))
    needs = tuple(Need(hour, 7, 21, 1) for hour in range(3))
    assert nominate(0, 3, needs, nodes).outcomes == (Outcome(7, 1, 1),)
    monkeypatch.setattr(nomination, "COLUMNS_MAX", 0)
    assert nominate(0, 3, needs, nodes).outcomes == (Outcome(7, 1, 0),)


def test_a_search_that_ends_early_claims_no_more_than_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no branch to try, the fewest switches are between what is proven and what is planned."""
    for seed in range(50, 60):
        needs, nodes = day(seed, nodes=40, hours=16, buyers=8, missing=0.1, busy=0.97)
        (fewest,) = nominate(0, 16, needs, nodes).outcomes
        with monkeypatch.context() as patched:
            patched.setattr(program, "BRANCHES_MAX", 0)
            (early,) = nominate(0, 16, needs, nodes).outcomes
        assert early.switches_least <= fewest.switches <= early.switches


def test_a_search_that_finds_nothing_leaves_the_sweep_or_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "rounded", lambda program, corner: Answer(None, inf, -inf))
    monkeypatch.setattr(Program, "whole", lambda program: Answer(None, inf, -inf))
    nodes = (Node(7, 1, 1, (0, 1)), Node(7, 2, 2, (1, 2)))
    needs = tuple(Need(hour, 7, 21, 1) for hour in range(3))
    assert nominate(0, 3, needs, nodes).outcomes == (Outcome(7, 1, 0),)
    orders = [Order(7, 21, 0, 2, 1, Cohesion.SITE)]
    with pytest.raises(TooLarge, match="provider 7: to keep orders together takes more than 200 branches"):
        nominate(0, 3, needs, nodes, orders=orders)


def test_orders_of_a_site_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep knows no sites, so what is too large for the program is an error."""
    nodes = [Node(7, number, number % 2, (0, 1)) for number in range(4)]
    needs = [Need(hour, 7, 21, 2) for hour in range(2)]
    orders = [Order(7, 21, 0, 2, 2, Cohesion.SITE)]
    nominated = nominate(0, 2, needs, nodes, orders=orders)
    assert len({row.node % 2 for row in nominated.assignments}) == 1
    monkeypatch.setattr(nomination, "COLUMNS_MAX", 0)
    with pytest.raises(TooLarge, match="provider 7: to keep orders together takes more than 0 columns"):
        nominate(0, 2, needs, nodes, orders=orders)


def test_pairs_become_needs() -> None:
    assert needs_of(5, [Pair(7, 21, 2), Pair(8, 21, 1)]) == (Need(5, 7, 21, 2), Need(5, 8, 21, 1))
