"""The records filled, a handler called, and what it wants taken in."""

from exchange.domain.records import Rows
from exchange.jit import int64, kernel, number_of_3, pair_of_4
from strategies.fast import quoting
from strategies.fast.memory import PLACE, Ints, Machine, Memory, Reference
from strategies.fast.records import BOOK_NAMES

_BEST_BID, _BEST_BID_LOTS = BOOK_NAMES.index("best_bid_ticks"), BOOK_NAMES.index("best_bid_lots")
_BEST_ASK, _BEST_ASK_LOTS = BOOK_NAMES.index("best_ask_ticks"), BOOK_NAMES.index("best_ask_lots")
_LAST, _MID = BOOK_NAMES.index("last_ticks"), BOOK_NAMES.index("mid_ticks")
_BID, _BID_LOTS = BOOK_NAMES.index("bid_ticks"), BOOK_NAMES.index("bid_lots")
_ASK, _ASK_LOTS = BOOK_NAMES.index("ask_ticks"), BOOK_NAMES.index("ask_lots")
_POSITION, _VOLUME, _TRADES = (BOOK_NAMES.index(name) for name in ("position_lots", "volume_lots", "trades"))
_CASH, _FEES = BOOK_NAMES.index("cash_micros"), BOOK_NAMES.index("fees_micros")
_TICK_MICROS, _GATE, _IS_OPEN = (BOOK_NAMES.index(name) for name in ("tick_micros", "gate_ns", "is_open"))


@kernel
def wake(
    state: Reference, world: Reference, memory: Memory, machine: Machine, levels: Ints, what: int, contract: int
) -> bool:
    """Call one handler and send what it wants; False if that is not possible, and SEAT says where."""
    seat = memory.seat[0]
    now_ns = int64(seat["now_ns"]) + int64(seat["lag_ns"])
    width = int64(seat["width"])
    memory.me[0] = now_ns
    for row in range(memory.wants.shape[0]):
        look(state, memory, machine, levels, row)
        _own(memory, row, row * width)
        memory.books[row * width + _IS_OPEN] = 1 if int64(memory.books[row * width + _GATE]) > now_ns else 0
        memory.wants[row]["is_set"] = 0
    number_of_3(machine.handle, world, what, contract)
    for row in range(memory.wants.shape[0]):
        if _is_wanted(memory, row, row * width):
            if not quoting.is_possible(memory.wants[row]):
                seat["culprit"] = row
                return False
            quoting.state(memory, row)
    for row in range(memory.wants.shape[0]):
        if _is_wanted(memory, row, row * width):
            quoting.reconcile(memory, row)
    return True


@kernel
def _is_wanted(memory: Memory, row: int, cell: int) -> bool:
    return int64(memory.wants[row]["is_set"]) != 0 and int64(memory.books[cell + _IS_OPEN]) != 0


@kernel
def look(state: Reference, memory: Memory, machine: Machine, levels: Ints, row: int) -> None:
    """The best prices of a contract as they are, which is how the participant sees them by now."""
    number = int64(memory.numbers[row])
    cell = row * int64(memory.seat[0]["width"])
    bids, asks = pair_of_4(machine.top, state, number, 1, levels)
    bid_ticks, bid_lots = (levels[0, 0], levels[0, 1]) if bids > 0 else (0, 0)
    ask_ticks, ask_lots = (levels[1, 0], levels[1, 1]) if asks > 0 else (0, 0)
    last_ticks = int64(state.contracts[number]["last_price"])
    memory.books[cell + _BEST_BID] = bid_ticks
    memory.books[cell + _BEST_BID_LOTS] = bid_lots
    memory.books[cell + _BEST_ASK] = ask_ticks
    memory.books[cell + _BEST_ASK_LOTS] = ask_lots
    memory.books[cell + _LAST] = last_ticks
    memory.prices[cell + _MID] = (bid_ticks + ask_ticks) / 2 if bids > 0 and asks > 0 else float(last_ticks)


@kernel
def _own(memory: Memory, row: int, cell: int) -> None:
    """One's own orders as far as the venue has confirmed them."""
    for side in range(2):
        slot = memory.slots[2 * row + side]
        open_lots = int64(slot["lots"]) - int64(slot["filled_lots"])
        is_live = int64(slot["number"]) != 0 and int64(slot["flight"]) != PLACE and open_lots > 0
        price = _BID if side == 0 else _ASK
        memory.books[cell + price] = int64(slot["price_ticks"]) if is_live else 0
        memory.books[cell + price + 1] = open_lots if is_live else 0


@kernel
def book_fill(memory: Memory, news: Rows) -> None:
    """Count a fill of one's own, write it down, and make it the record that a handler gets."""
    seat = memory.seat[0]
    row, side, lots = int64(news["contract"]), int64(news["side"]), int64(news["lots"])
    price_ticks, fee_micros = int64(news["price_ticks"]), int64(news["fee_micros"])
    cell = row * int64(seat["width"])
    paid = 1 if side == 0 else -1
    memory.books[cell + _POSITION] += paid * lots
    memory.books[cell + _VOLUME] += lots
    memory.books[cell + _TRADES] += 1
    memory.books[cell + _CASH] -= paid * lots * price_ticks * int64(memory.books[cell + _TICK_MICROS])
    memory.books[cell + _FEES] += fee_micros
    fill = memory.fill[0]
    fill["contract"], fill["side"], fill["price_ticks"], fill["lots"] = row, side, price_ticks, lots
    fill["fee_micros"], fill["is_maker"], fill["time_ns"] = fee_micros, news["is_maker"], news["happened_ns"]
    kept = memory.fills[int64(seat["fills"])]
    seat["fills"] += 1
    kept["time_ns"] = news["happened_ns"]
    kept["heard_ns"] = int64(seat["now_ns"]) + int64(seat["lag_ns"])
    kept["number"] = news["number"]
    kept["fee_micros"] = fee_micros
    kept["mid_ticks"] = memory.prices[cell + _MID]
    kept["contract"] = row
    kept["price_ticks"] = price_ticks
    kept["lots"] = lots
    kept["side"] = side
    kept["is_maker"] = news["is_maker"]


@kernel
def settle(memory: Memory, row: int) -> None:
    """What can follow now that an order of this contract has changed."""
    seat = memory.seat[0]
    now_ns = int64(seat["now_ns"]) + int64(seat["lag_ns"])
    cell = row * int64(seat["width"])
    gate_ns = int64(memory.books[cell + _GATE])
    _own(memory, row, cell)
    is_two_sided = memory.books[cell + _BID_LOTS] != 0 and memory.books[cell + _ASK_LOTS] != 0
    uptime = memory.uptimes[row]
    time_ns = min(now_ns, gate_ns)
    if int64(uptime["since_ns"]) >= 0:
        uptime["two_sided_ns"] += max(0, time_ns - int64(uptime["since_ns"]))
    uptime["since_ns"] = time_ns if is_two_sided and time_ns < gate_ns else -1
    if gate_ns > now_ns:
        quoting.reconcile(memory, row)
