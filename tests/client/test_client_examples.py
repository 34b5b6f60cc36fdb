"""The short examples of the client, as a reader would start them, on a real venue."""

from __future__ import annotations

import asyncio

from exchange.client import Client
from tests.client.running import RunningVenue
from tests.client.test_examples import EXAMPLES, WITHIN_S, earliest, start

LINES_MAX = 30


def test_they_are_short() -> None:
    """Whoever begins reads them in a minute."""
    found = list((EXAMPLES / "clients").glob("*.py"))
    assert len(found) == 3
    assert [path.name for path in found if len(path.read_text().splitlines()) > LINES_MAX] == []


async def test_they_say_what_happens(running: RunningVenue) -> None:
    """All three at once: one follows the book, one copies what another places and cancels."""
    reader = running.keys.create("alice", ("account:read",))
    key = running.key["alice"]
    async with Client(running.url, running.key["bob"]) as bob:
        symbol = await earliest(bob)
        sku_region = "_".join(symbol.split("_")[:2])
        follower = await start("clients/follow_book.py", sku_region, running.url)
        copy = await start("clients/drop_copy.py", reader.client_id, reader.client_secret, running.url)
        try:
            assert follower.stdout is not None
            assert copy.stdout is not None
            async with asyncio.timeout(WITHIN_S):
                assert (await follower.stdout.readline()).endswith(b"bid None  ask None\n")
                assert (await copy.stdout.readline()).endswith(b"; 0 orders open\n")
                placing = await start("clients/place_and_cancel.py", key.client_id, key.client_secret, running.url)
                printed, complaints = await placing.communicate()
                assert (placing.returncode, complaints) == (0, b"")
                opened, cancelled = printed.decode().splitlines()
                order_id = cancelled.removeprefix("cancelled: ")
                assert opened == f"open: ['{order_id}'] of $1,000,000.00"
                for state in (b"open", b"cancelled"):
                    line = await copy.stdout.readline()
                    assert b" OrderEvent OrderEvent(" in line
                    assert b"order_state='%s'" % state in line
                await bob.buy(symbol, 8, 0.2)
                # Bids that came and went may have been passed over; this one stays.
                told = b""
                while not told.endswith(b"bid 0.2  ask None\n"):
                    told = await follower.stdout.readline()
        finally:
            for process in (follower, copy):
                process.terminate()
                await process.wait()
