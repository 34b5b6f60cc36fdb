"""The tables a maker needs, each solved once: parameters are rounded to steps that no quote would notice."""

from dataclasses import dataclass, field
from math import ceil, log, log1p

from strategies.making.perishable.arrivals import constant, rushing
from strategies.making.perishable.problem import Problem
from strategies.making.perishable.solving import solve
from strategies.making.perishable.table import Table

_KEPT_MAX = 64
_RATE_STEP = 0.1  # of A and k
_RISK_STEP = 0.25
_RISK_MIN = 1e-9


@dataclass
class Tables:
    """For one maker: what does not change with the news. Money in shares of the price, inventory in quotes."""

    rush: float
    rush_hours: float
    c_long: float
    c_short: float
    curvature: float
    target: float
    inventory_max: int
    _kept: dict[tuple[int, int, int], Table] = field(default_factory=dict)

    def of(self, arrivals: float, k: float, risk: float) -> Table:
        """arrivals: A in quotes an hour on each side far from the gate. risk: gamma sigma^2 an hour."""
        key = _step(arrivals, _RATE_STEP), _step(k, _RATE_STEP), _step(risk, _RISK_STEP) if risk > _RISK_MIN else -999
        table = self._kept.get(key)
        if table is None:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            # The first to ask decides within the step: what a maker was given is what it reckons with.
            table = self._kept[key] = self._solved(arrivals, k, risk if risk > _RISK_MIN else 0.0)
        return table

    def _solved(self, arrivals: float, k: float, risk: float) -> Table:
        return solve(
            Problem(
                rushing(arrivals, self.rush, self.rush_hours), k, self.c_long, self.c_short, self.curvature,
                self.target, constant(risk), self.inventory_max,
            )
        )  # fmt: skip


def units(lots: int, quote_lots: int) -> int:
    """So many lots in quotes, a part of one counting as one."""
    return max(1, ceil(lots / quote_lots))


def _step(value: float, share: float) -> int:
    return round(log(value) / log1p(share))
