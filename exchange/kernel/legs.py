"""The legs of a strip, and what trading one lot in each of them comes to.

While orders stand in the book of a strip it is followed: its row keeps the sums of its legs' best
prices, so that a change in one leg costs the same however many others there are. Each leg's row
remembers the best prices that are in the sums.
"""

from exchange.domain.enums import Side
from exchange.domain.units import PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import index, ladder
from exchange.kernel.facts import is_closed, is_continuous
from exchange.kernel.state import FOLLOWED, IS_STRIP, State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)


@kernel
def strip_of(state: State, contract: int) -> int:
    """The row of STRIP of a contract, 0 if it has no legs."""
    return int64(state.listings[contract]["strip"])


@kernel
def best_ticks(state: State, leg: int, side: int) -> int:
    """The best price of one side of a leg (row of LEG) if a strip may trade there now, else 0."""
    contract = int64(state.legs[leg]["contract"])
    book = state.contracts[contract]
    ticks = int64(state.books[ladder.visible(contract, side)]["best_ticks"])
    within = int64(book["floor_ticks"]) <= ticks <= int64(book["ceiling_ticks"])
    return ticks if within and is_continuous(state, contract) else 0


@seldom
def sum_ticks(state: State, strip: int, side: int) -> int:
    """The sum of the best prices of one side over all legs, seen in their books; 0 if it cannot be traded at."""
    total = 0
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        ticks = best_ticks(state, leg, side)
        if ticks == 0:
            return 0
        total += ticks
        leg = int64(state.legs[leg]["newer"])
    return _tradable(state, strip, total)


@kernel
def known_ticks(state: State, strip: int, side: int) -> int:
    """The same of a strip that is followed, without a look at its legs."""
    row = state.strips[strip]
    if int64(row["bids"] if side == _BUY else row["asks"]) != int64(row["legs"]):
        return 0
    return _tradable(state, strip, int64(row["bid_sum"] if side == _BUY else row["ask_sum"]))


@kernel
def _tradable(state: State, strip: int, total: int) -> int:
    is_early = int64(state.header[0]["time_ns"]) < int64(state.strips[strip]["gate_ns"])
    return total if is_early and total <= PRICE_TICKS_MAX else 0


@seldom
def is_any_closed(state: State, strip: int) -> bool:
    """Whether the gate of a leg is past."""
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        if is_closed(state, int64(state.legs[leg]["contract"])):
            return True
        leg = int64(state.legs[leg]["newer"])
    return False


@seldom
def delivers(state: State, account: int, contract: int) -> bool:
    """Whether an account that sells a strip would deliver every hour of it, none of which it has bought."""
    leg = int64(state.strips[strip_of(state, contract)]["oldest"])
    while leg != 0:
        position = index.find_position(state, account, int64(state.legs[leg]["contract"]))
        if int64(state.positions[position]["lots"]) > 0:
            return False
        leg = int64(state.legs[leg]["newer"])
    return True


@seldom
def follow(state: State, contract: int) -> None:
    """An order comes to stand in the book of a strip."""
    strip = strip_of(state, contract)
    if int64(state.strips[strip]["is_followed"]) != 0:
        return
    state.strips[strip]["is_followed"] = 1
    leg = int64(state.strips[strip]["oldest"])
    while leg != 0:
        hour = int64(state.legs[leg]["contract"])
        state.listings[hour]["followers"] += 1
        state.contracts[hour]["alert"] |= FOLLOWED
        _see(state, leg)
        leg = int64(state.legs[leg]["newer"])


@seldom
def unfollow(state: State, contract: int) -> None:
    """An order left the book of a strip: if it was the last one, nobody need know what the legs do."""
    for side in (_BUY, _SELL):
        if int64(state.books[ladder.visible(contract, side)]["best_ticks"]) != 0:
            return
    strip = strip_of(state, contract)
    row = state.strips[strip]
    row["is_followed"] = 0
    row["bid_sum"] = 0
    row["ask_sum"] = 0
    row["bids"] = 0
    row["asks"] = 0
    leg = int64(row["oldest"])
    while leg != 0:
        hour = int64(state.legs[leg]["contract"])
        state.legs[leg]["bid_ticks"] = 0
        state.legs[leg]["ask_ticks"] = 0
        state.listings[hour]["followers"] -= 1
        if int64(state.listings[hour]["followers"]) == 0:
            state.contracts[hour]["alert"] &= ~FOLLOWED
        leg = int64(state.legs[leg]["newer"])


@kernel
def _see(state: State, leg: int) -> None:
    """Bring the sums of a strip up to date with the best prices of one of its legs."""
    row = state.legs[leg]
    strip = state.strips[int64(row["strip"])]
    bid_ticks = best_ticks(state, leg, _BUY)
    ask_ticks = best_ticks(state, leg, _SELL)
    strip["bid_sum"] += bid_ticks - int64(row["bid_ticks"])
    strip["ask_sum"] += ask_ticks - int64(row["ask_ticks"])
    strip["bids"] += int64(bid_ticks != 0) - int64(int64(row["bid_ticks"]) != 0)
    strip["asks"] += int64(ask_ticks != 0) - int64(int64(row["ask_ticks"]) != 0)
    row["bid_ticks"] = bid_ticks
    row["ask_ticks"] = ask_ticks


@seldom
def tell_strips(state: State, contract: int) -> None:
    """``contract`` changed and is at rest: let housekeeping look at it, if it is a strip, or at the strips it is in."""
    alert = int64(state.contracts[contract]["alert"])
    if alert & IS_STRIP != 0:
        _enqueue(state, strip_of(state, contract))
    leg = int64(state.listings[contract]["membership"]) if alert & FOLLOWED != 0 else 0
    while leg != 0:
        strip = int64(state.legs[leg]["strip"])
        if int64(state.strips[strip]["is_followed"]) != 0:
            _see(state, leg)
            _enqueue(state, strip)
        leg = int64(state.legs[leg]["elsewhere"])


@kernel
def _enqueue(state: State, strip: int) -> None:
    header = state.header[0]
    row = state.strips[strip]
    if int64(row["is_due"]) != 0:
        return
    row["is_due"] = 1
    row["next_due"] = 0
    if int64(header["due_first"]) == 0:
        header["due_first"] = strip
    else:
        state.strips[int64(header["due_last"])]["next_due"] = strip
    header["due_last"] = strip


@kernel
def dismiss_first(state: State) -> None:
    """The first strip in the queue has nothing to do."""
    header = state.header[0]
    row = state.strips[int64(header["due_first"])]
    header["due_first"] = row["next_due"]
    row["is_due"] = 0
    row["next_due"] = 0
