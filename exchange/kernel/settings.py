"""What the operator sets: phases, prices of reference, limits, protection, groups and kill switches."""

from exchange.domain.enums import CommandKind, EventKind, Kill, Phase, Reason, Reject, Scope
from exchange.domain.records import Rows
from exchange.domain.units import BPS, LOTS_MAX, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import auction, emit, index, margin, phase, stages, stir, sweeps
from exchange.kernel.facts import is_account, is_closed
from exchange.kernel.holdings import DISABLED, FROZEN, IN_LEGS, LIMITED, POOLED, PROTECTED
from exchange.kernel.state import FOLLOWED, RERUN, State

_PHASE = int(CommandKind.PHASE)
_MARK = int(CommandKind.MARK)
_BANDS = int(CommandKind.BANDS)
_LIMITS = int(CommandKind.LIMITS)
_PROTECT = int(CommandKind.PROTECT)
_RESET = int(CommandKind.RESET)
_KILL = int(CommandKind.KILL)
_CONFIGURED = int(EventKind.CONFIGURED)
_REASON_KILL = int(Reason.KILL)
_CONTINUOUS = int(Phase.CONTINUOUS)
_PREOPEN = int(Phase.PREOPEN)
_CLOSING = int(Phase.CLOSING)
_HALTED = int(Phase.HALTED)
_CANCEL_ONLY = int(Phase.CANCEL_ONLY)
_LISTED = int(Phase.LISTED)
_SETTLED = int(Phase.SETTLED)
_OF_ACCOUNT = int(Scope.ACCOUNT)
_OF_POOL = int(Scope.POOL)
_OF_CONTRACT = int(Scope.CONTRACT)
_KILL_ENTRY = int(Kill.ENTRY)
_KILL_ACCOUNT = int(Kill.ACCOUNT)
_KILL_MARKET = int(Kill.MARKET)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_MINIMUM = int(Reject.BAD_MINIMUM)
_BAD_EXPIRY = int(Reject.BAD_EXPIRY)
_BAD_AMOUNT = int(Reject.BAD_AMOUNT)
_BAD_FEE = int(Reject.BAD_FEE)
_BAD_OPTION = int(Reject.BAD_OPTION)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)
_STAGE_ORDER = int(Reject.STAGE_ORDER)

_INTERVAL_NS_MAX = 10**12
_BURST_MAX = 10**6
_AUCTION_NS_MAX = 10**15
_ALL = -1


@seldom
def configure(state: State, command: Rows, events: Rows, written: int) -> int:
    """One command of the operator, unless it is refused."""
    kind = int64(command["kind"])
    is_going_on = int64(state.header[0]["pending"]) == RERUN
    state.header[0]["pending"] = 0
    reason = _refuse(state, command)
    if reason != _ACCEPTABLE and not is_going_on:
        return emit.rejected(state, events, written, command, reason, 0)
    if kind == _PHASE:
        return _change_phase(state, command, events, written)
    if not is_going_on:
        written = _confirm(state, command, events, written)
    if kind == _MARK:
        state.listings[int64(command["contract"])]["mark_ticks"] = command["price_ticks"]
        stir.touch(state, int64(command["contract"]))
    elif kind == _BANDS:
        _set_bands(state, command)
    elif kind == _LIMITS:
        _set_limits(state, command)
    elif kind == _PROTECT or kind == _RESET:
        _protect(state, command)
    elif kind == _KILL:
        return _kill(state, command, events, written)
    else:
        state.accounts[int64(command["account"])]["group"] = command["lots"]
    return written


@kernel
def _confirm(state: State, command: Rows, events: Rows, written: int) -> int:
    row = emit.notice(
        state,
        events,
        written,
        _CONFIGURED,
        int64(command["account"]),
        int64(command["contract"]),
        int64(command["amount"]),
        int64(command["price_ticks"]),
        int64(command["lots"]),
        int64(command["kind"]),
    )
    events[written]["side"] = command["option"]
    return row


@kernel
def _refuse(state: State, command: Rows) -> int:
    kind = int64(command["kind"])
    if kind == _PHASE or kind == _MARK or kind == _BANDS:
        if not 0 <= int64(command["contract"]) < int64(state.header[0]["contracts"]):
            return _UNKNOWN_CONTRACT
        if kind == _PHASE and stages.is_late(int64(command["option"])):
            return stages.refuse(state, command)
        reason = _refuse_phase(command) if kind == _PHASE else _refuse_reference(command)
        if reason == _ACCEPTABLE and is_closed(state, int64(command["contract"])):
            reason = _CONTRACT_CLOSED
        if reason == _ACCEPTABLE and kind == _PHASE and int64(command["option"]) == _LISTED:
            reason = _STAGE_ORDER
        return reason
    if kind == _KILL:
        return _refuse_kill(state, command)
    if not is_account(state, int64(command["account"])):
        return _UNKNOWN_ACCOUNT
    if kind == _LIMITS:
        return _refuse_limits(command)
    if kind == _PROTECT:
        return _refuse_protect(command)
    if kind == _RESET:
        return _ACCEPTABLE
    return _ACCEPTABLE if 0 <= int64(command["lots"]) <= LOTS_MAX else _BAD_LOTS


