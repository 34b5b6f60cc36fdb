"""Crossing: a taker against the best opposite orders, best price first, oldest first."""

from exchange.domain.enums import EventKind, Reason, SelfTrade, Side
from exchange.domain.records import Rows
from exchange.domain.units import MEMBERS_MAX
from exchange.jit import FULL, int64, kernel, prefetch, seldom
from exchange.kernel import emit, guard, ladder, life, members, risk, stir
from exchange.kernel.facts import account_of
from exchange.kernel.holdings import PROTECTED
from exchange.kernel.state import BRANCHES_EACH, ICEBERG, IS_QUOTE, IS_WILDCARD, MEMBER, REDUCES, WHOLE, State

_BUY = int(Side.BUY)
_CANCELLED = int(EventKind.CANCELLED)
_SELF_TRADE = int(Reason.SELF_TRADE)
_REDUCE_ONLY = int(Reason.REDUCE_ONLY)
_CANCEL_NEWEST = int(SelfTrade.CANCEL_NEWEST)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)
_DECREMENT = int(SelfTrade.DECREMENT)

# How a crossing ended.
DONE = 0  # filled, or nothing more to trade with
NO_ROOM = 1  # the event buffer is nearly full: call again with an empty one
GAVE_WAY = 2  # self-trade prevention cancelled the taker, which is closed
VOLATILE = 3  # the next trade would leave the contract's bounds

# Rows that one step of anything may write, and what follows it: both sides may be wildcards with all their members.
ROOM = 2 * (MEMBERS_MAX + 1) + 14


@kernel
def has_room(state: State, events: Rows, written: int, orders: int) -> bool:
    """Whether there is room for one step in which so many orders come to rest, each far from all others."""
    header = state.header[0]
    return bool(
        events.shape[0] - written >= ROOM
        and state.pages.shape[0] - int64(header["pages"]) >= orders
        and state.branches.shape[0] - int64(header["branches"]) >= BRANCHES_EACH * orders
        and state.deadlines.shape[0] > int64(header["deadlines"])
    )


@kernel
def would_cross(state: State, contract: int, side: int, price_ticks: int) -> bool:
    """Whether the best opposite price is reached by this one."""
    best_ticks = int64(state.books[ladder.visible(contract, 1 - side)]["best_ticks"])
    return best_ticks != 0 and within(side, price_ticks, best_ticks)


@kernel
def within(side: int, limit_ticks: int, price_ticks: int) -> bool:
    """Whether an order of ``side`` with this limit may trade at this price."""
    return price_ticks <= limit_ticks if side == _BUY else price_ticks >= limit_ticks


@kernel
def same_owner(state: State, order: int, other: int) -> bool:
    """Whether a trade between two orders of one contract would be with oneself."""
    same_position = state.orders[order]["position"] == state.orders[other]["position"]
    return bool(same_position or is_group(state, account_of(state, order), account_of(state, other)))


@kernel
def is_group(state: State, account: int, other: int) -> bool:
    """Whether two accounts belong to one group."""
    group = int64(state.accounts[account]["group"])
    return bool(group != 0 and group == state.accounts[other]["group"])


@seldom
def is_fillable(state: State, taker: int, wanted: int) -> bool:
    """Whether ``wanted`` lots of ``taker`` can trade now, seen by walking the queues it would meet."""
    node = state.orders[taker]
    book = state.contracts[int64(node["contract"])]
    side = int64(node["marks"]) & 1
    limit_ticks = int64(node["price_ticks"])
    level = int64(state.books[ladder.visible(int64(node["contract"]), 1 - side)]["best_level"])
    while level != 0:
        price_ticks = ladder.price_of(state, level)
        if not within(side, limit_ticks, price_ticks):
            return False
        if not int64(book["floor_ticks"]) <= price_ticks <= int64(book["ceiling_ticks"]):
            return False
        maker = int64(state.levels[level]["oldest"])
        while maker != 0:
            if same_owner(state, taker, maker):
                if int64(node["self_trade"]) != _CANCEL_OLDEST:
                    return False
            elif int64(state.orders[maker]["marks"]) & REDUCES == 0:
                wanted -= emit.total_open(state, maker)
                if wanted <= 0:
                    return True
            maker = int64(state.orders[maker]["newer"])
        level = ladder.next_worse(state, level, side != _BUY)
    return False


