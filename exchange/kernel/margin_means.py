"""Whether the means of an account on margin allow an order, a quote, or less capacity. See docs/margin.md."""

from exchange.domain.enums import Reject, Side
from exchange.domain.units import SCENARIOS, TOTAL_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import index, legs, margin, risk
from exchange.kernel.facts import is_strip
from exchange.kernel.holdings import CALLED, REQUIREMENTS_EACH
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_ACCEPTABLE = int(Reject.NONE)
_UNDER_CALL = int(Reject.UNDER_CALL)
_MARGIN_TOO_LARGE = int(Reject.MARGIN_TOO_LARGE)
_BELOW_MARGIN_FLOOR = int(Reject.BELOW_MARGIN_FLOOR)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)


@seldom
def refuse_order(
    state: State, account: int, contract: int, side: int, price_ticks: int, lots: int, gone_lots: int, held: int
) -> int:
    """One order, ``gone_lots`` of the same side and what is ``held`` for them being given back first."""
    if side == _BUY:
        return refuse(state, account, contract, price_ticks, lots, gone_lots, held, 0, 0, 0)
    return refuse(state, account, contract, 0, 0, 0, 0, price_ticks, lots, gone_lots)


@seldom
def refuse(
    state: State,
    account: int,
    contract: int,
    bid_ticks: int,
    buys: int,
    gone_buys: int,
    held: int,
    ask_ticks: int,
    sells: int,
    gone_sells: int,
) -> int:
    """A bid, an offer or both, or why not; ``gone_*`` lots and what is ``held`` for them are given back first."""
    owner = state.accounts[account]
    buy_reduces = buys == 0 or _buy_reduces(state, account, contract, bid_ticks, buys - gone_buys)
    sell_reduces = sells == 0 or _sell_reduces(state, account, contract, ask_ticks, sells - gone_sells)
    if int64(owner["rules"]) & CALLED != 0 and not (buy_reduces and sell_reduces):
        return _UNDER_CALL
    more_sells = sells - gone_sells
    if _is_too_large(state, account, contract, buys - gone_buys + more_sells):
        return _MARGIN_TOO_LARGE
    if sells != 0 and _net(state, account, contract, ask_ticks) < _floor(state, account, contract, more_sells):
        return _BELOW_MARGIN_FLOOR
    before = margin.requirement(state, account)
    after = requirement_with(state, account, contract, more_sells, 0)
    free = int64(owner["cash"]) - int64(owner["reserved"]) + held
    if buys != 0:
        free -= buys * risk.reserve_per_lot(state, account, contract, bid_ticks)
        if free < (0 if buy_reduces else after):
            return _INSUFFICIENT_FUNDS
    if not sell_reduces and after > before and free < after:
        return _INSUFFICIENT_FUNDS
    return _INSUFFICIENT_CAPACITY if sells != 0 and _is_bare(state, account, contract, more_sells) else _ACCEPTABLE


@seldom
def refuse_capacity(state: State, account: int, contract: int, more_lots: int) -> int:
    """A capacity that changes by ``more_lots``."""
    owner = state.accounts[account]
    after = requirement_with(state, account, contract, 0, more_lots)
    free = int64(owner["cash"]) - int64(owner["reserved"])
    if after > margin.requirement(state, account) and free < after:
        return _INSUFFICIENT_FUNDS
    held = state.positions[index.find_position(state, account, contract)]
    short = int64(held["lots"]) + int64(held["capacity_lots"]) + more_lots < int64(held["open_sell_lots"])
    return _INSUFFICIENT_CAPACITY if short and margin.highest_of(state, contract) == 0 else _ACCEPTABLE


@kernel
def _hour_of(state: State, contract: int, leg: int) -> int:
    """The contract itself, or that of one of its legs."""
    return contract if leg == 0 else int64(state.legs[leg]["contract"])


@kernel
def _first_leg(state: State, contract: int) -> int:
    return int64(state.strips[legs.strip_of(state, contract)]["oldest"])


@kernel
def _buy_reduces(state: State, account: int, contract: int, price_ticks: int, more: int) -> bool:
    """Whether buys only bring a short nearer to capacity, for no more than it may ever be worth."""
    held = state.positions[index.find_position(state, account, contract)]
    short_lots = margin.short_of(int64(held["lots"]), int64(held["capacity_lots"]))
    fits = int64(held["open_buy_lots"]) + more <= short_lots
    return bool(fits and price_ticks <= int64(state.listings[contract]["highest_ticks"]))


