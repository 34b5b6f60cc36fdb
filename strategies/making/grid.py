"""A ladder of equidistant quotes on both sides, which moves against what is held.

No paper stands behind a grid: it earns from prices that come back. The shift by inventory is the one of the
reservation price of Avellaneda and Stoikov (2008, eq. 29), as a constant: r = s (1 - shift q).
"""

from math import ceil, floor

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base import Context, Intents, Ladder, Rung
from strategies.making.maker import Maker, Outlook, Stance


class Grid(Maker):
    """``rungs`` quotes on each side, the first ``half_spread`` from the middle and each next ``step`` farther.

    ``half_spread``, ``step``: shares of fair value. ``shift``: how far, as a share of fair value, each quote that was
    filled moves the whole grid against it. The rest: see ``Maker``; patience is a share of the inner spread, and at
    the inventory limit rungs fall away from the outside in.
    """

    def __init__(
        self,
        rungs: int = 5,
        half_spread: float = 0.005,
        step: float = 0.005,
        shift: float = 0.001,
        quote_lots: int = 5,
        inventory_max_lots: int = 100,
        patience: float = 0.15,
        timer_ns: int = NS_PER_SECOND // 2,
        needs_curve: bool = False,
    ) -> None:
        if rungs < 1 or half_spread <= 0 or step <= 0 or shift < 0:
            raise ValueError(
                "expected rungs of at least 1, half_spread and step above 0 and shift of at least 0, "
                f"found {rungs}, {half_spread}, {step} and {shift}"
            )
        super().__init__(
            quote_lots,
            inventory_max_lots,
            spread_min=0.0,
            patience=patience,
            timer_ns=timer_ns,
            needs_curve=needs_curve,
        )
        self.rungs = rungs
        self.half_spread = half_spread
        self.step = step
        self.shift = shift

    def stance(self, outlook: Outlook) -> Stance:
        return Stance(1.0 - self.shift * outlook.inventory, self.half_spread)

    def wanted(self, ctx: Context, contract: Contract) -> Intents:
        inner, priced = self.quote(ctx, contract), self.priced(ctx, contract)
        if inner is None or priced is None:
            return []
        step = self.step * priced[0] / contract.price_usd(1)
        buying, selling = self.rooms(ctx, contract)
        bids = [floor(inner.bid_ticks - rung * step) for rung in range(self.rungs)]
        asks = [ceil(inner.ask_ticks + rung * step) for rung in range(self.rungs)]
        return [
            Ladder(contract, Side.BUY, self._laden([ticks for ticks in bids if ticks > 0], buying), post_only=True),
            Ladder(contract, Side.SELL, self._laden(asks, selling), post_only=True),
        ]

    def _laden(self, prices: list[int], room: int) -> tuple[Rung, ...]:
        """``quote_lots`` at each price, as far as ``room`` lots last; where ticks are coarse, prices fall together."""
        distinct = list(dict.fromkeys(prices))
        lots = [max(0, min(self.quote_lots, room - rung * self.quote_lots)) for rung in range(len(distinct))]
        return tuple(Rung(*rung) for rung in zip(distinct, lots, strict=True) if rung[1])
