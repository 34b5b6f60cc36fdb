"""The exchange's methods by name, typed. Prices are dollars per GPU-hour, amounts GPU-hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, TypedDict, Unpack, cast

from exchange.client.connection import Connection
from exchange.wire.contracts import Instrument
from exchange.wire.delivery import Nomination
from exchange.wire.messages import (
    AccountSummary,
    Capacity,
    CurvePoint,
    ForwardCurve,
    Order,
    OrderBook,
    Placed,
    Position,
    Ticker,
    Trade,
    TradeList,
    Trigger,
)

DEFAULT_URL = "ws://127.0.0.1:8700/ws/api/v2"

Number = int | float | Decimal
OrderKind = Literal["limit", "market", "market_limit", "stop_market", "stop_limit", "peg_best", "peg_mid"]
TimeInForce = Literal[
    "good_til_cancelled", "good_til_day", "good_til_date", "good_til_gate", "fill_or_kill", "immediate_or_cancel"
]
Cohesion = Literal["none", "site", "node"]
SelfTrade = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"]


class OrderOptions(TypedDict, total=False):
    """What an order may say besides what, how much and at which price."""

    order_type: OrderKind  # limit
    time_in_force: TimeInForce  # good_til_cancelled
    post_only: bool  # refuse it rather than trade at once
    reject_post_only: bool  # True; False: step back to a price at which it rests, instead
    reduce_only: bool  # only ever make the position smaller
    peg_offset: Number  # of peg_best and peg_mid: how far behind what it follows
    all_or_none: bool  # wait out of sight until all of it can trade
    minimum_amount: Number  # so much trades at once, or nothing
    display_amount: Number  # of an iceberg: how much of it shows at a time, GPU-hours
    trigger_price: Number  # of stop_market and stop_limit, which wait for it
    trigger: Trigger  # last_price: what has to reach it
    label: str  # a tag of one's own, for cancel_label
    client_order_id: str  # of one order for ever: sending it again gives the first result
    expiration_timestamp: int | None  # of good_til_date, milliseconds since 1970
    valid_until: int | None  # refuse it if it arrives later than this, milliseconds since 1970
    self_trade: SelfTrade  # cancel_newest: who gives way when one would trade with oneself
    cohesion: Cohesion  # none: of a strip that does not rest, whether one seller must deliver all of it


class AnyOptions(TypedDict, total=False):
    """The same of an order for any of several instruments."""

    time_in_force: TimeInForce  # good_til_cancelled; not fill_or_kill
    label: str
    expiration_timestamp: int | None
    valid_until: int | None
    self_trade: SelfTrade


class Client(Connection):
    """Use it with ``async with``. Public methods need no key. Any number of calls may be in flight.

    Every method raises ApiError when the exchange refuses, saying why and what to do, and
    ConnectionLost when there is no connection. After a break the client reconnects,
    authenticates, subscribes again and fills its books by itself.
    """

    # Market

    async def instruments(self) -> list[Instrument]:
        """Every contract that is listed now."""
        return cast(
            list[Instrument], await self.call("public/get_instruments", {"currency": "any"}, result=list[Instrument])
        )

    async def order_book(self, symbol: str, depth: int = 5) -> OrderBook:
        """The book once; to follow it, ``watch`` it."""
        params = {"instrument_name": symbol, "depth": depth}
        return cast(OrderBook, await self.call("public/get_order_book", params, result=OrderBook))

    async def ticker(self, symbol: str) -> Ticker:
        return cast(Ticker, await self.call("public/ticker", {"instrument_name": symbol}, result=Ticker))

    async def trades(self, symbol: str, count: int = 10) -> list[Trade]:
        """The last ``count`` trades, newest first."""
        params = {"instrument_name": symbol, "count": count, "sorting": "desc"}
        found = cast(TradeList, await self.call("public/get_last_trades_by_instrument", params, result=TradeList))
        return found.trades

    async def forward_curve(self, sku_region: str) -> ForwardCurve:
        params = {"sku_region": sku_region}
        return cast(ForwardCurve, await self.call("public/get_forward_curve", params, result=ForwardCurve))

    # Orders

    async def buy(
        self, symbol: str, amount: Number, price: Number | None = None, **options: Unpack[OrderOptions]
    ) -> Placed:
        """Buy ``amount`` GPU-hours at ``price`` or less."""
        return await self._place("private/buy", symbol, amount, price, options)

    async def sell(
        self, symbol: str, amount: Number, price: Number | None = None, **options: Unpack[OrderOptions]
    ) -> Placed:
        """Sell ``amount`` GPU-hours at ``price`` or more. What is not held needs declared capacity."""
        return await self._place("private/sell", symbol, amount, price, options)

    async def buy_any(
        self,
        instruments: str | Mapping[str, Number],
        amount: Number,
        price: Number,
        client_order_id: str,
        **options: Unpack[AnyOptions],
    ) -> Placed:
        """Buy ``amount`` GPU-hours in any of several hours, at ``price`` or less.

        instruments: a pattern such as ``H100SXM_US*_H14-1DEC26``, or what each may cost more than ``price``.
        """
        return await self._place_any("private/buy_any", instruments, amount, price, client_order_id, options)

    async def sell_any(
        self,
        instruments: str | Mapping[str, Number],
        amount: Number,
        price: Number,
        client_order_id: str,
        **options: Unpack[AnyOptions],
    ) -> Placed:
        """The same the other way round: at ``price`` or more."""
        return await self._place_any("private/sell_any", instruments, amount, price, client_order_id, options)

    async def edit(
        self,
        order_id: str,
        amount: Number,
        price: Number,
        *,
        post_only: bool | None = None,
        trigger_price: Number | None = None,
    ) -> Placed:
        """Change an open order. ``amount`` is the new total, which counts what is filled."""
        params: dict[str, object] = {"order_id": order_id, "amount": amount, "price": price}
        if post_only is not None:
            params["post_only"] = post_only
        if trigger_price is not None:
            params["trigger_price"] = trigger_price
        return cast(Placed, await self.call("private/edit", params, result=Placed))

    async def cancel(self, order_id: str) -> Order:
        return cast(Order, await self.call("private/cancel", {"order_id": order_id}, result=Order))

    async def cancel_all(self, symbol: str | None = None) -> int:
        """Cancel everything, or everything in one instrument; how many orders that was."""
        if symbol is None:
            return cast(int, await self.call("private/cancel_all", result=int))
        params = {"instrument_name": symbol}
        return cast(int, await self.call("private/cancel_all_by_instrument", params, result=int))

    async def cancel_label(self, label: str) -> int:
        """Cancel the orders that carry ``label``; how many that was."""
        return cast(int, await self.call("private/cancel_by_label", {"label": label}, result=int))

    async def order(self, order_id: str) -> Order:
        return cast(Order, await self.call("private/get_order_state", {"order_id": order_id}, result=Order))

    async def open_orders(self, symbol: str | None = None) -> list[Order]:
        if symbol is None:
            return cast(list[Order], await self.call("private/get_open_orders", result=list[Order]))
        params = {"instrument_name": symbol}
        return cast(list[Order], await self.call("private/get_open_orders_by_instrument", params, result=list[Order]))

    # Account

    async def positions(self) -> list[Position]:
        return cast(list[Position], await self.call("private/get_positions", result=list[Position]))

    async def account_summary(self) -> AccountSummary:
        return cast(AccountSummary, await self.call("private/get_account_summary", result=AccountSummary))

    async def declare_capacity(self, symbol: str, amount: Number) -> Capacity:
        """Allow all sales of ``symbol`` together to owe up to ``amount`` GPU-hours."""
        params = {"instrument_name": symbol, "amount": amount}
        return cast(Capacity, await self.call("private/declare_capacity", params, result=Capacity))

    async def nominations(self, symbol: str | None = None) -> list[Nomination]:
        """Nodes that the account delivers, gets or may attest, of one contract or of all that are not settled."""
        params = {} if symbol is None else {"instrument_name": symbol}
        return cast(list[Nomination], await self.call("private/get_nominations", params, result=list[Nomination]))

    async def attest(self, symbol: str, node: str, minutes: int) -> Nomination:
        """Say how many minutes of the hour a node delivered; it counts once."""
        params = {"instrument_name": symbol, "node": node, "minutes": minutes}
        return cast(Nomination, await self.call("private/attest", params, result=Nomination))

    async def publish_forward_curve(self, sku_region: str, points: Iterable[CurvePoint]) -> None:
        """Show a forward curve to everybody on ``forward.SKU_REGION``."""
        await self.call("private/publish_forward_curve", {"sku_region": sku_region, "points": list(points)})

    async def _place(
        self, method: str, symbol: str, amount: Number, price: Number | None, options: OrderOptions
    ) -> Placed:
        given: dict[str, object] = {"instrument_name": symbol, "amount": amount, "price": price, **options}
        given["type"] = given.pop("order_type", "limit")
        params = {name: value for name, value in given.items() if value is not None and value != ""}
        return cast(Placed, await self.call(method, params, result=Placed))

    async def _place_any(
        self,
        method: str,
        instruments: str | Mapping[str, Number],
        amount: Number,
        price: Number,
        client_order_id: str,
        options: AnyOptions,
    ) -> Placed:
        which: dict[str, object] = {"pattern": instruments}
        if not isinstance(instruments, str):
            choices = [{"instrument_name": symbol, "price_adder": adder} for symbol, adder in instruments.items()]
            which = {"instruments": choices}
        given = {**which, "amount": amount, "price": price, "client_order_id": client_order_id, **options}
        params = {name: value for name, value in given.items() if value is not None}
        return cast(Placed, await self.call(method, params, result=Placed))
