"""Buy the smallest amount of the next delivery hour at the best offer.

gpux keys create me --dir DIR
python examples/place_order.py CLIENT_ID CLIENT_SECRET [URL]
"""

import asyncio
import sys

from exchange.client import DEFAULT_URL, ApiKey, Client


async def main(client_id: str, client_secret: str, url: str = DEFAULT_URL) -> None:
    async with Client(url, ApiKey(client_id, client_secret)) as client:
        instrument = min(await client.instruments(), key=lambda one: one.expiration_timestamp)
        book = await client.watch(instrument.instrument_name)
        while book.best_ask is None:
            await book.changed()
        placed = await client.buy(book.symbol, instrument.min_trade_amount, book.best_ask)
        print(f"{placed.order.order_state}: {placed.order.filled_amount:g} of {placed.order.amount:g} GPU-hours")
        for trade in placed.trades:
            print(f"bought {trade.amount:g} GPU-hours of {trade.instrument_name} at ${trade.price}, fee ${trade.fee}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
