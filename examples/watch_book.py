"""Follow the best prices and the trades of one contract, without a key, through every break.

python examples/watch_book.py [CONTRACT [URL]]
"""

import asyncio
import sys

from exchange.client import DEFAULT_URL, Client, ConnectionChange
from exchange.wire.messages import BookChange, Trade


async def main(symbol: str = "", url: str = DEFAULT_URL) -> None:
    async with Client(url) as client:
        instruments = await client.instruments()
        symbol = symbol or min(instruments, key=lambda one: one.expiration_timestamp).instrument_name
        book = await client.watch(symbol)
        await client.subscribe(f"trades.{symbol}.raw")
        async for message in client.messages():
            match message.data:
                case BookChange():
                    print(f"{symbol}  bid {book.bids.top(1)}  ask {book.asks.top(1)}", flush=True)
                case [Trade(), *_] as trades:
                    for trade in trades:
                        print(f"{symbol}  {trade.direction} {trade.amount:g} at {trade.price}", flush=True)
                case ConnectionChange(connected, reason):
                    print("connected again" if connected else f"connection lost: {reason}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
