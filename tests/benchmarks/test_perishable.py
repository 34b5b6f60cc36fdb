"""The perishable maker's toy day with few paths: ahead of everybody, on average and in dispersion."""

from dataclasses import replace

import pytest

from benchmarks.papers.perishable import standings
from benchmarks.papers.toy_day import Day, play
from benchmarks.papers.toy_makers import everybody, perishable


@pytest.mark.parametrize("is_capped", [True, False])
def test_it_is_far_ahead_in_mean_and_dispersion(is_capped: bool) -> None:
    """By three times what chance could do, with a third less dispersion than the best of the rivals."""
    found = standings(Day(hours=12, steps_per_hour=20, is_capped=is_capped), 60)
    rivals, ours = found[:-2], found[-2:]
    for mine in ours:
        for rival in rivals:
            ahead = mine.played.pnl - rival.played.pnl
            assert ahead.mean() > 3 * ahead.std() / len(ahead) ** 0.5
            assert mine.played.pnl.std() < 0.8 * rival.played.pnl.std()
        assert mine.played.pnl.mean() > 1.5 * max(rival.played.pnl.mean() for rival in rivals)


def test_the_same_seed_brings_the_same_day_and_profit_adds_up() -> None:
    """Without costs, prices that move or limits, profit is what the quotes earned."""
    calm = Day(hours=2, steps_per_hour=20, sigma=1e-12, c_long=0.0, c_short=0.0)
    for policy in everybody(calm):
        played = play(calm, policy, 20, 1)
        assert played.pnl == pytest.approx(played.spread, abs=1e-6)
    day = replace(Day(), hours=2, steps_per_hour=20)
    assert (play(day, perishable(day), 20, 1).pnl == play(day, perishable(day), 20, 1).pnl).all()
