"""Strip orders that want all their hours from one seller, who delivers them himself: at once, or not at all.

Such an order passes over hours, over orders of its owner, and, if it buys, over sellers who have bought some of the
hours. A buyer deals with one seller alone: the first in the book who has enough.
"""

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.records import Rows
from exchange.jit import int64, kernel, seldom
from exchange.kernel import ladder, legs, match, strips
from exchange.kernel.facts import account_of
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_FOK = int(TimeInForce.FOK)


@kernel
def _first(state: State, taker: int) -> int:
    """The best order on the other side within the limit, 0 if there is none."""
    node = state.orders[taker]
    side = 1 - (int64(node["marks"]) & 1)
    level = int64(state.books[ladder.visible(int64(node["contract"]), side)]["best_level"])
    return _oldest_within(state, taker, level)


@kernel
def _after(state: State, taker: int, maker: int) -> int:
    """The order that comes behind ``maker``, 0 if there is none within the limit."""
    newer = int64(state.orders[maker]["newer"])
    if newer != 0:
        return newer
    side = 1 - (int64(state.orders[taker]["marks"]) & 1)
    level = ladder.next_worse(state, int64(state.orders[maker]["level"]), side == _BUY)
    return _oldest_within(state, taker, level)


@kernel
def _oldest_within(state: State, taker: int, level: int) -> int:
    node = state.orders[taker]
    side = int64(node["marks"]) & 1
    if level == 0 or not match.within(side, int64(node["price_ticks"]), ladder.price_of(state, level)):
        return 0
    return int64(state.levels[level]["oldest"])


@kernel
def _deals_with(state: State, taker: int, maker: int) -> bool:
    partner = int64(state.extras[taker]["wildcard"])
    return not strips.same_hands(state, taker, maker) and (partner == 0 or partner == account_of(state, maker))


@kernel
def _has_enough(state: State, taker: int, wanted: int) -> bool:
    """Whether those with whom ``taker`` deals have so many lots for it."""
    maker = _first(state, taker)
    while maker != 0 and wanted > 0:
        if _deals_with(state, taker, maker):
            wanted -= int64(state.orders[maker]["open_lots"])
        maker = _after(state, taker, maker)
    return wanted <= 0


@seldom
def finds_partner(state: State, taker: int) -> bool:
    """Whether there is somebody to trade with, all lots if it is fill-or-kill. A buyer keeps to the seller it finds."""
    node = state.orders[taker]
    wanted = int64(node["open_lots"]) if int64(node["time_in_force"]) == _FOK else 1
    state.extras[taker]["wildcard"] = 0
    if int64(node["marks"]) & 1 != _BUY:
        return _has_enough(state, taker, wanted)
    maker = _first(state, taker)
    while maker != 0:
        account = account_of(state, maker)
        if not strips.same_hands(state, taker, maker) and legs.delivers(state, account, int64(node["contract"])):
            state.extras[taker]["wildcard"] = account
            if _has_enough(state, taker, wanted):
                return True
        maker = _after(state, taker, maker)
    return False


@seldom
def cross(state: State, taker: int, events: Rows, written: int) -> tuple[int, int]:
    """Trade an order that has found a partner. As ``match.cross``."""
    node = state.orders[taker]
    contract = int64(node["contract"])
    maker = _first(state, taker)
    while maker != 0 and int64(node["open_lots"]) > 0:
        if not strips.has_room(state, legs.strip_of(state, contract), events, written):
            return written, match.NO_ROOM
        # A maker that is filled leaves the book, so the next one is found before.
        after = _after(state, taker, maker)
        if _deals_with(state, taker, maker):
            price_ticks = int64(state.orders[maker]["price_ticks"])
            written = strips.trade_whole(state, taker, maker, contract, price_ticks, events, written)
            events[written - 1]["old_open_lots"] = state.extras[taker]["slot"]
        maker = after
    return written, match.DONE
