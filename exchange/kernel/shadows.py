"""Orders that stand beside the book: what would have become of them, had they been there without effect.

Each knows how many lots stand before it at its price. Trades and cancels of those orders bring it forward;
a trade that finds nobody before it, or goes past its price, fills it, and the book knows nothing of that.
"""

from exchange.domain.enums import EventKind, Side
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import match, risk
from exchange.kernel.state import State
from exchange.kernel.tape import Tape

_BUY = int(Side.BUY)
_ACCEPTED = int(EventKind.ACCEPTED)
_RESTED = int(EventKind.RESTED)
_FILLED = int(EventKind.FILLED)
_AMENDED = int(EventKind.AMENDED)
_CANCELLED = int(EventKind.CANCELLED)
_EXPIRED = int(EventKind.EXPIRED)


@seldom
def follow(state: State, tape: Tape, events: Rows, first: int, written: int) -> int:
    """Let every shadow follow ``events`` from row ``first`` on; its fills are written behind them.

    A fill is a FILLED row of sequence 0 with the shadow as maker. Returns the rows written. There must be as
    much room as there are shadows and events; what finds no room waits for the next trade.
    """
    for place in range(first, written):
        event = events[place]
        kind = int64(event["kind"])
        side = int64(event["side"])
        if kind == _FILLED:
            written = _meet(state, tape, event, 1 - side, int64(event["lots"]), events, written)
        elif kind == _CANCELLED:
            _advance(tape, event, int64(event["price_ticks"]), int64(event["lots"]))
        elif kind == _AMENDED:
            _amend(tape, event)
        elif kind == _RESTED or kind == _EXPIRED or (kind == _ACCEPTED and int64(event["resting"]) != 0):
            # What is left when nobody in the book trades with it meets those beside it.
            lots = int64(event["lots"]) if kind == _EXPIRED else int64(event["open_lots"])
            written = _meet(state, tape, event, 1 - side, lots, events, written)
    return written


@kernel
def _meet(state: State, tape: Tape, event: Rows, side: int, lots: int, events: Rows, written: int) -> int:
    """``lots`` come to the price of ``event``: shadows of ``side`` before it are filled, those at it come forward."""
    price_ticks = int64(event["price_ticks"])
    is_trade = int64(event["kind"]) == _FILLED
    passing = lots
    for number in range(int64(tape.control[0]["shadows"])):
        shadow = tape.shadows[number]
        own_ticks = int64(shadow["price_ticks"])
        if shadow["contract"] != event["contract"] or int64(shadow["side"]) != side:
            continue
        if not match.within(side, own_ticks, price_ticks):
            continue
        reaching = passing
        if is_trade and own_ticks == price_ticks:
            reaching = max(passing - int64(shadow["ahead_lots"]), 0)
            shadow["ahead_lots"] = max(int64(shadow["ahead_lots"]) - lots, 0)
        fill = min(reaching, int64(shadow["open_lots"]))
        if fill > 0 and written < events.shape[0]:
            passing -= fill
            shadow["open_lots"] -= fill
            written = _fill(state, shadow, event, fill, events, written)
    return written


@kernel
def _fill(state: State, shadow: Rows, cause: Rows, lots: int, events: Rows, written: int) -> int:
    contract = int64(shadow["contract"])
    notional = int64(shadow["price_ticks"]) * lots * int64(state.contracts[contract]["tick_value"])
    event = events[written]
    event["sequence"] = 0
    event["order_id"] = 0
    event["maker_order_id"] = shadow["order_id"]
    event["amount"] = notional
    event["fee"] = 0
    event["maker_fee"] = risk.fee_of(notional, int64(shadow["fee_bps"]))
    event["price_ticks"] = shadow["price_ticks"]
    event["lots"] = lots
    event["open_lots"] = 0
    event["contract"] = contract
    event["account"] = cause["account"]
    event["maker_account"] = shadow["account"]
    event["maker_open_lots"] = shadow["open_lots"]
    event["old_price_ticks"] = 0
    event["old_open_lots"] = 0
    event["shown_lots"] = shadow["open_lots"]
    event["kind"] = _FILLED
    event["side"] = 1 - int64(shadow["side"])
    event["reason"] = 0
    event["resting"] = 0
    return written + 1


@kernel
def _amend(tape: Tape, event: Rows) -> None:
    """An order shrank where it stands, or left its place."""
    if int64(event["resting"]) != 0:
        lots = int64(event["old_open_lots"]) - int64(event["open_lots"])
        _advance(tape, event, int64(event["price_ticks"]), lots)
    else:
        _advance(tape, event, int64(event["old_price_ticks"]), int64(event["old_open_lots"]))


@kernel
def _advance(tape: Tape, event: Rows, price_ticks: int, lots: int) -> None:
    """``lots`` left the book at a price without a trade: who stood behind them comes forward."""
    joined = int64(tape.control[0]["joined"])
    for number in range(int64(tape.control[0]["shadows"])):
        shadow = tape.shadows[number]
        if (
            shadow["contract"] == event["contract"]
            and shadow["side"] == event["side"]
            and int64(shadow["price_ticks"]) == price_ticks
            and joined <= int64(shadow["joined"])
        ):
            shadow["ahead_lots"] = max(int64(shadow["ahead_lots"]) - lots, 0)
