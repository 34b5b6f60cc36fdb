"""A strategy for tests: both sides around the middle, four times a second."""

from exchange.domain.units import NS_PER_SECOND
from strategies.base import Context, Intents, Quote, Strategy, Wake


class Middle(Strategy):
    wakes = Wake.TIMER
    timer_ns = NS_PER_SECOND // 4

    def __init__(self, away: int = 1, lots: int = 5) -> None:
        self.away = away
        self.lots = lots

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            middle = round(ctx.book(contract).mid_ticks)
            if middle > self.away:
                yield Quote(contract, middle - self.away, self.lots, middle + self.away, self.lots)
