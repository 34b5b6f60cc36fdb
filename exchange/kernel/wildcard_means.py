"""Whether a wildcard may come in, and whether a contract may be a member of it."""

from exchange.domain.enums import OrderType, Reject, Side, TimeInForce
from exchange.domain.records import Rows
from exchange.domain.units import MEMBERS_MAX, PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import amend, form, guard, index, margin_means, means, members, risk
from exchange.kernel.facts import account_of, has_text, is_account, is_collecting, is_strip
from exchange.kernel.holdings import LIMITED, ON_MARGIN
from exchange.kernel.state import IS_WILDCARD, State

_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_IOC = int(TimeInForce.IOC)
_FOK = int(TimeInForce.FOK)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_DUPLICATE_CLIENT_ID = int(Reject.DUPLICATE_CLIENT_ID)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_OFFSET = int(Reject.BAD_OFFSET)
_BAD_OPTION = int(Reject.BAD_OPTION)
_NOT_FOR_STRIPS = int(Reject.NOT_FOR_STRIPS)
_NOT_FOR_WILDCARDS = int(Reject.NOT_FOR_WILDCARDS)
_NOT_A_WILDCARD = int(Reject.NOT_A_WILDCARD)
_MEMBERS_COMPLETE = int(Reject.MEMBERS_COMPLETE)
_MEMBER_TWICE = int(Reject.MEMBER_TWICE)
_MEMBER_DIFFERS = int(Reject.MEMBER_DIFFERS)
_WRONG_PHASE = int(Reject.WRONG_PHASE)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)


@seldom
def refuse_new(state: State, command: Rows) -> tuple[int, int]:
    """(why a WILDCARD is refused, the order that used its client id before)."""
    account = int64(command["account"])
    contract = int64(command["contract"])
    if not is_account(state, account):
        return _UNKNOWN_ACCOUNT, 0
    if has_text(command):
        used, _, _ = index.find_client_id(state, account, command)
        if used != 0:
            return _DUPLICATE_CLIENT_ID, int64(state.client_ids[used]["order_id"])
    if not 0 <= contract < int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT, 0
    reason = form.refuse_new(command)
    if reason != _ACCEPTABLE:
        return reason, 0
    if not 1 <= int64(command["option"]) <= MEMBERS_MAX:
        return _BAD_OPTION, 0
    if is_strip(state, contract):
        return _NOT_FOR_STRIPS, 0
    if not _is_for_wildcards(command):
        return _NOT_FOR_WILDCARDS, 0
    reason = means.refuse_market(state, account, contract)
    if reason == _ACCEPTABLE and int64(state.accounts[account]["rules"]) & LIMITED != 0:
        reason = guard.refuse_rate(state, account)
        if reason == _ACCEPTABLE:
            reason = guard.refuse_size(state, account, int64(command["lots"]))
    return reason, 0


@kernel
def _is_for_wildcards(command: Rows) -> bool:
    """Whether it is a limit order without anything that hides it, holds it back or bends it."""
    special = int64(command["flags"]) | int64(command["display_lots"]) | int64(command["minimum_lots"])
    return int64(command["order_type"]) == _LIMIT and special == 0 and int64(command["time_in_force"]) != _FOK


@seldom
def refuse_member(state: State, command: Rows) -> tuple[int, int, int]:
    """(why a MEMBER is refused, the id of the order that it names, the row of that order)."""
    reason, order_id, whole = amend.find_order(state, command)
    is_listed = 0 <= int64(command["contract"]) < int64(state.header[0]["contracts"])
    if reason != _UNKNOWN_ACCOUNT and not is_listed:
        reason = _UNKNOWN_CONTRACT
    if reason == _ACCEPTABLE:
        reason = _refuse_form(state, command, whole)
    if reason == _ACCEPTABLE:
        reason = _refuse_market(state, command, whole)
    if reason == _ACCEPTABLE:
        reason = _refuse_means(state, command, whole)
    return reason, order_id, whole


