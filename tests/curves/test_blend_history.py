"""What was seen of a price: changes and looks are told apart, and nothing is known before its time."""

import numpy as np
import pytest

from strategies.curves.blend.history import LOOKS_MAX, SEEN_MAX, History, history_of, looks_of, pairs_of
from strategies.curves.filtering import Floats


def times(count: int, seed: int = 1) -> Floats:
    hours: Floats = 490_000.0 + np.cumsum(np.random.default_rng(seed).exponential(0.5, count) + 0.01)
    return hours


def changes(count: int, seed: int = 1) -> Floats:
    """Prices on a few ticks, never the same twice in a row."""
    ticks = np.cumsum(np.random.default_rng(seed).integers(1, 20, count)) % 20
    logs: Floats = np.log(1.0 + ticks / 10.0)
    return logs


def test_changes_never_repeat_and_looks_do() -> None:
    """Prices of an auction on a grid; the same prices looked at; prices on no grid, which tell nothing."""
    hours, logs = times(500), changes(500)
    assert history_of(hours, logs).stands
    assert history_of(hours, logs).standing_hours == np.inf
    looked = np.repeat(logs[:250], 2)
    assert not history_of(hours, looked).stands
    assert history_of(hours, looked).standing_hours == pytest.approx(4.0 * np.median(np.diff(hours)))
    assert not history_of(hours, np.random.default_rng(2).normal(size=500)).stands
    assert history_of(hours[:1], logs[:1]) == History(hours[:1], logs[:1], False, 1.0, float(hours[0]))


def test_where_prices_stand_they_are_known_at_every_hour() -> None:
    """Looks are whole hours back from now, each with the last price before it; pairs are exactly a horizon apart."""
    hours, logs = times(500), changes(500)
    history = history_of(hours, logs)
    looks = looks_of(history)
    assert looks.hours[-1] == hours[-1]
    np.testing.assert_allclose(np.diff(looks.hours), 1.0)
    assert looks.hours[0] >= hours[0]
    for hour, log_price in zip(looks.hours, looks.logs, strict=True):
        assert log_price == logs[hours <= hour][-1]
    pairs = pairs_of(history, looks, 6.0)
    np.testing.assert_allclose(pairs.hours, looks.hours[pairs.looks] + 6.0)
    assert pairs.hours[-1] <= hours[-1]
    assert pairs.looks.size == (looks.hours + 6.0 <= hours[-1]).sum()
    for hour, log_price in zip(pairs.hours, pairs.logs, strict=True):
        assert log_price == logs[hours <= hour][-1]


def test_where_prices_are_looked_at_what_came_is_the_last_look_in_time() -> None:
    """Against a search through all looks, with a gap of days in which nothing comes of anything."""
    hours = times(300)
    hours[150:] += 100.0
    logs = np.repeat(changes(150), 2)
    history = history_of(hours, logs)
    looks = looks_of(history)
    assert (looks.hours.tolist(), looks.logs.tolist()) == (hours.tolist(), logs.tolist())
    pairs = pairs_of(history, looks, 6.0)
    expected = []
    for row in range(300):
        later = max(other for other in range(300) if hours[other] <= hours[row] + 6.0 * 1.05)
        if hours[later] - hours[row] >= (3.0 if hours[row] + 6.3 < hours[-1] else 5.7):
            expected.append((row, hours[later], logs[later]))
    assert [(one, two, three) for one, two, three in zip(*(part.tolist() for part in pairs), strict=True)] == expected
    assert (np.diff(pairs.hours) >= 0.0).all()


def test_pairs_of_now_are_those_that_a_longer_list_knew_by_then() -> None:
    """All of the longer list are there, and no others but those whose horizon is as good as over."""
    hours, logs = times(400), np.repeat(changes(200), 2)
    longer = pairs_of(history_of(hours, logs), looks_of(history_of(hours, logs)), 24.0)
    for count in (200, 251, 333):
        history = history_of(hours[:count], logs[:count])
        pairs = pairs_of(history, looks_of(history), 24.0)
        now = hours[count - 1]
        by_then = set(longer.looks[longer.hours <= now].tolist())
        assert len(by_then) > 50
        others = set(pairs.looks.tolist()) ^ by_then
        assert all(abs(now - hours[row] - 24.0) <= 24.0 * 0.0501 for row in others), others


def test_one_more_price_is_the_longer_list_and_leaves_the_shorter_as_it_was() -> None:
    """The same times and prices; one of the same time takes the place of the last; older versions stay."""
    hours, logs = times(400), changes(400)
    history = history_of(hours[:399], logs[:399])
    kept = (history.hours.tobytes(), history.logs.tobytes())
    after, whole = history.after(float(hours[399]), float(logs[399])), history_of(hours, logs)
    assert (after.hours.tolist(), after.logs.tolist()) == (whole.hours.tolist(), whole.logs.tolist())
    assert (after.stands, after.standing_hours, after.until) == (whole.stands, whole.standing_hours, whole.until)
    assert (history.hours.tobytes(), history.logs.tobytes(), history.until) == (*kept, float(hours[398]))
    instead = history.after(float(hours[398]), 0.5)
    assert (instead.hours.size, instead.hours[-1], instead.logs[-1]) == (399, hours[398], 0.5)
    assert history.logs[-1] == logs[398]


def test_old_prices_are_forgotten() -> None:
    """No more than so many are kept, nor looked at."""
    hours, logs = times(SEEN_MAX + 50), np.random.default_rng(1).normal(size=SEEN_MAX + 50)
    history = history_of(hours, logs).after(float(hours[-1]) + 1.0, 0.0)
    assert history.hours.size == SEEN_MAX
    assert history.hours[0] == hours[51]
    assert looks_of(history).hours.size == LOOKS_MAX
