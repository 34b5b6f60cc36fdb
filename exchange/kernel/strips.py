"""Orders for strips at work: against resting strip orders, and step by step against the books of all legs."""

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.records import Rows
from exchange.domain.units import MEMBERS_MAX
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import emit, index, ladder, legs, life, match, members, risk, stir
from exchange.kernel.facts import account_of, is_continuous
from exchange.kernel.state import MEMBER, REDUCES, SETTLE, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_CANCELLED = int(EventKind.CANCELLED)
_REDUCE_ONLY = int(Reason.REDUCE_ONLY)
_SHARED = int(Reason.SHARED)

# Rows that a step may write for each leg: a fill, and then the next part of an iceberg, a maker that freezes, or a
# wildcard with all its members.
ROOM_EACH = 2 + MEMBERS_MAX
ROOM_BESIDE = 8


@kernel
def has_room(state: State, strip: int, events: Rows, written: int) -> bool:
    """Whether there is room for the events of one step."""
    return bool(events.shape[0] - written >= ROOM_EACH * int64(state.strips[strip]["legs"]) + ROOM_BESIDE)


@kernel
def same_hands(state: State, order: int, other: int) -> bool:
    """Whether a trade between orders of any two contracts would be with oneself."""
    account = account_of(state, order)
    other_account = account_of(state, other)
    return account == other_account or match.is_group(state, account, other_account)


@kernel
def _next_price(state: State, taker: int) -> tuple[int, bool]:
    """(the best price at which ``taker`` may trade, 0 if there is none; whether that is a resting strip order's)."""
    node = state.orders[taker]
    contract = int64(node["contract"])
    side = int64(node["marks"]) & 1
    resting_ticks = int64(state.books[ladder.visible(contract, 1 - side)]["best_ticks"])
    ticks = legs.sum_ticks(state, legs.strip_of(state, contract), 1 - side)
    is_resting = resting_ticks != 0 and (ticks == 0 or match.within(side, ticks, resting_ticks))
    if is_resting:
        ticks = resting_ticks
    if ticks == 0 or not match.within(side, int64(node["price_ticks"]), ticks):
        return 0, False
    return ticks, is_resting


@seldom
def would_trade(state: State, taker: int) -> bool:
    """Whether a strip order reaches a resting one, or the prices of its legs."""
    return _next_price(state, taker)[0] != 0


@seldom
def cross(state: State, taker: int, events: Rows, written: int) -> tuple[int, int]:
    """Trade a strip order until it is filled or nothing within its limit is left. As ``match.cross``."""
    node = state.orders[taker]
    contract = int64(node["contract"])
    strip = legs.strip_of(state, contract)
    while int64(node["open_lots"]) > 0:
        price_ticks, is_resting = _next_price(state, taker)
        if price_ticks == 0:
            return written, match.DONE
        if not has_room(state, strip, events, written):
            return written, match.NO_ROOM
        if is_resting:
            written, is_trade = _meet_strip(state, taker, contract, price_ticks, events, written)
        else:
            written, is_trade = _step(state, taker, strip, price_ticks, events, written)
        if not is_trade and int64(node["open_lots"]) == 0:
            return written, match.GAVE_WAY
    return written, match.DONE


@seldom
def look_after(state: State, events: Rows, written: int) -> int:
    """Let the best resting order of the first strip in the queue trade a step, if its legs' prices reach it now.

    Else the strip leaves the queue. Without room for a step, HEADER pending tells to go on later.
    """
    strip = int64(state.header[0]["due_first"])
    contract = int64(state.strips[strip]["contract"])
    if is_continuous(state, contract):
        for side in (_BUY, _SELL):
            book = state.books[ladder.visible(contract, side)]
            price_ticks = legs.known_ticks(state, strip, 1 - side)
            if price_ticks != 0 and int64(book["best_ticks"]) != 0:
                if match.within(side, int64(book["best_ticks"]), price_ticks):
                    if not has_room(state, strip, events, written):
                        state.header[0]["pending"] = SETTLE
                        return written
                    order = int64(state.levels[int64(book["best_level"])]["oldest"])
                    written, _ = _step(state, order, strip, price_ticks, events, written)
                    return written
    legs.dismiss_first(state)
    return written


