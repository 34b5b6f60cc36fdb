"""The makers of the toy day as tables of depths: the perishable one and its rivals, each by its paper's formula."""

from math import log, sqrt

import numpy as np

from benchmarks.papers.toy_day import Day, Policy
from strategies.making.perishable.problem import Floats
from strategies.making.perishable.solving import solve


def symmetric(day: Day) -> Policy:
    """1/k on each side, whatever is held: the best for who need not care what is left."""
    half = np.full(_shape(day), 1.0 / day.k)
    return _limited(day, "symmetric", half, half)


def avellaneda_stoikov(day: Day) -> Policy:
    """Their eqs. 29 and 30, each hour's gate as its end."""
    variance = (day.sigma**2 * _taus(day))[:, None]
    half = (day.gamma * variance + 2.0 / day.gamma * log(1.0 + day.gamma / day.k)) / 2.0
    shift = day.gamma * variance * day.problem.inventories
    return _limited(day, "Avellaneda and Stoikov", half + shift, half - shift)


def gueant(day: Day) -> Policy:
    """Guéant, Lehalle and Fernandez-Tapia's closed form (2013, section 4): far from any end."""
    ratio = day.gamma / day.k
    slope = sqrt(day.sigma**2 * day.gamma / (2.0 * day.k * day.arrivals) * (1.0 + ratio) ** (1.0 + 1.0 / ratio))
    first, q = log(1.0 + ratio) / day.gamma, np.broadcast_to(day.problem.inventories, _shape(day))
    bids, asks = first + (2.0 * q + 1.0) / 2.0 * slope, first - (2.0 * q - 1.0) / 2.0 * slope
    return _limited(day, "Guéant, Lehalle, Fernandez-Tapia", bids, asks)


def grid(day: Day, share: float = 0.1) -> Policy:
    """1/k on each side of a middle that moves by a fixed ``share`` of it for each unit held."""
    moved = np.broadcast_to(share * day.problem.inventories, _shape(day)) / day.k
    return _limited(day, "grid", 1.0 / day.k + moved, 1.0 / day.k - moved)


def perishable(day: Day, name: str = "perishable", horizon_hours: float = 0.0) -> Policy:
    table = solve(day.problem, float(day.hours))
    depths = [[table.depths(tau, q) for q in day.problem.inventories.tolist()] for tau in _taus(day).tolist()]
    found = np.array(depths)
    return Policy(name, found[:, :, 0], found[:, :, 1], horizon_hours)


def perishable_portfolio(day: Day) -> Policy:
    """It leans on what is held in the other hours as well."""
    return perishable(day, "perishable, as a portfolio", 0.2)


def everybody(day: Day) -> tuple[Policy, ...]:
    return symmetric(day), avellaneda_stoikov(day), gueant(day), grid(day), perishable(day), perishable_portfolio(day)


def _taus(day: Day) -> Floats:
    """(steps + 1,) hours to gate."""
    return np.arange(day.hours * day.steps_per_hour + 1) / day.steps_per_hour


def _shape(day: Day) -> tuple[int, int]:
    return day.hours * day.steps_per_hour + 1, 2 * day.inventory_max + 1


def _limited(day: Day, name: str, bids: Floats, asks: Floats) -> Policy:
    """Nobody quotes beyond the inventory limit."""
    bids, asks = np.array(np.broadcast_to(bids, _shape(day))), np.array(np.broadcast_to(asks, _shape(day)))
    bids[:, -1], asks[:, 0] = np.inf, np.inf
    return Policy(name, bids, asks)
