"""Choosing the best of noise is luck, choosing a real edge is not, and the sums are those of the definition."""

from itertools import combinations

import numpy as np
import pytest

from strategies.sweeps.overfitting import blocks_of, overfitting
from strategies.sweeps.sharpe import Floats, TooFewPeriods, sharpe_ratio


def by_definition(profits: Floats, blocks: int) -> list[float]:
    """The logit of each half, one after another, as section 3 of the paper says it."""
    pieces = np.split(profits, blocks)
    logits = []
    for inside in combinations(range(blocks), blocks // 2):
        learnt = np.concatenate([pieces[place] for place in inside])
        rest = np.concatenate([pieces[place] for place in range(blocks) if place not in inside])
        best = int(np.argmax([sharpe_ratio(column) for column in learnt.T]))
        ratios = [sharpe_ratio(column) for column in rest.T]
        share = (sorted(ratios).index(ratios[best]) + 1) / (len(ratios) + 1)
        logits.append(float(np.log(share / (1.0 - share))))
    return logits


def test_every_half_is_as_the_definition_says() -> None:
    """Also where a trial never trades, and one always earns the same."""
    profits = np.random.default_rng(3).normal(size=(48, 7))
    profits[:, 2] = 0.0
    profits[:, 4] = 5.0 + 1e-3 * profits[:, 4]
    profits[:, 5] -= 1e4  # far from zero, where sums of squares round
    found = overfitting(profits, blocks=6)
    logits = by_definition(profits, 6)
    assert found.logits.tolist() == pytest.approx(logits)
    assert found.probability == np.mean(np.array(logits) <= 0.0)


def test_of_noise_the_choice_is_blind() -> None:
    """About a half, over many samples: single ones scatter widely."""
    rng = np.random.default_rng(11)
    found = [overfitting(rng.normal(size=(64, 20)), blocks=8) for _ in range(150)]
    assert np.mean([one.probability for one in found]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([one.loss for one in found]) == pytest.approx(0.5, abs=0.05)


def test_a_real_edge_is_chosen_again() -> None:
    """One of twenty is worth half a deviation a period."""
    profits = np.random.default_rng(12).normal(size=(160, 20))
    profits[:, 13] += 0.5
    for by_mean in (False, True):
        found = overfitting(profits, by_mean=by_mean)
        assert found.probability < 0.01
        assert found.loss < 0.01


def test_alike_trials_are_no_choice() -> None:
    """All are the median."""
    profits = np.repeat(np.random.default_rng(4).normal(size=(32, 1)), 6, axis=1)
    assert overfitting(profits).probability == 1.0


def test_blocks_are_even_equal_and_of_the_newest_periods() -> None:
    """Of 37 periods 16 blocks of 2 are made, and the first five are not looked at."""
    profits = np.random.default_rng(6).normal(size=(37, 5))
    found = overfitting(profits)
    assert (found.blocks, found.periods, found.logits.size) == (16, 32, 12_870)
    changed = profits.copy()
    changed[:5] = 1e6
    assert np.array_equal(overfitting(changed).logits, found.logits)
    assert [blocks_of(periods) for periods in (8, 11, 12, 31, 1000)] == [4, 4, 6, 14, 16]


def test_too_little_is_refused() -> None:
    """Seven periods, or one trial."""
    with pytest.raises(TooFewPeriods, match="at least 8 periods; here are 7"):
        overfitting(np.zeros((7, 3)))
    with pytest.raises(TooFewPeriods, match="at least 2 trials"):
        overfitting(np.zeros((70, 1)))
