"""What requests cost, and who pays: the connection, and the account or address behind it.

Orders, cancels and questions are paid from buckets of their own, so that whoever has used up
the one can still do the others: nobody is locked in by his own orders.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import msgspec

from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.gateway.session.limits import Credits, Limits
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests import METHODS
from exchange.wire.requests.common import Params

PURSES_KEPT = 10_000


class Bucket(IntEnum):
    ORDERS = 0
    CANCELS = 1
    QUESTIONS = 2


# Requests whose answers are long, or that make many orders, cost more than one.
COSTS = {
    "public/get_book_summary_by_currency": 1_000,
    "public/get_instruments": 200,
    "public/get_last_trades_by_currency": 5,
    "public/get_last_trades_by_currency_and_time": 5,
    "public/get_tradingview_chart_data": 25,
    "public/get_order_book": 2,
    "private/buy_any": 16,
    "private/sell_any": 16,
    "private/get_open_orders": 5,
    "private/get_statement": 500,
}
_ORDERS = (
    "private/buy",
    "private/sell",
    "private/edit",
    "private/mass_quote",
    "private/place_batch",
    "private/declare_capacity",
)
_CANCELS = ("private/cancel", "private/logout", "private/close", "private/disable_cancel", "private/enable_cancel")


def _bucket_of(method: str) -> Bucket:
    """Which bucket pays for ``method``; what cancels or closes is never paid from that of orders."""
    if method.startswith(_CANCELS):
        return Bucket.CANCELS
    return Bucket.ORDERS if method.startswith(_ORDERS) else Bucket.QUESTIONS


# What is no method is asked for, too, by any name: nothing is kept of it.
_BUCKETS = {method: _bucket_of(method) for method in METHODS}


def cost_of(method: str, params: Params | None) -> int:
    """Credits; a request with a list in it costs one more for each entry."""
    cost = COSTS.get(method, 1)
    if params is None:
        return cost
    for name in _may_be_lists(type(params)):
        value = getattr(params, name)
        if type(value) is list:
            cost += len(value)
    return cost


@cache
def _may_be_lists(kind: type[Params]) -> tuple[str, ...]:
    """The parameters that may have entries: of most requests none, so not all have to be looked at each time."""
    described = msgspec.inspect.type_info(kind)
    assert isinstance(described, msgspec.inspect.StructType)
    return tuple(field.encode_name for field in described.fields if _may_be_list(field.type))


def _may_be_list(kind: msgspec.inspect.Type) -> bool:
    choices = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    return any(isinstance(choice, msgspec.inspect.ListType) for choice in choices)


class Rates(NamedTuple):
    per_second: int
    burst: int


class Purse:
    """Three buckets, and what else all who share them may have only so many of."""

    __slots__ = ("buckets", "channels", "connections", "patience")

    def __init__(self, rates: Rates, limits: Limits, now_ns: int) -> None:
        self.buckets = tuple(Credits(rates.per_second, rates.burst, now_ns) for _ in Bucket)
        # Shared, too: who comes again after being put out finds no more of it than he left.
        self.patience = Credits(limits.refused_per_second, limits.refused_max, now_ns)
        self.connections = 0
        self.channels = 0


class Purses:
    """The purse of each account, and of each address that has shown no key."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._rates = Rates(limits.account_rate_per_second, limits.account_rate_burst)
        # The one used longest ago first.
        self._kept: OrderedDict[tuple[str, str], Purse] = OrderedDict()

    def of_account(self, name: str, now_ns: int) -> Purse:
        return self._of(("account", name), now_ns)

    def of_address(self, address: str, now_ns: int) -> Purse:
        return self._of(("address", address), now_ns)

    def of_connection(self, now_ns: int) -> Purse:
        """One more, that nobody shares."""
        return Purse(Rates(self.limits.rate_per_second, self.limits.rate_burst), self.limits, now_ns)

    def _of(self, owner: tuple[str, str], now_ns: int) -> Purse:
        purse = self._kept.pop(owner, None) or Purse(self._rates, self.limits, now_ns)
        self._kept[owner] = purse
        if len(self._kept) > PURSES_KEPT:
            # One that is in use goes on being used by those who have it.
            self._kept.popitem(last=False)
        return purse


def pay(purses: tuple[Purse, ...], method: str, params: Params | None, now_ns: int) -> None:
    """Take the cost of a request out of all of ``purses``, or out of none. Raises Refusal, saying how long to wait."""
    bucket, cost = _BUCKETS.get(method, Bucket.QUESTIONS), cost_of(method, params)
    buckets = [purse.buckets[bucket] for purse in purses]
    wait_ns = max([credits.wait_ns(now_ns, cost) for credits in buckets])
    if wait_ns:
        raise too_many(bucket, wait_ns)
    for credits in buckets:
        credits.spend(cost)


def too_many(bucket: Bucket, wait_ns: int) -> Refusal:
    wait_ms = -(-wait_ns // NS_PER_MS)
    advice = f"too many {bucket.name.lower()} for this connection or account; wait {wait_ms} ms and send this again"
    return Refusal(Code.TOO_MANY_REQUESTS, advice, reason=f"rate_of_{bucket.name.lower()}", wait_ms=wait_ms)
