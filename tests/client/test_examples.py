"""The examples, as a reader would start them, on a real venue."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from exchange.client import Client
from tests.client.running import RunningVenue

CHECKOUT = Path(__file__).parents[2]
EXAMPLES = CHECKOUT / "examples"
WITHIN_S = 30


async def start(example: str, *arguments: str) -> Process:
    command = [str(EXAMPLES / example), *arguments]
    return await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, stderr=PIPE, cwd=CHECKOUT)


async def earliest(client: Client) -> str:
    instruments = await client.instruments()
    return min(instruments, key=lambda one: one.expiration_timestamp).instrument_name


async def test_place_order_buys_at_the_best_offer(running: RunningVenue) -> None:
    """It waits for an offer, takes the smallest amount of it, and prints the fill."""
    async with Client(running.url, running.key["alice"]) as alice:
        symbol = await earliest(alice)
        await alice.sell(symbol, 80, 2.5)
        key = running.key["bob"]
        process = await start("place_order.py", key.client_id, key.client_secret, running.url)
        async with asyncio.timeout(WITHIN_S):
            printed, complaints = await process.communicate()
        assert (process.returncode, complaints) == (0, b"")
        first, second = printed.decode().splitlines()
        assert first == "filled: 8 of 8 GPU-hours"
        assert second.startswith(f"bought 8 GPU-hours of {symbol} at $2.5, fee $0.0")
        number = running.engine.find_account("bob")
        assert number is not None
        assert [position.lots for position in running.engine.positions(number) if position.lots] == [1]


async def test_watch_book_prints_prices_and_trades(running: RunningVenue) -> None:
    """Every change of the book and every trade is a line."""
    async with Client(running.url, running.key["alice"]) as alice, Client(running.url, running.key["bob"]) as bob:
        symbol = await earliest(alice)
        await alice.sell(symbol, 80, 2.5)
        process = await start("watch_book.py", symbol, running.url)
        assert process.stdout is not None
        try:
            async with asyncio.timeout(WITHIN_S):
                assert await process.stdout.readline() == f"{symbol}  bid []  ask [(2.5, 80.0)]\n".encode()
                await bob.buy(symbol, 16, 2.5)
                lines = {await process.stdout.readline(), await process.stdout.readline()}
        finally:
            process.terminate()
            await process.wait()
        assert lines == {
            f"{symbol}  buy 16 at 2.5\n".encode(),
            f"{symbol}  bid []  ask [(2.5, 64.0)]\n".encode(),
        }
