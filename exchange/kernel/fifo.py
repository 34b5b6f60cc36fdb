"""Queues of orders as linked rows: one for each price level, one for each account, one to watch for each contract."""

from exchange.jit import int64, kernel
from exchange.kernel.state import WATCHED, State


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
    return older == 0 and newer == 0


@kernel
def join_account(state: State, account: int, order: int) -> None:
    """Put ``order`` behind all other open orders of ``account``."""
    owner = state.accounts[account]
    link = state.orders[order]
    newest_before = int64(owner["newest"])
    link["account_older"] = newest_before
    link["account_newer"] = 0
    owner["newest"] = order
    owner["orders"] += 1
    if newest_before != 0:
        state.orders[newest_before]["account_newer"] = order
    else:
        owner["oldest"] = order


@kernel
def leave_account(state: State, account: int, order: int) -> None:
    """Take ``order`` out of the open orders of ``account``."""
    owner = state.accounts[account]
    link = state.orders[order]
    older = int64(link["account_older"])
    newer = int64(link["account_newer"])
    owner["orders"] -= 1
    if older != 0:
        state.orders[older]["account_newer"] = newer
    else:
        owner["oldest"] = newer
    if newer != 0:
        state.orders[newer]["account_older"] = older
    else:
        owner["newest"] = older


@kernel
def join_watch(state: State, order: int) -> None:
    """Put ``order`` behind all others that its contract watches."""
    contract = int64(state.orders[order]["contract"])
    listing = state.listings[contract]
    link = state.extras[order]
    newest_before = int64(listing["watch_newest"])
    link["watch_older"] = newest_before
    link["watch_newer"] = 0
    listing["watch_newest"] = order
    listing["watched"] += 1
    state.contracts[contract]["alert"] += 1
    state.orders[order]["marks"] |= WATCHED
    if newest_before != 0:
        state.extras[newest_before]["watch_newer"] = order
    else:
        listing["watch_oldest"] = order


@kernel
def leave_watch(state: State, order: int) -> None:
    """Take ``order`` out of those that its contract watches."""
    contract = int64(state.orders[order]["contract"])
    listing = state.listings[contract]
    link = state.extras[order]
    older = int64(link["watch_older"])
    newer = int64(link["watch_newer"])
    listing["watched"] -= 1
    state.contracts[contract]["alert"] -= 1
    state.orders[order]["marks"] &= ~WATCHED
    if older != 0:
        state.extras[older]["watch_newer"] = newer
    else:
        listing["watch_oldest"] = newer
    if newer != 0:
        state.extras[newer]["watch_older"] = older
    else:
        listing["watch_newest"] = older
