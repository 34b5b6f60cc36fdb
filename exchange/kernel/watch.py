"""The orders that a contract watches: what the next one to act would do, now that something changed."""

from exchange.domain.enums import EventKind, OrderType, Reason, Side
from exchange.domain.records import Rows
from exchange.domain.units import PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, ladder, life, match, phase, risk
from exchange.kernel.state import IS_PEG, REDUCES, WHOLE, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_PEG_BEST = int(OrderType.PEG_BEST)
_CANCELLED = int(EventKind.CANCELLED)
_REASON_PEG = int(Reason.PEG)
_REASON_REDUCE_ONLY = int(Reason.REDUCE_ONLY)

# What became of looking for something to do.
NOTHING = 0
DID = 1  # done, look again
WORK = 2  # an order is to work


@seldom
def act(state: State, contract: int, events: Rows, written: int) -> tuple[int, int, int]:
    """Let the first watched order that has something to do do it. Returns (rows written, outcome, order)."""
    bid_ticks = _unpegged_best(state, contract, _BUY)
    ask_ticks = _unpegged_best(state, contract, _SELL)
    order = int64(state.listings[contract]["watch_oldest"])
    while order != 0:
        marks = int64(state.orders[order]["marks"])
        outcome = NOTHING
        if marks & WHOLE != 0:
            outcome = WORK if match.is_fillable(state, order, int64(state.orders[order]["open_lots"])) else NOTHING
        elif marks & IS_PEG != 0:
            written, outcome = _follow(state, order, bid_ticks, ask_ticks, events, written)
        elif marks & REDUCES != 0:
            written, outcome = fit_to_position(state, order, events, written)
            if outcome == NOTHING and int64(state.orders[order]["level"]) == 0:
                outcome = WORK
        if outcome != NOTHING:
            return written, outcome, order
        order = int64(state.extras[order]["watch_newer"])
    return written, NOTHING, 0


@kernel
def _unpegged_best(state: State, contract: int, side: int) -> int:
    """The best price of one side at which an order stands that is not a peg; 0 if there is none."""
    level = int64(state.books[ladder.visible(contract, side)]["best_level"])
    while level != 0:
        order = int64(state.levels[level]["oldest"])
        while order != 0:
            if int64(state.orders[order]["marks"]) & IS_PEG == 0:
                return ladder.price_of(state, level)
            order = int64(state.orders[order]["newer"])
        level = ladder.next_worse(state, level, side == _BUY)
    return 0


@kernel
def _wanted(state: State, order: int, bid_ticks: int, ask_ticks: int) -> int:
    """Where a peg ought to stand; 0 if nowhere."""
    node = state.orders[order]
    offset_ticks = int64(state.extras[order]["offset_ticks"])
    limit_ticks = int64(state.extras[order]["limit_ticks"])
    is_buy = int64(state.orders[order]["marks"]) & 1 == _BUY
    if int64(node["order_type"]) == _PEG_BEST:
        reference = bid_ticks if is_buy else ask_ticks
        if reference == 0:
            return 0
    elif bid_ticks == 0 or ask_ticks == 0:
        return 0
    else:
        reference = (bid_ticks + ask_ticks) // 2 if is_buy else (bid_ticks + ask_ticks + 1) // 2
    wanted = min(reference - offset_ticks, limit_ticks) if is_buy else max(reference + offset_ticks, limit_ticks)
    return wanted if 1 <= wanted <= PRICE_TICKS_MAX else 0


@kernel
def _follow(state: State, order: int, bid_ticks: int, ask_ticks: int, events: Rows, written: int) -> tuple[int, int]:
    """Let a peg go where it ought to stand."""
    node = state.orders[order]
    stands = int64(state.orders[order]["level"]) != 0
    wanted = _wanted(state, order, bid_ticks, ask_ticks)
    old_ticks = int64(node["price_ticks"])
    if wanted == 0:
        return (phase.park(state, order, events, written), DID) if stands else (written, NOTHING)
    if stands and wanted == old_ticks:
        return written, NOTHING
    if stands:
        life.take_out(state, int64(node["contract"]), order)
    node["price_ticks"] = wanted
    if stands:
        open_lots = int64(state.orders[order]["open_lots"])
        written = emit.amended(state, events, written, order, old_ticks, open_lots, _REASON_PEG, 0)
    return written, WORK


@seldom
def fit_to_position(state: State, order: int, events: Rows, written: int) -> tuple[int, int]:
    """Cut a reduce-only order down to what there is to reduce."""
    node = state.orders[order]
    lots = risk.reducible(state, int64(node["position"]), int64(node["marks"]) & 1)
    open_lots = int64(node["open_lots"])
    if lots == 0:
        return life.end_aside(state, order, events, written, _CANCELLED, _REASON_REDUCE_ONLY), DID
    if open_lots > lots:
        return match.shrink(state, order, open_lots - lots, _REASON_REDUCE_ONLY, events, written), DID
    return written, NOTHING