@kernel
def cross(state: State, taker: int, events: Rows, written: int) -> tuple[int, int]:
    """Trade ``taker`` until it is filled or nothing within its limit is left.

    Returns (rows written, how it ended). After NO_ROOM the call can be repeated.
    """
    node = state.orders[taker]
    contract = int64(node["contract"])
    book = state.contracts[contract]
    side = int64(node["marks"]) & 1
    limit_ticks = int64(node["price_ticks"])
    opposite = state.books[ladder.visible(contract, 1 - side)]
    while int64(node["open_lots"]) > 0:
        price_ticks = int64(opposite["best_ticks"])
        if price_ticks == 0 or not within(side, limit_ticks, price_ticks):
            return written, DONE
        if events.shape[0] - written < ROOM:
            return written, NO_ROOM
        if not int64(book["floor_ticks"]) <= price_ticks <= int64(book["ceiling_ticks"]):
            return written, VOLATILE
        level = int64(opposite["best_level"])
        maker = int64(state.levels[level]["oldest"])
        if _is_plain(state, taker, maker):
            written = _sweep(state, taker, contract, level, price_ticks, events, written)
        elif FULL and same_owner(state, taker, maker):
            written = give_way(state, taker, maker, events, written)
            if int64(node["open_lots"]) == 0:
                return written, GAVE_WAY
        else:
            written = meet_special(state, taker, maker, contract, level, price_ticks, events, written)
    return written, DONE


@kernel
def _is_plain(state: State, taker: int, maker: int) -> bool:
    """Whether a trade of the two is nothing special."""
    return int64(state.orders[maker]["marks"]) & ~1 == 0 and not (FULL and same_owner(state, taker, maker))


@kernel
def _sweep(state: State, taker: int, contract: int, level: int, price_ticks: int, events: Rows, written: int) -> int:
    """Trade with the oldest order of a level, which is plain, and then with those behind it, as far as they are."""
    node = state.orders[taker]
    open_lots = int64(node["open_lots"])
    taker_fee_bps = int64(state.accounts[account_of(state, taker)]["taker_fee_bps"])
    maker = int64(state.levels[level]["oldest"])
    next_maker = int64(state.orders[maker]["newer"])
    while True:
        prefetch(state.orders, int64(state.orders[next_maker]["newer"]))
        lots = min(int64(node["open_lots"]), int64(state.orders[maker]["open_lots"]))
        written = trade(state, taker, maker, contract, price_ticks, lots, taker_fee_bps, 0, events, written)
        if int64(state.orders[maker]["open_lots"]) != 0:
            break
        state.orders[maker]["level"] = 0
        life.close(state, maker)
        maker = next_maker
        next_maker = int64(state.orders[maker]["newer"])
        if int64(node["open_lots"]) == 0 or maker == 0 or events.shape[0] - written < ROOM:
            break
        if not _is_plain(state, taker, maker):
            break
    state.levels[level]["lots"] -= open_lots - int64(node["open_lots"])
    side = 1 - (int64(node["marks"]) & 1)
    ladder.take_front(state, ladder.visible(contract, side), side == _BUY, level, maker)
    return written


@kernel
def _fill(
    state: State,
    taker: int,
    maker: int,
    contract: int,
    level: int,
    price_ticks: int,
    lots: int,
    events: Rows,
    written: int,
) -> int:
    """Trade ``lots`` at the maker's price. What is filled of the maker stays in the book, empty."""
    taker_fee_bps = int64(state.accounts[account_of(state, taker)]["taker_fee_bps"])
    state.levels[level]["lots"] -= lots
    return trade(state, taker, maker, contract, price_ticks, lots, taker_fee_bps, 0, events, written)


@kernel
def trade(
    state: State,
    taker: int,
    maker: int,
    contract: int,
    price_ticks: int,
    lots: int,
    taker_fee_bps: int,
    reason: int,
    events: Rows,
    written: int,
) -> int:
    """``lots`` change hands between two orders, whatever books they stand in."""
    maker_fee_bps = int64(state.accounts[account_of(state, maker)]["maker_fee_bps"])
    notional, fee, maker_fee = risk.settle(
        state, taker, maker, contract, price_ticks, lots, taker_fee_bps, maker_fee_bps
    )
    state.orders[taker]["open_lots"] -= lots
    state.orders[maker]["open_lots"] -= lots
    stir.count_trade(state, contract, price_ticks, lots)
    return emit.filled(state, events, written, taker, maker, price_ticks, lots, notional, fee, maker_fee, reason)


@kernel
def _remove_filled(state: State, contract: int, maker: int) -> None:
    life.take_out(state, contract, maker)
    life.close(state, maker)


@seldom
def meet_special(
    state: State, taker: int, maker: int, contract: int, level: int, price_ticks: int, events: Rows, written: int
) -> int:
    """The next step with any maker, also one that hides, reduces only, is protected or shares its lots."""
    node = state.orders[maker]
    marks = int64(node["marks"])
    lots = min(int64(state.orders[taker]["open_lots"]), int64(node["open_lots"]))
    if marks & REDUCES != 0:
        lots = min(lots, risk.reducible(state, int64(node["position"]), marks & 1))
        if lots == 0:
            return life.end_aside(state, maker, events, written, _CANCELLED, _REDUCE_ONLY)
    written = _fill(state, taker, maker, contract, level, price_ticks, lots, events, written)
    return after_fill(state, maker, contract, lots, events, written)


