"""The solved problem, read in a few microseconds: what one more unit costs, by time to gate and inventory."""

from bisect import bisect_right
from math import inf
from typing import NamedTuple

from strategies.making.perishable.problem import Floats, Problem


class Depths(NamedTuple):
    """How far from S to bid and to ask, in money; negative beyond S, infinite where the inventory limit forbids."""

    bid: float
    ask: float

    @property
    def reservation(self) -> float:
        """What the middle of the quotes is above S (eq. 7); nothing where one of them is missing."""
        return (self.ask - self.bid) / 2 if max(self.bid, self.ask) < inf else 0.0


class Table:
    """``taus`` (m,) rising hours to gate from 0 and ``values`` (m, n) h of each inventory; flat beyond the last.

    Between the nodes it is linear in both directions, and so it takes an inventory that is no whole number of units.
    """

    def __init__(self, problem: Problem, taus: Floats, values: Floats) -> None:
        self.problem = problem
        self.taus: list[float] = taus.tolist()
        self.values = values
        # marginal[i][j] = h(q) - h(q + 1) at q = j - inventory_max: all that quotes need (eqs. 5 and 6).
        self._marginal: list[list[float]] = (values[:, :-1] - values[:, 1:]).tolist()

    def depths(self, hours_to_gate: float, inventory: float) -> Depths:
        """The best quotes of one unit on each side for who holds ``inventory`` units (eqs. 5 and 6)."""
        limit, margin = self.problem.inventory_max, 1.0 / self.problem.k
        bid = margin + self.next_unit(hours_to_gate, inventory) if inventory < limit else inf
        ask = margin - self.next_unit(hours_to_gate, inventory - 1.0) if inventory > -limit else inf
        return Depths(bid, ask)

    def next_unit(self, hours_to_gate: float, inventory: float) -> float:
        """h(q) - h(q + 1): what it costs to hold one unit more, beside its price."""
        row = bisect_right(self.taus, hours_to_gate) - 1
        if row < 0:
            return self._at(self._marginal[0], inventory)
        here = self._at(self._marginal[row], inventory)
        if row + 1 == len(self.taus):
            return here
        share = (hours_to_gate - self.taus[row]) / (self.taus[row + 1] - self.taus[row])
        return here + share * (self._at(self._marginal[row + 1], inventory) - here)

    def value(self, hours_to_gate: float, inventory: int) -> float:
        """h(tau, q), up to the last node."""
        column = inventory + self.problem.inventory_max
        row = min(bisect_right(self.taus, hours_to_gate) - 1, len(self.taus) - 2)
        share = min(1.0, (hours_to_gate - self.taus[row]) / (self.taus[row + 1] - self.taus[row]))
        return float(self.values[row, column] * (1.0 - share) + self.values[row + 1, column] * share)

    def _at(self, marginal: list[float], inventory: float) -> float:
        place = min(max(inventory + self.problem.inventory_max, 0.0), len(marginal) - 1.0)
        column = min(int(place), len(marginal) - 2)
        return marginal[column] + (place - column) * (marginal[column + 1] - marginal[column])
