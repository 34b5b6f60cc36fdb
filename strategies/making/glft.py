"""Quotes for a maker without end, after Guéant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk" (2013).

The setting of Avellaneda and Stoikov, with the inventory held within -Q..Q: fair value has variance sigma^2 a unit
of time, orders reach a quote at distance delta with intensity A exp(-k delta), and utility is -exp(-gamma x).
The authors turn the Hamilton-Jacobi-Bellman equation into a linear system of ordinary differential equations,
v' = M v with v(T) = 1 (section 3; here ``values``), whose solution gives the quotes (their Theorem 1; ``bid_distance``
and ``ask_distance``). Far from the end the quotes no longer depend on time: v is then the eigenvector of the least
eigenvalue of M (Theorem 2; ``lasting_values``), and for small steps nearly a Gaussian, which gives the closed form of
section 4 (``half_spread`` and ``slope``):

    bid distance(q) = ln(1 + gamma/k) / gamma + (q + 1/2) slope
    ask distance(q) = ln(1 + gamma/k) / gamma - (q - 1/2) slope
    slope = sqrt(sigma^2 gamma / (2 k A) (1 + gamma/k)^(1 + k/gamma))
"""

from functools import lru_cache
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal, expm

from exchange.domain.units import NS_PER_SECOND
from strategies.making.maker import Maker, Outlook, Stance

Floats = NDArray[np.float64]


class Setting(NamedTuple):
    """What the paper's letters stand for, in any one unit of money and of time."""

    gamma: float  # risk aversion, per money
    k: float  # how fast the flow thins with the distance, per money
    arrivals: float  # A: orders a unit of time that would reach a quote at fair value
    sigma: float  # standard deviation of fair value over one unit of time, in money


def slope(setting: Setting) -> float:
    """How far one unit of inventory moves both quotes (section 4, closed form)."""
    gamma, k, arrivals, sigma = setting
    return sqrt(sigma**2 * gamma / (2 * k * arrivals) * (1 + gamma / k) ** (1 + k / gamma))


def spread(setting: Setting) -> float:
    """The distance between bid and ask, the same at every inventory (section 4, closed form)."""
    return 2 * margin(setting) + slope(setting)


def margin(setting: Setting) -> float:
    """The part of each distance that is there without any risk: ln(1 + gamma/k) / gamma."""
    return log(1 + setting.gamma / setting.k) / setting.gamma


def system(setting: Setting, inventory_max: int) -> Floats:
    """M of v' = M v, (2Q + 1, 2Q + 1) for inventories -Q..Q in order: alpha q^2 on the diagonal, -eta beside it."""
    gamma, k, arrivals, sigma = setting
    alpha = k / 2 * gamma * sigma**2
    eta = arrivals * (1 + gamma / k) ** -(1 + k / gamma)
    beside = np.full(2 * inventory_max, -eta)
    held = np.arange(-inventory_max, inventory_max + 1, dtype=np.float64)
    matrix: Floats = np.diag(alpha * held**2) + np.diag(beside, 1) + np.diag(beside, -1)
    return matrix


def values(setting: Setting, inventory_max: int, remaining: float) -> Floats:
    """v at T - t = ``remaining``, (2Q + 1,) for inventories -Q..Q: exp(-M (T - t)) 1, divided by its largest entry.

    Only ratios of its entries count. -M is shifted until no entry is negative, so that nothing cancels and the small
    entries are as exact as the large ones.
    """
    matrix = -system(setting, inventory_max)
    matrix -= np.eye(len(matrix)) * matrix.min()
    found = np.ones(len(matrix))
    # In steps, because what grows like exp(remaining) would overflow.
    steps = max(1, int(np.ceil(remaining * np.abs(matrix).sum(axis=1).max() / 100)))
    step = expm(matrix * (remaining / steps))
    for _ in range(steps):
        found = step @ found
        found /= found.max()
    return found


def lasting_values(setting: Setting, inventory_max: int) -> Floats:
    """Where ``values`` go as the end moves away: the positive eigenvector of the least eigenvalue of M (Theorem 2)."""
    matrix = system(setting, inventory_max)
    _, vectors = eigh_tridiagonal(np.diag(matrix), np.diag(matrix, 1), select="i", select_range=(0, 0))
    positive = np.abs(vectors[:, 0])
    found: Floats = positive / positive.max()
    return found


def bid_distance(setting: Setting, found: Floats) -> Floats:
    """Best distance of the bid below fair value at inventories -Q..Q-1, from ``values`` or ``lasting_values``."""
    distance: Floats = np.log(found[:-1] / found[1:]) / setting.k + margin(setting)
    return distance


def ask_distance(setting: Setting, found: Floats) -> Floats:
    """Best distance of the ask above fair value at inventories -Q+1..Q, from ``values`` or ``lasting_values``."""
    distance: Floats = np.log(found[1:] / found[:-1]) / setting.k + margin(setting)
    return distance


@lru_cache(maxsize=4096)
def exact_distances(setting: Setting, inventory_max: int, remaining: float) -> tuple[Floats, Floats]:
    """Best distances at T - t = ``remaining``: of the bid at -Q..Q-1, of the ask at -Q+1..Q."""
    found = values(setting, inventory_max, remaining)
    return bid_distance(setting, found), ask_distance(setting, found)


class GueantLehalleFernandezTapia(Maker):
    """Quotes by the closed form, as if there were no end; with ``exact`` by the solution for this gate and this limit.

    ``gamma``: per quote and 100% of price. ``k``: per 100% of price. ``arrivals``: how many orders of one quote an
    hour would reach a quote at fair value. sigma^2 is the curve's variance until delivery, spread over the hours
    that are left, an hour at least. The rest: see ``Maker``.
    """

    def __init__(
        self,
        gamma: float = 1.0,
        k: float = 300.0,
        arrivals: float = 60.0,
        exact: bool = False,
        quote_lots: int = 20,
        inventory_max_lots: int = 400,
        deviation_min: float = 0.02,
        spread_min: float = 0.004,
        patience: float = 0.15,
        timer_ns: int = NS_PER_SECOND // 2,
        needs_curve: bool = True,
    ) -> None:
        for name, value in (("gamma", gamma), ("k", k), ("arrivals", arrivals)):
            if value <= 0:
                raise ValueError(f"{name} must be above 0, found {value}")
        super().__init__(quote_lots, inventory_max_lots, deviation_min, spread_min, patience, timer_ns, needs_curve)
        self.gamma = gamma
        self.k = k
        self.arrivals = arrivals
        self.exact = exact

    def stance(self, outlook: Outlook) -> Stance:
        sigma = sqrt(outlook.variance / max(1.0, outlook.hours))
        setting = Setting(self.gamma, self.k, self.arrivals, sigma)
        if self.exact:
            return self._exact_stance(setting, outlook)
        return Stance(1.0 - outlook.inventory * slope(setting), spread(setting) / 2)

    def _exact_stance(self, setting: Setting, outlook: Outlook) -> Stance:
        """Between whole quotes held, in between; beyond the limit, as at the limit."""
        limit = max(1, self.inventory_max_lots // self.quote_lots)
        # One system serves all that is alike to three digits: a curve that moves a little asks for no new one.
        alike = setting._replace(sigma=float(f"{setting.sigma:.3g}"))
        bids, asks = exact_distances(alike, limit, float(f"{outlook.hours:.3g}"))
        bid = float(np.interp(outlook.inventory, np.arange(-limit, limit), bids))
        ask = float(np.interp(outlook.inventory, np.arange(-limit + 1, limit + 1), asks))
        return Stance(1.0 + (ask - bid) / 2, (bid + ask) / 2)
