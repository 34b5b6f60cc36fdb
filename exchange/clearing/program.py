"""A mixed-integer linear program, built column by column and row by row, and solved by HiGHS through SciPy."""

from __future__ import annotations

import re
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from exchange.clearing.errors import TooLarge

Numbers = NDArray[np.float64]

# Branches, not seconds, bound the search, so that the same input ends in the same place on any machine.
BRANCHES_MAX = 200
# HiGHS takes a number for whole that is as near to one as this.
_NEARLY = 1e-6
# SciPy has no number for a search that ran out of branches, so that HiGHS's own is read from its message.
_STATUS = re.compile(r"HiGHS Status (\d+):")
_OPTIMAL, _INFEASIBLE, _INFEASIBLE_OR_UNBOUNDED, _OUT_OF_BRANCHES = "7", "8", "9", "16"


class Answer(NamedTuple):
    """The best values that were found, if any, what they cost, and what any others cost at least.

    Without values, ``least`` is infinite if there are none, and finite if the search was given up.
    """

    values: Numbers | None
    cost: float
    least: float


class Program:
    """Minimize the cost of the columns, each at least 0."""

    def __init__(self) -> None:
        self._costs: list[int] = []
        self._mosts: list[int] = []
        self._whole: list[bool] = []
        self._places: list[tuple[int, int, int]] = []  # row, column, coefficient
        self._lows: list[float] = []
        self._highs: list[float] = []

    @property
    def columns(self) -> int:
        return len(self._costs)

    def column(self, most: int, cost: int = 0, whole: bool = True) -> int:
        """Add a variable from 0 to ``most``; returns its number."""
        self._costs.append(cost)
        self._mosts.append(most)
        self._whole.append(whole)
        return len(self._costs) - 1

    def row(self, terms: list[tuple[int, int]], low: float = -inf, high: float = inf) -> None:
        """Demand that the sum over (column, coefficient) is from ``low`` to ``high``."""
        self._places += [(len(self._lows), column, coefficient) for column, coefficient in terms]
        self._lows.append(low)
        self._highs.append(high)

    def relaxed(self) -> Answer:
        """The best corner, whole numbers or not."""
        return self._solve(np.zeros(self.columns), np.array(self._mosts, float), whole=False)

    def rounded(self, corner: Numbers) -> Answer:
        """The best in whole numbers that agrees with ``corner`` wherever that is whole."""
        at = np.rint(corner)
        held = np.array(self._whole) & (np.abs(corner - at) < _NEARLY)
        return self._solve(np.where(held, at, 0), np.where(held, at, self._mosts), whole=True)

    def whole(self, most_cost: float = inf) -> Answer:
        """The best in whole numbers of all that cost no more than ``most_cost``."""
        priced = [(column, cost) for column, cost in enumerate(self._costs) if cost]
        self.row(priced, high=most_cost)
        answer = self._solve(np.zeros(self.columns), np.array(self._mosts, float), whole=True)
        del self._lows[-1], self._highs[-1], self._places[len(self._places) - len(priced) :]
        return answer

    def _solve(self, lows: Numbers, highs: Numbers, whole: bool) -> Answer:
        rows, columns, coefficients = np.array(self._places, np.int64).reshape(-1, 3).T
        matrix = csr_array((coefficients, (rows, columns)), shape=(len(self._lows), self.columns))
        found = milp(
            np.array(self._costs, np.float64),
            integrality=np.array(self._whole, np.int64) * whole,
            bounds=Bounds(lows, highs),
            constraints=LinearConstraint(matrix, np.array(self._lows), np.array(self._highs)),
            options={"node_limit": BRANCHES_MAX, "mip_rel_gap": 0},
        )
        said = _STATUS.search(found.message)
        status = said[1] if said else ""
        # Every column is bounded, so that nothing is unbounded.
        if status in (_INFEASIBLE, _INFEASIBLE_OR_UNBOUNDED):
            return Answer(None, inf, inf)
        if status not in (_OPTIMAL, _OUT_OF_BRANCHES):
            raise TooLarge(f"the solver gave up: {found.message}")
        bound = found.mip_dual_bound if whole else found.fun
        least = -inf if bound is None else float(bound)
        if found.x is None or found.fun is None:
            return Answer(None, inf, least)
        return Answer(found.x, float(found.fun), least)
