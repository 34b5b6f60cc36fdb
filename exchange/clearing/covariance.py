"""How the prices of hours move together, where nobody has fitted a curve: a few numbers say it for all hours.

The logarithm of the price of an hour moves by ``sigma`` over the horizon. Two hours share of that
``exp(-apart / decay_hours)``, times ``across_skus`` if their SKUs differ, times ``across_regions``
if their regions do. Each factor alone is a correlation, and so is their product (Schur), so that
no portfolio can have a variance below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from exchange.domain.instruments import Contract


class Covariance(Protocol):
    """Anything that knows how hours move: the parameters below, or a fitted curve."""

    def covariance(self, contracts: Sequence[Contract]) -> NDArray[np.float64]:
        """(n, n): of the logarithms of the prices of these hours, over the horizon in which a position is closed."""
        ...


class Parametric(NamedTuple):
    """The same everywhere and at any time."""

    sigma: float = 0.12  # of a logarithm of a price, over the horizon
    decay_hours: float = 24.0
    across_skus: float = 0.7
    across_regions: float = 0.5

    def covariance(self, contracts: Sequence[Contract]) -> NDArray[np.float64]:
        hours = np.array([contract.delivery_hours[0] for contract in contracts], np.float64)
        skus = np.array([contract.sku.code for contract in contracts])
        regions = np.array([contract.region.code for contract in contracts])
        together = np.exp(-np.abs(hours[:, None] - hours[None, :]) / self.decay_hours)
        together[skus[:, None] != skus[None, :]] *= self.across_skus
        together[regions[:, None] != regions[None, :]] *= self.across_regions
        return self.sigma**2 * together
