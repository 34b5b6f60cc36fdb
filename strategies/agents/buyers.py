"""Job buyers: jobs come in a daily cycle and in bursts, and take the cheapest hours that fit their valuation."""

from math import exp, floor

import numpy as np

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.agents.arrivals import Arrivals
from strategies.base import Context, FairValue, Intents, New, Strategy, Wake
from strategies.base.hours import HourPrice, cheapest_any, cheapest_run


class JobBuyer(Strategy):
    """Each job needs some nodes of one SKU for some hours, and is worth so much an hour and no more.

    ``premium`` and ``dispersion``: valuations are lognormal around fair value, which is raised by
    ``premium``. ``patient_share``: the share of jobs that bid and wait when nothing fits.
    ``wait_hours`` (market time): how long such a bid stands.
    """

    wakes = Wake.TIMER
    timer_ns = 0

    def __init__(
        self,
        fair: FairValue,
        jobs_per_hour: float,
        speed: float,
        premium: float = 0.01,
        dispersion: float = 0.03,
        hours_max: int = 4,
        lots_max: int = 4,
        patient_share: float = 0.3,
        wait_hours: float = 2.0,
    ) -> None:
        self._fair = fair
        self._arrivals = Arrivals(jobs_per_hour, speed)
        self._premium = premium
        self._dispersion = dispersion
        self._hours_max = hours_max
        self._lots_max = lots_max
        self._patient_share = patient_share
        self._wait_ns = int(wait_hours / speed * NS_PER_HOUR)

    def on_start(self, ctx: Context) -> Intents:
        ctx.wake_at(self._arrivals.next_ns(ctx.now_ns, ctx.rng))
        return ()

    def on_timer(self, ctx: Context) -> Intents:
        orders = self._job(ctx)
        ctx.wake_at(self._arrivals.next_ns(ctx.now_ns, ctx.rng))
        return orders

    def _job(self, ctx: Context) -> list[New]:
        contracts = _one_kind(ctx.contracts, ctx.rng)
        hours = min(self._hours_max, int(ctx.rng.geometric(0.5)))
        lots = int(ctx.rng.integers(1, self._lots_max, endpoint=True))
        worth = exp(ctx.rng.normal(self._premium, self._dispersion))
        is_run = ctx.rng.random() < 0.5
        limits = {contract.symbol: self._limit_ticks(ctx, contract, worth) for contract in contracts}
        offers = [
            HourPrice(contract, contract.price_usd(ask_ticks))
            for contract in contracts
            if 0 < (ask_ticks := ctx.book(contract).best_ask_ticks) <= limits[contract.symbol]
        ]
        chosen = (cheapest_run if is_run else cheapest_any)(offers, hours)
        if chosen:
            return [_take(hour.contract, limits[hour.contract.symbol], lots) for hour in chosen]
        if contracts and ctx.rng.random() < self._patient_share:
            contract = contracts[int(ctx.rng.integers(len(contracts)))]
            return [self._wait(ctx, contract, limits[contract.symbol], lots)]
        return []

    def _limit_ticks(self, ctx: Context, contract: Contract, worth: float) -> int:
        return max(1, floor(self._fair(contract, ctx.now_ns) * worth / contract.price_usd(1)))

    def _wait(self, ctx: Context, contract: Contract, limit_ticks: int, lots: int) -> New:
        expiry_ns = ctx.now_ns + self._wait_ns
        return New(contract, Side.BUY, limit_ticks, lots, TimeInForce.GTD, expiry_ns=expiry_ns)


def _take(contract: Contract, limit_ticks: int, lots: int) -> New:
    return New(contract, Side.BUY, limit_ticks, lots, TimeInForce.IOC)


def _one_kind(contracts: list[Contract], rng: np.random.Generator) -> list[Contract]:
    """The contracts of one SKU, drawn at random, in all regions or in one."""
    if not contracts:
        return []
    pick = contracts[int(rng.integers(len(contracts)))]
    is_anywhere = rng.random() < 0.5
    return [
        contract
        for contract in contracts
        if contract.sku.code == pick.sku.code and (is_anywhere or contract.region.code == pick.region.code)
    ]
