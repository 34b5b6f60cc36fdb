"""A venue in a process of its own where something happens: a maker who moves its quotes, a taker who trades with it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import trustme

from exchange.client import ApiError, Client
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

    def __init__(self, directory: Path, *, secure: bool = False) -> None:
        """secure: over TLS, with a certificate made for it, in the file ``Address.certificate``."""
        self._directory = directory
        self._certificate = directory / "authority.pem" if secure else None
        self._thread = threading.Thread(target=self._live, name="venue")
        self._ready: Future[Address] = Future()
        self._leave: Callable[[], object] = lambda: None
        self._fault: BaseException | None = None

    def __enter__(self) -> Address:
        self._thread.start()
        return self._ready.result()

    def __exit__(self, *_: object) -> None:
        self._leave()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def _live(self) -> None:
        try:
            asyncio.run(self._until_left())
        except Exception as fault:
            self._fault = fault
            if not self._ready.done():
                self._ready.set_exception(fault)

    async def _until_left(self) -> None:
        life = asyncio.ensure_future(self._run())
        loop = asyncio.get_running_loop()
        self._leave = lambda: loop.call_soon_threadsafe(life.cancel)
        with suppress(asyncio.CancelledError):
            await life

    async def _run(self) -> None:
        settings = self._directory / "gpux.toml"
        settings.write_text(SETTINGS + ("" if self._certificate is None else _certify(self._certificate)))
        with KeyStore(self._directory / FILE_NAME) as keys:
            maker, taker, visitor = (keys.create(name) for name in ("maker", "taker", "visitor"))
        async with (
            await Serving.start(self._directory, settings) as serving,
            Client(self._url(serving), maker) as making,
            Client(self._url(serving), taker) as taking,
        ):
            hours = [one.instrument_name for one in await making.instruments() if one.hours == 1]
            symbols = (hours[-2], hours[-1])
            quotes = [await _quote(making, symbol) for symbol in symbols]
            await _trade(taking, symbols[0])
            key = (visitor.client_id, visitor.client_secret)
            certificate = str(self._certificate or "")
            self._ready.set_result(Address("127.0.0.1", serving.ready["port"], *key, symbols, certificate))
            await _go_on(making, taking, symbols, quotes)

    def _url(self, serving: Serving) -> str:
        if self._certificate is None:
            return serving.url
        os.environ["SSL_CERT_FILE"] = str(self._certificate)  # whom OpenSSL trusts
        return serving.url.replace("ws:", "wss:")


def _certify(authority_file: Path) -> str:
    """Make an authority and a certificate beside it; returns the settings that use it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(authority_file)
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = authority_file.with_name("chain.pem"), authority_file.with_name("key.pem")
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    return f'[gateway.door]\ntls_cert = "{chain}"\ntls_key = "{key}"\n'


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
