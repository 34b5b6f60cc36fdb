"""What a request names: a market, an order, an index."""

from __future__ import annotations

from contextlib import suppress

from msgspec import UNSET, UnsetType

from exchange.domain.calendar import resolve
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.errors import BadSymbol
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.indexes import SkuIndex
from exchange.wire.refusals import Code, Refusal

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


def refuse_unknown_region(sku_region: str) -> None:
    """Raises Refusal unless it names both."""
    sku, _, region = sku_region.partition("_")
    if sku not in CATALOGUE.skus or region not in CATALOGUE.regions:
        advice = f"{sku_region[:64]!r} is no SKU and region such as H100SXM_USE"
        raise Refusal(Code.SUBSCRIBE_ERROR, advice, param="channels")