@kernel
def _price_in(state: State, command: Rows, whole: int) -> int:
    """Where the member would stand."""
    return int64(state.orders[whole]["price_ticks"]) + int64(command["offset_ticks"])


@kernel
def _refuse_form(state: State, command: Rows, whole: int) -> int:
    contract = int64(command["contract"])
    if int64(command["flags"]) != 0:
        return _BAD_FLAGS
    if int64(command["lots"]) != 0:
        return _BAD_LOTS
    if not 1 <= _price_in(state, command, whole) <= PRICE_TICKS_MAX:
        return _BAD_OFFSET
    if is_strip(state, contract):
        return _NOT_FOR_STRIPS
    if int64(state.orders[whole]["marks"]) & IS_WILDCARD == 0:
        return _NOT_A_WILDCARD
    wildcard = members.wildcard_of(state, whole)
    if int64(state.wildcards[wildcard]["awaited"]) == 0:
        return _MEMBERS_COMPLETE
    if members.gathering_in(state, wildcard, contract) != 0:
        return _MEMBER_TWICE
    return _MEMBER_DIFFERS if _differs(state, int64(state.orders[whole]["contract"]), contract) else _ACCEPTABLE


@kernel
def _differs(state: State, one: int, other: int) -> bool:
    """Whether a lot or a tick of the two are not worth the same."""
    same_weight = state.listings[one]["weight"] == state.listings[other]["weight"]
    return bool(not same_weight or state.contracts[one]["tick_value"] != state.contracts[other]["tick_value"])


@kernel
def _refuse_market(state: State, command: Rows, whole: int) -> int:
    account = account_of(state, whole)
    contract = int64(command["contract"])
    price_ticks = _price_in(state, command, whole)
    reason = means.refuse_market(state, account, contract)
    if reason == _ACCEPTABLE and is_collecting(state, contract):
        reason = _WRONG_PHASE if int64(state.orders[whole]["time_in_force"]) == _IOC else _ACCEPTABLE
    if reason == _ACCEPTABLE and int64(state.accounts[account]["rules"]) & LIMITED != 0:
        reason = guard.refuse_price(state, account, contract, int64(state.orders[whole]["marks"]) & 1, price_ticks)
    return guard.refuse_band(state, contract, price_ticks) if reason == _ACCEPTABLE else reason


@kernel
def _refuse_means(state: State, command: Rows, whole: int) -> int:
    """Whether the account can pay if this is the dearest member, or deliver also here."""
    account = account_of(state, whole)
    contract = int64(command["contract"])
    side = int64(state.orders[whole]["marks"]) & 1
    lots = int64(state.orders[whole]["open_lots"])
    price_ticks = _price_in(state, command, whole)
    if risk.is_too_large(risk.reserve_per_lot(state, account, contract, price_ticks), lots):
        return _NOTIONAL_TOO_LARGE
    position = index.find_position(state, account, contract)
    if int64(state.accounts[account]["rules"]) & LIMITED != 0:
        reason = guard.refuse_position(state, account, contract, position, side, lots, 0, 0)
        if reason == _ACCEPTABLE:
            reason = guard.refuse_count(state, account, contract, position, 1)
        if reason != _ACCEPTABLE:
            return reason
    dearest_ticks = max(int64(state.extras[whole]["limit_ticks"]), price_ticks)
    held = risk.held_for(state, whole, lots) if side == _BUY else 0
    if int64(state.accounts[account]["rules"]) & ON_MARGIN != 0:
        limit_ticks = dearest_ticks if side == _BUY else price_ticks
        return margin_means.refuse_order(state, account, contract, side, limit_ticks, lots, 0, held)
    if side == _BUY:
        needed = lots * risk.reserve_per_lot(state, account, contract, dearest_ticks)
        return _INSUFFICIENT_FUNDS if risk.free_cash(state, account) + held < needed else _ACCEPTABLE
    return _INSUFFICIENT_CAPACITY if risk.free_lots(state, position) < lots else _ACCEPTABLE
