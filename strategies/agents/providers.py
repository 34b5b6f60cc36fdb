"""Providers: a ladder of offers above cost for every hour they own, cheaper as the gate nears, then withdrawn."""

from math import ceil

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base import Context, FairValue, Intents, Ladder, Rung, Strategy, Wake


class Provider(Strategy):
    """An hour that is not sold is worth nothing, so the last hours before the gate go at a discount, never under cost.

    ``cost_share``: cost as a share of fair value when it starts. ``margin`` and ``step``: the first
    offer stands that far above fair value, each further one ``step`` more. ``sale_hours``: how long
    before the gate prices begin to fall, by ``sale_discount`` at the end. ``pull_hours``: how long
    before the gate it must know and withdraws. ``patience``: smaller changes of price wait.
    """

    wakes = Wake.TIMER

    def __init__(
        self,
        fair: FairValue,
        margin: float = 0.012,
        step: float = 0.008,
        rungs: int = 3,
        rung_lots: int = 20,
        cost_share: float = 0.7,
        sale_hours: float = 1.0,
        sale_discount: float = 0.05,
        pull_hours: float = 0.02,
        patience: float = 0.005,
        timer_ns: int = NS_PER_SECOND,
    ) -> None:
        self._fair = fair
        self._margin = margin
        self._step = step
        self._rungs = rungs
        self._rung_lots = rung_lots
        self._cost_share = cost_share
        self._sale_hours = sale_hours
        self._sale_discount = sale_discount
        self._pull_hours = pull_hours
        self._patience = patience
        self._period_ns = timer_ns
        self.timer_ns = 0
        self._cost_usd: dict[str, float] = {}
        self._asked_usd: dict[str, float] = {}

    def on_start(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            self._cost_usd[contract.symbol] = self._cost_share * self._fair(contract, ctx.now_ns)
        return self.on_timer(ctx)

    def on_timer(self, ctx: Context) -> Intents:
        # No two providers in step: that would be one burst of messages a second.
        ctx.wake_at(ctx.now_ns + int(self._period_ns * ctx.rng.uniform(0.5, 1.5)))
        return [ladder for contract in ctx.contracts if (ladder := self._reprice(ctx, contract))]

    def _reprice(self, ctx: Context, contract: Contract) -> Ladder | None:
        """The ladder to show now; None to leave the one that stands."""
        hours_left = (contract.gate_ns - ctx.now_ns) / NS_PER_HOUR
        if hours_left <= self._pull_hours:
            return Ladder(contract, Side.SELL)
        ask_usd = self._ask_usd(ctx, contract, hours_left)
        before = self._asked_usd.get(contract.symbol, 0.0)
        is_short_of_lots = sum(order.open_lots for order in ctx.orders(contract)) < self._rungs * self._rung_lots // 2
        if abs(ask_usd - before) < self._patience * ask_usd and not is_short_of_lots:
            return None
        self._asked_usd[contract.symbol] = ask_usd
        return Ladder(contract, Side.SELL, tuple(self._rung(contract, ask_usd, rung) for rung in range(self._rungs)))

    def _ask_usd(self, ctx: Context, contract: Contract, hours_left: float) -> float:
        urgency = max(0.0, 1.0 - hours_left / self._sale_hours) if self._sale_hours else 0.0
        wanted = self._fair(contract, ctx.now_ns) * (1.0 + self._margin - self._sale_discount * urgency)
        return max(self._cost_usd[contract.symbol], wanted)

    def _rung(self, contract: Contract, ask_usd: float, rung: int) -> Rung:
        return Rung(ceil(ask_usd * (1.0 + self._step * rung) / contract.price_usd(1)), self._rung_lots)
