"""How much, how many, how far and how fast: the limits that the venue set for an account or a contract."""

from __future__ import annotations

from exchange.domain.enums import Scope, Side
from exchange.domain.units import BPS
from tests.reference.accounts import Account, Cap
from tests.reference.contracts import Contract
from tests.reference.market import Market


def rate_exceeded(account: Account, time_ns: int) -> bool:
    """The generic cell rate algorithm: a burst at once, then one every interval."""
    ahead_ns = account.rate_arrival_ns - time_ns
    return account.rate_interval_ns > 0 and ahead_ns > (account.rate_burst - 1) * account.rate_interval_ns


def count_in_rate(account: Account, time_ns: int) -> None:
    if account.rate_interval_ns:
        account.rate_arrival_ns = max(account.rate_arrival_ns, time_ns) + account.rate_interval_ns


def order_too_large(account: Account, lots: int) -> bool:
    return 0 < account.order_lots_max < lots


def price_too_far(account: Account, contract: Contract, side: int, price_ticks: int) -> bool:
    reference_ticks = contract.reference_ticks or contract.last_price_ticks
    if not (account.price_bps_max and reference_ticks and price_ticks):
        return False
    away_ticks = reference_ticks * account.price_bps_max // BPS
    if side == Side.BUY:
        return price_ticks > reference_ticks + away_ticks
    return price_ticks < reference_ticks - away_ticks


def outside_band(contract: Contract, price_ticks: int) -> bool:
    if not (contract.band_bps and contract.reference_ticks and price_ticks):
        return False
    return abs(price_ticks - contract.reference_ticks) * BPS > contract.reference_ticks * contract.band_bps


def position_exceeded(market: Market, account: Account, number: int, side: int, lots: int, gone_lots: int = 0) -> bool:
    """Whether ``lots`` more on ``side`` could take a position beyond a limit, ``gone_lots`` of that side being gone."""
    change_lots = lots - gone_lots
    changed = market.contracts[number].legs or [number]
    for scope, contracts in _hours(market, account, number):
        limit = _cap(market, account, scope, number).position
        if not limit:
            continue
        reached = 0
        for other in contracts:
            position = account.position(other) if other in changed else account.positions[other]
            weight = 1 if scope == Scope.CONTRACT else market.contracts[other].weight
            more_lots = change_lots if other in changed else 0
            if side == Side.BUY:
                reached += weight * (position.lots + position.open_buy_lots + more_lots)
            else:
                reached += weight * (position.open_sell_lots - position.lots + more_lots)
        if reached > limit:
            return True
    return False


def _hours(market: Market, account: Account, number: int) -> list[tuple[Scope, set[int]]]:
    """The scopes without strips, which are delivered, and so counted, in their legs."""
    legs = market.contracts[number].legs
    scopes = _scopes(market, account, number)
    if legs and scopes:
        scopes = [(Scope.CONTRACT, {leg}) for leg in legs] + [(scope, {*known, *legs}) for scope, known in scopes[1:]]
    return [(scope, {other for other in known if not market.contracts[other].legs}) for scope, known in scopes]


def too_many_orders(market: Market, account: Account, number: int, more: int = 1, gone: int = 0) -> bool:
    """Whether ``more`` open orders are too many, ``gone`` in this contract being gone."""
    if not more:
        return False
    for scope, contracts in _scopes(market, account, number):
        limit = _cap(market, account, scope, number).orders
        if limit and sum(order.contract in contracts for order in account.in_markets) - gone + more > limit:
            return True
    return False


def _cap(market: Market, account: Account, scope: Scope, number: int) -> Cap:
    contract = market.contracts[number]
    pool = (contract.sku, contract.region) if scope == Scope.POOL else (0, 0)
    return account.caps.get((scope, *pool), Cap())


def _scopes(market: Market, account: Account, number: int) -> list[tuple[Scope, set[int]]]:
    """The contracts that count together, the narrowest scope first."""
    if not account.caps:
        return []
    contract = market.contracts[number]
    known = {number, *account.positions}
    pool = {
        other
        for other in known
        if (market.contracts[other].sku, market.contracts[other].region) == (contract.sku, contract.region)
    }
    return [(Scope.CONTRACT, {number}), (Scope.POOL, pool), (Scope.ACCOUNT, known)]
