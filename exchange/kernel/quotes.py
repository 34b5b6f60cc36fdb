"""Quotes: the two sides of one account in one contract, replaced together."""

from exchange.domain.enums import EventKind, OrderType, QuoteFlag, Reason, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX, QUOTE_SLOTS
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, guard, index, ladder, life, margin_means, match, means, orders, risk, stir
from exchange.kernel.facts import account_of, has_text, is_account, is_collecting, is_strip
from exchange.kernel.holdings import FROZEN, LIMITED, ON_MARGIN
from exchange.kernel.state import IS_QUOTE, QUOTES_EACH, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_LIMIT = int(OrderType.LIMIT)
_GTC = int(TimeInForce.GTC)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)
_FIRST = int(QuoteFlag.FIRST)
_CANCELLED = int(EventKind.CANCELLED)
_REASON_QUOTE = int(Reason.QUOTE)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_TEXT = int(Reject.BAD_TEXT)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_OPTION = int(Reject.BAD_OPTION)
_NOT_FOR_STRIPS = int(Reject.NOT_FOR_STRIPS)
_FROZEN = int(Reject.FROZEN)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_POST_ONLY_WOULD_CROSS = int(Reject.POST_ONLY_WOULD_CROSS)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)


@seldom
def quote(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or replace what the account quoted before; both sides rest, neither trades now."""
    reason = _refuse_form(state, command)
    if reason == _ACCEPTABLE:
        reason = _refuse_market(state, command)
    if reason == _ACCEPTABLE:
        reason = _refuse_means(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    account = int64(command["account"])
    contract = int64(command["contract"])
    slot = int64(command["option"])
    guard.spend_rate(state, account)
    position = index.reach_position(state, account, contract)
    if int64(state.positions[position]["quotes"]) == 0:
        header = state.header[0]
        state.positions[position]["quotes"] = header["quotes"]
        header["quotes"] += 1
    for other in range(QUOTE_SLOTS):
        for side in range(2):
            if other != slot and int64(command["flags"]) == _FIRST:
                written = _drop(state, position, other, side, events, written)
    is_bid_kept, written = _keep_or_drop(state, command, position, _BUY, events, written)
    is_ask_kept, written = _keep_or_drop(state, command, position, _SELL, events, written)
    if not is_bid_kept and lots_of(command, _BUY) != 0:
        written = _place(state, command, position, _BUY, events, written)
    if not is_ask_kept and lots_of(command, _SELL) != 0:
        written = _place(state, command, position, _SELL, events, written)
    return written


@kernel
def price_of(command: Rows, side: int) -> int:
    return int64(command["price_ticks"]) if side == _BUY else int64(command["trigger_ticks"])


@kernel
def lots_of(command: Rows, side: int) -> int:
    return int64(command["lots"]) if side == _BUY else int64(command["display_lots"])


@kernel
def _place_of(state: State, position: int, slot: int, side: int) -> int:
    return int64(state.positions[position]["quotes"]) * QUOTES_EACH + side * QUOTE_SLOTS + slot


@kernel
def _drop(state: State, position: int, slot: int, side: int, events: Rows, written: int) -> int:
    order = int64(state.quotes[_place_of(state, position, slot, side)])
    return life.end_aside(state, order, events, written, _CANCELLED, _REASON_QUOTE) if order != 0 else written


@kernel
def _keep_or_drop(
    state: State, command: Rows, position: int, side: int, events: Rows, written: int
) -> tuple[bool, int]:
    """Keep a quote of the same price and no smaller size, or cancel it: (whether it is kept, rows written)."""
    slot = int64(command["option"])
    order = int64(state.quotes[_place_of(state, position, slot, side)])
    if order == 0:
        return False, written
    less = int64(state.orders[order]["open_lots"]) - lots_of(command, side)
    same = int64(state.orders[order]["price_ticks"]) == price_of(command, side)
    if not same or less < 0 or lots_of(command, side) == 0:
        return False, _drop(state, position, slot, side, events, written)
    if less != 0:
        written = match.shrink(state, order, less, 0, events, written)
    return True, written


@kernel
def _place(state: State, command: Rows, position: int, side: int, events: Rows, written: int) -> int:
    """One side of the quote as an order that rests at once."""
    account = int64(command["account"])
    contract = int64(command["contract"])
    order = orders.open_row(state, account, contract, position, side, price_of(command, side), lots_of(command, side))
    node = state.orders[order]
    node["order_type"] = _LIMIT
    node["time_in_force"] = _GTC
    node["self_trade"] = _CANCEL_OLDEST
    node["flags"] = 0
    state.orders[order]["marks"] |= IS_QUOTE
    state.extras[order]["slot"] = command["option"]
    state.quotes[_place_of(state, position, int64(command["option"]), side)] = order
    life.rest(state, contract, order)
    stir.touch(state, contract)
    return emit.accepted(state, events, written, order, 1)


@kernel
def _refuse_form(state: State, command: Rows) -> int:
    if not is_account(state, int64(command["account"])):
        return _UNKNOWN_ACCOUNT
    if not 0 <= int64(command["contract"]) < int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT
    if has_text(command):
        return _BAD_TEXT
    if int64(command["flags"]) != 0 and int64(command["flags"]) != _FIRST:
        return _BAD_FLAGS
    for side in range(2):
        if lots_of(command, side) != 0:
            if not 1 <= price_of(command, side) <= PRICE_TICKS_MAX:
                return _BAD_PRICE
        elif price_of(command, side) != 0:
            return _BAD_PRICE
    if lots_of(command, _BUY) != 0 and lots_of(command, _SELL) != 0:
        if price_of(command, _BUY) >= price_of(command, _SELL):
            return _BAD_PRICE
    for side in range(2):
        if not 0 <= lots_of(command, side) <= LOTS_MAX:
            return _BAD_LOTS
    if not 0 <= int64(command["option"]) < QUOTE_SLOTS:
        return _BAD_OPTION
    return _NOT_FOR_STRIPS if is_strip(state, int64(command["contract"])) else _ACCEPTABLE


@kernel
def _refuse_market(state: State, command: Rows) -> int:
    account = int64(command["account"])
    contract = int64(command["contract"])
    reason = means.refuse_market(state, account, contract)
    if reason == _ACCEPTABLE and int64(state.accounts[account]["rules"]) & FROZEN != 0:
        reason = _FROZEN
    if int64(state.accounts[account]["rules"]) & LIMITED != 0:
        if reason == _ACCEPTABLE:
            reason = guard.refuse_rate(state, account)
        for side in range(2):
            if reason == _ACCEPTABLE:
                reason = guard.refuse_size(state, account, lots_of(command, side))
        for side in range(2):
            if reason == _ACCEPTABLE:
                reason = guard.refuse_price(state, account, contract, side, price_of(command, side))
    for side in range(2):
        if reason == _ACCEPTABLE:
            reason = guard.refuse_band(state, contract, price_of(command, side))
    return reason


@kernel
def _is_replaced(state: State, command: Rows, order: int, account: int) -> bool:
    """Whether ``order`` of this contract is a quote that the command replaces."""
    node = state.orders[order]
    mine = int64(node["marks"]) & IS_QUOTE != 0 and account_of(state, order) == account
    return mine and (
        int64(command["flags"]) == _FIRST or int64(state.extras[order]["slot"]) == int64(command["option"])
    )


@kernel
def _refuse_means(state: State, command: Rows) -> int:
    account = int64(command["account"])
    contract = int64(command["contract"])
    for side in range(2):
        reserve = risk.reserve_per_lot(state, account, contract, price_of(command, side))
        if lots_of(command, side) != 0 and risk.is_too_large(reserve, lots_of(command, side)):
            return _NOTIONAL_TOO_LARGE
    for side in range(2):
        if lots_of(command, side) != 0 and _would_cross(state, command, side):
            return _POST_ONLY_WOULD_CROSS
    position = index.find_position(state, account, contract)
    buys, gone_buys, held = _replaced(state, command, position, _BUY)
    sells, gone_sells, _ = _replaced(state, command, position, _SELL)
    if int64(state.accounts[account]["rules"]) & LIMITED != 0:
        for side in range(2):
            lots = lots_of(command, side)
            if lots != 0:
                reason = guard.refuse_position(state, account, contract, position, side, lots, gone_buys, gone_sells)
                if reason != _ACCEPTABLE:
                    return reason
        sides = int64(lots_of(command, _BUY) != 0) + int64(lots_of(command, _SELL) != 0)
        reason = _ACCEPTABLE
        if sides != 0:
            reason = guard.refuse_count(state, account, contract, position, sides - buys - sells)
        if reason != _ACCEPTABLE:
            return reason
    if int64(state.accounts[account]["rules"]) & ON_MARGIN != 0:
        return margin_means.refuse(
            state,
            account,
            contract,
            price_of(command, _BUY),
            lots_of(command, _BUY),
            gone_buys,
            held,
            price_of(command, _SELL),
            lots_of(command, _SELL),
            gone_sells,
        )
    needed = lots_of(command, _BUY) * risk.reserve_per_lot(state, account, contract, price_of(command, _BUY))
    if lots_of(command, _BUY) != 0 and risk.free_cash(state, account) + held < needed:
        return _INSUFFICIENT_FUNDS
    if lots_of(command, _SELL) != 0 and risk.free_lots(state, position) + gone_sells < lots_of(command, _SELL):
        return _INSUFFICIENT_CAPACITY
    return _ACCEPTABLE


@kernel
def _replaced(state: State, command: Rows, position: int, side: int) -> tuple[int, int, int]:
    """What the replaced quotes of one side come to: (orders, lots, micro-dollars they hold if they are bids)."""
    count = 0
    lots = 0
    held = 0
    if int64(state.positions[position]["quotes"]) == 0:
        return count, lots, held
    for slot in range(QUOTE_SLOTS):
        order = int64(state.quotes[_place_of(state, position, slot, side)])
        if order != 0 and (int64(command["flags"]) == _FIRST or slot == int64(command["option"])):
            count += 1
            lots += int64(state.orders[order]["open_lots"])
            if side == _BUY:
                held += risk.held_for(state, order, int64(state.orders[order]["open_lots"]))
    return count, lots, held


@kernel
def _would_cross(state: State, command: Rows, side: int) -> bool:
    """Whether a side of the quote reaches an order that the command does not replace."""
    contract = int64(command["contract"])
    if is_collecting(state, contract):
        return False
    level = int64(state.books[ladder.visible(contract, 1 - side)]["best_level"])
    while level != 0 and match.within(side, price_of(command, side), ladder.price_of(state, level)):
        order = int64(state.levels[level]["oldest"])
        while order != 0:
            if not _is_replaced(state, command, order, int64(command["account"])):
                return True
            order = int64(state.orders[order]["newer"])
        level = ladder.next_worse(state, level, side != _BUY)
    return False
