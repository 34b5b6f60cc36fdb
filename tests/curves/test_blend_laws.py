"""The simple laws of the blend, each against the plainest program that says the same."""

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.curves.blend.analog import RANK_WIDTH, moved_laws, smooth, went_laws
from strategies.curves.blend.bins import BINS
from strategies.curves.blend.history import History, history_of, looks_of, pairs_of
from strategies.curves.blend.law import Law
from strategies.curves.blend.ordering import order_of, ranks_of
from strategies.curves.blend.recent import recent_laws
from strategies.curves.blend.tables import NAMES, Lives, laws_at
from strategies.curves.filtering import Floats

HORIZONS = np.array([1.0, 6.0, 24.0])


def looked_at(count: int, seed: int) -> tuple[Floats, Floats]:
    """Irregular times and log prices that revert, on a grid of ticks as real ones are."""
    rng = np.random.default_rng(seed)
    hours = 490_000.0 + np.cumsum(0.1 + rng.exponential(0.7, count))
    logs = np.zeros(count)
    for row in range(1, count):
        logs[row] = 0.9 * logs[row - 1] + (0.08 * rng.standard_normal() if rng.random() < 0.7 else 0.0)
    return hours, np.log(np.round(np.exp(logs), 2))


def binned(values: list[float], weights: list[float]) -> Floats:
    """(BINS,) logs of the mean value in each eightieth of a law."""
    order = np.argsort(values, kind="stable")
    law = Law(np.array(values)[order], np.array(weights)[order] / sum(weights))
    ends, area = np.append(0.0, np.cumsum(law.shares)), np.append(0.0, np.cumsum(law.values * law.shares))
    logs: Floats = np.log(np.diff(np.interp(np.arange(BINS + 1) / BINS, ends / ends[-1], area)) * BINS)
    return logs


@pytest.mark.parametrize("standing_hours", [np.inf, 1.5])
def test_recent_laws_are_histograms_of_time_that_fades(standing_hours: float) -> None:
    """Against each stretch of time that a price stood, no longer than it may, weighed by its age."""
    hours, logs = looked_at(120, 1)
    at, memories = hours[[0, 3, 50, 119]] + [0.0, 0.0, 0.3, 5.0], np.array([3.0, 48.0])
    seen = np.searchsorted(hours, at, side="right")
    bins = np.empty((2, at.size, BINS))
    prices = np.exp(logs)
    recent_laws(hours, prices, order_of(logs), standing_hours, at, seen, np.empty((3, 120)), memories, bins)
    for one, now in enumerate(at):
        for place, memory in enumerate(memories):
            values, weights = [], []
            for row in range(seen[one]):
                until = min(hours[row + 1] if row + 1 < seen[one] else now, hours[row] + standing_hours)
                if now - (hours[row + 1] if row + 1 < seen[one] else now) <= 5.0 * memory:
                    values.append(float(prices[row]))
                    weights.append(max(exp((until - now) / memory) - exp((hours[row] - now) / memory), 1e-9))
            np.testing.assert_allclose(bins[place, one], binned(values, weights), rtol=0.0, atol=1e-7)


def test_smoothed_levels_are_means_that_fade() -> None:
    """Against the sum over all prices so far."""
    hours, logs = looked_at(80, 2)
    levels = np.empty(80)
    smooth(hours, logs, 6.0, levels)
    for row in range(80):
        weights = np.exp((hours[: row + 1] - hours[row]) / 6.0)
        assert levels[row] == pytest.approx(float(weights @ logs[: row + 1] / weights.sum()), abs=1e-12)


