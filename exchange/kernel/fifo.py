"""Queues of orders as linked rows: one for each price level, and one for each account."""

from exchange.jit import int64, kernel
from exchange.kernel.state import State


@kernel
def join_level(state: State, level: int, order: int) -> bool:
    """Put ``order`` behind all others at ``level``. Returns whether the level was empty."""
    place = state.levels[level]
    node = state.orders[order]
    newest_before = int64(place["newest"])
    node["older"] = newest_before
    node["newer"] = 0
    node["level"] = level
    place["newest"] = order
    place["lots"] += int64(node["open_lots"])
    if newest_before != 0:
        state.orders[newest_before]["newer"] = order
        return False
    place["oldest"] = order
    return True


@kernel
def leave_level(state: State, order: int) -> bool:
    """Take ``order`` out of its level, wherever it stands. Returns whether the level is empty now."""
    node = state.orders[order]
    place = state.levels[int64(node["level"])]
    older = int64(node["older"])
    newer = int64(node["newer"])
    place["lots"] -= int64(node["open_lots"])
    node["level"] = 0
    if older != 0:
        state.orders[older]["newer"] = newer
    else:
        place["oldest"] = newer
    if newer != 0:
        state.orders[newer]["older"] = older
    else:
        place["newest"] = older
    return int64(place["oldest"]) == 0


@kernel
def join_account(state: State, account: int, order: int) -> None:
    """Put ``order`` behind all other open orders of ``account``."""
    owner = state.accounts[account]
    link = state.links[order]
    newest_before = int64(owner["newest"])
    link["older"] = newest_before
    link["newer"] = 0
    owner["newest"] = order
    owner["orders"] += 1
    if newest_before != 0:
        state.links[newest_before]["newer"] = order
    else:
        owner["oldest"] = order


@kernel
def leave_account(state: State, account: int, order: int) -> None:
    """Take ``order`` out of the open orders of ``account``."""
    owner = state.accounts[account]
    link = state.links[order]
    older = int64(link["older"])
    newer = int64(link["newer"])
    owner["orders"] -= 1
    if older != 0:
        state.links[older]["newer"] = newer
    else:
        owner["oldest"] = newer
    if newer != 0:
        state.links[newer]["older"] = older
    else:
        owner["newest"] = older
