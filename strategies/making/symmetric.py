"""The same distance on both sides of fair value, whatever is held: what every other maker is measured against.

It is the "symmetric" strategy of Avellaneda and Stoikov (2008), section 3.3: their best spread around the mid price
rather than around the reservation price. Only its inventory limit keeps it from holding ever more.
"""

from exchange.domain.units import NS_PER_SECOND
from strategies.making.maker import Maker, Outlook, Stance


class Symmetric(Maker):
    """``half_spread``: the distance of either side, as a share of fair value. The rest: see ``Maker``."""

    def __init__(
        self,
        half_spread: float = 0.005,
        quote_lots: int = 20,
        inventory_max_lots: int = 400,
        patience: float = 0.15,
        timer_ns: int = NS_PER_SECOND // 2,
        needs_curve: bool = False,
    ) -> None:
        if half_spread <= 0:
            raise ValueError(f"half_spread must be above 0, found {half_spread}")
        super().__init__(
            quote_lots,
            inventory_max_lots,
            spread_min=0.0,
            patience=patience,
            timer_ns=timer_ns,
            needs_curve=needs_curve,
        )
        self.half_spread = half_spread

    def stance(self, outlook: Outlook) -> Stance:
        return Stance(1.0, self.half_spread)