def test_laws_after_the_like_are_kernel_estimates() -> None:
    """Where it went and how far it moved, against weights written out; and before 20 pairs it stays."""
    hours, logs = looked_at(150, 3)
    history = history_of(hours, logs)
    looks = looks_of(history)
    pairs = pairs_of(history, looks, 6.0)
    ranks, memory = ranks_of(looks.logs), 96.0
    rows = np.array([5, 149, 60])  # what is left of a later look must not be taken for known
    known = np.searchsorted(pairs.hours, looks.hours[rows], side="right")
    before, moves = looks.logs[pairs.looks], pairs.logs - looks.logs[pairs.looks]
    went, moved, room = np.empty((3, BINS)), np.empty((3, BINS)), np.empty(pairs.hours.size)
    last = (looks.logs[rows], ranks[rows], known, memory, room)
    of_pairs = ranks[pairs.looks]
    went_laws(pairs.hours, before, pairs.logs, np.exp(pairs.logs), of_pairs, order_of(pairs.logs), *last, went)
    moved_laws(pairs.hours, np.exp(moves), of_pairs, order_of(moves), *last, moved)
    assert known[0] < 20 < known[2] < known[1]
    assert (went[0] == looks.logs[5]).all()
    assert (moved[0] == looks.logs[5]).all()
    for one in (1, 2):
        count, now = known[one], looks.logs[rows[one]]
        apart = (of_pairs[:count] - ranks[rows[one]]) / RANK_WIDTH
        weights = np.exp((pairs.hours[:count] - pairs.hours[count - 1]) / memory - apart**2 / 2.0) + 1e-12
        to = np.where(pairs.logs[:count] == before[:count], now, pairs.logs[:count])
        np.testing.assert_allclose(went[one], binned(np.exp(to).tolist(), weights.tolist()), atol=1e-8)
        by = np.exp(now + moves[:count])
        np.testing.assert_allclose(moved[one], binned(by.tolist(), weights.tolist()), atol=1e-8)


@pytest.mark.parametrize("stands", [False, True], ids=["looks", "changes"])
def test_what_comes_later_changes_no_law_but_through_ranks(stands: bool) -> None:
    """Other prices after a look: of the laws at it only those weighed by ranks move; with the same ranks none does."""
    hours, logs = looked_at(400, 4)
    history = History(hours, logs, stands, np.inf if stands else 4.0, float(hours[-1]))
    looks = looks_of(history)
    cut = 250
    rows = np.array([100, 200, cut])
    is_later = hours > looks.hours[cut]
    lives = Lives(5.0, 7.0)
    true = laws_at(history, rows, HORIZONS, lives)
    other = laws_at(history._replace(logs=np.where(is_later, 1.0 - logs, logs)), rows, HORIZONS, lives)
    by_ranks = {name for name in NAMES if "the like" in name or "by how far" in name}
    moved = {name for at, name in enumerate(NAMES) if (true[:, at] != other[:, at]).any()}
    assert moved == by_ranks
    if not stands:
        alone = laws_at(history._replace(hours=hours[~is_later], logs=logs[~is_later]), rows[:2], HORIZONS, lives)
        same = [at for at, name in enumerate(NAMES) if name not in by_ranks]
        assert (true[:, same, :2] == alone[:, same]).all()


def test_every_law_rises_and_is_finite() -> None:
    """At every look, from the first one."""
    hours, logs = looked_at(300, 5)
    laws = laws_at(history_of(hours, logs), np.arange(300), HORIZONS, Lives(5.0, 7.0))
    assert laws.shape == (3, len(NAMES), 300, BINS)
    assert np.isfinite(laws).all()
    assert (np.diff(laws, axis=-1) >= 0.0).all()


values = st.lists(
    st.one_of(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 3.0]), st.floats(-10.0, 10.0).map(lambda x: round(x, 6))),
    min_size=1,
    max_size=60,
)


@settings(deadline=None)
@given(values)
def test_order_and_ranks_are_those_of_a_stable_sort(listed: list[float]) -> None:
    """Against NumPy's stable argsort and the mean of the two sides of a search."""
    given = np.array(listed) + 0.0  # no negative zero
    assert order_of(given).tolist() == np.argsort(given, kind="stable").tolist()
    left, right = (np.searchsorted(np.sort(given), given, side=side) for side in ("left", "right"))
    np.testing.assert_allclose(ranks_of(given), (left + right) / (2.0 * given.size))
