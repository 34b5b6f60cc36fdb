"""Whether all of a fill-or-kill strip order would trade now, seen by walking the books that it would meet."""

from exchange.domain.enums import SelfTrade, Side
from exchange.domain.units import PRICE_TICKS_MAX
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import emit, ladder, legs, match, strips
from exchange.kernel.facts import is_continuous
from exchange.kernel.state import MEMBER, REDUCES, State

_BUY = int(Side.BUY)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)


@seldom
def is_fillable(state: State, taker: int) -> bool:
    """As ``match.is_fillable``: reduce-only orders and members of wildcards are not counted on.

    Overwrites the cursors of the legs.
    """
    node = state.orders[taker]
    contract = int64(node["contract"])
    side = int64(node["marks"]) & 1
    limit_ticks = int64(node["price_ticks"])
    strip = legs.strip_of(state, contract)
    _start(state, taker, strip)
    level = int64(state.books[ladder.visible(contract, 1 - side)]["best_level"])
    maker = int64(state.levels[level]["oldest"])
    wanted = int64(node["open_lots"])
    while wanted > 0:
        resting_ticks = ladder.price_of(state, level) if level != 0 else 0
        ticks = _sum_ticks(state, strip)
        if resting_ticks != 0 and (ticks == 0 or match.within(side, ticks, resting_ticks)):
            if not match.within(side, limit_ticks, resting_ticks):
                return False
            if not _is_own(state, taker, maker):
                wanted -= int64(state.orders[maker]["open_lots"])
            elif int64(node["self_trade"]) != _CANCEL_OLDEST:
                return False
            maker = int64(state.orders[maker]["newer"])
            if maker == 0:
                level = ladder.next_worse(state, level, side != _BUY)
                maker = int64(state.levels[level]["oldest"])
        elif ticks == 0 or not match.within(side, limit_ticks, ticks):
            return False
        else:
            lots = _step(state, taker, strip, wanted)
            if lots < 0:
                return False
            wanted -= lots
    return True


@kernel
def _is_own(state: State, taker: int, maker: int) -> bool:
    return FULL and strips.same_hands(state, taker, maker)


@kernel
def _start(state: State, taker: int, strip: int) -> None:
    """Put a cursor at the best level of each leg."""
    side = 1 - (int64(state.orders[taker]["marks"]) & 1)
    place = 0
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        hour = int64(state.legs[leg]["contract"])
        level = int64(state.books[ladder.visible(hour, side)]["best_level"])
        _put(state, taker, place, hour, level if is_continuous(state, hour) else 0)
        place += 1
        leg = int64(state.legs[leg]["newer"])


@kernel
def _put(state: State, taker: int, place: int, hour: int, level: int) -> None:
    """Let a cursor see a level: its lots come, what icebergs hide included, as far as no own order is before them."""
    cursor = state.cursors[place]
    book = state.contracts[hour]
    price_ticks = ladder.price_of(state, level) if level != 0 else 0
    within = int64(book["floor_ticks"]) <= price_ticks <= int64(book["ceiling_ticks"])
    shown_lots = 0
    lots = 0
    is_blocked = False
    is_held = False
    maker = int64(state.levels[level]["oldest"])
    while maker != 0 and not is_blocked:
        if _is_own(state, taker, maker):
            is_blocked = int64(state.orders[taker]["self_trade"]) != _CANCEL_OLDEST
            is_held = True
        elif int64(state.orders[maker]["marks"]) & (REDUCES | MEMBER) != 0:
            is_held = True
        else:
            is_held = False
            shown_lots += int64(state.orders[maker]["open_lots"])
            lots += emit.total_open(state, maker)
        maker = int64(state.orders[maker]["newer"])
    cursor["level"] = level
    cursor["price_ticks"] = price_ticks if within else 0
    cursor["lots"] = shown_lots if is_blocked else lots
    cursor["is_blocked"] = 1 if is_blocked else 0
    # What an iceberg hides comes behind them all.
    cursor["is_held"] = 1 if is_held and (is_blocked or lots == shown_lots) else 0


@kernel
def _sum_ticks(state: State, strip: int) -> int:
    """The sum of the prices at the cursors, 0 where it cannot be traded at."""
    total = 0
    for place in range(int64(state.strips[strip]["legs"])):
        ticks = int64(state.cursors[place]["price_ticks"])
        if ticks == 0:
            return 0
        total += ticks
    is_early = int64(state.header[0]["time_ns"]) < int64(state.strips[strip]["gate_ns"])
    return total if is_early and total <= PRICE_TICKS_MAX else 0


@kernel
def _step(state: State, taker: int, strip: int, wanted: int) -> int:
    """Take up to ``wanted`` lots at all cursors, or move one on (0 lots); -1 if an own order is in the way."""
    lots = wanted
    place = 0
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        cursor = state.cursors[place]
        if int64(cursor["lots"]) == 0:
            if int64(cursor["is_blocked"]) != 0:
                return -1
            _move_on(state, taker, place, leg)
            return 0
        lots = min(lots, int64(cursor["lots"]))
        place += 1
        leg = int64(state.legs[leg]["newer"])
    place = 0
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        state.cursors[place]["lots"] -= lots
        if int64(state.cursors[place]["lots"]) == 0 and int64(state.cursors[place]["is_held"]) == 0:
            _move_on(state, taker, place, leg)
        place += 1
        leg = int64(state.legs[leg]["newer"])
    return lots


@kernel
def _move_on(state: State, taker: int, place: int, leg: int) -> None:
    """Put the cursor of a leg at its next level."""
    side = int64(state.orders[taker]["marks"]) & 1
    level = ladder.next_worse(state, int64(state.cursors[place]["level"]), side != _BUY)
    _put(state, taker, place, int64(state.legs[leg]["contract"]), level)
