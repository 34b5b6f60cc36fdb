"""Questions of the holder of an account."""

from __future__ import annotations

from exchange.wire.requests.common import Date, Name, OfInstrument, Params
from exchange.wire.requests.market_data import GetTrades
from exchange.wire.requests.past import Kinds


class GetStatement(Params, frozen=True, kw_only=True):
    """A UTC date of the account, today's so far if none is said; by hour of delivery if asked."""

    day: Date | None = None
    hourly: bool = False


class GetOpenOrders(Params, frozen=True, kw_only=True):
    kind: Name = "any"
    type: Kinds = "all"


class GetOpenOrdersByCurrency(Params, frozen=True, kw_only=True):
    currency: Name
    kind: Name = "any"
    type: Kinds = "all"


class GetOpenOrdersByInstrument(Params, frozen=True, kw_only=True):
    instrument_name: Name
    type: Kinds = "all"


class GetPositions(Params, frozen=True, kw_only=True):
    currency: Name = "any"
    kind: Name = "any"
    subaccount_id: int | None = None


class GetAccountSummary(Params, frozen=True, kw_only=True):
    currency: Name = "USD"
    extended: bool = False
    subaccount_id: int | None = None


METHODS: dict[str, type[Params]] = {
    "private/get_account_summary": GetAccountSummary,
    "private/get_open_orders": GetOpenOrders,
    "private/get_open_orders_by_currency": GetOpenOrdersByCurrency,
    "private/get_open_orders_by_instrument": GetOpenOrdersByInstrument,
    "private/get_position": OfInstrument,
    "private/get_positions": GetPositions,
    "private/get_statement": GetStatement,
    "private/get_user_trades_by_instrument": GetTrades,
}
