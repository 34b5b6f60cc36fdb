"""Kill -9 of a real venue: the archive is made good, and a client that was there has heard all of it, once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec

from exchange.archive import Archive
from exchange.archiving import opened
from exchange.client import AccountEvents, ApiError, Client, ConnectionLost
from exchange.config import load_settings
from exchange.journal.recovery import replay
from exchange.keys import FILE_NAME, ApiKey, KeyStore
from exchange.wire.private import PrivateEvent
from tests.archive.house import content
from tests.client.proxy import Proxy
from tests.gateway.test_past import DAY_MS, calling
from tests.node.serving import START_SECONDS, Serving

ORDERS = 60
TRADES = 30
SETTINGS = """
skus = ["H100SXM"]
regions = ["USE"]
hours_ahead = 4
stages.closing_minutes = 0
[[accounts]]
name = "alice"
cash_usd = 1000000
capacity_lots = 10000
[[accounts]]
name = "bob"
cash_usd = 1000000
"""
_events: msgspec.json.Decoder[PrivateEvent] = msgspec.json.Decoder(PrivateEvent)


async def place(client: Client, symbol: str, name: str) -> None:
    """Until it is known to be taken."""
    while True:
        try:
            await client.wait_connected()
            await client.buy(symbol, 8, 2.0, client_order_id=name)
        except ConnectionLost:
            continue
        except ApiError as refusal:
            if refusal.data is None or not refusal.data.order_id:
                raise
        return


async def trade(url: str, alice: ApiKey, bob: ApiKey, symbol: str) -> None:
    """Alice sells to bob; one order of hers she cancels."""
    async with calling(url, alice) as seller, calling(url, bob) as buyer:
        for number in range(TRADES):
            order = {"instrument_name": symbol, "amount": 8, "price": (200 + number) / 100}
            await buyer.call("private/buy", **order)
            await seller.call("private/sell", **order, client_order_id=f"sold-{number}")
        await seller.call("private/sell", instrument_name=symbol, amount=8, price=9, client_order_id="gone")
        await seller.call("private/cancel", client_order_id="gone")


async def past(url: str, key: ApiKey, symbol: str) -> list[Any]:
    """What is said of it; with an order that is sent again."""
    of_symbol = {"instrument_name": symbol, "count": 100}
    span = {"start_timestamp": time.time_ns() // 10**6 - DAY_MS, "end_timestamp": 2 * 10**12}
    async with calling(url, key) as alice:
        chart = await alice.call("public/get_tradingview_chart_data", instrument_name=symbol, resolution="1D", **span)
        return [
            await alice.call("public/get_last_trades_by_instrument", **of_symbol),
            await alice.call("public/get_last_trades_by_currency", currency="USD", count=100),
            await alice.call("private/get_user_trades_by_instrument", **of_symbol),
            await alice.call("private/sell", instrument_name=symbol, amount=8, price=9, client_order_id="sold-7"),
            await alice.call("private/get_order_history_by_instrument", **of_symbol, include_unfilled=True),
            await alice.call("private/get_order_state", client_order_id="gone"),
            (await alice.call("public/ticker", instrument_name=symbol))["stats"],
            chart["close"][-1],
        ]


async def test_a_kill_takes_nothing_from_the_archive_or_the_client(tmp_path: Path) -> None:
    """Orders go on while the venue dies; afterwards the past is as before, and the archive the one of the journal."""
    directory, settings = tmp_path / "venue", tmp_path / "gpux.toml"
    settings.write_text(SETTINGS)
    directory.mkdir()
    with KeyStore(directory / FILE_NAME) as keys:
        key, bob = keys.create("alice"), keys.create("bob")
    told: list[PrivateEvent] = []
    async with Proxy(0) as proxy, asyncio.timeout(START_SECONDS):
        async with await Serving.start(directory, settings) as venue:
            proxy.port = venue.ready["port"]
            client = Client(proxy.url, key)
            await client.open()
            account = await client.follow_account()
            first = account.seq
            other, symbol = [one.instrument_name for one in await client.instruments() if one.hours == 1][-2:]
            await trade(venue.url, key, bob, other)
            said = await past(venue.url, key, other)
            assert [len(page["trades"]) for page in said[:4]] == [TRADES, TRADES, TRADES, 1]
            names = [f"order-{number}" for number in range(ORDERS)]
            trading = asyncio.create_task(place(client, symbol, names[0]))
            for name in names[1 : ORDERS // 2]:
                await place(client, symbol, name)
            await trading
            late = [asyncio.create_task(place(client, symbol, name)) for name in names[ORDERS // 2 :]]
            await asyncio.sleep(0)
            await venue.kill()
        async with await Serving.start(directory, settings) as venue:
            proxy.port = venue.ready["port"]
            await asyncio.gather(*late)
            await account.ready()
            while len(account.orders) < ORDERS:
                await account.changed()
            assert {order.client_order_id for order in account.orders.values()} == set(names)
            assert (account.repairs, account.losses) == (0, 0)
            assert account.resumes >= 1
            assert await past(venue.url, key, other) == said
            await client.close()
            await venue.stop()
    for message in client.messages().waiting():
        if isinstance(message.data, AccountEvents):
            told += message.data.events
    with Archive(directory) as kept:
        file = kept.file
    live = content(kept)
    alices = [_events.decode(text) for account_, seq, text in live["events"] if account_ == 1 and seq > first]
    assert told == alices
    file.unlink()
    engine = replay(directory)
    opened(load_settings(settings, {"directory": directory}), engine).close()
    assert content(kept) == live
