"""Limits on what an account may ask for, and the protection of market makers."""

from exchange.domain.enums import EventKind, OrderType, Phase, Reject, Side
from exchange.domain.records import Rows
from exchange.domain.units import BPS
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit
from exchange.kernel.facts import is_halted
from exchange.kernel.holdings import DISABLED, FROZEN, LIMITED
from exchange.kernel.index import is_pool_of
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_MARKET_TO_LIMIT = int(OrderType.MARKET_TO_LIMIT)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_FROZEN_EVENT = int(EventKind.FROZEN)

_ACCEPTABLE = int(Reject.NONE)
_LISTED = int(Phase.LISTED)
_NOT_OPEN = int(Reject.NOT_OPEN)
_CONTRACT_HALTED = int(Reject.CONTRACT_HALTED)
_ENTRY_CLOSED = int(Reject.ENTRY_CLOSED)
_ACCOUNT_DISABLED = int(Reject.ACCOUNT_DISABLED)
_RATE_EXCEEDED = int(Reject.RATE_EXCEEDED)
_ORDER_TOO_LARGE = int(Reject.ORDER_TOO_LARGE)
_PRICE_TOO_FAR = int(Reject.PRICE_TOO_FAR)
_OUTSIDE_BAND = int(Reject.OUTSIDE_BAND)
_POSITION_LIMIT = int(Reject.POSITION_LIMIT)
_ORDERS_LIMIT = int(Reject.ORDERS_LIMIT)


@kernel
def refuse_halt(state: State, contract: int) -> int:
    """Whether the contract takes no orders: not yet, or not for a while."""
    if not is_halted(state, contract):
        return _ACCEPTABLE
    return _NOT_OPEN if int64(state.contracts[contract]["phase"]) == _LISTED else _CONTRACT_HALTED


@kernel
def refuse_entry(state: State, account: int) -> int:
    """Whether a kill switch is on."""
    if int64(state.header[0]["kill"]) != 0:
        return _ENTRY_CLOSED
    if int64(state.accounts[account]["rules"]) & DISABLED != 0:
        return _ACCOUNT_DISABLED
    return _ACCEPTABLE


@kernel
def refuse_rate(state: State, account: int) -> int:
    """Whether the account has no credit left: generic cell rate algorithm, one cell an order."""
    owner = state.accounts[account]
    ahead_ns = int64(owner["rate_due_ns"]) - int64(state.header[0]["time_ns"])
    too_fast = ahead_ns > (int64(owner["rate_burst"]) - 1) * int64(owner["rate_interval_ns"])
    return _RATE_EXCEEDED if int64(owner["rate_interval_ns"]) != 0 and too_fast else _ACCEPTABLE


@kernel
def spend_rate(state: State, account: int) -> None:
    """Count one order against the account's rate."""
    owner = state.accounts[account]
    if int64(owner["rules"]) & LIMITED != 0 and int64(owner["rate_interval_ns"]) != 0:
        due_ns = max(int64(owner["rate_due_ns"]), int64(state.header[0]["time_ns"]))
        owner["rate_due_ns"] = due_ns + int64(owner["rate_interval_ns"])


@kernel
def refuse_size(state: State, account: int, lots: int) -> int:
    """The account's own guard against a slip of the finger."""
    lots_max = int64(state.accounts[account]["order_lots_max"])
    return _ORDER_TOO_LARGE if lots_max != 0 and lots > lots_max else _ACCEPTABLE


@kernel
def refuse_price(state: State, account: int, contract: int, side: int, price_ticks: int) -> int:
    """The same for a price that pays too much, or asks for too little."""
    reference = int64(state.listings[contract]["reference_ticks"])
    if reference == 0:
        reference = int64(state.contracts[contract]["last_price"])
    price_bps = int64(state.accounts[account]["price_bps"])
    if price_ticks == 0 or reference == 0 or price_bps == 0:
        return _ACCEPTABLE
    away = reference * price_bps // BPS
    far = price_ticks > reference + away if side == _BUY else price_ticks < reference - away
    return _PRICE_TOO_FAR if far else _ACCEPTABLE


@kernel
def refuse_band(state: State, contract: int, price_ticks: int) -> int:
    """The contract's band around its reference."""
    band_bps = int64(state.contracts[contract]["band_bps"])
    reference = int64(state.listings[contract]["reference_ticks"])
    if band_bps == 0 or reference == 0 or price_ticks == 0:
        return _ACCEPTABLE
    return _OUTSIDE_BAND if abs(price_ticks - reference) * BPS > reference * band_bps else _ACCEPTABLE


