"""What a blend says of later prices after the last one: laws at a few horizons, and those in between.

Between two horizons their laws are mixed; before the first the price has not moved yet with the rest
of the probability.
"""

from typing import NamedTuple

import numpy as np

from strategies.curves.blend.blend import Blend
from strategies.curves.blend.history import History, looks_of, sight_of
from strategies.curves.blend.law import Law
from strategies.curves.blend.stretching import mixture, stretched
from strategies.curves.blend.tables import Model, laws_at
from strategies.curves.filtering import Floats


class Present(NamedTuple):
    """The blend as of the last price: for each horizon a law of the logarithm of the price."""

    horizons: Floats
    laws: tuple[tuple[Floats, Floats], ...]  # rising log prices, and their probabilities
    now: float  # log price

    def law(self, ahead: float, shift: float = 0.0) -> Law:
        """The law of the price ``ahead`` hours after the last one; ``shift`` is added to its logarithm."""
        parts = self.parts(np.array([ahead]))[0]
        logs = [np.array([self.now]), *(values for values, _ in self.laws)]
        shares = [np.array([1.0]), *(shares for _, shares in self.laws)]
        chosen = np.flatnonzero(parts)
        values = np.concatenate([logs[at] for at in chosen])
        probabilities = np.concatenate([shares[at] * parts[at] for at in chosen])
        order = np.argsort(values, kind="stable")
        return Law(np.exp(values[order] + shift), probabilities[order])

    def parts(self, ahead: Floats) -> Floats:
        """(n, 1 + horizons) how much of each law is in that of the price ``ahead`` hours: (n,) in; first, it stays."""
        known = np.log1p(np.concatenate([[0.0], self.horizons]))
        # Up to the first horizon by time, later by its logarithm; after the last nothing is added.
        place = np.interp(np.log1p(ahead), known, np.arange(known.size))
        first = ahead <= self.horizons[0]
        place = np.where(first, ahead / self.horizons[0], place)
        parts: Floats = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(known.size)))
        return parts

    def moments(self, ahead: Floats) -> tuple[Floats, Floats]:
        """(n,) means and standard deviations of the price over all that is left out of ``shift``."""
        values = [np.array([np.exp(self.now)]), *(np.exp(logs) for logs, _ in self.laws)]
        shares = [np.array([1.0]), *(shares for _, shares in self.laws)]
        first = np.array([law @ share for law, share in zip(values, shares, strict=True)])
        second = np.array([law**2 @ share for law, share in zip(values, shares, strict=True)])
        parts = self.parts(ahead)
        means = parts @ first
        return means, np.sqrt(np.maximum(parts @ second - means**2, 0.0))


def present(blend: Blend, history: History, model: Model | None = None) -> Present:
    """What the blend says after the last price of ``history``."""
    horizons = np.array(blend.horizons_hours)
    looks = looks_of(history)
    last = np.array([looks.hours.size - 1])
    tables = laws_at(history, last, horizons, blend.lives, model)
    sight = sight_of(looks, last)
    laws = []
    for place, stretch in enumerate(blend.stretches):
        found = stretched(mixture(tables[place], np.array(blend.weights[place])), stretch, sight)
        laws.append((found.logs[0], found.shares[0]))
    return Present(horizons, tuple(laws), float(history.logs[-1]))
