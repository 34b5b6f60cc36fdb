"""The statistics of Sharpe ratios give the numbers that their papers print."""

from math import inf, isnan, sqrt

import numpy as np
import pytest

from strategies.sweeps.sharpe import (
    PERIODS_MIN,
    TooFewPeriods,
    Track,
    deflated_sharpe,
    expected_maximum,
    independent_trials,
    luck,
    periods_luck,
    periods_min,
    periods_proof,
    probabilistic_sharpe,
    sharpe_ratio,
    track_of,
)

# The hedge fund of the paper of 2012: monthly, two years.
FUND = Track(0.458, 24, -2.448, 10.164)
# The strategy of the paper of 2014: a yearly ratio of 2.5 over five years of 250 days.
DAILY = Track(2.5 / sqrt(250), 1250, -3.0, 10.0)
VARIANCE = 0.5 / 250


def test_the_probabilistic_ratio_is_that_of_the_paper() -> None:
    """0.982 if its returns were normal, 0.913 as they are."""
    assert probabilistic_sharpe(FUND._replace(skewness=0.0, kurtosis=3.0)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe(FUND) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("yearly", "skewness", "kurtosis", "years"),
    [(250, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_the_least_track_record_is_that_of_the_paper(
    yearly: int, skewness: float, kurtosis: float, years: float
) -> None:
    """How many years prove that a ratio of 2 is above 1: daily, weekly, monthly, and of a hedge fund."""
    track = Track(2.0 / sqrt(yearly), PERIODS_MIN, skewness, kurtosis)
    assert periods_min(track, 1.0 / sqrt(yearly)) / yearly == pytest.approx(years, abs=5e-3)


def test_the_best_of_ten_is_that_of_the_paper() -> None:
    """1.57 standard deviations; of one, none, and always more of more."""
    assert expected_maximum(10) == pytest.approx(1.57, abs=5e-3)
    found = [expected_maximum(trials) for trials in (1, 1.1, 2, 10, 100, 10_000)]
    assert found[0] == 0.0
    assert found == sorted(found)


def test_the_best_of_many_is_what_drawing_them_gives() -> None:
    """The mean of the highest of a hundred normal draws."""
    highest = np.random.default_rng(5).normal(size=(20_000, 100)).max(axis=1).mean()
    assert expected_maximum(100) == pytest.approx(highest, abs=0.03)


def test_five_years_bear_45_trials() -> None:
    """As the paper says: with more, the best shows a yearly ratio of 1 by luck. The bound is above it."""
    assert periods_luck(1.0, 45) == pytest.approx(5.0, abs=0.01)
    assert all(periods_luck(1.0, trials) < 2.0 * np.log(trials) for trials in (2, 10, 100, 10_000))
    assert isnan(periods_luck(0.0, 45))


def test_the_deflated_ratio_is_that_of_the_paper() -> None:
    """Of 100 trials 0.9004, of 46 0.9505; with normal returns the same of 88; luck would show .1132 a day."""
    assert luck(VARIANCE, 100) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(DAILY, VARIANCE, 100) == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe(DAILY, VARIANCE, 46) == pytest.approx(0.9505, abs=5e-5)
    normal = DAILY._replace(skewness=0.0, kurtosis=3.0)
    assert deflated_sharpe(normal, VARIANCE, 88) == pytest.approx(0.9505, abs=5e-5)


def test_so_many_periods_prove_it() -> None:
    """Were there as many as asked for, the ratio deflated by noise would be as sure as asked for."""
    needed = periods_proof(FUND, 20, 0.95)
    longer = FUND._replace(periods=needed)  # type: ignore[arg-type]
    assert deflated_sharpe(longer, 1.0 / (needed - 1.0), 20) == pytest.approx(0.95)
    assert isnan(periods_proof(FUND._replace(sharpe=-0.1), 20, 0.95))


def test_trials_that_are_alike_count_less() -> None:
    """From all of them to one."""
    assert [independent_trials(share, 50) for share in (0.0, 0.5, 1.0)] == [50.0, 25.5, 1.0]


def test_moments_are_those_of_the_sample() -> None:
    """Against the textbook's definitions; nothing that never changes has a ratio."""
    profits = np.random.default_rng(2).gamma(2.0, size=500) - 1.5
    track = track_of(profits)
    scaled = (profits - profits.mean()) / profits.std()
    assert track.sharpe == pytest.approx(profits.mean() / profits.std(ddof=1))
    assert track.periods == 500
    assert track.skewness == pytest.approx((scaled**3).mean())
    assert track.kurtosis == pytest.approx((scaled**4).mean())
    assert sharpe_ratio(np.full(9, 3.0)) == sharpe_ratio(np.zeros(9)) == sharpe_ratio(np.array([2.0])) == 0.0
    assert track_of(np.full(9, 3.0)) == Track(0.0, 9, 0.0, 3.0)
    assert abs(probabilistic_sharpe(Track(1.0, 9, 2.0, 5.0))) < inf


def test_too_few_periods_are_refused() -> None:
    """And the message says how many it takes."""
    with pytest.raises(TooFewPeriods, match=f"at least {PERIODS_MIN} periods to be judged; here are 7"):
        track_of(np.arange(7.0))
