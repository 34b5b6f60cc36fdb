"""An inventory-aware quoter after Avellaneda and Stoikov, "High-frequency trading in a limit order book" (2008).

Orders reach a quote at distance delta from fair value with intensity A exp(-k delta) (their
eq. 12). The value of holding q is r = s - q gamma sigma^2 (T - t) (eq. 29), and around that the
best spread is gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / k) (eq. 30).

Here s is the forward price of the delivery period and T its gate. The curve's deviation is the
standard deviation of the price until delivery, so its square is sigma^2 (T - t) already, mean
reversion included. With the forward price as the unit of money ``k`` is per 100% of price, and
with the lots of one quote as the unit of q ``gamma`` is per quote.
"""

from math import log

from exchange.domain.units import NS_PER_SECOND
from strategies.making.maker import Maker, Outlook, Stance


def reservation_price(fair: float, inventory: float, gamma: float, variance: float) -> float:
    """What the next unit is worth to somebody who holds ``inventory`` already (eq. 29).

    ``variance`` is sigma^2 (T - t), of the price between now and the end.
    """
    return fair - inventory * gamma * variance


def optimal_spread(gamma: float, variance: float, k: float) -> float:
    """The distance between bid and ask (eq. 30)."""
    return gamma * variance + 2 / gamma * log(1 + gamma / k)


class AvellanedaStoikov(Maker):
    """``gamma``: with 1, an hour whose price may be off by 10% is quoted 1% wider than one that is certain, and a
    quote that was filled moves the next by as much.

    ``k``: per 100% of price; what is left of the flow at distance delta is exp(-k delta). The rest: see ``Maker``.
    """

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
        needs_curve: bool = True,
    ) -> None:
        super().__init__(quote_lots, inventory_max_lots, deviation_min, spread_min, patience, timer_ns, needs_curve)
        self.gamma = gamma
        self.k = k

    def stance(self, outlook: Outlook) -> Stance:
        center = reservation_price(1.0, outlook.inventory, self.gamma, outlook.variance)
        return Stance(center, optimal_spread(self.gamma, outlook.variance, self.k) / 2)
