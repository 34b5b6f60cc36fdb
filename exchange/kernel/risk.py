"""What an order holds while it is open, and what changes hands when it trades.

Money is micro-dollars. A buy holds cash for each open lot, enough for its limit and the larger
fee; a sell holds capacity. Fees are rounded down, reservations up, so a fill never costs more
than was held for it, however the order is cut into fills.
"""

from exchange.domain.enums import Side
from exchange.domain.units import BPS, LOTS_MAX, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.jit import FULL, int64, kernel, seldom
from exchange.kernel import index, margin
from exchange.kernel.facts import account_of, limit_of
from exchange.kernel.holdings import IN_LEGS, MARGINED
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_PRICE_TICKS_MAX = PRICE_TICKS_MAX
_TOO_LARGE = -1


@kernel
def fee_of(notional: int, fee_bps: int) -> int:
    """``notional * fee_bps / 10000``, rounded down, without leaving int64."""
    if fee_bps == 0:
        return 0
    return (notional // BPS) * fee_bps + (notional % BPS) * fee_bps // BPS


@kernel
def reserve_per_lot(state: State, account: int, contract: int, price_ticks: int) -> int:
    """Micro-dollars that a lot at this price may cost with its fee; -1 beyond TOTAL_MAX."""
    tick_value = int64(state.contracts[contract]["tick_value"])
    notional = price_ticks * tick_value
    # Neither factor exceeds 10**12, but their product may exceed 2**63: asked without dividing.
    if price_ticks * (tick_value >> 20) > TOTAL_MAX >> 20:
        return _TOO_LARGE
    fee_bps = int64(state.accounts[account]["reserve_bps"])
    if fee_bps == 0:
        return notional if notional <= TOTAL_MAX else _TOO_LARGE
    # Rounded up: a fee rounded down is never more.
    reserve = notional + (notional // BPS) * fee_bps + ((notional % BPS) * fee_bps + BPS - 1) // BPS
    return reserve if reserve <= TOTAL_MAX else _TOO_LARGE


@kernel
def is_too_large(reserve: int, lots: int) -> bool:
    """Whether ``lots`` at ``reserve`` each (from reserve_per_lot) go beyond TOTAL_MAX."""
    if 0 <= reserve <= TOTAL_MAX // LOTS_MAX:
        return False
    return reserve == _TOO_LARGE or lots > TOTAL_MAX // reserve


@kernel
def free_cash(state: State, account: int) -> int:
    owner = state.accounts[account]
    return int64(owner["cash"]) - int64(owner["reserved"])


@kernel
def free_lots(state: State, position: int) -> int:
    """How many more lots may be offered for sale; row 0 (no position yet) has none."""
    held = state.positions[position]
    return int64(held["lots"]) + int64(held["capacity_lots"]) - int64(held["open_sell_lots"])


@kernel
def reducible(state: State, position: int, side: int) -> int:
    """How many lots a reduce-only order of this side may trade; row 0 (no position yet) has none."""
    lots = int64(state.positions[position]["lots"])
    return max(-lots, 0) if side == _BUY else max(lots, 0)


@kernel
def held_for(state: State, order: int, lots: int) -> int:
    """Micro-dollars that ``lots`` of a buy hold."""
    contract = int64(state.orders[order]["contract"])
    return lots * reserve_per_lot(state, account_of(state, order), contract, limit_of(state, order))


@kernel
def hold(state: State, order: int, lots: int) -> None:
    """Reserve for ``lots`` more of ``order``; negative ``lots`` release."""
    if not FULL:
        return
    node = state.orders[order]
    held = state.positions[int64(node["position"])]
    side = int64(node["marks"]) & 1
    if side == _BUY:
        held["open_buy_lots"] += lots
        state.accounts[int64(held["account"])]["reserved"] += held_for(state, order, lots)
    else:
        held["open_sell_lots"] += lots
    if int64(held["is_pooled"]) != 0:
        _pool(state, int64(node["position"]), side, lots, 0, 0)


@kernel
def count(state: State, order: int, orders: int) -> None:
    """One more, or one fewer, open order."""
    if not FULL:
        return
    held = state.positions[int64(state.orders[order]["position"])]
    held["orders"] += orders
    if int64(held["is_pooled"]) != 0:
        _pool(state, int64(state.orders[order]["position"]), 0, 0, 0, orders)


@seldom
def _pool(state: State, position: int, side: int, open_lots: int, lots: int, orders: int) -> None:
    """Let the pools of a position and its margin follow it; of a strip, the positions in its legs and theirs."""
    held = state.positions[position]
    if int64(held["is_pooled"]) & IN_LEGS != 0:
        if open_lots != 0:
            _hold_legs(state, position, side, open_lots)
        open_lots = 0
    _follow(state, position, side, open_lots, lots, orders)


@seldom
def _hold_legs(state: State, position: int, side: int, lots: int) -> None:
    """A strip order holds the same lots in every leg."""
    held = state.positions[position]
    before = int64(state.header[0]["positions"])
    leg = int64(state.strips[int64(state.listings[int64(held["contract"])]["strip"])]["oldest"])
    while leg != 0:
        part = index.reach_position(state, int64(held["account"]), int64(state.legs[leg]["contract"]))
        if side == _BUY:
            state.positions[part]["open_buy_lots"] += lots
        else:
            state.positions[part]["open_sell_lots"] += lots
        _follow(state, part, side, lots, 0, 0)
        leg = int64(state.legs[leg]["newer"])
    state.allowance[0] -= int64(state.header[0]["positions"]) - before


@kernel
def _follow(state: State, position: int, side: int, open_lots: int, lots: int, orders: int) -> None:
    held = state.positions[position]
    if int64(held["is_pooled"]) & MARGINED != 0:
        margin.follow(state, position)
    weight = int64(state.listings[int64(held["contract"])]["weight"])
    _add(state, int64(held["pool"]), side, open_lots * weight, lots * weight, orders)
    _add(state, int64(state.accounts[int64(held["account"])]["total"]), side, open_lots * weight, lots * weight, orders)


@kernel
def _add(state: State, pool: int, side: int, open_hours: int, hours: int, orders: int) -> None:
    if pool != 0:
        row = state.pools[pool]
        if side == _BUY:
            row["open_buy_lots"] += open_hours
        else:
            row["open_sell_lots"] += open_hours
        row["lots"] += hours
        row["orders"] += orders


@kernel
def settle(
    state: State, taker: int, maker: int, contract: int, price_ticks: int, lots: int, fee_bps: int, maker_fee_bps: int
) -> tuple[int, int, int]:
    """Exchange cash for lots between the accounts of two orders, and pay the venue its fees.

    Returns (notional, taker's fee, maker's fee) in micro-dollars.
    """
    notional = price_ticks * int64(state.contracts[contract]["tick_value"]) * lots
    if not FULL:
        return notional, 0, 0
    fee = fee_of(notional, fee_bps)
    maker_fee = fee_of(notional, maker_fee_bps)
    deliver(state, taker, lots, notional, fee)
    deliver(state, maker, lots, notional, maker_fee)
    state.accounts[0]["cash"] += fee + maker_fee
    return notional, fee, maker_fee


@kernel
def deliver(state: State, order: int, lots: int, notional: int, fee: int) -> None:
    """One side of a trade: release what was held, move cash and lots."""
    hold(state, order, -lots)
    node = state.orders[order]
    receive(state, int64(node["position"]), int64(node["marks"]) & 1, lots, notional, fee)


@kernel
def receive(state: State, position: int, side: int, lots: int, notional: int, fee: int) -> None:
    """Move cash and lots of one side of a trade."""
    held = state.positions[position]
    owner = state.accounts[int64(held["account"])]
    if side == _BUY:
        owner["cash"] -= notional + fee
        held["lots"] += lots
        held["cost_micros"] = min(int64(held["cost_micros"]) + notional, TOTAL_MAX)
    else:
        owner["cash"] += notional - fee
        held["lots"] -= lots
        held["cost_micros"] = max(int64(held["cost_micros"]) - notional, -TOTAL_MAX)
        lots = -lots
    if int64(held["is_pooled"]) != 0:
        _pool(state, position, 0, 0, lots, 0)


@kernel
def protected_price(best_ticks: int, side: int, protection_bps: int) -> int:
    """The worst price at which an order may trade that starts at ``best_ticks``; 0 stays 0."""
    if side == _BUY:
        return min(best_ticks + best_ticks * protection_bps // BPS, _PRICE_TICKS_MAX)
    return best_ticks - best_ticks * protection_bps // BPS
