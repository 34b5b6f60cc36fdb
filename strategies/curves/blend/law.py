"""The law of one price to come: values and their probabilities."""

from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats


class Law(NamedTuple):
    """(n,) rising values, in dollars per GPU-hour, and their (n,) probabilities, which add up to 1."""

    values: Floats
    shares: Floats

    @property
    def mean(self) -> float:
        return float(self.values @ self.shares)

    @property
    def deviation(self) -> float:
        return float(np.sqrt(max(float((self.values - self.mean) ** 2 @ self.shares), 0.0)))

    def quantiles(self, levels: Floats) -> Floats:
        """(m,) the least values that are not exceeded with probability ``levels``, each within 0 to 1."""
        reached = np.cumsum(self.shares)
        # Rounding may leave a sum just below a level that it stands for.
        at = np.searchsorted(reached, np.asarray(levels) * reached[-1] - 1e-12)
        values: Floats = self.values[np.minimum(at, self.values.size - 1)]
        return values

    @property
    def median(self) -> float:
        return float(self.quantiles(np.array([0.5]))[0])

    def interval(self, share: float = 0.95) -> tuple[float, float]:
        """The central interval that holds the price with probability ``share``."""
        low, high = self.quantiles(np.array([(1.0 - share) / 2.0, (1.0 + share) / 2.0]))
        return float(low), float(high)

    def below(self, price: float) -> tuple[float, float]:
        """The probabilities of a lower price, and of one that is not higher."""
        return (
            float(self.shares[: np.searchsorted(self.values, price, side="left")].sum()),
            float(self.shares[: np.searchsorted(self.values, price, side="right")].sum()),
        )

    def crps(self, price: float) -> float:
        """Continuous ranked probability score, in dollars: E|X - price| - E|X - X'| / 2."""
        apart = 2.0 * float(np.diff(self.values) @ _both_sides(self.shares))
        return float(np.abs(self.values - price) @ self.shares) - apart / 2.0


def _both_sides(shares: Floats) -> Floats:
    """For each gap between values, the probability that one of two draws is below it and the other above."""
    below = np.cumsum(shares)[:-1]
    sides: Floats = below * (1.0 - below)
    return sides


def mixed(laws: list[Law], weights: Floats) -> Law:
    """Each law with its weight; the weights add up to 1."""
    values = np.concatenate([law.values for law in laws])
    shares = np.concatenate([law.shares * weight for law, weight in zip(laws, weights, strict=True)])
    order = np.argsort(values, kind="stable")
    return Law(values[order], shares[order])
