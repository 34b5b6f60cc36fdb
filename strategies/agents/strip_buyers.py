"""Buyers of whole strips: jobs that run for hours on end and are worth nothing in pieces."""

from math import exp, floor

from exchange.domain.enums import Side, TimeInForce
from strategies.agents.arrivals import Arrivals
from strategies.base import Context, FairValue, Intents, New, Strategy, Wake


class StripBuyer(Strategy):
    """Takes part in strips only. Valuations are lognormal around fair value, which is raised by ``premium``.

    What cannot be had at once, in every hour, is not wanted later.
    """

    wakes = Wake.TIMER
    timer_ns = 0

    def __init__(
        self,
        fair: FairValue,
        jobs_per_hour: float,
        speed: float,
        premium: float = 0.02,
        dispersion: float = 0.02,
        lots_max: int = 2,
    ) -> None:
        self._fair = fair
        self._arrivals = Arrivals(jobs_per_hour, speed)
        self._premium = premium
        self._dispersion = dispersion
        self._lots_max = lots_max

    def on_start(self, ctx: Context) -> Intents:
        ctx.wake_at(self._arrivals.next_ns(ctx.now_ns, ctx.rng))
        return ()

    def on_timer(self, ctx: Context) -> Intents:
        ctx.wake_at(self._arrivals.next_ns(ctx.now_ns, ctx.rng))
        strips = ctx.contracts
        if not strips:
            return ()
        strip = strips[int(ctx.rng.integers(len(strips)))]
        lots = int(ctx.rng.integers(1, self._lots_max, endpoint=True))
        worth = exp(ctx.rng.normal(self._premium, self._dispersion))
        limit_ticks = max(1, floor(self._fair(strip, ctx.now_ns) * worth / strip.price_usd(1)))
        return [New(strip, Side.BUY, limit_ticks, lots, TimeInForce.IOC)]
