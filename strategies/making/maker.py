"""What every maker does around its formula, so that a new maker is a formula and nothing else.

A formula says where the middle of the quote stands and how far its sides are from it, with fair value as
the unit of money, because prices differ by a factor of fifty between SKUs, and with the lots of one quote
as the unit of inventory, because every order in the papers is for one unit. The rest is the same for all:
whole ticks, inventory limits, patience, and a step back behind other people's prices.
"""

from abc import abstractmethod
from math import ceil, floor
from typing import NamedTuple

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base import BookView, Context, Fill, Intents, Quote, Strategy, Wake


class Outlook(NamedTuple):
    """What a formula may reckon with, in shares of fair value and in quotes."""

    inventory: float  # held, in quotes; negative when short
    variance: float  # of the price between now and delivery, as a share of it, squared: sigma^2 (T - t)
    hours: float  # until the gate: T - t


class Stance(NamedTuple):
    """Where to stand, in shares of fair value: ``center - half`` and ``center + half``."""

    center: float
    half: float


class Maker(Strategy):
    """Two-sided and post-only; at the inventory limit it quotes only the side that reduces.

    ``deviation_min``: the least standard deviation, as a share of the price, that it reckons with; a
    curve that feels too sure of itself would switch inventory control off.
    ``spread_min``: no narrower than this share of the price (and never under two ticks).
    ``patience``: a quote stays, and keeps its place in the queue, until it is off by this share of
    the spread; near-zero moves every quote with every change of the curve.
    ``needs_curve``: without a forward curve it does not quote; else it then quotes around the middle between
    other people's best prices, with ``deviation_min``.
    """

    wakes = Wake.TIMER | Wake.FILL | Wake.BBO

    def __init__(
        self,
        quote_lots: int = 20,
        inventory_max_lots: int = 400,
        deviation_min: float = 0.02,
        spread_min: float = 0.004,
        patience: float = 0.15,
        timer_ns: int = NS_PER_SECOND // 2,
        needs_curve: bool = True,
    ) -> None:
        self.quote_lots = quote_lots
        self.inventory_max_lots = inventory_max_lots
        self.deviation_min = deviation_min
        self.spread_min = spread_min
        self.patience = patience
        self.timer_ns = timer_ns
        self.needs_curve = needs_curve
        self._standing: dict[str, Quote] = {}

    @abstractmethod
    def stance(self, outlook: Outlook) -> Stance:
        """The formula."""

    def on_start(self, ctx: Context) -> Intents:
        return self.on_timer(ctx)

    def on_timer(self, ctx: Context) -> Intents:
        return [want for contract in ctx.contracts for want in self.wanted(ctx, contract)]

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        return self.wanted(ctx, contract)

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        return self.wanted(ctx, fill.contract) if fill.contract.gate_ns > ctx.now_ns else ()

    def wanted(self, ctx: Context, contract: Contract) -> Intents:
        quote = self.quote(ctx, contract)
        return [quote] if quote else []

    def quote(self, ctx: Context, contract: Contract) -> Quote | None:
        """What shall be working now; None while there is no price to quote around."""
        ideal = self.ideal(ctx, contract)
        if ideal is None:
            return None
        bid_ticks, ask_ticks = self._as_maker(ctx, contract, *self._patient(contract, *ideal))
        bid_lots, ask_lots = (max(0, min(self.quote_lots, room)) for room in self.rooms(ctx, contract))
        quote = Quote(contract, bid_ticks, bid_lots, ask_ticks, ask_lots)
        self._standing[contract.symbol] = quote
        return quote

    def ideal(self, ctx: Context, contract: Contract) -> tuple[int, int] | None:
        """Bid and ask in ticks as the formula would have them, if nobody else stood in the book."""
        priced = self.priced(ctx, contract)
        if priced is None or priced[0] <= 0:
            return None
        price_usd, deviation_usd = priced
        variance = max(self.deviation_min, deviation_usd / price_usd) ** 2
        inventory = ctx.position(contract) / self.quote_lots
        center, half = self.stance(Outlook(inventory, variance, ctx.hours_to_gate(contract)))
        half = max(self.spread_min / 2, half)
        ticks = price_usd / contract.price_usd(1)
        # However long one is, a price below one tick cannot be quoted.
        bid_ticks = max(1, floor((center - half) * ticks))
        ask_ticks = max(bid_ticks + 2, ceil((center + half) * ticks))
        return bid_ticks, ask_ticks

    def priced(self, ctx: Context, contract: Contract) -> tuple[float, float] | None:
        """Fair value and its standard deviation until delivery, in dollars; None if nobody knows."""
        priced = ctx.curve_usd(contract)
        if priced is not None or self.needs_curve:
            return priced
        bid_ticks, ask_ticks = ctx.best_other(contract, Side.BUY), ctx.best_other(contract, Side.SELL)
        if not bid_ticks or not ask_ticks:
            return None
        return (bid_ticks + ask_ticks) / 2 * contract.price_usd(1), 0.0

    def rooms(self, ctx: Context, contract: Contract) -> tuple[int, int]:
        """How many lots may still be bought, and sold, within the inventory limit."""
        held = ctx.position(contract)
        return self.inventory_max_lots - held, self.inventory_max_lots + held

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