@seldom
def _step(state: State, taker: int, strip: int, price_ticks: int, events: Rows, written: int) -> tuple[int, bool]:
    """Trade the same lots with the oldest order at the best price of each leg, or let one of these give way first.

    Returns (rows written, whether it was a trade).
    """
    node = state.orders[taker]
    side = int64(node["marks"]) & 1
    lots = int64(node["open_lots"])
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        maker = _front(state, int64(state.legs[leg]["contract"]), 1 - side)
        if FULL and same_hands(state, taker, maker):
            return match.give_way(state, taker, maker, events, written), False
        tradable = int64(state.orders[maker]["open_lots"])
        if int64(state.orders[maker]["marks"]) & REDUCES != 0:
            tradable = min(tradable, risk.reducible(state, int64(state.orders[maker]["position"]), 1 - side))
            if tradable == 0:
                return life.end_aside(state, maker, events, written, _CANCELLED, _REDUCE_ONLY), False
        if int64(state.orders[maker]["marks"]) & MEMBER != 0:
            tradable //= _members_met(state, strip, members.whole_of(state, maker), 1 - side)
            if tradable == 0:
                # One that cannot serve so many legs any more leaves the first of them to others.
                return members.end_member(state, maker, events, written, _CANCELLED, _SHARED), False
        lots = min(lots, tradable)
        leg = int64(state.legs[leg]["newer"])
    return _trade_legs(state, taker, strip, price_ticks, lots, events, written), True


@seldom
def _members_met(state: State, strip: int, whole: int, side: int) -> int:
    """In how many legs a member of one wildcard is the next to trade."""
    count = 0
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        maker = _front(state, int64(state.legs[leg]["contract"]), side)
        if int64(state.orders[maker]["marks"]) & MEMBER != 0 and members.whole_of(state, maker) == whole:
            count += 1
        leg = int64(state.legs[leg]["newer"])
    return count


@kernel
def _front(state: State, contract: int, side: int) -> int:
    """The oldest order at the best price of one side of a contract, which there is."""
    return int64(state.levels[int64(state.books[ladder.visible(contract, side)]["best_level"])]["oldest"])


@kernel
def _trade_legs(state: State, taker: int, strip: int, price_ticks: int, lots: int, events: Rows, written: int) -> int:
    node = state.orders[taker]
    contract = int64(node["contract"])
    _lose(state, taker, lots)
    notional = 0
    fee = 0
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        hour = int64(state.legs[leg]["contract"])
        leg_notional, leg_fee, written = _fill_leg(state, taker, hour, lots, events, written)
        notional += leg_notional
        fee += leg_fee
        leg = int64(state.legs[leg]["newer"])
    stir.count_trade(state, contract, price_ticks, lots)
    written = emit.strip(state, events, written, taker, price_ticks, lots, notional, fee)
    if int64(node["open_lots"]) == 0 and int64(node["level"]) != 0:
        _remove(state, taker)
    return written


@kernel
def _lose(state: State, order: int, lots: int) -> None:
    """``lots`` of a strip order trade: it holds nothing for them any more, and shows them no more."""
    node = state.orders[order]
    risk.hold(state, order, -lots)
    node["open_lots"] -= lots
    if int64(node["level"]) != 0:
        state.levels[int64(node["level"])]["lots"] -= lots


@kernel
def _remove(state: State, order: int) -> None:
    life.take_out(state, int64(state.orders[order]["contract"]), order)
    life.close(state, order)