@kernel
def _refuse_phase(command: Rows) -> int:
    wanted = int64(command["option"])
    expiry_ns = int64(command["expiry_ns"])
    if expiry_ns != 0 and (not phase.collects(wanted) or expiry_ns <= int64(command["time_ns"])):
        return _BAD_EXPIRY
    known = wanted == _CONTINUOUS or wanted == _PREOPEN or wanted == _CLOSING or wanted == _LISTED
    return _ACCEPTABLE if known or wanted == _HALTED or wanted == _CANCEL_ONLY else _BAD_OPTION


@kernel
def _change_phase(state: State, command: Rows, events: Rows, written: int) -> int:
    contract = int64(command["contract"])
    if int64(command["option"]) == _CONTINUOUS:
        return sweeps.resume(state, contract, 0, events, written)
    if int64(command["option"]) == _SETTLED:
        margin.retire(state, contract)
    return phase.enter(state, contract, int64(command["option"]), int64(command["expiry_ns"]), events, written)


@kernel
def _refuse_reference(command: Rows) -> int:
    price_ticks = int64(command["price_ticks"])
    lowest_ticks = 1 if int64(command["kind"]) == _MARK else 0
    if not lowest_ticks <= price_ticks <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    if int64(command["kind"]) == _MARK:
        return _ACCEPTABLE
    auction_bps = int64(command["taker_fee_bps"])
    amount = int64(command["amount"])
    if not 1 <= amount <= _AUCTION_NS_MAX if auction_bps != 0 else amount != 0:
        return _BAD_AMOUNT
    return _ACCEPTABLE if 0 <= int64(command["maker_fee_bps"]) <= BPS and 0 <= auction_bps <= BPS else _BAD_FEE


@kernel
def _set_bands(state: State, command: Rows) -> None:
    contract = int64(command["contract"])
    listing = state.listings[contract]
    listing["reference_ticks"] = command["price_ticks"]
    state.contracts[contract]["band_bps"] = command["maker_fee_bps"]
    listing["auction_bps"] = command["taker_fee_bps"]
    listing["auction_ns"] = command["amount"]
    auction.set_bounds(state, contract)
    if int64(state.contracts[contract]["alert"]) & FOLLOWED != 0:
        stir.enqueue(state, contract)


@kernel
def _refuse_limits(command: Rows) -> int:
    scope = int64(command["option"])
    interval_ns = int64(command["expiry_ns"])
    burst = int64(command["minimum_lots"])
    if int64(command["price_ticks"]) < 0 or int64(command["display_lots"]) < 0:
        return _BAD_LOTS
    if interval_ns != 0 and not 1 <= burst <= _BURST_MAX if interval_ns > 0 else burst != 0:
        return _BAD_MINIMUM
    if not 0 <= interval_ns <= _INTERVAL_NS_MAX:
        return _BAD_EXPIRY
    if not 0 <= int64(command["amount"]) <= TOTAL_MAX:
        return _BAD_AMOUNT
    if not 0 <= int64(command["maker_fee_bps"]) <= BPS:
        return _BAD_FEE
    sku = int64(command["sku"])
    region = int64(command["region"])
    if not _OF_ACCOUNT <= scope <= _OF_CONTRACT or sku < 0 or region < 0:
        return _BAD_OPTION
    return _BAD_OPTION if scope != _OF_POOL and (sku != 0 or region != 0) else _ACCEPTABLE


@kernel
def _set_limits(state: State, command: Rows) -> None:
    account = int64(command["account"])
    owner = state.accounts[account]
    scope = int64(command["option"])
    owner["rules"] |= LIMITED
    if scope == _OF_CONTRACT:
        owner["position_max"] = command["amount"]
        owner["orders_max"] = command["price_ticks"]
        return
    sku = int64(command["sku"]) if scope == _OF_POOL else _ALL
    region = int64(command["region"]) if scope == _OF_POOL else _ALL
    pool = _reach_pool(state, account, sku, region)
    state.pools[pool]["position_max"] = command["amount"]
    state.pools[pool]["orders_max"] = command["price_ticks"]
    if scope == _OF_ACCOUNT:
        owner["order_lots_max"] = command["display_lots"]
        owner["price_bps"] = command["maker_fee_bps"]
        owner["rate_interval_ns"] = command["expiry_ns"]
        owner["rate_burst"] = command["minimum_lots"]
        owner["rate_due_ns"] = 0


