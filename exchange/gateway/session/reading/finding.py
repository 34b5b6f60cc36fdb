"""What a request names: a market, an order, a page of trades."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from exchange.archive.questions import Events, event_list
from exchange.domain.calendar import resolve
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.errors import BadSymbol
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.channels import in_currency
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import Trade, UserTrade
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.account import GetEvents
from exchange.wire.requests.history import GetTradesOfAll
from exchange.wire.requests.market_data import GetTrades

AnyTrade = TypeVar("AnyTrade", Trade, UserTrade)
KINDS = ("future", "any")
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


def find_named(
    mirror: Mirror, account: Account, order_id: str | UnsetType, client_order_id: str | UnsetType
) -> OrderRecord:
    """An order of the account by one of its two ids, open or closed lately. Raises Refusal."""
    if (order_id is UNSET) == (client_order_id is UNSET):
        advice = "name the order by order_id or by client_order_id, one of the two"
        raise Refusal(Code.INVALID_PARAMS, advice, param="order_id")
    if order_id is not UNSET:
        return find_order(mirror, account, order_id)
    assert client_order_id is not UNSET
    order = account.by_client_id.get(client_order_id)
    if order is None:
        advice = f"no order {client_order_id} is open or closed lately; private/get_open_orders lists the open ones"
        raise Refusal(Code.ORDER_NOT_FOUND, advice, param="client_order_id")
    return order


def is_of(order: OrderRecord, kind: str) -> bool:
    """Whether an order is of one of the dialect's kinds: stops that wait, or all others, or any."""
    waits = order.state == "untriggered"
    match kind:
        case "limit":
            return not waits
        case "trigger_all" | "stop_all":
            return waits
        case "stop_limit" | "stop_market":
            return waits and order.type_name == kind
    return True


def find_indexes(mirror: Mirror, sku: str) -> list[SkuIndex]:
    """Those of a SKU that were published, the earliest first. Raises Refusal if there is no such SKU."""
    if sku not in CATALOGUE.skus:
        raise Refusal(Code.NOT_FOUND, f"no SKU {sku[:64]!r}: one of {', '.join(sorted(CATALOGUE.skus))}", param="sku")
    return mirror.indexes.get(sku, [])


def select_trades(kept: Iterable[AnyTrade], params: GetTrades) -> tuple[list[AnyTrade], bool]:
    """A page of the trades of one instrument, and whether there are more."""
    found = [
        trade
        for trade in kept
        if (params.start_seq is None or trade.trade_seq >= params.start_seq)
        and (params.end_seq is None or trade.trade_seq <= params.end_seq)
        and _in_time(trade, params)
    ]
    return _page(found, params, params.start_seq is not None)


def select_of_all(mirror: Mirror, kept: Iterable[AnyTrade], params: GetTradesOfAll) -> tuple[list[AnyTrade], bool]:
    """A page of the trades of all instruments of a currency, and whether there are more."""
    if params.kind not in KINDS:
        return [], False
    found = [
        trade
        for trade in kept
        if in_currency(params.currency, mirror.by_symbol[trade.instrument_name].base_currency)
        and (params.start_id is None or int(trade.trade_id) >= int(params.start_id))
        and (params.end_id is None or int(trade.trade_id) <= int(params.end_id))
        and _in_time(trade, params)
    ]
    return _page(found, params, params.start_id is not None)


def _in_time(trade: Trade | UserTrade, params: GetTrades | GetTradesOfAll) -> bool:
    return (params.start_timestamp is None or trade.timestamp >= params.start_timestamp) and (
        params.end_timestamp is None or trade.timestamp <= params.end_timestamp
    )


def _page(found: list[AnyTrade], params: GetTrades | GetTradesOfAll, from_number: bool) -> tuple[list[AnyTrade], bool]:
    # The dialect's default is the newest first; whoever gives a start reads on from there.
    from_start = from_number or params.start_timestamp is not None
    oldest_first = params.sorting == "asc" or (params.sorting == "default" and from_start)
    page = found[: params.count] if oldest_first else found[: -params.count - 1 : -1]
    return page, len(found) > len(page)


def refuse_unknown_region(sku_region: str) -> None:
    """Raises Refusal unless it names both."""
    sku, _, region = sku_region.partition("_")
    if sku not in CATALOGUE.skus or region not in CATALOGUE.regions:
        advice = f"{sku_region[:64]!r} is no SKU and region such as H100SXM_USE"
        raise Refusal(Code.SUBSCRIBE_ERROR, advice, param="channels")


def find_events(mirror: Mirror, account: Account, params: GetEvents) -> msgspec.Raw | Events:
    """Events of the account from memory, or what to ask the archive for."""
    number, chronicle = account.number, mirror.chronicle
    found = chronicle.recent(number, params.from_seq, params.count)
    if found is None:
        return Events(number, params.from_seq, params.count)
    return event_list(found, params.from_seq, chronicle.last_seq(number))
