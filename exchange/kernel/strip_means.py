"""Whether an order for a strip may come in: it needs an open market and means in every leg."""

from exchange.domain.enums import Cohesion, OrderType, Reject, SelfTrade, Side
from exchange.domain.records import Rows
from exchange.domain.units import LEGS_MIN
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import form, guard, index, legs, margin_means, risk
from exchange.kernel.facts import account_of, is_closed, is_collecting
from exchange.kernel.holdings import LIMITED, ON_MARGIN
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_DECREMENT = int(SelfTrade.DECREMENT)
_NO_COHESION = int(Cohesion.NONE)
_NODE = int(Cohesion.NODE)

_ACCEPTABLE = int(Reject.NONE)
_BAD_OPTION = int(Reject.BAD_OPTION)
_NOT_FOR_STRIPS = int(Reject.NOT_FOR_STRIPS)
_COHESION_CANNOT_REST = int(Reject.COHESION_CANNOT_REST)
_SELLER_RESELLS = int(Reject.SELLER_RESELLS)
_STRIP_INCOMPLETE = int(Reject.STRIP_INCOMPLETE)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)
_WRONG_PHASE = int(Reject.WRONG_PHASE)
_BELOW_FILLED = int(Reject.BELOW_FILLED)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_POSITION_LIMIT = int(Reject.POSITION_LIMIT)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)


@seldom
def missing_positions(state: State, account: int, contract: int) -> int:
    """In how many legs of a strip the account has no position yet."""
    missing = 0
    leg = int64(state.strips[legs.strip_of(state, contract)]["oldest"])
    while leg != 0:
        if index.find_position(state, account, int64(state.legs[leg]["contract"])) == 0:
            missing += 1
        leg = int64(state.legs[leg]["newer"])
    return missing


@seldom
def refuse_new(state: State, command: Rows) -> tuple[int, int]:
    """(why a well-formed order for a strip is refused; its account's position in the strip, or 0)."""
    account = int64(command["account"])
    contract = int64(command["contract"])
    side = int64(command["side"])
    price_ticks = int64(command["price_ticks"])
    lots = int64(command["lots"])
    is_cohesive = int64(command["option"]) != 0
    if not _NO_COHESION <= int64(command["option"]) <= _NODE:
        return _BAD_OPTION, 0
    if not _is_for_strips(command):
        return _NOT_FOR_STRIPS, 0
    if int64(state.strips[legs.strip_of(state, contract)]["legs"]) < LEGS_MIN:
        return _STRIP_INCOMPLETE, 0
    if is_cohesive and form.may_rest(int64(command["time_in_force"])):
        return _COHESION_CANNOT_REST, 0
    reason = _refuse_market(state, account, contract, side, price_ticks, lots)
    if reason != _ACCEPTABLE or not FULL:
        return reason, 0
    if risk.is_too_large(risk.reserve_per_lot(state, account, contract, price_ticks), lots):
        return _NOTIONAL_TOO_LARGE, 0
    position = index.find_position(state, account, contract)
    if int64(state.accounts[account]["rules"]) & LIMITED != 0:
        reason = _refuse_position(state, account, contract, side, lots)
        if reason == _ACCEPTABLE:
            reason = guard.refuse_count(state, account, contract, position, 1)
        if reason != _ACCEPTABLE:
            return reason, 0
    if is_cohesive and side != _BUY and not legs.delivers(state, account, contract):
        return _SELLER_RESELLS, 0
    return _refuse_means(state, account, contract, side, price_ticks, lots, 0, 0), position


