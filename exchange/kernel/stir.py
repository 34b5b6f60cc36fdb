"""A contract changed: housekeeping looks at it before the command is over, if there is anything to see."""

from exchange.jit import int64, kernel, seldom
from exchange.kernel import fixing
from exchange.kernel.state import COLLECTS, FIXES, State


@kernel
def touch(state: State, contract: int) -> None:
    """Something changed in ``contract``: see to it that housekeeping looks, if there is anything to see."""
    if int64(state.contracts[contract]["alert"]) != 0:
        _alert(state, contract)


@kernel
def count_trade(state: State, contract: int, price_ticks: int, lots: int) -> None:
    """A trade of ``contract``: its last price, its volume, and who must know of it."""
    book = state.contracts[contract]
    book["last_price"] = price_ticks
    book["last_lots"] = lots
    book["volume_lots"] += lots
    book["trades"] += 1
    if int64(state.contracts[contract]["alert"]) != 0:
        _alert_trade(state, contract, price_ticks, lots)


@seldom
def _alert_trade(state: State, contract: int, price_ticks: int, lots: int) -> None:
    if int64(state.contracts[contract]["alert"]) & FIXES != 0:
        fixing.count_trade(state, contract, price_ticks, lots)
    _alert(state, contract)


@seldom
def _alert(state: State, contract: int) -> None:
    if int64(state.contracts[contract]["alert"]) & COLLECTS != 0:
        state.listings[contract]["is_stirred"] = 1
    enqueue(state, contract)


@seldom
def enqueue(state: State, contract: int) -> None:
    """Let housekeeping look at ``contract``."""
    header = state.header[0]
    listing = state.listings[contract]
    if int64(listing["is_unsettled"]) != 0:
        return
    listing["is_unsettled"] = 1
    listing["next_unsettled"] = 0
    if int64(header["unsettled_first"]) == 0:
        header["unsettled_first"] = contract + 1
    else:
        state.listings[int64(header["unsettled_last"]) - 1]["next_unsettled"] = contract + 1
    header["unsettled_last"] = contract + 1
