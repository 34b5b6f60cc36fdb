"""An inventory-aware quoter after Avellaneda and Stoikov, "High-frequency trading in a limit order book" (2008).

Orders reach a quote at distance delta from fair value with intensity A exp(-k delta) (their
eq. 12). The value of holding q is r = s - q gamma sigma^2 (T - t) (eq. 29), and around that the
best spread is gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / k) (eq. 30).

Here s is the forward price of the delivery period and T its gate. The curve's deviation is the
standard deviation of the price until delivery, so its square is sigma^2 (T - t) already, mean
reversion included. Prices differ by a factor of fifty between SKUs, so all of it is computed with
the forward price as the unit of money, and ``k`` is per 100% of price. Every order of the paper is
for one unit, so the unit of q is the lots of one quote, and ``gamma`` is per quote.
"""

from math import ceil, floor, log

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base import BookView, Context, Fill, Intents, Quote, Strategy, Wake


def reservation_price(fair: float, inventory: float, gamma: float, variance: float) -> float:
    """What the next unit is worth to somebody who holds ``inventory`` already (eq. 29).

    ``variance`` is sigma^2 (T - t), of the price between now and the end.
    """
    return fair - inventory * gamma * variance


def optimal_spread(gamma: float, variance: float, k: float) -> float:
    """The distance between bid and ask (eq. 30)."""
    return gamma * variance + 2 / gamma * log(1 + gamma / k)


class AvellanedaStoikov(Strategy):
    """Two-sided and post-only; at the inventory limit it quotes only the side that reduces.

    ``gamma``: with 1, an hour whose price may be off by 10% is quoted 1% wider than one that is certain, and a
    quote that was filled moves the next by as much.
    ``deviation_min``: the least standard deviation, as a share of the price, that it reckons with; a
    curve that feels too sure of itself would switch inventory control off.
    ``spread_min``: no narrower than this share of the price (and never under two ticks).
    ``patience``: a quote stays, and keeps its place in the queue, until it is off by this share of
    the spread; near-zero moves every quote with every change of the curve.
    """

    wakes = Wake.TIMER | Wake.FILL | Wake.BBO

    def __init__(
        self,
        gamma: float = 1.0,
        k: float = 300.0,
        quote_lots: int = 20,
        inventory_max_lots: int = 400,
        deviation_min: float = 0.02,
        spread_min: float = 0.004,
        patience: float = 0.15,
        timer_ns: int = NS_PER_SECOND // 2,
    ) -> None:
        self.gamma = gamma
        self.k = k
        self.quote_lots = quote_lots
        self.inventory_max_lots = inventory_max_lots
        self.deviation_min = deviation_min
        self.spread_min = spread_min
        self.patience = patience
        self.timer_ns = timer_ns
        self._standing: dict[str, Quote] = {}

    def on_start(self, ctx: Context) -> Intents:
        return self.on_timer(ctx)

    def on_timer(self, ctx: Context) -> Intents:
        return [quote for contract in ctx.contracts if (quote := self.quote(ctx, contract))]

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        quote = self.quote(ctx, contract)
        return [quote] if quote else []

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        if fill.contract.gate_ns <= ctx.now_ns:
            return []
        quote = self.quote(ctx, fill.contract)
        return [quote] if quote else []

    def quote(self, ctx: Context, contract: Contract) -> Quote | None:
        """What shall be working now; None while there is no price to quote around."""
        ideal = self._ideal(ctx, contract)
        if ideal is None:
            return None
        bid_ticks, ask_ticks = self._as_maker(ctx, contract, *self._patient(contract, *ideal))
        held = ctx.position(contract)
        quote = Quote(
            contract,
            bid_ticks,
            max(0, min(self.quote_lots, self.inventory_max_lots - held)),
            ask_ticks,
            max(0, min(self.quote_lots, self.inventory_max_lots + held)),
        )
        self._standing[contract.symbol] = quote
        return quote

    def _ideal(self, ctx: Context, contract: Contract) -> tuple[int, int] | None:
        priced = ctx.curve_usd(contract)
        if priced is None or priced[0] <= 0:
            return None
        price_usd, deviation_usd = priced
        variance = max(self.deviation_min, deviation_usd / price_usd) ** 2
        center = reservation_price(1.0, ctx.position(contract) / self.quote_lots, self.gamma, variance)
        half = max(self.spread_min, optimal_spread(self.gamma, variance, self.k)) / 2
        ticks = price_usd / contract.price_usd(1)
        # However long one is, a price below one tick cannot be quoted.
        bid_ticks = max(1, floor((center - half) * ticks))
        ask_ticks = max(bid_ticks + 2, ceil((center + half) * ticks))
        return bid_ticks, ask_ticks

    def _patient(self, contract: Contract, bid_ticks: int, ask_ticks: int) -> tuple[int, int]:
        standing = self._standing.get(contract.symbol)
        if standing is None:
            return bid_ticks, ask_ticks
        tolerance = self.patience * (ask_ticks - bid_ticks)
        is_near = abs(standing.bid_ticks - bid_ticks) <= tolerance and abs(standing.ask_ticks - ask_ticks) <= tolerance
        return (standing.bid_ticks, standing.ask_ticks) if is_near else (bid_ticks, ask_ticks)

    def _as_maker(self, ctx: Context, contract: Contract, bid_ticks: int, ask_ticks: int) -> tuple[int, int]:
        """Step back behind other people's best prices, so that a post-only order is not refused."""
        ask_other = ctx.best_other(contract, Side.SELL)
        bid_other = ctx.best_other(contract, Side.BUY)
        if ask_other:
            bid_ticks = max(1, min(bid_ticks, ask_other - 1))
        if bid_other:
            ask_ticks = max(ask_ticks, bid_other + 1)
        return bid_ticks, max(ask_ticks, bid_ticks + 1)
