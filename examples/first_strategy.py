"""Quote both sides of every hour around the middle of the book, in under 25 lines of your own.

gpux keys create me --dir DIR
python examples/first_strategy.py CLIENT_ID CLIENT_SECRET [SECONDS [URL]]
"""

import asyncio
import sys

import numpy as np

from exchange.client import DEFAULT_URL, ApiKey, Client
from exchange.domain.instruments import parse_symbol
from strategies.base import Context, Intents, Participant, Quote, Strategy
from strategies.live import Snapshot, run


class FirstStrategy(Strategy):
    """Once a second: bid 1% under the middle and offer 1% over it, leaning against what we hold."""

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            middle = ctx.book(contract).mid_ticks
            if middle > 0:
                held = ctx.position(contract)
                lean = 0.001 * held
                yield Quote(
                    contract,
                    bid_ticks=round(middle * (0.99 - lean)),
                    bid_lots=1 if held < 5 else 0,
                    ask_ticks=round(middle * (1.01 - lean)) + 1,
                    ask_lots=1 if held > -5 else 0,
                )


def show(now: Snapshot) -> None:
    me = now.participants[0]
    print(f"{now.elapsed_s:4.0f} s  {me.trades} trades  {me.volume_gpu_hours} GPU-hours  P&L ${me.pnl_usd:.2f}")


async def main(client_id: str, client_secret: str, seconds: str = "60", url: str = DEFAULT_URL) -> None:
    async with Client(url) as client:
        contracts = tuple(parse_symbol(instrument.instrument_name) for instrument in await client.instruments())
    me = Participant("me", FirstStrategy(), contracts, capacity_lots=10)
    keys = {"me": ApiKey(client_id, client_secret)}
    await run([me], url, keys, np.random.default_rng(), float(seconds), on_snapshot=show, every_s=1.0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