@kernel
def _reach_pool(state: State, account: int, sku: int, region: int) -> int:
    """The pool of an account; a new one takes in the positions that there are already."""
    header = state.header[0]
    owner = state.accounts[account]
    pool = int64(owner["total"]) if sku == _ALL else int64(owner["pools"])
    while pool != 0 and not index.is_pool_of(state, pool, sku, region):
        pool = int64(state.pools[pool]["next"])
    if pool != 0:
        return pool
    pool = int64(header["pools"])
    header["pools"] = pool + 1
    row = state.pools[pool]
    row["account"] = account
    row["sku"] = sku
    row["region"] = region
    if sku == _ALL:
        owner["total"] = pool
    else:
        row["next"] = owner["pools"]
        owner["pools"] = pool
    for position in range(1, int64(header["positions"])):
        if int64(state.positions[position]["account"]) == account:
            _take_in(state, position, pool)
    return pool


@kernel
def _take_in(state: State, position: int, pool: int) -> None:
    held = state.positions[position]
    listing = state.listings[int64(held["contract"])]
    row = state.pools[pool]
    if int64(row["sku"]) != _ALL:
        if int64(listing["sku"]) != int64(row["sku"]) or int64(listing["region"]) != int64(row["region"]):
            return
        held["pool"] = pool
    held["is_pooled"] |= POOLED
    weight = int64(listing["weight"]) if int64(held["is_pooled"]) & IN_LEGS == 0 else 0
    row["lots"] += int64(held["lots"]) * weight
    row["open_buy_lots"] += int64(held["open_buy_lots"]) * weight
    row["open_sell_lots"] += int64(held["open_sell_lots"]) * weight
    row["orders"] += int64(held["orders"])


@kernel
def _refuse_protect(command: Rows) -> int:
    lots = int64(command["lots"])
    amount = int64(command["amount"])
    window_ns = int64(command["expiry_ns"])
    if not 0 <= lots <= LOTS_MAX:
        return _BAD_LOTS
    has_limit = lots != 0 or amount != 0
    if not 1 <= window_ns <= _AUCTION_NS_MAX if has_limit else window_ns != 0:
        return _BAD_EXPIRY
    return _ACCEPTABLE if 0 <= amount <= TOTAL_MAX else _BAD_AMOUNT


@kernel
def _protect(state: State, command: Rows) -> None:
    owner = state.accounts[int64(command["account"])]
    if int64(command["kind"]) == _PROTECT:
        owner["protect_lots"] = command["lots"]
        owner["protect_delta"] = command["amount"]
        owner["window_ns"] = command["expiry_ns"]
    owner["window_start_ns"] = 0
    owner["window_lots"] = 0
    owner["window_delta"] = 0
    owner["rules"] &= ~(PROTECTED | FROZEN)
    if int64(owner["protect_lots"]) != 0 or int64(owner["protect_delta"]) != 0:
        owner["rules"] |= PROTECTED


@kernel
def _refuse_kill(state: State, command: Rows) -> int:
    level = int64(command["option"])
    if level == _KILL_ACCOUNT and not is_account(state, int64(command["account"])):
        return _UNKNOWN_ACCOUNT
    if not 0 <= int64(command["lots"]) <= 1:
        return _BAD_LOTS
    return _ACCEPTABLE if _KILL_ENTRY <= level <= _KILL_MARKET else _BAD_OPTION


@kernel
def _kill(state: State, command: Rows, events: Rows, written: int) -> int:
    """Stop at once: first nothing more comes in, then what is open goes."""
    level = int64(command["option"])
    is_on = int64(command["lots"]) == 1
    account = int64(command["account"])
    if level == _KILL_ACCOUNT:
        if is_on:
            state.accounts[account]["rules"] |= DISABLED
            return sweeps.cancel_account(state, command, account, _ALL, True, _REASON_KILL, events, written)
        state.accounts[account]["rules"] &= ~DISABLED
        return written
    if is_on:
        state.header[0]["kill"] |= 1 << level
        if level == _KILL_MARKET:
            return sweeps.cancel_market(state, command, _ALL, _REASON_KILL, events, written)
    else:
        state.header[0]["kill"] &= ~(1 << level)
    return written
