"""What an order holds while it is open, and what changes hands when it trades.

Money is micro-dollars. A buy holds ``reserve_per_lot`` of cash for each open lot, enough for
its price and the larger fee; a sell holds capacity. Fees are rounded down, reservations up,
so a fill never costs more than was held for it, however the order is cut into fills.
"""

from exchange.domain.enums import Side
from exchange.domain.units import BPS, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.jit import int64, kernel
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_PRICE_TICKS_MAX = PRICE_TICKS_MAX
_TOO_LARGE = -1


@kernel
def fee_of(notional: int, fee_bps: int) -> int:
    """``notional * fee_bps / 10000``, rounded down, without leaving int64."""
    return (notional // BPS) * fee_bps + (notional % BPS) * fee_bps // BPS


@kernel
def reserve_per_lot(state: State, account: int, contract: int, price_ticks: int) -> int:
    """Micro-dollars that a lot at this price may cost with its fee; -1 beyond TOTAL_MAX."""
    tick_value = int64(state.contracts[contract]["tick_value"])
    if price_ticks > TOTAL_MAX // tick_value:
        return _TOO_LARGE
    notional = price_ticks * tick_value
    fee_bps = int64(state.accounts[account]["reserve_bps"])
    # Rounded up: a fee rounded down is never more.
    reserve = notional + (notional // BPS) * fee_bps + ((notional % BPS) * fee_bps + BPS - 1) // BPS
    return reserve if reserve <= TOTAL_MAX else _TOO_LARGE


@kernel
def is_too_large(reserve: int, lots: int) -> bool:
    """Whether ``lots`` at ``reserve`` each (from reserve_per_lot) go beyond TOTAL_MAX."""
    return reserve == _TOO_LARGE or (reserve > 0 and lots > TOTAL_MAX // reserve)


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
def hold(state: State, order: int, lots: int) -> None:
    """Reserve for ``lots`` more of ``order``; negative ``lots`` release."""
    node = state.orders[order]
    held = state.positions[int64(node["position"])]
    if int64(node["side"]) == _BUY:
        held["open_buy_lots"] += lots
        state.accounts[int64(node["account"])]["reserved"] += lots * int64(state.details[order]["reserve_per_lot"])
    else:
        held["open_sell_lots"] += lots


@kernel
def settle(state: State, taker: int, maker: int, price_ticks: int, lots: int) -> tuple[int, int, int]:
    """Exchange cash for lots between the accounts of two orders, and pay the venue its fees.

    Returns (notional, taker's fee, maker's fee) in micro-dollars.
    """
    contract = int64(state.details[maker]["contract"])
    notional = price_ticks * int64(state.contracts[contract]["tick_value"]) * lots
    fee = fee_of(notional, int64(state.accounts[int64(state.orders[taker]["account"])]["taker_fee_bps"]))
    maker_fee = fee_of(notional, int64(state.accounts[int64(state.orders[maker]["account"])]["maker_fee_bps"]))
    _deliver(state, taker, lots, notional, fee)
    _deliver(state, maker, lots, notional, maker_fee)
    state.accounts[0]["cash"] += fee + maker_fee
    return notional, fee, maker_fee


@kernel
def _deliver(state: State, order: int, lots: int, notional: int, fee: int) -> None:
    """One side of a trade: release what was held, move cash and lots."""
    hold(state, order, -lots)
    node = state.orders[order]
    owner = state.accounts[int64(node["account"])]
    held = state.positions[int64(node["position"])]
    if int64(node["side"]) == _BUY:
        owner["cash"] -= notional + fee
        held["lots"] += lots
        held["cost_micros"] = min(int64(held["cost_micros"]) + notional, TOTAL_MAX)
    else:
        owner["cash"] += notional - fee
        held["lots"] -= lots
        held["cost_micros"] = max(int64(held["cost_micros"]) - notional, -TOTAL_MAX)


@kernel
def protected_price(state: State, contract: int, side: int, protection_bps: int) -> int:
    """The worst price at which a market order may trade; 0 if there is nothing to trade with."""
    book = state.contracts[contract]
    if side == _BUY:
        best = int64(book["best_ask"])
        return min(best + best * protection_bps // BPS, _PRICE_TICKS_MAX)
    best = int64(book["best_bid"])
    return best - best * protection_bps // BPS
