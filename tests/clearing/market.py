"""A day of a provider, of any size, at random."""

from __future__ import annotations

from random import Random

from exchange.clearing.terms import Need, Node

PROVIDER = 7


def day(seed: int, nodes: int, hours: int, buyers: int, missing: float, busy: float) -> tuple[list[Need], list[Node]]:
    """``missing`` of the node hours were not declared; of those that were, ``busy`` is sold, in runs of 9 hours."""
    random = Random(seed)
    declared = [
        Node(PROVIDER, node, node % 4, tuple(hour for hour in range(hours) if random.random() >= missing))
        for node in range(nodes)
    ]
    left = [sum(hour in node.hours for node in declared) for hour in range(hours)]
    unsold = (1 - busy) * sum(left)
    lots: dict[tuple[int, int], int] = {}
    for _ in range(100 * buyers):
        start, end = random.randrange(-8, hours), 2
        while random.random() < 7 / 8:
            end += 1
        run = range(max(start, 0), min(max(start + end, 0), hours))
        sold, buyer = random.randint(1, 5), 100 + random.randrange(buyers)
        if sum(left) > unsold and all(left[hour] >= sold for hour in run):
            for hour in run:
                left[hour] -= sold
                lots[hour, buyer] = lots.get((hour, buyer), 0) + sold
    return [Need(hour, PROVIDER, buyer, sold) for (hour, buyer), sold in lots.items()], declared
