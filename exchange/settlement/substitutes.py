"""Which hour can stand for one that was not delivered: the earliest that trades, of the same SKU and region."""

from __future__ import annotations

from collections import Counter

from exchange.domain.enums import Phase, Side
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import BPS, LOTS_MAX, NS_PER_HOUR
from exchange.engine import Engine
from exchange.reports import AccountView, NominationView


class Substitutes:
    """What one survey may ask for: neither an ask nor a bond is counted on twice."""

    def __init__(self, engine: Engine, hours_ahead: int, now_ns: int) -> None:
        self._engine = engine
        self._first_hour = now_ns // NS_PER_HOUR
        self._hours_ahead = hours_ahead
        self._taken: Counter[int] = Counter()  # lots by order
        self._spent: Counter[int] = Counter()  # micro-dollars of bonds by account

    def take(self, contract: Contract, nomination: NominationView, cap_ticks: int) -> int | None:
        """The number of a contract with a lot for the buyer of a node, up to ``cap_ticks`` and within the bond.

        It is counted on from now. None if there is none.
        """
        if self._engine.account(nomination.seller).bond_micros <= self._spent[nomination.seller]:
            return None
        for hour in range(self._first_hour, self._first_hour + self._hours_ahead + 1):
            number = self._engine.find_contract(hour_contract(contract.sku, contract.region, hour).symbol)
            if number is None or self._engine.phase(number) != Phase.CONTINUOUS:
                continue
            if self._take_in(number, nomination, cap_ticks):
                return number
        return None

    def spend(self, account: int, amount_micros: int) -> None:
        """So much of a bond goes elsewhere."""
        self._spent[account] += amount_micros

    def _take_in(self, number: int, nomination: NominationView, cap_ticks: int) -> bool:
        view = self._engine.contract(number)
        seller, buyer = self._engine.account(nomination.seller), self._engine.account(nomination.buyer)
        for price_ticks, _ in self._engine.levels(number, Side.SELL, LOTS_MAX):
            if not view.floor_ticks <= price_ticks <= min(cap_ticks, view.ceiling_ticks):
                return False
            notional = price_ticks * view.tick_value_micros
            cost = notional + notional * buyer.taker_fee_bps // BPS
            if cost > seller.bond_micros - self._spent[seller.account]:
                return False
            for order in self._engine.queue(number, Side.SELL, price_ticks):
                owner = self._engine.account(order.account)
                if order.open_lots > self._taken[order.order_id] and not any(
                    _is_one(owner, party) for party in (seller, buyer)
                ):
                    self._taken[order.order_id] += 1
                    self._spent[seller.account] += cost
                    return True
        return False


def _is_one(account: AccountView, other: AccountView) -> bool:
    """Whether two accounts are one owner's, as the engine sees it."""
    return account.account == other.account or 0 != account.group == other.group
