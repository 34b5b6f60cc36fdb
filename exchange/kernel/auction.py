"""The call auction: the one price at which most trades, and the trades at it."""

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.records import Rows
from exchange.domain.units import BPS, PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, ladder, life, match, members
from exchange.kernel.facts import account_of
from exchange.kernel.state import ICEBERG, MEMBER, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_INDICATIVE = int(EventKind.INDICATIVE)
_AUCTION = int(Reason.AUCTION)
_LOTS_SHOWN_MAX = 2**31 - 1


@seldom
def price(state: State, contract: int) -> tuple[int, int, int]:
    """(price, volume, surplus of bids over asks); nothing if no bid reaches an ask.

    Among the prices of orders and the reference: most volume, then least surplus, then, if bids
    are left over at all of them, the highest; if asks are, the lowest; else the nearest to the
    reference, of two equally near the higher.
    """
    bid_ticks = int64(state.books[ladder.visible(contract, _BUY)]["best_ticks"])
    ask_ticks = int64(state.books[ladder.visible(contract, _SELL)]["best_ticks"])
    if bid_ticks == 0 or ask_ticks == 0 or bid_ticks < ask_ticks:
        return 0, 0, 0
    reference = int64(state.listings[contract]["reference_ticks"])
    bids, bid_level = _bids_from(state, contract, ask_ticks)
    asks = 0
    ask_level = int64(state.books[ladder.visible(contract, _SELL)]["best_level"])
    extra_ticks = reference if ask_ticks <= reference <= bid_ticks else 0
    most = 0
    least = 0
    lowest = 0, 0  # of the prices that are equally good so far, each with its surplus
    highest = 0, 0
    nearest = 0, 0
    is_bid_left = False  # at all of them
    is_ask_left = False
    while True:
        ticks = _lowest_of(state, bid_level, ask_level, extra_ticks)
        if ticks == 0 or ticks > bid_ticks:
            break
        if ask_level != 0 and ladder.price_of(state, ask_level) == ticks:
            asks += _lots_at(state, ask_level)
            ask_level = ladder.next_above(state, ask_level)
        volume = min(bids, asks)
        surplus = bids - asks
        if volume > most or (volume == most and abs(surplus) < least):
            most = volume
            least = abs(surplus)
            lowest = highest = nearest = ticks, surplus
            is_bid_left = surplus > 0
            is_ask_left = surplus < 0
        elif volume == most and abs(surplus) == least:
            highest = ticks, surplus
            if abs(ticks - reference) <= abs(nearest[0] - reference):
                nearest = ticks, surplus
            is_bid_left = is_bid_left and surplus > 0
            is_ask_left = is_ask_left and surplus < 0
        if bid_level != 0 and ladder.price_of(state, bid_level) == ticks:
            bids -= _lots_at(state, bid_level)
            bid_level = ladder.next_above(state, bid_level)
        if extra_ticks == ticks:
            extra_ticks = 0
    best = highest if is_bid_left else (lowest if is_ask_left else nearest)
    return best[0], most, best[1]


@kernel
def _lowest_of(state: State, bid_level: int, ask_level: int, extra_ticks: int) -> int:
    """The lowest of two levels and a price, of those there are; 0 if there is none."""
    lowest = extra_ticks
    for level in (bid_level, ask_level):
        if level != 0:
            ticks = ladder.price_of(state, level)
            if lowest == 0 or ticks < lowest:
                lowest = ticks
    return lowest


@kernel
def _bids_from(state: State, contract: int, ask_ticks: int) -> tuple[int, int]:
    """(lots bid at this price or higher, the lowest level of these bids)."""
    level = int64(state.books[ladder.visible(contract, _BUY)]["best_level"])
    lots = 0
    lowest = 0
    while level != 0 and ladder.price_of(state, level) >= ask_ticks:
        lots += _lots_at(state, level)
        lowest = level
        level = ladder.next_below(state, level)
    return lots, lowest


@kernel
def _lots_at(state: State, level: int) -> int:
    """All open lots at a level, what icebergs hide included."""
    lots = 0
    order = int64(state.levels[level]["oldest"])
    while order != 0:
        lots += emit.total_open(state, order)
        order = int64(state.orders[order]["newer"])
    return lots


@seldom
def uncross(state: State, contract: int, events: Rows, written: int) -> tuple[int, bool]:
    """Trade all that can trade at the auction's price. Returns (rows written, whether all is done).

    If room for events runs out, call again: LISTING uncross_ticks keeps the price meanwhile.
    """
    listing = state.listings[contract]
    ticks = int64(listing["uncross_ticks"])
    if ticks == 0:
        ticks, _, _ = price(state, contract)
        if ticks == 0:
            return written, True
        listing["uncross_ticks"] = ticks
    bids = state.books[ladder.visible(contract, _BUY)]
    asks = state.books[ladder.visible(contract, _SELL)]
    while int64(bids["best_ticks"]) >= ticks and 0 < int64(asks["best_ticks"]) <= ticks:
        if events.shape[0] - written < match.ROOM:
            return written, False
        bid = int64(state.levels[int64(bids["best_level"])]["oldest"])
        ask = int64(state.levels[int64(asks["best_level"])]["oldest"])
        lots = min(int64(state.orders[bid]["open_lots"]), int64(state.orders[ask]["open_lots"]))
        state.levels[int64(bids["best_level"])]["lots"] -= lots
        state.levels[int64(asks["best_level"])]["lots"] -= lots
        maker_fee_bps = int64(state.accounts[account_of(state, bid)]["maker_fee_bps"])
        written = match.trade(state, bid, ask, contract, ticks, lots, maker_fee_bps, _AUCTION, events, written)
        written = _after_trade(state, contract, bid, lots, events, written)
        written = _after_trade(state, contract, ask, lots, events, written)
    listing["uncross_ticks"] = 0
    listing["reference_ticks"] = ticks
    set_bounds(state, contract)
    return written, True


@kernel
def _after_trade(state: State, contract: int, order: int, lots: int, events: Rows, written: int) -> int:
    """Free an order of which nothing shows any more, or let an iceberg show its next slice; a wildcard shares."""
    node = state.orders[order]
    if int64(node["marks"]) & MEMBER != 0:
        return members.share(state, order, lots, events, written)
    if int64(node["open_lots"]) != 0:
        return written
    hides = int64(node["marks"]) & ICEBERG != 0 and int64(state.extras[order]["hidden_lots"]) != 0
    life.take_out(state, contract, order)
    if not hides:
        life.close(state, order)
        return written
    life.rest(state, contract, order)
    return emit.refreshed(state, events, written, order)


@kernel
def set_bounds(state: State, contract: int) -> None:
    """Between which prices trades may happen, from the reference and the auction band."""
    book = state.contracts[contract]
    listing = state.listings[contract]
    reference = int64(listing["reference_ticks"])
    away = reference * int64(listing["auction_bps"]) // BPS
    has_bounds = reference != 0 and int64(listing["auction_bps"]) != 0
    book["floor_ticks"] = reference - away if has_bounds else 0
    book["ceiling_ticks"] = reference + away if has_bounds else PRICE_TICKS_MAX


@seldom
def indicate(state: State, contract: int, events: Rows, written: int) -> int:
    """Publish what the auction would come to, if it were now."""
    ticks, volume, surplus = price(state, contract)
    phase = int64(state.contracts[contract]["phase"])
    state.listings[contract]["is_stirred"] = 0
    return emit.notice(
        state, events, written, _INDICATIVE, 0, contract, surplus, ticks, min(volume, _LOTS_SHOWN_MAX), phase
    )
