"""What holding other hours does to the price of one: inventories that move together lean together.

For a holder of values v (dollars, one for each hour) the variance of the portfolio over the horizon is
v' C v, C the covariance of log prices. One dollar more of hour i costs gamma (C v)_i at the margin
(the many-asset form of Avellaneda and Stoikov's eq. 29; Guéant, "Optimal market making", 2017, eq. 4.10). The part
C_ii v_i is the hour's own, and its control problem knows it; the rest shifts its reservation price.

C = common common' + own own' within a place, so it is never written down: with n hours and r factors
all shifts cost O(n r), those that follow one fill O(n r), and reading one nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from exchange.domain.instruments import Contract
from strategies.making.perishable.problem import Floats

Places = NDArray[np.intp]


class Loadings(NamedTuple):
    """How the log price of each of n hours moves: ``common`` (n, m) with all, ``own`` (n, k) with its place's.

    place: (n,) number of the place of each hour, from 0.
    """

    common: Floats
    own: Floats
    place: Places


class Comoving(Protocol):
    """The loadings of these hours as of ``time_ns``; the same answer for the same question."""

    def __call__(self, hours: Sequence[Contract], time_ns: int) -> Loadings: ...


class Portfolio:
    """Values held in n hours, and how they lean on each other.

    ``marginal`` (n,): sum over the others of C_ij v_j, in dollars; times gamma it is what one dollar more costs.
    """

    def __init__(self, loadings: Loadings, values: Floats) -> None:
        """values: (n,) dollars held of each hour, negative when short."""
        self._loadings = loadings
        common, own, place = loadings
        self.variances: Floats = (common**2).sum(axis=1) + (own**2).sum(axis=1)
        gathered = np.zeros((int(place.max(initial=-1)) + 1, own.shape[1]))
        np.add.at(gathered, place, own * values[:, None])
        held = common @ (common.T @ values) + (own * gathered[place]).sum(axis=1)
        self.marginal: Floats = held - self.variances * values

    def bought(self, row: int, value: float) -> None:
        """``value`` dollars more of the hour in this row."""
        common, own, place = self._loadings
        moved = common @ common[row]
        moved += np.where(place == place[row], own @ own[row], 0.0)
        moved[row] = 0.0
        self.marginal += moved * value

    def among(self, rows: Sequence[int], value: float) -> float:
        """What buying ``value`` dollars of each of these hours at once adds to the variance beyond that of each: /2.

        That is sum over pairs i < j of C_ij value^2, in squared dollars.
        """
        common, own, place = self._loadings
        chosen = np.array(rows, dtype=np.intp)
        total = (common[chosen].sum(axis=0) ** 2).sum()
        for number in np.unique(place[chosen]):
            total += (own[chosen[place[chosen] == number]].sum(axis=0) ** 2).sum()
        return float(total - self.variances[chosen].sum()) * value**2 / 2