@seldom
def after_fill(state: State, maker: int, contract: int, lots: int, events: Rows, written: int) -> int:
    """``lots`` of a resting order traded: if none shows any more it is filled, or shows its next; a quote counts."""
    node = state.orders[maker]
    marks = int64(node["marks"])
    account = account_of(state, maker)
    if marks & MEMBER != 0:
        return members.share(state, maker, lots, events, written)
    if int64(node["open_lots"]) == 0:
        if marks & ICEBERG != 0 and int64(state.extras[maker]["hidden_lots"]) != 0:
            life.take_out(state, contract, maker)
            life.rest(state, contract, maker)
            written = emit.refreshed(state, events, written, maker)
        else:
            _remove_filled(state, contract, maker)
    if marks & IS_QUOTE != 0 and int64(state.accounts[account]["rules"]) & PROTECTED != 0:
        written = guard.count_fill(state, account, contract, marks & 1, lots, events, written)
    return written


@seldom
def give_way(state: State, taker: int, maker: int, events: Rows, written: int) -> int:
    """Self-trade prevention, by the taker's choice. A taker that is cancelled is closed."""
    choice = int64(state.orders[taker]["self_trade"])
    if choice == _DECREMENT:
        lots = min(int64(state.orders[taker]["open_lots"]), emit.total_open(state, maker))
        written = _decrement(state, maker, lots, events, written)
        return _decrement(state, taker, lots, events, written)
    if choice != _CANCEL_NEWEST:
        written = life.end_aside(state, maker, events, written, _CANCELLED, _SELF_TRADE)
    if choice != _CANCEL_OLDEST:
        written = life.end_aside(state, taker, events, written, _CANCELLED, _SELF_TRADE)
    return written


@kernel
def _decrement(state: State, order: int, lots: int, events: Rows, written: int) -> int:
    if emit.total_open(state, order) == lots:
        return life.end_aside(state, order, events, written, _CANCELLED, _SELF_TRADE)
    return shrink(state, order, lots, _SELF_TRADE, events, written)


@seldom
def shrink(state: State, order: int, lots: int, reason: int, events: Rows, written: int) -> int:
    """Take ``lots`` off an order, which has more, where it stands: the hidden ones first."""
    if int64(state.orders[order]["marks"]) & (IS_WILDCARD | MEMBER) != 0:
        return members.shrink(state, order, lots, reason, events, written)
    open_lots = emit.total_open(state, order)
    price_ticks = int64(state.orders[order]["price_ticks"])
    reduce(state, order, lots)
    resting = 1 if life.rests(state, order) else 0
    return emit.amended(state, events, written, order, price_ticks, open_lots, reason, resting)


@kernel
def reduce(state: State, order: int, lots: int) -> None:
    """The same, without a word."""
    node = state.orders[order]
    node["lots"] -= lots
    risk.hold(state, order, -lots)
    if int64(node["marks"]) & ICEBERG != 0 and int64(node["level"]) != 0:
        hidden_lots = min(lots, int64(state.extras[order]["hidden_lots"]))
        state.extras[order]["hidden_lots"] -= hidden_lots
        lots -= hidden_lots
    node["open_lots"] -= lots
    if int64(node["level"]) != 0:
        state.levels[int64(node["level"])]["lots"] -= lots
    stir.touch(state, int64(node["contract"]))


@seldom
def offer(state: State, taker: int, events: Rows, written: int) -> tuple[int, int]:
    """Offer what is left of ``taker`` to the all-or-none orders that wait for it. As ``cross``."""
    node = state.orders[taker]
    contract = int64(node["contract"])
    while int64(node["open_lots"]) > 0:
        if events.shape[0] - written < ROOM:
            return written, NO_ROOM
        maker = _best_whole(state, taker, contract)
        if maker == 0:
            return written, DONE
        lots = int64(state.orders[maker]["open_lots"])
        price_ticks = int64(state.orders[maker]["price_ticks"])
        taker_fee_bps = int64(state.accounts[account_of(state, taker)]["taker_fee_bps"])
        written = trade(state, taker, maker, contract, price_ticks, lots, taker_fee_bps, 0, events, written)
        life.close(state, maker)
    return written, DONE


@kernel
def _best_whole(state: State, taker: int, contract: int) -> int:
    """The waiting all-or-none order that trades with ``taker`` next: best price, then oldest; 0 if none can."""
    book = state.contracts[contract]
    node = state.orders[taker]
    side = int64(node["marks"]) & 1
    limit_ticks = int64(node["price_ticks"])
    best = 0
    best_ticks = 0
    order = int64(state.listings[contract]["watch_oldest"])
    while order != 0:
        other = state.orders[order]
        price_ticks = int64(other["price_ticks"])
        if (
            int64(other["marks"]) & WHOLE != 0
            and int64(other["marks"]) & 1 != side
            and int64(other["open_lots"]) <= int64(node["open_lots"])
            and within(side, limit_ticks, price_ticks)
            and int64(book["floor_ticks"]) <= price_ticks <= int64(book["ceiling_ticks"])
            and not same_owner(state, taker, order)
            and (best == 0 or (price_ticks < best_ticks if side == _BUY else price_ticks > best_ticks))
        ):
            best = order
            best_ticks = price_ticks
        order = int64(state.extras[order]["watch_newer"])
    return best
