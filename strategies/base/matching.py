"""Which order becomes which want, so that the orders have the shortest way to go."""

from collections.abc import Iterable

from strategies.base.intents import Rung
from strategies.base.working import WorkingOrder


def tidy(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    return tuple(rung for rung in rungs if rung.lots > 0)


def nearest_pairs(orders: list[WorkingOrder], wants: list[Rung]) -> list[tuple[WorkingOrder, Rung]]:
    """Each want with the order that has the shortest way to go, as far as both last."""
    free_orders, free_wants = list(orders), list(wants)
    pairs: list[tuple[WorkingOrder, Rung]] = []
    while free_orders and free_wants:
        order, want = min(
            ((order, want) for order in free_orders for want in free_wants),
            key=lambda pair: abs(pair[0].next_price_ticks - pair[1].price_ticks),
        )
        free_orders.remove(order)
        free_wants.remove(want)
        pairs.append((order, want))
    return pairs
