"""The perishable maker: quotes that know when the hour expires, what is left over costs, and what else is held."""

from collections.abc import Iterator
from math import ceil, floor

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base import Context, Fill, Intents, Quote
from strategies.making.maker import Maker, Outlook, Stance
from strategies.making.perishable.arrivals import rush_at
from strategies.making.perishable.comoving import SharedComoving
from strategies.making.perishable.fill_rates import FillRates
from strategies.making.perishable.holdings import Holdings, hours_of
from strategies.making.perishable.portfolio import Comoving
from strategies.making.perishable.problem import newsvendor
from strategies.making.perishable.strips import HourView, strip_prices
from strategies.making.perishable.tables import Tables, units
from strategies.making.strips import behind_others

# Every table is solved anew when what is believed of fills changes.
_BELIEF_NS = 600 * NS_PER_SECOND


class Perishable(Maker):
    """Hours by the solved control problem, strips from the same hours' quotes.

    Money is in shares of the forward price, inventory in quotes of ``quote_lots``.

    ``arrivals_per_hour``: A, the quotes an hour that would be taken at fair value, on each side; ``rush`` times as many
    at the gate, over the last ``rush_hours``. ``k``: of those, exp(-k d) are left at distance d.
    ``learning_hours``: 0 takes A and k as given; above it they are learnt from one's own fills, and what was given
    counts like so many hours of quoting.
    ``c_long``, ``c_short``: what one hour left over, or one short, loses at the gate. ``curvature``: a of the problem.
    ``walk_in_lots``: mean demand after the gate, for which a stock is kept.
    ``gamma``: aversion to the risk of what is held, per quote. ``horizon_hours``: for so long what is held in other
    hours is taken to last; 0 looks at each hour alone. ``comoving`` says how hours move together.
    ``edge``: the share of its hours' spread that a strip gives up. The rest: see ``Maker``.
    """

    def __init__(
        self,
        arrivals_per_hour: float = 6.0,
        rush: float = 1.0,
        rush_hours: float = 2.0,
        k: float = 100.0,
        learning_hours: float = 0.0,
        c_long: float = 0.2,
        c_short: float = 0.3,
        curvature: float = 0.0,
        walk_in_lots: float = 0.0,
        gamma: float = 1.0,
        horizon_hours: float = 0.1,
        edge: float = 0.25,
        strip_lots: int = 4,
        quote_lots: int = 20,
        inventory_max_lots: int = 400,
        deviation_min: float = 0.0,
        spread_min: float = 0.004,
        patience: float = 0.15,
        timer_ns: int = NS_PER_SECOND // 2,
        needs_curve: bool = True,
        comoving: Comoving | None = None,
    ) -> None:
        super().__init__(quote_lots, inventory_max_lots, deviation_min, spread_min, patience, timer_ns, needs_curve)
        self.gamma = gamma
        self.edge = edge
        self.strip_lots = strip_lots
        self.rates = FillRates(arrivals_per_hour, k, learning_hours) if learning_hours > 0.0 else None
        target = newsvendor(walk_in_lots, c_long, c_short) / quote_lots if walk_in_lots else 0.0
        inventory_max = units(inventory_max_lots, quote_lots)
        self.tables = Tables(rush, rush_hours, c_long, c_short, curvature, target, inventory_max)
        is_portfolio = gamma > 0.0 and horizon_hours > 0.0
        self.holdings = Holdings(comoving or SharedComoving(horizon_hours)) if is_portfolio else None
        self._believed = arrivals_per_hour, k
        self._looked_ns = 0
        self._believed_until_ns = 0
        self._strips: dict[str, list[Contract]] = {}  # by the symbol of an hour, those that contain it

    def on_start(self, ctx: Context) -> Intents:
        for strip in ctx.contracts:
            for hour in hours_of(strip) if strip.is_strip else []:
                self._strips.setdefault(hour.symbol, []).append(strip)
        return self.on_timer(ctx)

    def on_timer(self, ctx: Context) -> Intents:
        if self.holdings:
            self.holdings.refresh(ctx)
        if self.rates:
            self._learn(ctx, self.rates)
        hours = [quote for hour in ctx.contracts if not hour.is_strip and (quote := self.quote(ctx, hour))]
        return [*hours, *(self.strip_quote(ctx, strip) for strip in ctx.contracts if strip.is_strip)]

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        lots = fill.lots if fill.side == Side.BUY else -fill.lots
        if self.holdings:
            self.holdings.traded(fill.contract, lots)
        if self.rates and not fill.contract.is_strip:
            self.rates.filled(self._depth(ctx, fill.contract, fill.side, fill.price_ticks), fill.lots / self.quote_lots)
        return super().on_fill(ctx, fill)

    def wanted(self, ctx: Context, contract: Contract) -> Intents:
        """The contract's quote, and those of the strips that must agree with it."""
        if contract.is_strip:
            return [self.strip_quote(ctx, contract)]
        quote = self.quote(ctx, contract)
        strips = [strip for strip in self._strips.get(contract.symbol, ()) if strip.gate_ns > ctx.now_ns]
        return [quote, *(self.strip_quote(ctx, strip) for strip in strips)] if quote else []

    def ideal(self, ctx: Context, contract: Contract) -> tuple[int, int] | None:
        found = super().ideal(ctx, contract)
        if found is None or not self.holdings:
            return found
        # Both prices move by what the other hours that are held do to this one.
        priced = self.priced(ctx, contract)
        assert priced is not None, "without a price there are no ideal prices"
        moved = self.gamma * self.holdings.marginal(contract, self.quote_lots) * priced[0] / contract.price_usd(1)
        bid_ticks = max(1, floor(found[0] - moved))
        return bid_ticks, max(bid_ticks + 2, ceil(found[1] - moved))

    def stance(self, outlook: Outlook) -> Stance:
        """Eqs. 5 and 6 of the problem; the variance until delivery is taken to come evenly."""
        risk = self.gamma * outlook.variance / max(outlook.hours, 1.0)
        table = self.tables.of(*self._believed, risk)
        bought = table.next_unit(outlook.hours, outlook.inventory)
        sold = table.next_unit(outlook.hours, outlook.inventory - 1.0)
        return Stance(1.0 - (bought + sold) / 2, 1.0 / table.problem.k + (bought - sold) / 2)

    def strip_quote(self, ctx: Context, strip: Contract) -> Quote:
        """Nothing unless each of its hours is quoted on both sides."""
        hours = hours_of(strip)
        legs = [leg for hour in hours if hour.gate_ns > ctx.now_ns and (leg := self._standing.get(hour.symbol))]
        lots = min((min(leg.bid_lots, leg.ask_lots, self.strip_lots) for leg in legs), default=0)
        if len(legs) < len(hours) or not lots:
            return Quote(strip)
        joint_ticks = 0.0
        if self.holdings:
            joint_usd = self.gamma * self.holdings.together(hours, lots, self.quote_lots)
            joint_ticks = joint_usd / (strip.price_usd(1) * strip.gpu_hours_per_lot)
        bid_ticks, ask_ticks = strip_prices(
            [HourView(leg.bid_ticks, leg.ask_ticks) for leg in legs], self.edge, joint_ticks
        )
        bid_ticks, ask_ticks = behind_others(ctx, strip, hours, bid_ticks, ask_ticks)
        return Quote(strip, bid_ticks, lots if bid_ticks > 0 else 0, max(ask_ticks, bid_ticks + 1), lots)

    def _learn(self, ctx: Context, rates: FillRates) -> None:
        """How long which quotes have stood since the last look."""
        passed, self._looked_ns = ctx.now_ns - (self._looked_ns or ctx.now_ns), ctx.now_ns
        hours = passed / NS_PER_HOUR
        rates.passed(hours)
        for contract, side, price_ticks in self._standing_orders(ctx):
            # An hour near the gate sees as many people as several far from it.
            busy = rush_at(ctx.hours_to_gate(contract), self.tables.rush, self.tables.rush_hours)
            rates.stood(self._depth(ctx, contract, side, price_ticks), hours * busy)
        if ctx.now_ns >= self._believed_until_ns:
            self._believed_until_ns = ctx.now_ns + _BELIEF_NS
            self._believed = rates.estimate()

    def _standing_orders(self, ctx: Context) -> Iterator[tuple[Contract, Side, int]]:
        for contract in ctx.contracts:
            for order in () if contract.is_strip else ctx.orders(contract):
                if order.is_live:
                    yield contract, order.side, order.price_ticks

    def _depth(self, ctx: Context, contract: Contract, side: Side, price_ticks: int) -> float:
        """Distance from fair value, as a share of it."""
        apart = contract.price_usd(price_ticks) / ctx.fair_usd(contract) - 1.0
        return -apart if side == Side.BUY else apart
