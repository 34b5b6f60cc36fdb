"""Whole strips quoted from the quotes of their hours: who makes a market in each hour makes one in all of them.

A strip costs the sum of what its hours cost one by one, less a part of their spreads: one trade of four
hours is worth more to a maker than four trades that may or may not come.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, hour_contract
from strategies.base import BookView, Context, Fill, Intents, Quote
from strategies.making.avellaneda_stoikov import AvellanedaStoikov


class StripMaker(AvellanedaStoikov):
    """Quotes hours as it does, and each strip of which it quotes every hour on both sides.

    ``edge``: the share of the spread of its hours that a strip gives up. ``strip_lots``: how many at most.
    """

    def __init__(self, edge: float = 0.25, strip_lots: int = 4) -> None:
        super().__init__()
        self.edge = edge
        self.strip_lots = strip_lots

    def on_timer(self, ctx: Context) -> Intents:
        hours = {
            contract.symbol: quote
            for contract in ctx.contracts
            if not contract.is_strip and (quote := self.quote(ctx, contract))
        }
        strips = [self.strip_quote(ctx, strip, hours) for strip in ctx.contracts if strip.is_strip]
        return [*hours.values(), *strips]

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        return () if contract.is_strip else super().on_book(ctx, contract, book)

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        return () if fill.contract.is_strip else super().on_fill(ctx, fill)

    def strip_quote(self, ctx: Context, strip: Contract, hours: Mapping[str, Quote]) -> Quote:
        """What the hours' quotes come to, never so good that it would trade with the hours at once."""
        names = [hour_contract(strip.sku, strip.region, hour).symbol for hour in strip.delivery_hours]
        legs = [hours[name] for name in names if name in hours]
        lots = min((min(leg.bid_lots, leg.ask_lots) for leg in legs), default=0)
        if len(legs) < strip.hours or not lots:
            return Quote(strip)
        bid, ask = sum(leg.bid_ticks for leg in legs), sum(leg.ask_ticks for leg in legs)
        given = self.edge * (ask - bid) / 2
        bid_ticks, ask_ticks = floor(bid + given), ceil(ask - given)
        bid_ticks, ask_ticks = behind_others(ctx, strip, [leg.contract for leg in legs], bid_ticks, ask_ticks)
        lots = min(lots, self.strip_lots)
        return Quote(strip, bid_ticks, lots, max(ask_ticks, bid_ticks + 1), lots)


def behind_others(
    ctx: Context, strip: Contract, hours: Sequence[Contract], bid_ticks: int, ask_ticks: int
) -> tuple[int, int]:
    """No nearer than would trade with the strip's book, or with those of all its hours.

    A strip order cannot be post-only, so it steps back behind other people's itself.
    """
    asks = [ctx.book(hour).best_ask_ticks for hour in hours]
    bids = [ctx.book(hour).best_bid_ticks for hour in hours]
    if all(asks):
        bid_ticks = min(bid_ticks, sum(asks) - 1)
    if all(bids):
        ask_ticks = max(ask_ticks, sum(bids) + 1)
    ask_other, bid_other = ctx.best_other(strip, Side.SELL), ctx.best_other(strip, Side.BUY)
    if ask_other:
        bid_ticks = min(bid_ticks, ask_other - 1)
    return bid_ticks, max(ask_ticks, bid_other + 1)
