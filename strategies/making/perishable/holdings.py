"""What one holds in every hour as a portfolio: kept up with fills, and built anew now and then as prices move."""

from collections.abc import Sequence

import numpy as np

from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base import Context
from strategies.making.perishable.portfolio import Comoving, Portfolio

REFRESH_NS = 10 * NS_PER_SECOND


def hours_of(strip: Contract) -> list[Contract]:
    return [hour_contract(strip.sku, strip.region, hour) for hour in strip.delivery_hours]


class Holdings:
    """``comoving`` says how the hours move together."""

    def __init__(self, comoving: Comoving) -> None:
        self._comoving = comoving
        self._rows: dict[str, int] = {}
        self._usd: list[float] = []  # of one lot
        self._portfolio: Portfolio | None = None
        self._until_ns = 0

    def refresh(self, ctx: Context) -> None:
        """Prices, covariances and positions as they are now, if those known are old."""
        if ctx.now_ns >= self._until_ns:
            self.rebuild(ctx)

    def rebuild(self, ctx: Context) -> None:
        self._until_ns = ctx.now_ns + REFRESH_NS
        hours = [contract for contract in ctx.contracts if not contract.is_strip]
        self._rows = {hour.symbol: row for row, hour in enumerate(hours)}
        self._usd = [ctx.fair_usd(hour) * hour.gpu_hours_per_lot for hour in hours]
        held = np.zeros(len(hours))
        for contract in ctx.contracts:
            for row in self._rows_of(contract):
                held[row] += ctx.position(contract)
        loadings = self._comoving(hours, ctx.now_ns)
        self._portfolio = Portfolio(loadings, held * np.array(self._usd))

    def traded(self, contract: Contract, lots: int) -> None:
        """``lots`` more are held, fewer if negative. What is not known yet comes with the next refresh."""
        for row in self._rows_of(contract):
            if self._portfolio is not None:
                self._portfolio.bought(row, lots * self._usd[row])

    def marginal(self, hour: Contract, quote_lots: int) -> float:
        """What the other hours add to the risk of this one: C v over the value of one quote, 0 if not known.

        Times gamma it is a share of the price.
        """
        row = self._rows.get(hour.symbol)
        if row is None or self._portfolio is None or self._usd[row] <= 0.0:
            return 0.0
        return float(self._portfolio.marginal[row]) / (quote_lots * self._usd[row])

    def together(self, hours: Sequence[Contract], lots: int, quote_lots: int) -> float:
        """What taking ``lots`` of all these hours adds beyond each alone, for one lot in dollars, before gamma."""
        rows = [self._rows[hour.symbol] for hour in hours if hour.symbol in self._rows]
        if self._portfolio is None or not rows:
            return 0.0
        usd = sum(self._usd[row] for row in rows) / len(rows)
        return self._portfolio.among(rows, lots * usd) / (lots * quote_lots * usd) if usd > 0.0 else 0.0

    def _rows_of(self, contract: Contract) -> list[int]:
        hours = hours_of(contract) if contract.is_strip else [contract]
        return [self._rows[hour.symbol] for hour in hours if hour.symbol in self._rows]
