"""Crossing: a taker against the best opposite orders, best price first, oldest first."""

from exchange.domain.enums import EventKind, Reason, SelfTrade, Side
from exchange.domain.records import Rows
from exchange.jit import int64, kernel
from exchange.kernel import deadlines, emit, fifo, ladder, risk
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_CANCELLED = int(EventKind.CANCELLED)
_SELF_TRADE = int(Reason.SELF_TRADE)
_CANCEL_NEWEST = int(SelfTrade.CANCEL_NEWEST)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)

_GENERATION_MAX = 2**31 - 1

# How a crossing ended.
DONE = 0  # filled, or nothing more to trade with
NO_ROOM = 1  # the event buffer is nearly full: call again with an empty one
GAVE_WAY = 2  # self-trade prevention cancelled the taker, which is closed

ROOM = 3  # rows that one step of crossing may write, and one to end with


@kernel
def would_cross(state: State, contract: int, side: int, price_ticks: int) -> bool:
    """Whether the best opposite price is reached by this one."""
    book = state.contracts[contract]
    if side == _BUY:
        return bool(book["best_ask"] != 0 and price_ticks >= book["best_ask"])
    return bool(book["best_bid"] != 0 and price_ticks <= book["best_bid"])


@kernel
def _best_level(state: State, contract: int, side: int, limit_ticks: int) -> int:
    """The level that a taker of ``side`` trades with next; 0 if none is within its limit."""
    if not would_cross(state, contract, side, limit_ticks):
        return 0
    book = state.contracts[contract]
    return ladder.find(state, contract, int64(book["best_ask"]) if side == _BUY else int64(book["best_bid"]))


@kernel
def is_fillable(state: State, taker: int) -> bool:
    """Whether the whole of ``taker`` can trade now, seen by walking the queue it would meet."""
    node = state.orders[taker]
    detail = state.details[taker]
    contract = int64(detail["contract"])
    side = int64(node["side"])
    wanted = int64(node["open_lots"])
    limit_ticks = int64(detail["price_ticks"])
    level = _best_level(state, contract, side, limit_ticks)
    while level != 0:
        maker = int64(state.levels[level]["oldest"])
        while maker != 0:
            if int64(state.orders[maker]["account"]) != int64(node["account"]):
                wanted -= int64(state.orders[maker]["open_lots"])
                if wanted <= 0:
                    return True
            elif int64(detail["self_trade"]) != _CANCEL_OLDEST:
                return False
            maker = int64(state.orders[maker]["newer"])
        price_ticks = ladder.next_above(state, level) if side == _BUY else ladder.next_below(state, level)
        within = price_ticks <= limit_ticks if side == _BUY else price_ticks >= limit_ticks
        level = ladder.find(state, contract, price_ticks) if price_ticks != 0 and within else 0
    return False


@kernel
def cross(state: State, taker: int, events: Rows, written: int) -> tuple[int, int]:
    """Trade ``taker`` until it is filled or nothing within its limit is left.

    Returns (rows written, how it ended). After NO_ROOM the call can be repeated.
    """
    node = state.orders[taker]
    detail = state.details[taker]
    contract = int64(detail["contract"])
    while int64(node["open_lots"]) > 0:
        if events.shape[0] - written < ROOM:
            return written, NO_ROOM
        level = _best_level(state, contract, int64(node["side"]), int64(detail["price_ticks"]))
        if level == 0:
            return written, DONE
        maker = int64(state.levels[level]["oldest"])
        if int64(state.orders[maker]["account"]) != int64(node["account"]):
            written = _fill(state, taker, maker, level, events, written)
            continue
        if int64(detail["self_trade"]) != _CANCEL_NEWEST:
            written = cancel(state, maker, events, written, _CANCELLED, _SELF_TRADE)
        if int64(detail["self_trade"]) != _CANCEL_OLDEST:
            written = cancel(state, taker, events, written, _CANCELLED, _SELF_TRADE)
            return written, GAVE_WAY
    return written, DONE


@kernel
def _fill(state: State, taker: int, maker: int, level: int, events: Rows, written: int) -> int:
    """Trade as much as both have, at the maker's price."""
    contract = int64(state.details[maker]["contract"])
    price_ticks = ladder.price_of(state, level)
    lots = min(int64(state.orders[taker]["open_lots"]), int64(state.orders[maker]["open_lots"]))
    notional, fee, maker_fee = risk.settle(state, taker, maker, price_ticks, lots)
    state.orders[taker]["open_lots"] -= lots
    state.orders[maker]["open_lots"] -= lots
    state.levels[level]["lots"] -= lots
    book = state.contracts[contract]
    book["last_price"] = price_ticks
    book["last_lots"] = lots
    book["volume_lots"] += lots
    book["trades"] += 1
    written = emit.filled(state, events, written, taker, maker, lots, notional, fee, maker_fee)
    if int64(state.orders[maker]["open_lots"]) == 0:
        ladder.take_out(state, contract, maker)
        close(state, maker)
    return written


@kernel
def cancel(state: State, order: int, events: Rows, written: int, kind: int, reason: int) -> int:
    """End an open order, resting or being crossed, with what is left of it unfilled."""
    resting = 1 if int64(state.orders[order]["level"]) != 0 else 0
    written = emit.gone(state, events, written, order, kind, reason, resting)
    if resting != 0:
        ladder.take_out(state, int64(state.details[order]["contract"]), order)
    risk.hold(state, order, -int64(state.orders[order]["open_lots"]))
    close(state, order)
    return written


@kernel
def close(state: State, order: int) -> None:
    """Free the row of an order that is out of the book and holds nothing; its id is never seen again."""
    header = state.header[0]
    node = state.orders[order]
    detail = state.details[order]
    if int64(detail["deadline"]) != 0:
        deadlines.remove(state, int64(detail["deadline"]) - 1)
    fifo.leave_account(state, int64(node["account"]), order)
    state.contracts[int64(detail["contract"])]["orders"] -= 1
    node["open_lots"] = 0
    # A row whose generations are used up is never used again: its next id would repeat the first.
    if int64(node["generation"]) < _GENERATION_MAX:
        node["generation"] += 1
        node["older"] = header["free_order"]
        header["free_order"] = order
