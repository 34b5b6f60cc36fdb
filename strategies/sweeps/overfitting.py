"""The probability that choosing the best chose luck: combinatorially symmetric cross-validation.

Bailey, Borwein, López de Prado and Zhu, "The Probability of Backtest Overfitting" (2017), section 3.
The periods are cut into an even number of blocks. Of every half of the blocks the best trial is
chosen and looked up among all trials in the other half: where it is no better than the median
there, the choice taught nothing.

It takes the order of blocks not to matter, and every trial to have met the same periods.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.sweeps.sharpe import Floats, TooFewPeriods

BLOCKS_MAX = 16  # 12,870 halves; more change nothing
BLOCKS_MIN = 4
BLOCK_PERIODS_MIN = 2
TRIALS_MIN = 2


class Overfitting(NamedTuple):
    """``probability``: that the best of one half is at or below the median of the other.

    ``loss``: that it loses money there. ``slope``: of its ratio in the other half on that in its own; below 0, the
    better it looked the worse it did. ``logits``: (halves,) of its relative rank there. ``periods``: used.
    """

    probability: float
    loss: float
    slope: float
    logits: Floats
    blocks: int
    periods: int


def blocks_of(periods: int) -> int:
    """How many blocks so many periods bear. Raises TooFewPeriods."""
    blocks = min(BLOCKS_MAX, periods // BLOCK_PERIODS_MIN)
    blocks -= blocks % 2
    if blocks < BLOCKS_MIN:
        needed = BLOCKS_MIN * BLOCK_PERIODS_MIN
        raise TooFewPeriods(f"overfitting is judged on at least {needed} periods; here are {periods}")
    return blocks


def overfitting(profits: Floats, blocks: int = 0, by_mean: bool = False) -> Overfitting:
    """Whether the best column of ``profits`` is best again.

    profits: (periods, trials), the periods in order. What does not fill the last of equal blocks is left out, oldest
    first. blocks: even; 0 takes ``blocks_of``. by_mean: the best is the one of highest mean, else of highest ratio.
    Raises TooFewPeriods, for too few trials too.
    """
    periods, trials = profits.shape
    if trials < TRIALS_MIN:
        raise TooFewPeriods(
            f"overfitting is judged on at least {TRIALS_MIN} trials that ran to the end; here are {trials}"
        )
    blocks = blocks or blocks_of(periods)
    assert blocks % 2 == 0, "halves need an even number of blocks"
    length = periods // blocks
    used = profits[periods - length * blocks :].reshape(blocks, length, trials)
    chosen = _halves(blocks)
    inside, outside = (_performance(used, half, by_mean) for half in (chosen, ~chosen))
    best = np.argmax(inside, axis=1)
    rows = np.arange(best.size)
    own = outside[rows, best]
    below = np.sum(outside < own[:, None], axis=1)
    equal = np.sum(outside == own[:, None], axis=1)
    share = (below + (equal + 1.0) / 2.0) / (trials + 1.0)
    logits = np.log(share / (1.0 - share))
    return Overfitting(
        float(np.mean(logits <= 0.0)),
        float(np.mean(own < 0.0)),
        _slope(inside[rows, best], own),
        logits,
        blocks,
        length * blocks,
    )


def _halves(blocks: int) -> NDArray[np.bool_]:
    """(halves, blocks) every choice of half of the blocks; the complement of each is there too."""
    picks = np.array(list(combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(picks), blocks), dtype=np.bool_)
    chosen[np.arange(len(picks))[:, None], picks] = True
    return chosen


def _performance(used: Floats, chosen: NDArray[np.bool_], by_mean: bool) -> Floats:
    """(halves, trials) of the blocks chosen. Sums of blocks make it; what never changes has a ratio of 0."""
    count = used.shape[1] * used.shape[0] // 2
    center = used.mean(axis=(0, 1))
    apart = used - center
    picks = chosen.astype(np.float64)
    mean = picks @ apart.sum(axis=1) / count
    if by_mean:
        return np.asarray(mean + center)
    variance = (picks @ (apart**2).sum(axis=1) - count * mean**2) / (count - 1)
    # What rounding leaves of a variance of 0.
    is_still = variance <= 1e-12 * np.maximum((apart**2).mean(axis=(0, 1)), 1e-300)
    return np.asarray(np.where(is_still, 0.0, (mean + center) / np.sqrt(np.where(is_still, 1.0, variance))))


def _slope(inside: Floats, outside: Floats) -> float:
    apart = inside - inside.mean()
    total = float(apart @ apart)
    return float(apart @ (outside - outside.mean())) / total if total > 0.0 else 0.0
