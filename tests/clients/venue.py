"""A venue in a process of its own where something happens: a maker who moves its quotes, a taker who trades with it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from exchange.client import ApiError, ApiKey, Client
from exchange.keys import FILE_NAME, KeyStore
from tests.node.serving import Serving

SETTINGS = """
skus = ["H100SXM"]
regions = ["USE"]
hours_ahead = 8
stages.closing_minutes = 0

[[accounts]]
name = "maker"
cash_usd = 1000000
capacity_lots = 10000

[[accounts]]
name = "taker"
cash_usd = 1000000
capacity_lots = 10000

[[accounts]]
name = "visitor"
cash_usd = 1000000
capacity_lots = 10000
"""
# Best bid and ask stay within a cent of these, so that a visitor's order at 1.00 rests and one at 3.00 trades.
BID, ASK = 1.98, 2.02
_STEPS = (0.0, 0.001, 0.002, 0.001)
_STEP_SECONDS = 0.15


class Address(NamedTuple):
    """Where a visitor finds the venue, how it proves who it is, and two hours that trade."""

    host: str
    port: int
    client_id: str
    client_secret: str
    symbols: tuple[str, str]
    certificate: str = ""


class BusyVenue:
    """Runs in a thread with an event loop of its own, because those who visit it are other processes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="venue")
        self._ready: Future[Address] = Future()
        self._life: Future[None] | None = None

    def __enter__(self) -> Address:
        self._thread.start()
        self._life = asyncio.run_coroutine_threadsafe(self._run(), self._loop)
        self._life.add_done_callback(self._ended)
        return self._ready.result()

    def __exit__(self, *_: object) -> None:
        assert self._life is not None
        self._life.cancel()
        with suppress(CancelledError):
            self._life.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _ended(self, life: Future[None]) -> None:
        if not self._ready.done() and not life.cancelled():
            self._ready.set_exception(life.exception() or RuntimeError("the venue ended at once"))

    async def _run(self) -> None:
        settings = self._directory / "gpux.toml"
        settings.write_text(SETTINGS)
        with KeyStore(self._directory / FILE_NAME) as keys:
            maker, taker, visitor = (keys.create(name) for name in ("maker", "taker", "visitor"))
        async with await Serving.start(self._directory, settings) as serving:
            async with Client(serving.url, maker) as making, Client(serving.url, taker) as taking:
                hours = [one.instrument_name for one in await making.instruments() if one.hours == 1]
                symbols = (hours[-2], hours[-1])
                quotes = [await _quote(making, symbol) for symbol in symbols]
                await _trade(taking, symbols[0])
                self._ready.set_result(Address("127.0.0.1", serving.ready["port"], *_pair(visitor), symbols))
                await _go_on(making, taking, symbols, quotes)


def _pair(key: ApiKey) -> tuple[str, str]:
    return key.client_id, key.client_secret


async def _quote(client: Client, symbol: str) -> tuple[str, str]:
    """Two prices deep on either side; returns the best orders."""
    for distance in (0.01, 0.02):
        await client.buy(symbol, 80, round(BID - distance, 3))
        await client.sell(symbol, 80, round(ASK + distance, 3))
    bid = await client.buy(symbol, 8_000, BID)
    ask = await client.sell(symbol, 8_000, ASK)
    return bid.order.order_id, ask.order.order_id


async def _trade(client: Client, symbol: str) -> None:
    await client.buy(symbol, 8, ASK + 0.01, time_in_force="immediate_or_cancel")
    await client.sell(symbol, 8, BID - 0.01, time_in_force="immediate_or_cancel")


async def _go_on(making: Client, taking: Client, symbols: tuple[str, str], quotes: list[tuple[str, str]]) -> None:
    step = 0
    while True:
        await asyncio.sleep(_STEP_SECONDS)
        step += 1
        offset = _STEPS[step % len(_STEPS)]
        for bid, ask in quotes:
            with suppress(ApiError):  # A visitor may have taken all of it.
                await making.edit(bid, 8_000, round(BID - offset, 3))
                await making.edit(ask, 8_000, round(ASK + offset, 3))
        if step % 3 == 0:
            await _trade(taking, symbols[step // 3 % 2])
