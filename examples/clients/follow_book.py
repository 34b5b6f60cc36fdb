"""Follow the best prices of the next hour of one SKU in one region, through every break.

python examples/clients/follow_book.py [SKU_REGION [URL]]
"""

import asyncio
import sys

from exchange.client import DEFAULT_URL, Client


async def main(sku_region: str = "H100SXM_USE", url: str = DEFAULT_URL) -> None:
    async with Client(url) as client:
        book = await client.watch(f"{sku_region}:SPOT")
        while True:
            print(f"{book.symbol}  bid {book.best_bid}  ask {book.best_ask}", flush=True)
            await book.changed()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
