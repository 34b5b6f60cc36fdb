"""Answers that only read the mirror, for everybody and for the holder of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from msgspec.structs import replace

from exchange.domain.calendar import resolve
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.errors import BadSymbol
from exchange.gateway.mirror.accounts import Account, Holding
from exchange.gateway.mirror.markets import NS_PER_MS, Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.channels import in_currency
from exchange.wire.contracts import Delivery, Fixing, Instrument
from exchange.wire.delivery import Nomination
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import (
    AccountSummary,
    Currency,
    ForwardCurve,
    Order,
    OrderBook,
    Position,
    Status,
    Ticker,
    Trade,
    TradeList,
    UserTrade,
    UserTradeList,
    Version,
)
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests import (
    GetAccountSummary,
    GetForwardCurve,
    GetIndex,
    GetIndexHistory,
    GetInstruments,
    GetNews,
    GetNominations,
    GetOpenOrders,
    GetOpenOrdersByCurrency,
    GetOpenOrdersByInstrument,
    GetOrderBook,
    GetPositions,
    GetTrades,
    Nothing,
    OfInstrument,
    OfOrder,
)
from exchange.wire.requests import Test as TestParams

AnyNews = TypeVar("AnyNews", Fixing, Delivery)
AnyTrade = TypeVar("AnyTrade", Trade, UserTrade)
VERSION = "1.2.26"  # of the dialect, not of this house
_KINDS = ("future", "any")
SPOT = ":SPOT"


def find_market(mirror: Mirror, symbol: str, now_ns: int) -> Market:
    """The market of this name; of ``H100SXM_USE:SPOT`` that of the first hour whose gate is still to come.

    Raises Refusal if no such instrument was ever listed.
    """
    market = mirror.by_symbol.get(symbol)
    if market is None and symbol.endswith(SPOT):
        with suppress(BadSymbol):
            market = mirror.by_symbol.get(resolve(symbol, now_ns).symbol)
    if market is None:
        advice = f"no instrument {symbol[:64]!r}; public/get_instruments lists them"
        raise Refusal(Code.NOT_FOUND, advice, param="instrument_name")
    return market


def find_order(mirror: Mirror, account: Account, order_id: str) -> OrderRecord:
    """An order of the account, open or closed. Raises Refusal."""
    number = int(order_id)
    order = mirror.orders.get(number) or mirror.closed.get(number)
    if order is None:
        advice = f"no order {order_id} is open or closed lately; private/get_open_orders lists those that are open"
        raise Refusal(Code.ORDER_NOT_FOUND, advice, param="order_id")
    if order.account != account.number:
        advice = f"order {order_id} belongs to another account; name one of your own"
        raise Refusal(Code.NOT_OWNER_OF_ORDER, advice, param="order_id")
    return order


def get_time(mirror: Mirror, params: Nothing, now_ns: int) -> int:
    return now_ns // NS_PER_MS


def test(mirror: Mirror, params: TestParams, now_ns: int) -> Version:
    if params.expected_result == "exception":
        raise Refusal(Code.INTERNAL_SERVER_ERROR, "you asked for an exception; leave expected_result out")
    return Version(VERSION)


def hello(mirror: Mirror, params: object, now_ns: int) -> Version:
    return Version(VERSION)


def status(mirror: Mirror, params: Nothing, now_ns: int) -> Status:
    return Status()


def get_currencies(mirror: Mirror, params: Nothing, now_ns: int) -> list[Currency]:
    return [Currency("USD", "US dollar", "USD")]


def get_instruments(mirror: Mirror, params: GetInstruments, now_ns: int) -> list[Instrument]:
    if params.kind not in _KINDS:
        return []
    return [
        _instrument(mirror, market, now_ns)
        for market in mirror.markets
        if market.is_over == params.expired and in_currency(params.currency, market.base_currency)
    ]


def get_instrument(mirror: Mirror, params: OfInstrument, now_ns: int) -> Instrument:
    return _instrument(mirror, find_market(mirror, params.instrument_name, now_ns), now_ns)


def get_order_book(mirror: Mirror, params: GetOrderBook, now_ns: int) -> OrderBook:
    return find_market(mirror, params.instrument_name, now_ns).order_book(params.depth)


def ticker(mirror: Mirror, params: OfInstrument, now_ns: int) -> Ticker:
    return find_market(mirror, params.instrument_name, now_ns).ticker()


def get_last_trades(mirror: Mirror, params: GetTrades, now_ns: int) -> TradeList:
    trades, has_more = _select(find_market(mirror, params.instrument_name, now_ns).trades, params)
    return TradeList(trades, has_more)


def get_forward_curve(mirror: Mirror, params: GetForwardCurve, now_ns: int) -> ForwardCurve:
    curve = mirror.curves.get(params.sku_region)
    if curve is None:
        advice = f"nobody has published a curve of {params.sku_region[:64]!r}; subscribe to forward.SKU_REGION"
        raise Refusal(Code.NOT_FOUND, advice, param="sku_region")
    return curve


def find_indexes(mirror: Mirror, sku: str) -> list[SkuIndex]:
    """Those of a SKU that were published, the earliest first. Raises Refusal if there is no such SKU."""
    if sku not in CATALOGUE.skus:
        raise Refusal(Code.NOT_FOUND, f"no SKU {sku[:64]!r}: one of {', '.join(sorted(CATALOGUE.skus))}", param="sku")
    return mirror.indexes.get(sku, [])


def get_index(mirror: Mirror, params: GetIndex, now_ns: int) -> SkuIndex:
    indexes = find_indexes(mirror, params.sku)
    index = next((index for index in reversed(indexes) if params.day in (None, index.day)), None)
    if index is None:
        advice = f"no index of {params.sku} on that day; public/get_index_history lists the days that have one"
        raise Refusal(Code.NOT_FOUND, advice, param="day")
    return index


def get_index_history(mirror: Mirror, params: GetIndexHistory, now_ns: int) -> list[SkuIndex]:
    # What they were made from would be long: that is asked day by day.
    return [replace(index, inputs=[]) for index in find_indexes(mirror, params.sku)[-params.count :]]


def get_fixings(mirror: Mirror, params: GetNews, now_ns: int) -> list[Fixing]:
    return _latest(mirror, mirror.fixings, params)


def get_deliveries(mirror: Mirror, params: GetNews, now_ns: int) -> list[Delivery]:
    return _latest(mirror, mirror.deliveries.values(), params)


def get_open_orders(mirror: Mirror, account: Account, params: GetOpenOrders, now_ns: int) -> list[Order]:
    return _orders(_own(account)) if params.kind in _KINDS else []


def get_open_orders_by_currency(
    mirror: Mirror, account: Account, params: GetOpenOrdersByCurrency, now_ns: int
) -> list[Order]:
    if params.kind not in _KINDS:
        return []
    return _orders(order for order in _own(account) if in_currency(params.currency, order.market.base_currency))


def get_open_orders_by_instrument(
    mirror: Mirror, account: Account, params: GetOpenOrdersByInstrument, now_ns: int
) -> list[Order]:
    market = find_market(mirror, params.instrument_name, now_ns)
    # A wildcard stands in an instrument as the member that it has there.
    return _orders(order for order in account.orders.values() if order.market is market and not order.members)


def _own(account: Account) -> Iterator[OrderRecord]:
    """Open orders that somebody sent, without the members of wildcards."""
    return (order for order in account.orders.values() if order.whole is None)


def get_order_state(mirror: Mirror, account: Account, params: OfOrder, now_ns: int) -> Order:
    return find_order(mirror, account, params.order_id).message()


def get_position(mirror: Mirror, account: Account, params: OfInstrument, now_ns: int) -> Position:
    market = find_market(mirror, params.instrument_name, now_ns)
    return account.holdings.get(market.number, Holding(market)).message()


def get_positions(mirror: Mirror, account: Account, params: GetPositions, now_ns: int) -> list[Position]:
    if params.kind not in _KINDS:
        return []
    return [
        held.message()
        for held in account.holdings.values()
        if (held.lots or held.capacity_lots) and in_currency(params.currency, held.market.base_currency)
    ]


def get_account_summary(mirror: Mirror, account: Account, params: GetAccountSummary, now_ns: int) -> AccountSummary:
    if params.currency not in ("USD", "any"):
        raise Refusal(Code.INVALID_PARAMS, "accounts are in USD; ask for currency USD", param="currency")
    return account.summary()


def get_user_trades(mirror: Mirror, account: Account, params: GetTrades, now_ns: int) -> UserTradeList:
    symbol = find_market(mirror, params.instrument_name, now_ns).symbol
    trades, has_more = _select([trade for trade in account.trades if trade.instrument_name == symbol], params)
    return UserTradeList(trades, has_more)


def get_nominations(mirror: Mirror, account: Account, params: GetNominations, now_ns: int) -> list[Nomination]:
    market = None if params.instrument_name is None else find_market(mirror, params.instrument_name, now_ns)
    return [record.message() for record in mirror.nominations.of(account, market)]


def _instrument(mirror: Mirror, market: Market, now_ns: int) -> Instrument:
    # Fees belong to accounts; what is shown is what the first account pays.
    fees = mirror.accounts[1] if len(mirror.accounts) > 1 else mirror.accounts[0]
    return market.instrument(fees.maker_fee_bps, fees.taker_fee_bps, now_ns)


def _latest(mirror: Mirror, kept: Iterable[AnyNews], params: GetNews) -> list[AnyNews]:
    """Newest first."""
    found = [
        news for news in kept if in_currency(params.currency, mirror.by_symbol[news.instrument_name].base_currency)
    ]
    return found[: -params.count - 1 : -1]


def _orders(orders: Iterable[OrderRecord]) -> list[Order]:
    return [order.message() for order in orders]


def _select(kept: Iterable[AnyTrade], params: GetTrades) -> tuple[list[AnyTrade], bool]:
    found = [
        trade
        for trade in kept
        if (params.start_seq is None or trade.trade_seq >= params.start_seq)
        and (params.end_seq is None or trade.trade_seq <= params.end_seq)
        and (params.start_timestamp is None or trade.timestamp >= params.start_timestamp)
        and (params.end_timestamp is None or trade.timestamp <= params.end_timestamp)
    ]
    # The dialect's default is the newest first; whoever gives a start reads on from there.
    from_start = params.start_seq is not None or params.start_timestamp is not None
    oldest_first = params.sorting == "asc" or (params.sorting == "default" and from_start)
    page = found[: params.count] if oldest_first else found[: -params.count - 1 : -1]
    return page, len(found) > len(page)


PUBLIC: dict[str, Callable[[Mirror, Any, int], object]] = {
    "public/get_currencies": get_currencies,
    "public/get_deliveries": get_deliveries,
    "public/get_fixings": get_fixings,
    "public/get_forward_curve": get_forward_curve,
    "public/get_index": get_index,
    "public/get_index_history": get_index_history,
    "public/get_instrument": get_instrument,
    "public/get_instruments": get_instruments,
    "public/get_last_trades_by_instrument": get_last_trades,
    "public/get_order_book": get_order_book,
    "public/get_time": get_time,
    "public/hello": hello,
    "public/status": status,
    "public/test": test,
    "public/ticker": ticker,
}

PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    "private/get_account_summary": get_account_summary,
    "private/get_nominations": get_nominations,
    "private/get_open_orders": get_open_orders,
    "private/get_open_orders_by_currency": get_open_orders_by_currency,
    "private/get_open_orders_by_instrument": get_open_orders_by_instrument,
    "private/get_order_state": get_order_state,
    "private/get_position": get_position,
    "private/get_positions": get_positions,
    "private/get_user_trades_by_instrument": get_user_trades,
}
