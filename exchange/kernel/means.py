"""Whether the market takes an order now, and the account can pay for it or deliver."""

from exchange.domain.enums import Flag, OrderType, Reject, Side
from exchange.domain.records import Rows
from exchange.domain.units import MARKET_PROTECTION_BPS, PRICE_TICKS_MAX, WATCHED_MAX
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import form, guard, index, ladder, margin_means, match, risk, strip_means
from exchange.kernel.facts import (
    account_in,
    contract_in,
    is_closed,
    is_collecting,
    is_continuous,
    is_strip,
)
from exchange.kernel.holdings import DISABLED, LIMITED, ON_MARGIN
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_MARKET_TO_LIMIT = int(OrderType.MARKET_TO_LIMIT)
_STOP = int(OrderType.STOP)
_POST_ONLY = int(Flag.POST_ONLY)
_SLIDE = int(Flag.SLIDE)
_REDUCE_ONLY = int(Flag.REDUCE_ONLY)
_ALL_OR_NONE = int(Flag.ALL_OR_NONE)

_ACCEPTABLE = int(Reject.NONE)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)
_WRONG_PHASE = int(Reject.WRONG_PHASE)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_POST_ONLY_WOULD_CROSS = int(Reject.POST_ONLY_WOULD_CROSS)
_REDUCE_ONLY_WOULD_INCREASE = int(Reject.REDUCE_ONLY_WOULD_INCREASE)
_WATCH_LIST_FULL = int(Reject.WATCH_LIST_FULL)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)


@kernel
def is_guarded(state: State, account: int, contract: int) -> bool:
    """Whether anything stands between an order and the market but money: a phase, a switch, a limit, a band."""
    book = state.contracts[contract]
    return bool(
        not is_continuous(state, contract)
        or state.header[0]["time_ns"] >= book["gate_ns"]
        or (int64(state.header[0]["kill"]) | int64(book["band_bps"])) != 0
        or int64(state.accounts[account]["rules"]) & (LIMITED | DISABLED) != 0
    )


@kernel
def refuse_market(state: State, account: int, contract: int) -> int:
    """Whether the contract is open, and the account let in."""
    if is_closed(state, contract):
        return _CONTRACT_CLOSED
    reason = guard.refuse_halt(state, contract)
    return guard.refuse_entry(state, account) if reason == _ACCEPTABLE else reason


@kernel
def refuse(state: State, command: Rows, is_plain: bool) -> tuple[int, int, int]:
    """(why the market or the account's means forbid a well-formed new order, its price, its position or 0)."""
    account = account_in(command)
    contract = contract_in(command)
    side = int64(command["side"])
    lots = int64(command["lots"])
    price_ticks = int64(command["price_ticks"])
    if not is_plain and is_strip(state, contract):
        reason, position = strip_means.refuse_new(state, command)
        return reason, price_ticks, position
    if is_guarded(state, account, contract):
        reason = _refuse_guarded(state, command)
        if reason != _ACCEPTABLE:
            return reason, 0, 0
    if not is_plain:
        price_ticks = _effective_price(state, command)
    if not FULL:
        return _ACCEPTABLE, price_ticks, 0
    reserve = risk.reserve_per_lot(state, account, contract, price_ticks)
    if risk.is_too_large(reserve, lots):
        return _NOTIONAL_TOO_LARGE, 0, 0
    position = index.find_position(state, account, contract)
    if not is_plain:
        reason = _refuse_special(state, command, position, price_ticks)
        if reason != _ACCEPTABLE:
            return reason, 0, 0
    rules = int64(state.accounts[account]["rules"])
    if rules & (LIMITED | ON_MARGIN) != 0:
        reason = _refuse_ruled(state, account, contract, position, side, price_ticks, lots)
        if reason != _ACCEPTABLE or rules & ON_MARGIN != 0:
            return reason, price_ticks, position
    if side == _BUY:
        short = risk.free_cash(state, account) < lots * reserve
        return _INSUFFICIENT_FUNDS if short else _ACCEPTABLE, price_ticks, position
    short = risk.free_lots(state, position) < lots
    return _INSUFFICIENT_CAPACITY if short else _ACCEPTABLE, price_ticks, position


