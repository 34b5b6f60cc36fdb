"""Small nominations and pairings at random, whose needs can be met; whether their orders can be kept is open."""

from __future__ import annotations

from random import Random

from exchange.clearing.netting import Pair
from exchange.clearing.terms import Assignment, Need, Node, Order
from exchange.domain.enums import Cohesion
from tests.clearing.brute import Case

PROVIDER = 7
FIRST_HOUR = 500_000


def small_case(random: Random) -> Case:
    """At most 4 nodes at 2 sites, 4 hours of which up to 2 are fixed, and 3 buyers."""
    total, known = random.randint(2, 4), random.choice([0, 0, 1, 2])
    hours = max(1, total - known)
    missing = random.choice([0.0, 0.2, 0.4])
    span = range(FIRST_HOUR - known, FIRST_HOUR + hours)
    nodes = tuple(
        Node(PROVIDER, number, random.randint(1, 2), tuple(hour for hour in span if random.random() >= missing))
        for number in range(1, random.choice([1, 2, 3, 3, 4, 4]) + 1)
    )
    # A few buyers who stay are harder to please than many who come and go.
    buyers = [random.choice([21, 21, 22, 23]) for _ in nodes]
    served = []
    for hour in span:
        there = [node.node for node in nodes if hour in node.hours]
        if random.random() < 0.5:
            buyers[random.randrange(len(buyers))] = random.randint(21, 23)
        busy = zip(random.sample(there, len(there)), buyers[: random.choice([2, 4, 4])], strict=False)
        served += [Assignment(hour, PROVIDER, node, buyer) for node, buyer in busy]
    needs: dict[tuple[int, int], int] = {}
    for row in served:
        if row.hour >= FIRST_HOUR:
            needs[row.hour, row.buyer] = needs.get((row.hour, row.buyer), 0) + 1
    fixed = tuple(row for row in served if row.hour < FIRST_HOUR)
    orders = tuple(order for _ in range(random.randint(0, 3)) for order in _order(random, served, span))
    return Case(
        FIRST_HOUR,
        hours,
        tuple(Need(hour, PROVIDER, buyer, lots) for (hour, buyer), lots in needs.items()),
        nodes,
        fixed,
        orders if _holds(orders, needs) else orders[:1],
    )


def _order(random: Random, served: list[Assignment], span: range) -> list[Order]:
    """An order of a buyer who has lots in all its hours, or none."""
    if not served:
        return []
    row = random.choice(served)
    lots = {hour: sum(each.hour == hour and each.buyer == row.buyer for each in served) for hour in span}
    end = row.hour + 1
    while lots.get(end) and random.random() < 0.9:
        end += 1
    kept = random.randint(1, min(lots[hour] for hour in range(row.hour, end)))
    cohesion = random.choice([Cohesion.NONE, Cohesion.SITE, Cohesion.NODE, Cohesion.NODE])
    return [Order(PROVIDER, row.buyer, row.hour, end - row.hour, kept, cohesion)]


def _holds(orders: tuple[Order, ...], needs: dict[tuple[int, int], int]) -> bool:
    """Whether orders keep no more lots together than there are."""
    return all(
        lots
        >= sum(
            order.lots
            for order in orders
            if order.cohesion != Cohesion.NONE
            and order.buyer == buyer
            and order.first_hour <= hour < order.first_hour + order.hours
        )
        for (hour, buyer), lots in needs.items()
    )


def crowded_case(random: Random) -> Case:
    """4 nodes, 4 hours and up to 2 before them, and 2 buyers with up to 6 orders that can all be kept."""
    known = random.choice([0, 1, 2, 2])
    span = range(FIRST_HOUR - known, FIRST_HOUR + random.randint(2, 4) - (known > 0))
    missing = random.choice([0.0, 0.0, 0.15])
    nodes = tuple(
        Node(PROVIDER, number, random.choice([1, 1, 2]), tuple(hour for hour in span if random.random() >= missing))
        for number in range(1, 5)
    )
    plan: dict[tuple[int, int], int] = {}
    for node in nodes:
        for hour in node.hours:
            before = plan.get((hour - 1, node.node))
            stays = before is not None and random.random() < 0.65
            plan[hour, node.node] = before if before is not None and stays else random.choice([0, 21, 21, 21, 22])
    served = [Assignment(hour, PROVIDER, node, buyer) for (hour, node), buyer in plan.items() if buyer]
    needs: dict[tuple[int, int], int] = {}
    for row in served:
        if row.hour >= FIRST_HOUR:
            needs[row.hour, row.buyer] = needs.get((row.hour, row.buyer), 0) + 1
    return Case(
        FIRST_HOUR,
        span.stop - FIRST_HOUR,
        tuple(Need(hour, PROVIDER, buyer, lots) for (hour, buyer), lots in needs.items()),
        nodes,
        tuple(row for row in served if row.hour < FIRST_HOUR),
        _orders_of_plan(random, nodes, plan, span),
    )


def _orders_of_plan(
    random: Random, nodes: tuple[Node, ...], plan: dict[tuple[int, int], int], span: range
) -> tuple[Order, ...]:
    """Orders that ``plan`` keeps together, each by nodes that no other order has in its hours."""
    orders, free = [], dict(plan)
    for _ in range(6):
        cohesion = random.choice([Cohesion.SITE, Cohesion.NODE, Cohesion.NODE, Cohesion.NODE])
        first = random.choice(span[:-1])
        hours = range(first, random.randint(first + 2, span.stop))
        buyer, site = random.choice([21, 21, 22]), random.randint(1, 2)
        fit = [
            node.node
            for node in nodes
            if all(free.get((hour, node.node)) == buyer for hour in hours)
            and (cohesion is Cohesion.NODE or node.site == site)
        ]
        if fit:
            used = random.sample(fit, random.randint(1, min(2, len(fit))))
            for hour in hours:
                for number in used:
                    del free[hour, number]
            orders.append(Order(PROVIDER, buyer, first, len(hours), len(used), cohesion))
    return tuple(orders)


def small_pairing(random: Random) -> tuple[dict[int, int], tuple[Pair, ...]]:
    """Positions of at most 3 sellers and 3 buyers, and the pairs of the hour before."""
    accounts = random.sample(range(1, 10), random.randint(2, 6))
    sellers = accounts[: min(3, max(1, len(accounts) // 2))]
    buyers = accounts[len(sellers) :][:3]
    positions = dict.fromkeys(sellers, 0) | dict.fromkeys(buyers, 0)
    for _ in range(random.randint(0, 6)):
        positions[random.choice(sellers)] -= 1
        positions[random.choice(buyers)] += 1
    couples = [(seller, buyer) for seller in accounts for buyer in accounts if seller != buyer]
    earlier = [Pair(*couple, random.randint(1, 3)) for couple in random.sample(couples, min(len(couples), 5))]
    return positions, tuple(earlier)
