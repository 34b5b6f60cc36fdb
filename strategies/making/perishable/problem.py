"""The control problem of a maker in one hour that expires: what is known, and what is owed at the gate.

Money is in any one unit (dollars per GPU-hour, or shares of the price), inventory in units of one quote.
The maker quotes a bid at S - delta and an ask at S + delta, each for one unit; orders reach them with
intensity A(tau) exp(-k delta), tau hours before the gate (Avellaneda and Stoikov, 2008, eq. 12). S is a
martingale. Whoever holds q units at the gate pays, beside q S,

    loss(q) = c_long max(q - q*, 0) + c_short max(q* - q, 0) + a/2 (q - q*)^2                     (1)

because an hour that nobody bought is worth less than its price, and a short is bought in above it; q* is
what walk-in demand will take after the gate. Until then holding q costs ``risk``/2 q^2 an hour, where
risk = gamma sigma^2.
"""

from dataclasses import dataclass, field
from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from strategies.making.perishable.arrivals import Steps, constant

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """``arrivals`` is A in orders an hour on each side, ``risk`` in money per unit^2 an hour, ``k`` per money.

    ``inventory_max``: the quotes stop at so many units long or short.
    """

    arrivals: Steps
    k: float
    c_long: float
    c_short: float
    curvature: float = 0.0  # a of eq. 1
    target: float = 0.0  # q* of eq. 1
    risk: Steps = field(default_factory=lambda: constant(0.0))
    inventory_max: int = 20

    def __post_init__(self) -> None:
        if not 0.0 < self.k < inf:
            raise ValueError(f"k must be above 0, not {self.k}")
        if not all(0.0 <= value < inf for value in (self.c_long, self.c_short, self.curvature)):
            raise ValueError("the costs at the gate must be finite and not below 0")
        if self.inventory_max < 1:
            raise ValueError(f"inventory_max must be at least 1, not {self.inventory_max}")
        if not abs(self.target) <= self.inventory_max:
            raise ValueError(f"the target {self.target} is beyond inventory_max {self.inventory_max}")

    @property
    def inventories(self) -> Floats:
        """(2 inventory_max + 1,) every q there is, rising."""
        return np.arange(-self.inventory_max, self.inventory_max + 1, dtype=np.float64)

    def losses(self) -> Floats:
        """(2 inventory_max + 1,) what is paid at the gate, by q (eq. 1)."""
        apart = self.inventories - self.target
        long, short = np.maximum(apart, 0.0), np.maximum(-apart, 0.0)
        loss: Floats = self.c_long * long + self.c_short * short + self.curvature / 2 * apart**2
        return loss


def newsvendor(mean: float, c_long: float, c_short: float, variance_ratio: float = 1.0) -> int:
    """The stock that costs least before a random demand: the c_short / (c_long + c_short) quantile of it.

    Demand is Poisson with this mean; with ``variance_ratio`` above 1 it is negative binomial with that ratio of
    variance to mean. Arrow, Harris and Marschak, "Optimal inventory policy" (1951).
    """
    if mean < 0.0 or variance_ratio < 1.0 or min(c_long, c_short) < 0.0 or c_long + c_short <= 0.0:
        raise ValueError("demand needs a mean not below 0 and a variance ratio of at least 1, and something must cost")
    wanted = c_short / (c_long + c_short)
    if mean == 0.0:
        return 0
    if c_long == 0.0:
        raise ValueError("where it costs nothing to be long, no stock is enough")
    over = variance_ratio - 1.0
    shape = mean / over if over > 0.0 else inf
    mass = exp(-mean) if over == 0.0 else exp(-shape * log(variance_ratio))
    below, stock = mass, 0
    # The tail may be lost to rounding, never more than a hundred deviations of it.
    farthest = mean + 100.0 * (variance_ratio * (mean + 1.0)) ** 0.5
    while below < wanted and stock < farthest:
        mass *= mean / (stock + 1) if over == 0.0 else (shape + stock) / (stock + 1) * over / variance_ratio
        below, stock = below + mass, stock + 1
    return stock
