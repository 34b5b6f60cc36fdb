"""What ``gpux curve`` reads from a running exchange, and what it makes of it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.client import Client
from exchange.domain.instruments import Contract, parse_symbol
from strategies.curves.construction import forward_curve
from strategies.curves.curve import shipped_curves
from strategies.curves.observing import Source
from strategies.curves.quoted import Quoted
from strategies.live.quotes import NotListed, read_quotes
from tests.client.running import RunningVenue

HOURS_AHEAD = 34  # so that somewhere in it lies a block of eight hours


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[RunningVenue]:
    async with RunningVenue(tmp_path, hours_ahead=HOURS_AHEAD) as running:
        yield running


async def contracts(venue: RunningVenue) -> list[Contract]:
    async with Client(venue.url) as client:
        every = [parse_symbol(one.instrument_name) for one in await client.instruments()]
    return [one for one in every if one.sku.code == "H100SXM"]


async def test_books_and_last_prices_come_with_what_they_say_of_the_price(venue: RunningVenue) -> None:
    """A close book, a wide one, a trade in an empty one; nothing of the other SKU."""
    every = await contracts(venue)
    hours = sorted((one for one in every if not one.is_strip), key=lambda one: one.start_ns)
    close, wide, traded = hours[3:6]
    async with Client(venue.url, venue.key["alice"]) as alice, Client(venue.url, venue.key["bob"]) as bob:
        for contract, bid, ask in ((close, 1.99, 2.01), (wide, 1.5, 2.5), (traded, 2.2, 2.2)):
            await alice.sell(contract.symbol, 8, ask)
            await bob.buy(contract.symbol, 8, bid)
    quotes, seen = await read_quotes(venue.url, "H100SXM", "USE", time.time_ns)
    found = {quoted.contract: (quoted.bid_usd, quoted.ask_usd, quoted.last_usd) for quoted in quotes}
    assert found[close] == (1.99, 2.01, None)
    assert found[wide] == (1.5, 2.5, None)
    assert found[traded] == (None, None, 2.2)
    assert {quoted.contract.sku.code for quoted in quotes} == {"H100SXM"}
    assert {(look.source, look.price_usd) for look in seen} == {(Source.BOOK, 2.0), (Source.TRADE, 2.2)}
    with pytest.raises(NotListed, match="lists nothing of H100SXM@EUW; it lists H100SXM@USE, RTX4090@USE"):
        await read_quotes(venue.url, "H100SXM", "EUW", time.time_ns)


async def test_an_arbitrage_between_blocks_on_the_exchange_is_found(venue: RunningVenue) -> None:
    """Eight hours bid above what their two halves are offered at: the exchange does not match them, a trader can."""
    every = {one.symbol: one for one in await contracts(venue)}
    whole = next(one for one in every.values() if one.hours == 8)
    names = (f"H100SXM_USE_B4H{hour % 24:02d}-" for hour in (whole.delivery_hours[0], whole.delivery_hours[4]))
    halves = [every[name + whole.symbol.partition("-")[2]] for name in names]
    async with Client(venue.url, venue.key["alice"]) as alice, Client(venue.url, venue.key["bob"]) as bob:
        for half in halves:
            await alice.sell(half.symbol, half.gpu_hours_per_lot, 2.0)
        await bob.buy(whole.symbol, whole.gpu_hours_per_lot, 2.1)
    quotes, _ = await read_quotes(venue.url, "H100SXM", "USE", time.time_ns)
    now_ns = time.time_ns()
    curve = forward_curve(shipped_curves(now_ns)["H100SXM", "USE"], quotes, now_ns, HOURS_AHEAD)
    (found,) = curve.arbitrages
    assert found.contract == whole
    assert found.gain_usd == pytest.approx(0.8)
    assert {leg.contract for leg in found.legs} == {whole, *halves}


async def test_the_command_reads_the_exchange_it_is_sent_to(venue: RunningVenue) -> None:
    """As a user runs it, beside the exchange: the strip costs its middle."""
    every = await contracts(venue)
    block = max((one for one in every if one.hours == 4), key=lambda one: one.start_ns)
    async with Client(venue.url, venue.key["alice"]) as alice, Client(venue.url, venue.key["bob"]) as bob:
        await alice.sell(block.symbol, block.gpu_hours_per_lot, 2.51)
        await bob.buy(block.symbol, block.gpu_hours_per_lot, 2.49)
    quotes, _ = await read_quotes(venue.url, "H100SXM", "USE", time.time_ns)
    assert [Quoted(one.contract, one.bid_usd, one.ask_usd) for one in quotes] == [Quoted(block, 2.49, 2.51)]
    output = await _printed("H100SXM@USE", "--days", "2", "--venue", venue.url)
    row = next(line.split() for line in output.splitlines() if line.startswith(block.symbol))
    assert row == [block.symbol, "4", "2.4900", "2.5100", "2.5000"]


async def _printed(*arguments: str) -> str:

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "strategies", "curve", *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()
