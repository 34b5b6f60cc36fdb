"""A taker: buy some hours in a row of one SKU in one region, wherever they are cheapest together.

gpux simulate examples/cheapest_run.py:CheapestRun --set hours=6
"""

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import Contract
from strategies.base import Context, Intents, New, Strategy, Wake
from strategies.base.hours import HourPrice, cheapest_run


class CheapestRun(Strategy):
    """A job of ``hours`` in a row that needs ``lots`` nodes of ``sku``, each GPU-hour worth ``most_usd``.

    It waits until all of it can be had at once, takes it, and goes on after what others were faster to take.
    """

    wakes = Wake.TIMER

    def __init__(self, hours: int = 4, lots: int = 2, most_usd: float = 10.0, sku: str = "H100SXM") -> None:
        self.hours = hours
        self.lots = lots
        self.most_usd = most_usd
        self.sku = sku
        self.run: list[Contract] = []

    def on_timer(self, ctx: Context) -> Intents:
        if not self.run:
            self.run = [hour.contract for hour in cheapest_run(self.offers(ctx), self.hours)]
        for contract in self.run:
            missing = self.lots - ctx.position(contract)
            if missing > 0 and contract in ctx.contracts and not list(ctx.orders(contract)):
                limit_ticks = int(self.most_usd / contract.price_usd(1))
                yield New(contract, Side.BUY, limit_ticks, missing, TimeInForce.IOC)

    def offers(self, ctx: Context) -> list[HourPrice]:
        """What a GPU-hour costs now, in each hour in which enough nodes are offered at a price worth paying."""
        priced = [(contract, self.average_ticks(ctx, contract)) for contract in ctx.contracts]
        hours = [HourPrice(contract, contract.price_usd(1) * ticks) for contract, ticks in priced if ticks]
        return [hour for hour in hours if hour.price_usd <= self.most_usd and hour.contract.sku.code == self.sku]

    def average_ticks(self, ctx: Context, contract: Contract) -> float:
        """Of the cheapest ``lots`` on offer; 0 where there are not so many, and for strips."""
        left, value = self.lots, 0
        for price_ticks, lots in ctx.book(contract).asks:
            value += price_ticks * min(left, lots)
            left -= min(left, lots)
        return 0.0 if left or contract.is_strip else value / self.lots