@seldom
def _refuse_ruled(
    state: State, account: int, contract: int, position: int, side: int, price_ticks: int, lots: int
) -> int:
    """What limits and margin say."""
    rules = int64(state.accounts[account]["rules"])
    reason = _ACCEPTABLE
    if rules & LIMITED != 0:
        reason = guard.refuse_position(state, account, contract, position, side, lots, 0, 0)
        if reason == _ACCEPTABLE:
            reason = guard.refuse_count(state, account, contract, position, 1)
    if reason == _ACCEPTABLE and rules & ON_MARGIN != 0:
        reason = margin_means.refuse_order(state, account, contract, side, price_ticks, lots, 0, 0)
    return reason


@seldom
def _refuse_guarded(state: State, command: Rows) -> int:
    account = account_in(command)
    contract = contract_in(command)
    reason = refuse_market(state, account, contract)
    if reason == _ACCEPTABLE and is_collecting(state, contract) and _wants_to_trade_now(command):
        reason = _WRONG_PHASE
    if reason == _ACCEPTABLE:
        reason = guard.refuse_order(
            state,
            account,
            contract,
            int64(command["side"]),
            int64(command["order_type"]),
            int64(command["price_ticks"]),
            int64(command["lots"]),
        )
    return reason


@kernel
def _wants_to_trade_now(command: Rows) -> bool:
    """Whether an order makes sense only where orders are matched as they come."""
    order_type = int64(command["order_type"])
    return (
        order_type == _MARKET
        or order_type == _MARKET_TO_LIMIT
        or not form.may_rest(int64(command["time_in_force"]))
        or int64(command["flags"]) & (_POST_ONLY | _SLIDE) != 0
        or int64(command["minimum_lots"]) != 0
    )


@seldom
def _effective_price(state: State, command: Rows) -> int:
    """The price of a new order, which for some kinds depends on the market."""
    order_type = int64(command["order_type"])
    side = int64(command["side"])
    price_ticks = int64(command["price_ticks"])
    best_ticks = int64(state.books[ladder.visible(contract_in(command), 1 - side)]["best_ticks"])
    if order_type == _MARKET and price_ticks == 0:
        return risk.protected_price(best_ticks, side, MARKET_PROTECTION_BPS)
    if order_type == _STOP and price_ticks == 0:
        return risk.protected_price(int64(command["trigger_ticks"]), side, MARKET_PROTECTION_BPS)
    if order_type == _MARKET_TO_LIMIT:
        if price_ticks == 0 or (best_ticks != 0 and match.within(side, price_ticks, best_ticks)):
            return best_ticks
        return price_ticks
    if int64(command["flags"]) & _SLIDE != 0:
        return slid(state, contract_in(command), side, price_ticks)
    return price_ticks


@kernel
def slid(state: State, contract: int, side: int, price_ticks: int) -> int:
    """The nearest price that does not cross; out of bounds if there is none."""
    if not match.would_cross(state, contract, side, price_ticks):
        return price_ticks
    best_ticks = int64(state.books[ladder.visible(contract, 1 - side)]["best_ticks"])
    return best_ticks - 1 if side == _BUY else best_ticks + 1


@seldom
def _refuse_special(state: State, command: Rows, position: int, price_ticks: int) -> int:
    contract = contract_in(command)
    side = int64(command["side"])
    flags = int64(command["flags"])
    order_type = int64(command["order_type"])
    if flags & _POST_ONLY != 0 and match.would_cross(state, contract, side, price_ticks):
        return _POST_ONLY_WOULD_CROSS
    if flags & _SLIDE != 0 and not 1 <= price_ticks <= PRICE_TICKS_MAX:
        return _POST_ONLY_WOULD_CROSS
    if flags & _REDUCE_ONLY != 0 and order_type != _STOP:
        if int64(command["lots"]) > risk.reducible(state, position, side):
            return _REDUCE_ONLY_WOULD_INCREASE
    if is_watched(flags, order_type, int64(command["time_in_force"])):
        if int64(state.listings[contract]["watched"]) >= WATCHED_MAX:
            return _WATCH_LIST_FULL
    return _ACCEPTABLE


@kernel
def is_watched(flags: int, order_type: int, time_in_force: int) -> bool:
    """Whether an order of this kind stands in its contract's watch list."""
    reduces = flags & _REDUCE_ONLY != 0 and order_type == _LIMIT and form.may_rest(time_in_force)
    return flags & _ALL_OR_NONE != 0 or form.is_peg(order_type) or reduces
