"""Rows of orders: taken, and freed to be used again."""

from exchange.jit import int64, kernel, prefetch
from exchange.kernel.state import State

_GENERATION_MAX = 2**31 - 1


@kernel
def take(state: State) -> int:
    """A row of ORDER that nobody uses; what it held before is still in it."""
    header = state.header[0]
    order = int64(header["free_order"])
    if order == 0:
        order = int64(header["orders"])
        header["orders"] = order + 1
    else:
        next_order = int64(state.orders[order]["older"])
        header["free_order"] = next_order
        prefetch(state.orders, next_order)
    return order


@kernel
def free(state: State, order: int) -> None:
    """The order is closed; its id is never seen again."""
    header = state.header[0]
    node = state.orders[order]
    node["open_lots"] = 0
    # A row whose generations are used up is never used again: its next id would repeat the first.
    if int64(node["generation"]) < _GENERATION_MAX:
        node["generation"] += 1
        node["older"] = header["free_order"]
        header["free_order"] = order
