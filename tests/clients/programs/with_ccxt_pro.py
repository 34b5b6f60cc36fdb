"""ccxt.pro's Deribit client over WebSocket, unmodified, against another address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import ccxt.pro
from reporting import address, check

where = address()
first, second = where["symbols"]
PATIENCE_SECONDS = 10.0


async def soon(waited: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(waited, PATIENCE_SECONDS)


def make() -> Any:
    client = ccxt.pro.deribit({"apiKey": where["client_id"], "secret": where["client_secret"]})
    client.options["currencies"] = ["USD"]
    root = f"{where['host']}:{where['port']}"
    client.urls["api"] = {"rest": f"http://{root}", "ws": f"ws://{root}/ws/api/v2"}
    return client


async def same_as_asked(client: Any, symbol: str, interval: str) -> None:
    """Followed for a while, the book is what the venue says when asked: no ghost level, none missing."""
    for _ in range(12):
        followed = await soon(client.watch_order_book(symbol, params={"interval": interval}))
    for _ in range(20):
        asked = await client.fetch_order_book(symbol, 1_000)
        followed = await soon(client.watch_order_book(symbol, params={"interval": interval}))
        if (asked["bids"], asked["asks"]) == ([*map(list, followed["bids"])], [*map(list, followed["asks"])]):
            return
    raise AssertionError(f"asked {asked['bids'], asked['asks']}, followed {followed['bids'], followed['asks']}")


async def main() -> None:
    client = make()
    try:
        await client.load_markets()
        one, other = (
            next(m["symbol"] for m in client.markets.values() if m["id"] == name) for name in where["symbols"]
        )
        await market_data(client, one, other)
        await account(client, one)
    finally:
        await client.close()


async def market_data(client: Any, one: str, other: str) -> None:
    with check("book 100 ms"):
        await same_as_asked(client, one, "100ms")
    with check("book raw"):
        await same_as_asked(client, other, "raw")
    with check("several books"):
        seen = set()
        for _ in range(20):
            seen.add((await soon(client.watch_order_book_for_symbols([one, other])))["symbol"])
        assert seen == {one, other}, seen
    with check("trades"):
        trades = await soon(client.watch_trades(one))
        assert trades[-1]["amount"] == 8.0, trades
        assert trades[-1]["side"] in ("buy", "sell")
    with check("ticker"):
        ticker = await soon(client.watch_ticker(one))
        assert ticker["bid"] < ticker["ask"], ticker
    with check("tickers"):
        assert await soon(client.watch_tickers([one, other]))
    with check("bids and asks"):
        quote = (await soon(client.watch_bids_asks([one])))[one]
        assert quote["bid"] < quote["ask"], quote
    with check("candles"):
        start, opened, high, low, close, volume = (await soon(client.watch_ohlcv(one, "1m")))[-1]
        assert start % 60_000 == 0
        assert low <= min(opened, close) <= max(opened, close) <= high
        assert volume > 0


async def account(client: Any, symbol: str) -> None:
    with check("orders"):
        watching = asyncio.ensure_future(client.watch_orders(symbol))
        await asyncio.sleep(0.5)
        placed = await client.create_order(symbol, "limit", "buy", 8, 1.0)
        orders = await soon(watching)
        assert (orders[-1]["id"], orders[-1]["status"]) == (placed["id"], "open"), orders
        watching = asyncio.ensure_future(client.watch_orders(symbol))
        await client.cancel_order(placed["id"])
        orders = await soon(watching)
        assert (orders[-1]["id"], orders[-1]["status"]) == (placed["id"], "canceled"), orders
    with check("my trades"):
        watching = asyncio.ensure_future(client.watch_my_trades(symbol))
        await asyncio.sleep(0.5)
        placed = await client.create_order(symbol, "limit", "buy", 8, 2.1)
        trades = await soon(watching)
        assert (trades[-1]["order"], trades[-1]["amount"]) == (placed["id"], 8.0), trades
    with check("balance"):
        watching = asyncio.ensure_future(client.watch_balance())
        balance = await soon(watching)
        assert 999_000 < balance["USD"]["total"]["USD"] < 1_000_100, balance


asyncio.run(main())
