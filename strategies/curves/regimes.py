"""Which of three ways a price is made, for each asks for another model.

- Administered: somebody sets it. It moves less than every fifth day, and at few of the looks.
- Auction: there is a floor it keeps returning to and no roof. From the usual price up to the dearest
  it is several times as far as down to the cheapest.
- Thin marketplace: a few offers that come and go. It moves at most looks, and as far down as up.

How often a price moves, by looks and by days, is judged with Jeffreys' prior; how lopsided it is, by
resampling blocks of days, since prices near in time are alike. The probabilities say how surely the
series is on one side of the two lines; the lines are conventions.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from scipy.special import betainc, gammainc

from strategies.curves.blend.history import History, looks_of
from strategies.curves.filtering import Floats

MOVING_MIN = 0.25  # share of looks
MOVES_A_DAY_MIN = 0.2
LOPSIDED_MIN = 3.0
_BLOCK_HOURS = 24.0
_RESAMPLED = 200


class Regime(StrEnum):
    AUCTION = "auction"
    ADMINISTERED = "administered"
    MARKETPLACE = "thin marketplace"


class Regimes(NamedTuple):
    """How likely each is, adding up to 1, and what it is judged by."""

    auction: float
    administered: float
    marketplace: float
    moving: float  # share of looks at which the price was another
    lopsided: float  # way up from the median to the dearest percent, over the way down to the cheapest

    @property
    def likeliest(self) -> Regime:
        named = (
            (self.auction, Regime.AUCTION),
            (self.administered, Regime.ADMINISTERED),
            (self.marketplace, Regime.MARKETPLACE),
        )
        return max(named, key=lambda pair: pair[0])[1]


def regimes_of(history: History, of_offers: bool = False, seed: int = 0) -> Regimes:
    """The regimes of a history of at least two prices; ``of_offers``: it is known to be no auction.

    Deterministic for a ``seed``.
    """
    looks = looks_of(history)
    moved = int((np.diff(looks.logs) != 0.0).sum())
    stood = looks.logs.size - 1 - moved
    days = float(np.ptp(looks.hours)) / 24.0
    administered = float(
        min(betainc(moved + 0.5, stood + 0.5, MOVING_MIN), gammainc(moved + 0.5, MOVES_A_DAY_MIN * days))
    )
    rng = np.random.default_rng(seed)
    blocks = np.array_split(looks.logs, max(1, min(looks.logs.size, int(np.ptp(looks.hours) / _BLOCK_HOURS))))
    draws = rng.integers(len(blocks), size=(_RESAMPLED, len(blocks)))
    drawn = (np.concatenate([blocks[at] for at in draw]) for draw in draws)
    is_lopsided = 0.0 if of_offers else float(np.mean([_lopsided(logs) >= LOPSIDED_MIN for logs in drawn]))
    return Regimes(
        auction=(1.0 - administered) * is_lopsided,
        administered=administered,
        marketplace=(1.0 - administered) * (1.0 - is_lopsided),
        moving=moved / max(1, moved + stood),
        lopsided=_lopsided(looks.logs),
    )


def _lopsided(logs: Floats) -> float:
    low, middle, high = np.quantile(logs, (0.01, 0.5, 0.99))
    # A price that never falls below its median by more than rounding has a floor there.
    return float((high - middle + 1e-4) / (middle - low + 1e-4))
