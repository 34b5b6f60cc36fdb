"""The toy day in the real book: the strategies themselves on the engine, and walk-ins who take what they reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.papers.toy_day import Day
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from strategies.base import Context, Curve, Intents, New, Participant, Strategy, Wake
from strategies.making import AvellanedaStoikov, GueantLehalleFernandezTapia, Maker, Symmetric
from strategies.making.perishable import Perishable
from strategies.making.perishable.problem import Floats
from strategies.simulator import Market

LEVEL_USD = 2.5
_START_NS = 494_000 * NS_PER_HOUR
_TIMER_NS = 30 * NS_PER_SECOND


class Seen(NamedTuple):
    """The forward of one hour now."""

    price_usd: float
    deviation_usd: float

    def price(self, hour_start_ns: int) -> float:
        return self.price_usd

    def deviation(self, hour_start_ns: int) -> float:
        return self.deviation_usd


class Prices:
    """A price for each hour and minute; a ``CurveSource``."""

    def __init__(self, day: Day, hours: list[Contract], rng: np.random.Generator) -> None:
        minutes = day.hours * 60 + 1
        shared = rng.standard_normal((minutes, 1)) * np.sqrt(day.common)
        alone = rng.standard_normal((minutes, day.hours)) * np.sqrt(1.0 - day.common)
        self._sigma = day.sigma
        self._paths: Floats = LEVEL_USD + np.cumsum((shared + alone) * day.sigma / np.sqrt(60.0), axis=0)
        self._columns = {hour.symbol: column for column, hour in enumerate(hours)}

    def usd(self, hour: Contract, time_ns: int) -> float:
        """At ``time_ns``, and after its gate as it was then."""
        minute = (min(time_ns, hour.gate_ns) - _START_NS) // NS_PER_MINUTE
        return float(self._paths[minute, self._columns[hour.symbol]])

    def __call__(self, contract: Contract, time_ns: int) -> Curve:
        left = max(0, contract.gate_ns - time_ns) / NS_PER_HOUR
        return Seen(self.usd(contract, time_ns), self._sigma * left**0.5)


class WalkIns(Strategy):
    """Buyers and sellers of one lot, each with an exponential reach beyond fair value; now or never."""

    wakes = Wake(0)

    def __init__(self, day: Day, prices: Prices) -> None:
        self._day = day
        self._prices = prices

    def on_start(self, ctx: Context) -> Intents:
        self._wait(ctx)
        return ()

    def on_timer(self, ctx: Context) -> Intents:
        self._wait(ctx)
        if not ctx.contracts:
            return ()
        contract = ctx.contracts[int(ctx.rng.integers(len(ctx.contracts)))]
        side, reach = Side(int(ctx.rng.integers(2))), float(ctx.rng.exponential(1.0 / self._day.k))
        usd = self._prices.usd(contract, ctx.now_ns) + (reach if side == Side.BUY else -reach)
        ticks = usd / contract.price_usd(1)
        price_ticks = int(np.floor(ticks) if side == Side.BUY else np.ceil(ticks))
        return [New(contract, side, price_ticks, 1, TimeInForce.IOC)]

    def _wait(self, ctx: Context) -> None:
        """Until the next of them, who come for each open hour at the same rate."""
        rate = 2.0 * self._day.arrivals * max(1, len(ctx.contracts))
        ctx.wake_at(ctx.now_ns + 1 + int(ctx.rng.exponential(1.0 / rate) * NS_PER_HOUR))


def makers(day: Day) -> dict[str, Maker]:
    """With money in shares of the price, as strategies have it; one lot a quote."""
    k, gamma = day.k * LEVEL_USD, day.gamma * LEVEL_USD
    costs = day.c_long / LEVEL_USD, day.c_short / LEVEL_USD
    plain: dict[str, Maker] = {
        "symmetric": Symmetric(half_spread=1.0 / k),
        "Avellaneda and Stoikov": AvellanedaStoikov(gamma, k),
        "Guéant, Lehalle, Fernandez-Tapia": GueantLehalleFernandezTapia(gamma, k, day.arrivals),
        "perishable": Perishable(
            day.arrivals, k=k, gamma=gamma, c_long=costs[0], c_short=costs[1], horizon_hours=0.0, quote_lots=1,
            inventory_max_lots=day.inventory_max,
        ),
    }  # fmt: skip
    for maker in plain.values():
        maker.quote_lots, maker.inventory_max_lots, maker.timer_ns = 1, day.inventory_max, _TIMER_NS
        maker.deviation_min, maker.spread_min, maker.patience = 0.0, 0.0, 0.0
    return plain


def day_in_book(day: Day, name: str, seed: int) -> tuple[float, float]:
    """Profit after the costs at the gates, and lots held at them, without sign."""
    sku, region = CATALOGUE.sku("H100PCIE"), CATALOGUE.region("USE")
    first = _START_NS // NS_PER_HOUR + 1
    hours = [hour_contract(sku, region, first + number) for number in range(day.hours)]
    paths, people = np.random.default_rng(seed).spawn(2)
    prices = Prices(day, hours, paths)
    maker = Participant("maker", makers(day)[name], tuple(hours), capacity_lots=1000, curves=prices)
    walk_ins = Participant("walk-ins", WalkIns(day, prices), tuple(hours), capacity_lots=100_000)
    market = Market(hours, [walk_ins, maker], people, _START_NS, taker_fee_bps=0)
    market.run(day.hours * 3600.0)
    profit, left = 0.0, 0
    for hour in hours:
        result = market.desk("maker").ctx.result(hour)
        held = result.position_lots
        usd = prices.usd(hour, hour.gate_ns)
        profit += result.cash_usd + held * usd - (day.c_long * held if held > 0 else -day.c_short * held)
        left += abs(held)
    return profit, float(left)


def days_in_book(day: Day, days: int) -> dict[str, NDArray[np.float64]]:
    """(days, 2) profit and lots left, by maker."""
    return {name: np.array([day_in_book(day, name, seed) for seed in range(days)]) for name in makers(day)}