@seldom
def refuse_replace(state: State, order: int, price_ticks: int, open_lots: int) -> int:
    """Why a strip order may not become one of this price and so many open lots."""
    node = state.orders[order]
    account = account_of(state, order)
    contract = int64(node["contract"])
    side = int64(node["marks"]) & 1
    old_lots = int64(node["open_lots"])
    reason = _refuse_market(state, account, contract, side, price_ticks, open_lots)
    if reason != _ACCEPTABLE:
        return reason
    if open_lots < 1:
        return _BELOW_FILLED
    if not FULL:
        return _ACCEPTABLE
    if risk.is_too_large(risk.reserve_per_lot(state, account, contract, price_ticks), open_lots):
        return _NOTIONAL_TOO_LARGE
    if int64(state.accounts[account]["rules"]) & LIMITED != 0 and open_lots > old_lots:
        reason = _refuse_position(state, account, contract, side, open_lots - old_lots)
        if reason != _ACCEPTABLE:
            return reason
    if price_ticks == int64(node["price_ticks"]) and open_lots <= old_lots:
        return _ACCEPTABLE
    held = risk.held_for(state, order, old_lots)
    return _refuse_means(state, account, contract, side, price_ticks, open_lots, old_lots, held)


@kernel
def _is_for_strips(command: Rows) -> bool:
    """Whether it is a limit order without anything that hides it, holds it back or bends it."""
    special = int64(command["flags"]) | int64(command["display_lots"]) | int64(command["minimum_lots"])
    return int64(command["order_type"]) == _LIMIT and special == 0 and int64(command["self_trade"]) != _DECREMENT


@kernel
def _refuse_market(state: State, account: int, contract: int, side: int, price_ticks: int, lots: int) -> int:
    """Whether the strip and its legs are open, the account let in, and the order within what both allow."""
    if is_closed(state, contract) or legs.is_any_closed(state, legs.strip_of(state, contract)):
        return _CONTRACT_CLOSED
    reason = guard.refuse_halt(state, contract)
    if reason == _ACCEPTABLE:
        reason = guard.refuse_entry(state, account)
    if reason == _ACCEPTABLE and is_collecting(state, contract):
        reason = _WRONG_PHASE
    if reason == _ACCEPTABLE:
        reason = guard.refuse_order(state, account, contract, side, _LIMIT, price_ticks, lots)
    return reason


@kernel
def _refuse_position(state: State, account: int, contract: int, side: int, more: int) -> int:
    """Whether ``more`` lots in every leg would exceed a limit on positions."""
    owner = state.accounts[account]
    strip = state.strips[legs.strip_of(state, contract)]
    leg = int64(strip["oldest"])
    while leg != 0 and int64(owner["position_max"]) != 0:
        held = state.positions[index.find_position(state, account, int64(state.legs[leg]["contract"]))]
        if _exposure(side, more, held) > int64(owner["position_max"]):
            return _POSITION_LIMIT
        leg = int64(state.legs[leg]["newer"])
    for pool in (guard.pool_of(state, account, contract), int64(owner["total"])):
        row = state.pools[pool]
        if pool != 0 and int64(row["position_max"]) != 0:
            if _exposure(side, more * int64(strip["weight"]), row) > int64(row["position_max"]):
                return _POSITION_LIMIT
    return _ACCEPTABLE


@kernel
def _exposure(side: int, more: int, held: Rows) -> int:
    return guard.exposure(side, more, int64(held["lots"]), int64(held["open_buy_lots"]), int64(held["open_sell_lots"]))


@kernel
def _refuse_means(
    state: State, account: int, contract: int, side: int, price_ticks: int, lots: int, old_lots: int, held: int
) -> int:
    """Whether the account can pay, or deliver in every leg, when ``old_lots`` and ``held`` are given back first."""
    if int64(state.accounts[account]["rules"]) & ON_MARGIN != 0:
        return margin_means.refuse_order(state, account, contract, side, price_ticks, lots, old_lots, held)
    if side == _BUY:
        needed = lots * risk.reserve_per_lot(state, account, contract, price_ticks)
        return _INSUFFICIENT_FUNDS if risk.free_cash(state, account) + held < needed else _ACCEPTABLE
    leg = int64(state.strips[legs.strip_of(state, contract)]["oldest"])
    while leg != 0:
        position = index.find_position(state, account, int64(state.legs[leg]["contract"]))
        if risk.free_lots(state, position) + old_lots < lots:
            return _INSUFFICIENT_CAPACITY
        leg = int64(state.legs[leg]["newer"])
    return _ACCEPTABLE