@kernel
def _sell_reduces(state: State, account: int, contract: int, price_ticks: int, more: int) -> bool:
    """Whether sells only give away what is held, for no less than it ever counts."""
    if is_strip(state, contract):
        return False
    held = state.positions[index.find_position(state, account, contract)]
    credit_bps = int64(state.margins[int64(state.accounts[account]["margin"])]["credit_bps"])
    credit = margin.credit_of(margin.highest_of(state, contract), credit_bps)
    fits = int64(held["open_sell_lots"]) + more <= int64(held["lots"])
    return bool(fits and _net(state, account, contract, price_ticks) >= credit)


@kernel
def _net(state: State, account: int, contract: int, price_ticks: int) -> int:
    """What a lot brings at this price at least, after its fee."""
    notional = price_ticks * int64(state.contracts[contract]["tick_value"])
    return 2 * notional - risk.reserve_per_lot(state, account, contract, price_ticks)


@kernel
def _is_too_large(state: State, account: int, contract: int, more: int) -> bool:
    """Whether with ``more`` lots in each hour the sums of the account might leave their bounds."""
    room = TOTAL_MAX - int64(state.margins[int64(state.accounts[account]["margin"])]["gross"])
    leg = _first_leg(state, contract)
    while True:
        value = margin.highest_of(state, _hour_of(state, contract, leg))
        if value != 0 and more > room // value:
            return True
        room -= more * value
        leg = int64(state.legs[leg]["newer"])
        if leg == 0:
            return False


@kernel
def _excess(state: State, account: int, hour: int, more_sells: int) -> int:
    held = state.positions[index.find_position(state, account, hour)]
    return margin.excess_of(
        int64(held["lots"]), int64(held["capacity_lots"]), int64(held["open_sell_lots"]) + more_sells
    )


@kernel
def _floor(state: State, account: int, contract: int, more_sells: int) -> int:
    """What a lot must bring, summed over the hours in which lots for sale are neither held nor within capacity."""
    total = 0
    leg = _first_leg(state, contract)
    while True:
        hour = _hour_of(state, contract, leg)
        if _excess(state, account, hour, more_sells) != 0:
            # No price brings more than TOTAL_MAX.
            total = min(total + margin.floor_of(state, hour), TOTAL_MAX + 1)
        leg = int64(state.legs[leg]["newer"])
        if leg == 0:
            return total


@kernel
def _is_bare(state: State, account: int, contract: int, more_sells: int) -> bool:
    """Whether that is so in an hour of which nobody knows what it may be worth."""
    leg = _first_leg(state, contract)
    while True:
        hour = _hour_of(state, contract, leg)
        if margin.highest_of(state, hour) == 0 and _excess(state, account, hour, more_sells) != 0:
            return True
        leg = int64(state.legs[leg]["newer"])
        if leg == 0:
            return False


@seldom
def requirement_with(state: State, account: int, contract: int, more_sells: int, more_capacity: int) -> int:
    """What would be required with so many more lots for sale, and so much more capacity, in each hour."""
    row = int64(state.accounts[account]["margin"]) * REQUIREMENTS_EACH
    worst = 0
    for scenario in range(SCENARIOS):
        total = int64(state.requirements[row + scenario])
        leg = _first_leg(state, contract)
        while True:
            hour = _hour_of(state, contract, leg)
            total += _change(state, account, hour, scenario, more_sells, more_capacity)
            leg = int64(state.legs[leg]["newer"])
            if leg == 0:
                break
        worst = max(worst, total)
    return worst


@kernel
def _change(state: State, account: int, hour: int, scenario: int, more_sells: int, more_capacity: int) -> int:
    """By how much the sum of one scenario would change in one hour."""
    held = state.positions[index.find_position(state, account, hour)]
    credit_bps = int64(state.margins[int64(state.accounts[account]["margin"])]["credit_bps"])
    lots = int64(held["lots"])
    before_sells = int64(held["open_sell_lots"])
    after_sells = before_sells + more_sells
    before_capacity = int64(held["capacity_lots"])
    after_capacity = before_capacity + more_capacity
    value = margin.value_of(state, hour, scenario)
    short_lots = margin.short_of(lots, after_capacity) - margin.short_of(lots, before_capacity)
    credited_lots = max(max(lots, 0) - after_sells, 0) - max(max(lots, 0) - before_sells, 0)
    excess_lots = margin.excess_of(lots, after_capacity, after_sells) - margin.excess_of(
        lots, before_capacity, before_sells
    )
    credit = margin.credit_of(value, credit_bps)
    return short_lots * value - credited_lots * credit + excess_lots * margin.hold_of(state, hour)
