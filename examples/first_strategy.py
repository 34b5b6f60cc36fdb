"""Quote both sides of every hour around the middle of the book, in under 25 lines of your own.

gpux simulate examples/first_strategy.py
gpux backtest examples/first_strategy.py --data synthetic:requests=100000
gpux live examples/first_strategy.py --key CLIENT_ID --secret-file FILE --seconds 60
"""

from strategies.base import Context, Intents, Quote, Strategy


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