@seldom
def refuse_order(
    state: State, account: int, contract: int, side: int, order_type: int, price_ticks: int, lots: int
) -> int:
    """Rate, size, price and band of one order, as far as its kind is asked for them."""
    priced = _LIMIT <= order_type <= _MARKET_TO_LIMIT or order_type == _STOP_LIMIT
    reason = _ACCEPTABLE
    if int64(state.accounts[account]["rules"]) & LIMITED != 0:
        reason = refuse_rate(state, account)
        if reason == _ACCEPTABLE:
            reason = refuse_size(state, account, lots)
        if reason == _ACCEPTABLE and priced:
            reason = refuse_price(state, account, contract, side, price_ticks)
    if reason == _ACCEPTABLE and priced and order_type != _MARKET:
        reason = refuse_band(state, contract, price_ticks)
    return reason


@seldom
def refuse_position(
    state: State, account: int, contract: int, position: int, side: int, lots: int, gone_buys: int, gone_sells: int
) -> int:
    """Whether ``lots`` more would exceed a limit on positions, with ``gone_*`` lots of open orders gone."""
    owner = state.accounts[account]
    held = state.positions[position]
    after = exposure(
        side,
        lots,
        int64(held["lots"]),
        int64(held["open_buy_lots"]) - gone_buys,
        int64(held["open_sell_lots"]) - gone_sells,
    )
    if int64(owner["position_max"]) != 0 and after > int64(owner["position_max"]):
        return _POSITION_LIMIT
    weight = int64(state.listings[contract]["weight"])
    for pool in (pool_of(state, account, contract), int64(owner["total"])):
        row = state.pools[pool]
        after = exposure(
            side,
            lots * weight,
            int64(row["lots"]),
            int64(row["open_buy_lots"]) - gone_buys * weight,
            int64(row["open_sell_lots"]) - gone_sells * weight,
        )
        if pool != 0 and int64(row["position_max"]) != 0 and after > int64(row["position_max"]):
            return _POSITION_LIMIT
    return _ACCEPTABLE


@kernel
def exposure(side: int, more: int, lots: int, open_buys: int, open_sells: int) -> int:
    """How far ``side`` may have gone once all open lots and ``more`` are traded."""
    return lots + open_buys + more if side == _BUY else open_sells - lots + more


@seldom
def refuse_count(state: State, account: int, contract: int, position: int, more: int) -> int:
    """Whether ``more`` open orders would exceed a limit on their number."""
    owner = state.accounts[account]
    orders = int64(state.positions[position]["orders"]) + more
    if int64(owner["orders_max"]) != 0 and orders > int64(owner["orders_max"]):
        return _ORDERS_LIMIT
    for pool in (pool_of(state, account, contract), int64(owner["total"])):
        row = state.pools[pool]
        if pool != 0 and int64(row["orders_max"]) != 0 and int64(row["orders"]) + more > int64(row["orders_max"]):
            return _ORDERS_LIMIT
    return _ACCEPTABLE


@kernel
def pool_of(state: State, account: int, contract: int) -> int:
    """The limited pool in which an account's position in ``contract`` counts, 0 if none."""
    listing = state.listings[contract]
    pool = int64(state.accounts[account]["pools"])
    while pool != 0 and not is_pool_of(state, pool, int64(listing["sku"]), int64(listing["region"])):
        pool = int64(state.pools[pool]["next"])
    return pool


@seldom
def count_fill(state: State, account: int, contract: int, side: int, lots: int, events: Rows, written: int) -> int:
    """A quote was hit: freeze the account if that was too much within its window."""
    header = state.header[0]
    owner = state.accounts[account]
    time_ns = int64(header["time_ns"])
    if int64(owner["window_start_ns"]) == 0 or time_ns >= int64(owner["window_start_ns"]) + int64(owner["window_ns"]):
        owner["window_start_ns"] = time_ns
        owner["window_lots"] = 0
        owner["window_delta"] = 0
    hours = lots * int64(state.listings[contract]["weight"])
    owner["window_lots"] += lots
    owner["window_delta"] += hours if side == _BUY else -hours
    lots_max = int64(owner["protect_lots"])
    delta_max = int64(owner["protect_delta"])
    reached = (lots_max != 0 and int64(owner["window_lots"]) >= lots_max) or (
        delta_max != 0 and abs(int64(owner["window_delta"])) >= delta_max
    )
    if not reached or int64(owner["rules"]) & FROZEN != 0:
        return written
    owner["rules"] |= FROZEN
    owner["next_frozen"] = 0
    if int64(header["frozen_first"]) == 0:
        header["frozen_first"] = account
    else:
        state.accounts[int64(header["frozen_last"])]["next_frozen"] = account
    header["frozen_last"] = account
    return emit.notice(
        state, events, written, _FROZEN_EVENT, account, contract, int64(owner["window_delta"]), 0, lots_of(owner), 0
    )


@kernel
def lots_of(owner: Rows) -> int:
    return min(int64(owner["window_lots"]), 2**31 - 1)
