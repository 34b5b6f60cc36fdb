"""Resellers: people with hours they no longer need, who sell into the best bid or offer and wait."""

from math import ceil, exp

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.units import NS_PER_HOUR
from strategies.agents.arrivals import Arrivals
from strategies.base import Context, FairValue, Intents, New, Strategy, Wake


class Reseller(Strategy):
    """``discount`` and ``dispersion``: what a sale must bring is lognormal around fair value less ``discount``."""

    wakes = Wake.TIMER
    timer_ns = 0

    def __init__(
        self,
        fair: FairValue,
        sales_per_hour: float,
        speed: float,
        discount: float = 0.01,
        dispersion: float = 0.03,
        lots_max: int = 4,
        wait_hours: float = 2.0,
    ) -> None:
        self._fair = fair
        self._arrivals = Arrivals(sales_per_hour, speed, echo=0.2)
        self._discount = discount
        self._dispersion = dispersion
        self._lots_max = lots_max
        self._wait_ns = int(wait_hours / speed * NS_PER_HOUR)

    def on_start(self, ctx: Context) -> Intents:
        ctx.wake_at(self._arrivals.next_ns(ctx.now_ns, ctx.rng))
        return ()

    def on_timer(self, ctx: Context) -> Intents:
        sale = self._sale(ctx)
        ctx.wake_at(self._arrivals.next_ns(ctx.now_ns, ctx.rng))
        return sale

    def _sale(self, ctx: Context) -> list[New]:
        contracts = ctx.contracts
        if not contracts:
            return []
        contract = contracts[int(ctx.rng.integers(len(contracts)))]
        lots = int(ctx.rng.integers(1, self._lots_max, endpoint=True))
        worth = exp(ctx.rng.normal(-self._discount, self._dispersion))
        limit_ticks = max(1, ceil(self._fair(contract, ctx.now_ns) * worth / contract.price_usd(1)))
        if ctx.book(contract).best_bid_ticks >= limit_ticks:
            return [New(contract, Side.SELL, limit_ticks, lots, TimeInForce.IOC)]
        expiry_ns = ctx.now_ns + self._wait_ns
        return [New(contract, Side.SELL, limit_ticks, lots, TimeInForce.GTD, expiry_ns=expiry_ns)]