@seldom
def _fill_leg(state: State, taker: int, hour: int, lots: int, events: Rows, written: int) -> tuple[int, int, int]:
    """``lots`` of one leg change hands at the maker's price: (notional, taker's fee, rows written)."""
    side = int64(state.orders[taker]["marks"]) & 1
    account = account_of(state, taker)
    price_ticks = int64(state.books[ladder.visible(hour, 1 - side)]["best_ticks"])
    maker = _front(state, hour, 1 - side)
    notional = price_ticks * int64(state.contracts[hour]["tick_value"]) * lots
    fee = 0
    maker_fee = 0
    if FULL:
        fee = risk.fee_of(notional, int64(state.accounts[account]["taker_fee_bps"]))
        maker_fee = risk.fee_of(notional, int64(state.accounts[account_of(state, maker)]["maker_fee_bps"]))
        risk.deliver(state, maker, lots, notional, maker_fee)
        risk.receive(state, index.find_position(state, account, hour), side, lots, notional, fee)
        state.accounts[0]["cash"] += fee + maker_fee
    state.levels[int64(state.orders[maker]["level"])]["lots"] -= lots
    state.orders[maker]["open_lots"] -= lots
    stir.count_trade(state, hour, price_ticks, lots)
    emit.filled(state, events, written, taker, maker, price_ticks, lots, notional, fee, maker_fee, 0)
    events[written]["contract"] = hour
    return notional, fee, match.after_fill(state, maker, hour, lots, events, written + 1)


@seldom
def _meet_strip(
    state: State, taker: int, contract: int, price_ticks: int, events: Rows, written: int
) -> tuple[int, bool]:
    """Trade with the best resting strip order, at its price, or let one of the two give way. As ``_step``."""
    maker = _front(state, contract, 1 - (int64(state.orders[taker]["marks"]) & 1))
    if FULL and same_hands(state, taker, maker):
        return match.give_way(state, taker, maker, events, written), False
    return trade_whole(state, taker, maker, contract, price_ticks, events, written), True


@seldom
def trade_whole(
    state: State, taker: int, maker: int, contract: int, price_ticks: int, events: Rows, written: int
) -> int:
    """Two strip orders trade as much as both have, at this price, with one event."""
    lots = min(int64(state.orders[taker]["open_lots"]), int64(state.orders[maker]["open_lots"]))
    notional = price_ticks * int64(state.contracts[contract]["tick_value"]) * lots
    fee = 0
    maker_fee = 0
    _lose(state, taker, lots)
    _lose(state, maker, lots)
    if FULL:
        fee = risk.fee_of(notional, int64(state.accounts[account_of(state, taker)]["taker_fee_bps"]))
        maker_fee = risk.fee_of(notional, int64(state.accounts[account_of(state, maker)]["maker_fee_bps"]))
        _receive_legs(state, taker, price_ticks, lots, fee)
        _receive_legs(state, maker, price_ticks, lots, maker_fee)
        state.accounts[0]["cash"] += fee + maker_fee
    stir.count_trade(state, contract, price_ticks, lots)
    _touch_legs(state, contract)
    written = emit.filled(state, events, written, taker, maker, price_ticks, lots, notional, fee, maker_fee, 0)
    if int64(state.orders[maker]["open_lots"]) == 0:
        _remove(state, maker)
    return written


@seldom
def _receive_legs(state: State, order: int, price_ticks: int, lots: int, fee: int) -> None:
    """One side of a trade of whole strips: the price is spread over the legs, what is over on the first ones."""
    account = account_of(state, order)
    contract = int64(state.orders[order]["contract"])
    strip = state.strips[legs.strip_of(state, contract)]
    side = int64(state.orders[order]["marks"]) & 1
    value = int64(state.contracts[contract]["tick_value"]) * lots
    each_ticks = price_ticks // int64(strip["legs"])
    over_ticks = price_ticks % int64(strip["legs"])
    leg = int64(strip["oldest"])
    while leg != 0:
        position = index.find_position(state, account, int64(state.legs[leg]["contract"]))
        ticks = each_ticks + (1 if over_ticks > 0 else 0)
        risk.receive(state, position, side, lots, ticks * value, 0)
        over_ticks -= 1
        leg = int64(state.legs[leg]["newer"])
    state.accounts[account]["cash"] -= fee


@kernel
def _touch_legs(state: State, contract: int) -> None:
    """Positions in the legs changed, which orders there may follow."""
    leg = int64(state.strips[legs.strip_of(state, contract)]["oldest"])
    while leg != 0:
        stir.touch(state, int64(state.legs[leg]["contract"]))
        leg = int64(state.legs[leg]["newer"])
