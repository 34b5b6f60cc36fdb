"""Place an order below the market, see it in the account, cancel it.

gpux keys create me --dir DIR
python examples/clients/place_and_cancel.py CLIENT_ID CLIENT_SECRET [URL]
"""

import asyncio
import sys

from exchange.client import DEFAULT_URL, ApiKey, Client


async def main(client_id: str, client_secret: str, url: str = DEFAULT_URL) -> None:
    async with Client(url, ApiKey(client_id, client_secret)) as client:
        account = await client.follow_account()
        instrument = min(await client.instruments(), key=lambda one: one.expiration_timestamp)
        placed = await client.buy(instrument.instrument_name, instrument.min_trade_amount, 0.1, post_only=True)
        while placed.order.order_id not in account.orders:
            await account.changed()
        print(f"open: {[order.order_id for order in account.orders.values()]} of ${account.balance:,.2f}")
        cancelled = await client.cancel(placed.order.order_id)
        print(f"{cancelled.order_state}: {cancelled.order_id}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
