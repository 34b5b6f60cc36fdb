"""Quotes that contradict each other: how far each must give way, and the trades that take the difference.

Prices of hours that satisfy every bid and ask exist exactly if no bundle of trades earns without risk
(Farkas' lemma; the discrete case of Harrison and Kreps, 1979). The least sum of what the quotes must
give way is a linear program, and its multipliers are the bundle: what to buy and sell, of how many GPUs.
The sum of absolute values is the exact penalty: whatever can be satisfied is, and the blame falls on few.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from exchange.domain.enums import Side
from exchange.domain.errors import GpuxError
from exchange.domain.instruments import Contract
from strategies.curves.demands import Demands
from strategies.curves.filtering import Floats
from strategies.curves.prices import PRICE_USD_MIN

OFF_USD_MIN = 1e-6  # less is rounding: the finest tick is a hundred times that, and shared by 168 hours 6e-7
_GPUS_MIN = 1e-6


class Leg(NamedTuple):
    """One of the trades: ``side`` is one's own, ``price_usd`` what stands there per GPU-hour."""

    contract: Contract
    side: Side
    price_usd: float
    gpus: float


class Arbitrage(NamedTuple):
    """A quote that the others contradict. ``side`` is that of who takes it: SELL where the bid is too high."""

    contract: Contract
    side: Side
    quoted_usd: float
    off_usd: float  # per GPU-hour: at how much less (a bid) or more (an ask) it would agree with the others
    legs: tuple[Leg, ...]  # of all quotes it is entangled with; they leave nothing to deliver in any hour

    @property
    def gain_usd(self) -> float:
        """What the legs earn together, before fees."""
        signs = {Side.BUY: -1.0, Side.SELL: 1.0}
        return sum(signs[leg.side] * leg.gpus * leg.contract.hours * leg.price_usd for leg in self.legs)


class Stretch(NamedTuple):
    """How far bids must fall and asks rise, (m,) in dollars each, and what that amounts to."""

    down: Floats
    up: Floats
    arbitrages: tuple[Arbitrage, ...]


def least_stretch(asked: Demands) -> Stretch:
    """The smallest sum of concessions after which the quotes agree on prices of hours above 0."""
    low_rows, high_rows = np.flatnonzero(asked.low > 0.0), np.flatnonzero(np.isfinite(asked.high))
    count = low_rows.size + high_rows.size
    hours = asked.weights.shape[1]
    sides = sparse.vstack([-asked.weights[low_rows], asked.weights[high_rows]])
    rows: Any = sparse.csr_array(sparse.hstack([sides, -sparse.eye_array(count)]))
    found = linprog(
        np.concatenate([np.zeros(hours), np.ones(count)]),
        A_ub=rows,
        b_ub=np.concatenate([-asked.low[low_rows], asked.high[high_rows]]),
        bounds=[(PRICE_USD_MIN, None)] * hours + [(0.0, None)] * count,
        method="highs",
    )
    if found.x is None:
        raise GpuxError(f"the quotes could not be weighed against each other: {found.message}")
    down, up = np.zeros(len(asked.quotes)), np.zeros(len(asked.quotes))
    down[low_rows], up[high_rows] = found.x[hours : hours + low_rows.size], found.x[hours + low_rows.size :]
    # What one more dollar of a bound would save, per hour of its contract: GPUs, sold above 0.
    sold = np.zeros(len(asked.quotes))
    sold[low_rows] -= found.ineqlin.marginals[: low_rows.size]
    sold[high_rows] += found.ineqlin.marginals[low_rows.size :]
    sold /= np.diff(asked.weights.indptr)
    return Stretch(down, up, _arbitrages(asked, down, up, sold))


def _arbitrages(asked: Demands, down: Floats, up: Floats, sold: Floats) -> tuple[Arbitrage, ...]:
    groups = _entangled(asked, sold)
    found = []
    for row in np.flatnonzero(np.maximum(down, up) > OFF_USD_MIN):
        quoted = asked.quotes[row]
        is_bid = bool(down[row] > 0.0)
        side, off = (Side.SELL, down[row]) if is_bid else (Side.BUY, up[row])
        unit = abs(float(sold[row])) or 1.0
        legs = tuple(
            _leg(asked, int(leg), float(sold[leg]) / unit)
            for leg in np.flatnonzero((groups == groups[row]) & (np.abs(sold) > _GPUS_MIN * unit))
        )
        price = asked.low[row] if is_bid else asked.high[row]
        found.append(Arbitrage(quoted.contract, side, float(price), float(off), legs))
    return tuple(found)


def _leg(asked: Demands, row: int, sold_gpus: float) -> Leg:
    side, price = (Side.SELL, asked.low[row]) if sold_gpus > 0.0 else (Side.BUY, asked.high[row])
    return Leg(asked.quotes[row].contract, side, float(price), abs(sold_gpus))


def _entangled(asked: Demands, sold: Floats) -> NDArray[np.int32]:
    """(m,) numbers, the same for trades that share hours, over any number of others."""
    traded = sparse.diags_array((sold != 0.0).astype(np.float64)) @ asked.weights
    _, groups = sparse.csgraph.connected_components(traded @ traded.T, directed=False)
    found: NDArray[np.int32] = groups
    return found
