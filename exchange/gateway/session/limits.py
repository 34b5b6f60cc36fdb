"""How much one connection may ask for."""

from typing import NamedTuple

from exchange.domain.units import NS_PER_SECOND

# Requests whose answers are long cost more than one.
COSTS = {
    "public/get_book_summary_by_currency": 50,
    "public/get_last_trades_by_currency": 5,
    "public/get_last_trades_by_currency_and_time": 5,
    "public/get_tradingview_chart_data": 5,
    "public/get_instruments": 50,
    "public/get_order_book": 2,
    "private/get_open_orders": 5,
    "private/get_statement": 500,
}


class Limits(NamedTuple):
    rate_per_second: int = 2_000
    rate_burst: int = 5_000
    subscriptions_max: int = 20_000
    # Requests that wait for orders before them.
    waiting_max: int = 1_000
    # A client that goes on for so long after it was told to slow down is disconnected.
    refused_max: int = 1_000


class Credits:
    """A bucket of requests that fills with time; all integers, so that it never drifts."""

    def __init__(self, limits: Limits, now_ns: int) -> None:
        self._per_second = limits.rate_per_second
        self._full = limits.rate_burst * NS_PER_SECOND
        self._level = self._full
        self._then_ns = now_ns

    def take(self, now_ns: int, method: str = "") -> bool:
        """Take out what a request costs, if there is as much."""
        elapsed_ns = max(now_ns - self._then_ns, 0)
        self._then_ns = now_ns
        self._level = min(self._full, self._level + elapsed_ns * self._per_second)
        cost = min(COSTS.get(method, 1) * NS_PER_SECOND, self._full)
        if self._level < cost:
            return False
        self._level -= cost
        return True
