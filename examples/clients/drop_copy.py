"""Everything that an account does, once and in order, also what was missed: for a second login that only reads.

gpux keys create me --scope account:read --dir DIR
python examples/clients/drop_copy.py CLIENT_ID CLIENT_SECRET [URL]
"""

import asyncio
import sys

from exchange.client import DEFAULT_URL, AccountEvents, ApiKey, Client


async def main(client_id: str, client_secret: str, url: str = DEFAULT_URL) -> None:
    async with Client(url, ApiKey(client_id, client_secret)) as client:
        account = await client.follow_account()
        print(f"from event {account.seq + 1} on; {len(account.orders)} orders open", flush=True)
        async for message in client.messages():
            if isinstance(message.data, AccountEvents):
                for event in message.data.events:
                    print(event.seq, type(event).__name__, event, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
