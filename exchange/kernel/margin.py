"""What accounts on margin must keep: running sums over their positions, one for each scenario. See docs/margin.md.

Each position remembers in its row of EXPOSURE what of it is in the sums of its account, so that a
change costs the same however many others there are. Money is micro-dollars. Nothing leaves the
bounds because MARGIN gross, which no trade and no cancel makes larger, stays within TOTAL_MAX.
"""

from exchange.domain.records import Rows
from exchange.domain.units import BPS, SCENARIOS
from exchange.jit import int64, kernel, seldom
from exchange.kernel.holdings import MARGINED, ON_MARGIN, REQUIREMENTS_EACH
from exchange.kernel.state import State


@kernel
def credit_of(value: int, credit_bps: int) -> int:
    """How much of a lot of this value counts, rounded down, without leaving int64."""
    return (value // BPS) * credit_bps + (value % BPS) * credit_bps // BPS


@kernel
def value_of(state: State, contract: int, scenario: int) -> int:
    """A lot in one scenario, 0 in a contract without."""
    ticks = int64(state.scenarios[contract * SCENARIOS + scenario])
    return ticks * int64(state.contracts[contract]["tick_value"])


@kernel
def highest_of(state: State, contract: int) -> int:
    """A lot in its dearest scenario."""
    return int64(state.listings[contract]["highest_ticks"]) * int64(state.contracts[contract]["tick_value"])


@kernel
def floor_of(state: State, contract: int) -> int:
    """What a lot that opens a short on margin must bring: as far below the mark as its dearest scenario is above."""
    return max(2 * value_of(state, contract, 0) - highest_of(state, contract), 0)


@kernel
def hold_of(state: State, contract: int) -> int:
    """What a lot for sale on margin holds: all that it will require less all that it is sure to bring."""
    return highest_of(state, contract) - floor_of(state, contract)


@seldom
def enlist(state: State, position: int) -> None:
    """Let a position count in the margin of its account from now on."""
    held = state.positions[position]
    seen = state.exposures[position]
    held["is_pooled"] = int64(held["is_pooled"]) | MARGINED
    if int64(seen["is_listed"]) == 0:
        seen["is_listed"] = 1
        listing = state.listings[int64(held["contract"])]
        seen["next"] = listing["margined"]
        listing["margined"] = position
    follow(state, position)


@seldom
def follow(state: State, position: int) -> None:
    """Bring the sums of an account up to date with one of its positions."""
    held = state.positions[position]
    seen = state.exposures[position]
    lots = int64(held["lots"])
    capacity_lots = int64(held["capacity_lots"])
    open_sell_lots = int64(held["open_sell_lots"])
    long_lots = max(lots, 0)
    short_lots = short_of(lots, capacity_lots)
    credited_lots = max(long_lots - open_sell_lots, 0)
    excess_lots = excess_of(lots, capacity_lots, open_sell_lots)
    gross_lots = abs(lots) + int64(held["open_buy_lots"]) + open_sell_lots
    _count(
        state,
        position,
        short_lots - int64(seen["short_lots"]),
        long_lots - int64(seen["long_lots"]),
        credited_lots - int64(seen["credited_lots"]),
        excess_lots - int64(seen["excess_lots"]),
        gross_lots - int64(seen["gross_lots"]),
    )
    seen["short_lots"] = short_lots
    seen["long_lots"] = long_lots
    seen["credited_lots"] = credited_lots
    seen["excess_lots"] = excess_lots
    seen["gross_lots"] = gross_lots


@kernel
def short_of(lots: int, capacity_lots: int) -> int:
    """How many lots are owed beyond capacity."""
    return max(-lots - capacity_lots, 0)


@kernel
def excess_of(lots: int, capacity_lots: int, open_sell_lots: int) -> int:
    """How many lots for sale are neither held nor within capacity."""
    return max(open_sell_lots - max(lots + capacity_lots, 0), 0)


@seldom
def count_all(state: State, position: int, sign: int) -> None:
    """Take all that is remembered of a position into the sums of its account, or (-1) out of them."""
    seen = state.exposures[position]
    _count(
        state,
        position,
        sign * int64(seen["short_lots"]),
        sign * int64(seen["long_lots"]),
        sign * int64(seen["credited_lots"]),
        sign * int64(seen["excess_lots"]),
        sign * int64(seen["gross_lots"]),
    )


@kernel
def _count(
    state: State, position: int, short_lots: int, long_lots: int, credited_lots: int, excess_lots: int, gross_lots: int
) -> None:
    """Add so many lots to the sums of the account of a position."""
    contract = int64(state.positions[position]["contract"])
    margin = int64(state.accounts[int64(state.positions[position]["account"])]["margin"])
    terms = state.margins[margin]
    credit_bps = int64(terms["credit_bps"])
    held = excess_lots * hold_of(state, contract)
    terms["gross"] += gross_lots * highest_of(state, contract)
    row = margin * REQUIREMENTS_EACH
    for scenario in range(SCENARIOS):
        value = value_of(state, contract, scenario)
        credit = credit_of(value, credit_bps)
        state.requirements[row + scenario] += short_lots * value - credited_lots * credit + held
        state.requirements[row + SCENARIOS + scenario] += short_lots * value - long_lots * credit
    touch(state, margin)


@kernel
def touch(state: State, margin: int) -> None:
    """See to it that at the end of the command somebody judges whether the account has enough; row 0 is nobody's."""
    terms = state.margins[margin]
    if margin == 0 or int64(terms["is_touched"]) != 0:
        return
    header = state.header[0]
    terms["is_touched"] = 1
    account = int64(terms["account"])
    before = 0
    after = int64(header["touched_first"])
    while after != 0 and int64(state.margins[after]["account"]) < account:
        before = after
        after = int64(state.margins[after]["next_touched"])
    terms["next_touched"] = after
    if before == 0:
        header["touched_first"] = margin
    else:
        state.margins[before]["next_touched"] = margin


@kernel
def touch_account(state: State, account: int) -> None:
    """The same, if the account has terms."""
    owner = state.accounts[account]
    if int64(owner["rules"]) & ON_MARGIN != 0:
        touch(state, int64(owner["margin"]))


@kernel
def requirement(state: State, account: int) -> int:
    """What the account must keep for its positions and open orders in the worst scenario; 0 without terms."""
    return _worst(state, int64(state.accounts[account]["margin"]) * REQUIREMENTS_EACH)


@kernel
def requirement_alone(state: State, account: int) -> int:
    """The same for its positions alone."""
    return _worst(state, int64(state.accounts[account]["margin"]) * REQUIREMENTS_EACH + SCENARIOS)


@kernel
def _worst(state: State, row: int) -> int:
    worst = 0
    for scenario in range(SCENARIOS):
        worst = max(worst, int64(state.requirements[row + scenario]))
    return worst


@kernel
def spendable(state: State, account: int) -> int:
    """Cash that is neither reserved nor required, never below 0."""
    owner = state.accounts[account]
    return max(int64(owner["cash"]) - int64(owner["reserved"]) - requirement(state, account), 0)


@seldom
def retire(state: State, contract: int) -> None:
    """A contract is settled: nothing in it is required any more."""
    revalue(state, contract, -1)
    for scenario in range(SCENARIOS):
        state.scenarios[contract * SCENARIOS + scenario] = 0
    state.listings[contract]["highest_ticks"] = 0


@seldom
def revalue(state: State, contract: int, sign: int) -> None:
    """Take all positions in a contract out of the sums of their accounts (-1), or into them."""
    position = int64(state.listings[contract]["margined"])
    while position != 0:
        if is_counted(state, position):
            count_all(state, position, sign)
        position = int64(state.exposures[position]["next"])


@kernel
def is_counted(state: State, position: int) -> bool:
    return int64(state.positions[position]["is_pooled"]) & MARGINED != 0


@kernel
def is_too_dear(ticks: int, tick_value: int, total_max: int) -> bool:
    """Whether a lot at this price goes beyond ``total_max``, asked without leaving int64."""
    return ticks * (tick_value >> 20) > total_max >> 20 or ticks * tick_value > total_max


@kernel
def gross_lots(held: Rows) -> int:
    """Lots of a position that could come to count, one way or the other."""
    return abs(int64(held["lots"])) + int64(held["open_buy_lots"]) + int64(held["open_sell_lots"])
