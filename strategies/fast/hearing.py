"""From what the engine says to what the desk hears, and what it makes of it.

As ``NewsDesk`` and ``Desk`` do it, for one account with at most one order a side.
"""

from exchange.domain.enums import EventKind, Reason, Reject
from exchange.domain.records import Rows
from exchange.jit import int64, kernel
from strategies.fast import quoting
from strategies.fast.memory import ANSWERED, FILLED, GONE, PLACE, REFUSED, Memory

_ACCEPTED = int(EventKind.ACCEPTED)
_FILLED = int(EventKind.FILLED)
_AMENDED = int(EventKind.AMENDED)
_CANCELLED = int(EventKind.CANCELLED)
_EXPIRED = int(EventKind.EXPIRED)
_REJECTED = int(EventKind.REJECTED)
_AUCTION = int(Reason.AUCTION)
_UNKNOWN_ORDER = int(Reject.UNKNOWN_ORDER)


@kernel
def publish(memory: Memory, written: int, sequence: int, batch: int) -> None:
    """Put the news of ``events[:written]`` on their way.

    Commands from ``sequence`` on are those of the last ``batch`` messages that arrived. ``news`` must
    have two rows to spare for each event.
    """
    for place in range(written):
        event = memory.events[place]
        kind = int64(event["kind"])
        if kind == _FILLED:
            _filled(memory, event)
        elif int64(event["account"]) == int64(memory.seat[0]["account"]):
            cause = int64(event["sequence"]) - sequence
            if kind == _ACCEPTED or kind == _REJECTED:
                if 0 <= cause < batch:
                    _caused(memory, event, int64(memory.seat[0]["arrived"]) - batch + cause, kind == _REJECTED)
            elif kind == _AMENDED or kind == _CANCELLED or kind == _EXPIRED:
                _changed(memory, event, kind == _AMENDED)


@kernel
def _caused(memory: Memory, event: Rows, place: int, is_refusal: bool) -> None:
    """An order of ours is open, or a message of ours was refused."""
    message = memory.messages[place]
    contract, side = int64(message["contract"]), int64(message["side"])
    number = int64(message["number"])
    if is_refusal:
        is_gone = int64(message["kind"]) == PLACE or int64(event["reason"]) == _UNKNOWN_ORDER
        news = _news(memory, REFUSED, contract, side, number)
        news["is_gone"] = 1 if is_gone else 0
        return
    slot = memory.slots[2 * contract + side]
    slot["order_id"] = event["order_id"]
    slot["order_number"] = number
    slot["order_lots"] = event["lots"]
    news = _news(memory, ANSWERED, contract, side, number)
    news["price_ticks"] = event["price_ticks"]
    news["lots"] = event["lots"]
    news["filled_lots"] = 0


@kernel
def _changed(memory: Memory, event: Rows, is_amended: bool) -> None:
    """An open order of ours has other terms, or left the book."""
    place = _owner(memory, int64(event["contract"]), int64(event["order_id"]))
    if place < 0:
        return
    slot = memory.slots[place]
    news = _news(memory, ANSWERED if is_amended else GONE, place // 2, place % 2, int64(slot["order_number"]))
    if is_amended:
        slot["order_lots"] = event["lots"]
        news["price_ticks"] = event["price_ticks"]
        news["lots"] = event["lots"]
        news["filled_lots"] = int64(event["lots"]) - int64(event["open_lots"])
    else:
        slot["order_id"] = 0


@kernel
def _filled(memory: Memory, event: Rows) -> None:
    """The taker hears of it first."""
    is_auction = int64(event["reason"]) == _AUCTION
    taker = _owner(memory, int64(event["contract"]), int64(event["order_id"]))
    if taker >= 0:
        _traded(memory, event, taker, int64(event["fee"]), int64(event["open_lots"]), is_auction)
    maker = _owner(memory, int64(event["contract"]), int64(event["maker_order_id"]))
    if maker >= 0:
        _traded(memory, event, maker, int64(event["maker_fee"]), int64(event["maker_open_lots"]), True)


@kernel
def _traded(memory: Memory, event: Rows, place: int, fee_micros: int, open_lots: int, is_maker: bool) -> None:
    slot = memory.slots[place]
    news = _news(memory, FILLED, place // 2, place % 2, int64(slot["order_number"]))
    news["price_ticks"] = event["price_ticks"]
    news["lots"] = event["lots"]
    news["filled_lots"] = int64(slot["order_lots"]) - open_lots
    news["fee_micros"] = fee_micros
    news["is_maker"] = 1 if is_maker else 0
    if open_lots == 0:
        slot["order_id"] = 0


@kernel
def _owner(memory: Memory, number: int, order_id: int) -> int:
    """The place in ``slots`` of our open order with this id, -1 if there is none."""
    contract = int64(memory.rows[number])
    if contract < 0 or order_id == 0:
        return -1
    for place in range(2 * contract, 2 * contract + 2):
        if int64(memory.slots[place]["order_id"]) == order_id:
            return place
    return -1


@kernel
def _news(memory: Memory, kind: int, contract: int, side: int, number: int) -> Rows:
    seat = memory.seat[0]
    now_ns = int64(seat["now_ns"])
    news: Rows = memory.news[int64(seat["news"])]
    seat["news"] += 1
    seat["turn"] += 1
    news["turn"] = seat["turn"]
    news["time_ns"] = max(now_ns + int64(seat["response_ns"]) - int64(seat["lag_ns"]), now_ns)
    news["happened_ns"] = now_ns
    news["kind"] = kind
    news["contract"] = contract
    news["side"] = side
    news["number"] = number
    return news


@kernel
def heard(memory: Memory, news: Rows) -> bool:
    """Take in what is no fill; whether it was about an order that is still there."""
    slot = memory.slots[2 * int64(news["contract"]) + int64(news["side"])]
    number = int64(news["number"])
    kind = int64(news["kind"])
    if kind == ANSWERED:
        lots, filled_lots = int64(news["lots"]), int64(news["filled_lots"])
        return quoting.answered(slot, number, int64(news["price_ticks"]), lots, filled_lots)
    if kind == REFUSED:
        memory.seat[0]["refusals"] += 1
        return quoting.refused(slot, number, int64(news["is_gone"]) != 0)
    return quoting.gone(slot, number)
