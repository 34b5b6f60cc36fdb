"""Arrivals of jobs: the likelihood and the simulator against brute force, what was simulated is found again."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest

from exchange.jit import COMPILED
from strategies.curves.demand import (
    Echo,
    Intensity,
    Season,
    Shape,
    UnclearDemand,
    checked,
    fit_jobs,
    forecast,
    simulate,
)
from strategies.curves.demand.estimation import estimate, spread
from strategies.curves.demand.fitted import Fitted
from strategies.curves.demand.forecast import expected_arrivals
from strategies.curves.demand.intensity import Excitement, begun, walk
from strategies.curves.demand.level import level_law
from strategies.curves.demand.likelihood import Posterior, Sample
from strategies.curves.demand.marks import Marks, occupied
from strategies.curves.demand.reading import Jobs
from strategies.curves.demand.season import CELL_HOURS, MIDDLES, basis

START = 480_000.0
WAVE = np.cos((np.arange(24) - 15.0) * np.pi / 12.0)
SEASON = Season(daily=tuple((1.2 * (WAVE - WAVE.mean())).tolist()))
BURSTY = Intensity(base_per_hour=10.0, season=SEASON, echoes=(Echo(children=0.6, half_life_hours=0.1),))
TWICE = Intensity(
    base_per_hour=6.0,
    season=SEASON,
    echoes=(Echo(children=0.3, half_life_hours=0.05), Echo(children=0.4, half_life_hours=2.0)),
)
uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="goes over many thousand arrivals: run without NUMBA_DISABLE_JIT to include it"
)


def jobs_of(hours: NDArray[np.float64], end: float, seconds: float = 60.0) -> Jobs:
    """Jobs of one GPU written down in whole seconds, each as long as the other."""
    whole = np.floor(hours * 3600.0) / 3600.0
    words = np.full(hours.size, "TEXT")
    return Jobs("here.csv", whole, np.full(hours.size, seconds / 3600.0), np.ones(hours.size), words, words, end)


def test_splines_add_up_to_one_and_a_season_has_mean_one() -> None:
    """Everywhere, whatever the number of knots."""
    for knots in (4, 7, 24):
        whole = basis(MIDDLES, 24.0, knots)
        assert whole.sum(axis=1) == pytest.approx(1.0)
        assert whole.min() >= 0.0
    assert SEASON.levels.mean() == pytest.approx(1.0)
    assert SEASON.levels[int(15.0 / CELL_HOURS)] == pytest.approx(SEASON.levels.max(), rel=0.01)


def test_the_recursion_is_the_sum_over_all_pairs() -> None:
    """Intensity and compensator of 60 arrivals, against the definition and a fine integral."""
    times = np.sort(np.random.default_rng(3).uniform(START, START + 9.0, 60))
    end = START + 10.0
    base = TWICE.base(times[0], end)
    found = walk(base, TWICE.kernel, times[1:], begun(TWICE.kernel, times[0]), end)

    def intensity(at: NDArray[np.float64]) -> NDArray[np.float64]:
        ages = at[:, None] - times
        echoes = zip(*TWICE.kernel, strict=True)
        kernels = sum(
            added * np.where(ages > 0.0, np.exp(-fading * np.maximum(ages, 0.0)), 0.0) for fading, added in echoes
        )
        total: NDArray[np.float64] = base.at(at) + np.sum(kernels, axis=1)
        return total

    assert np.exp(found.log_intensities) == pytest.approx(intensity(times[1:]))
    fine = np.linspace(times[0], end, 200_001)
    middle = (fine[1:] + fine[:-1]) / 2.0
    whole = intensity(middle).sum() * (fine[1] - fine[0])
    assert found.gains.sum() + found.last_gain == pytest.approx(whole, rel=1e-4)


def test_the_slope_is_that_of_the_likelihood() -> None:
    """Against differences, with all parts there; and the likelihood is that of the walk."""
    times = simulate(TWICE, START, 24.0 * 9, np.random.default_rng(4))
    sample = Sample(times, START + 24.0 * 9, 3.5)
    shape = Shape(daily=True, weekly=True, levels=True, echoes=2)
    posterior = Posterior(shape, sample)
    days = sample.day_count(shape)
    theta = shape.start(days, sample.rate_per_hour)
    theta = theta + np.random.default_rng(5).normal(0.0, 0.05, theta.size)
    step = 1e-6 * np.eye(theta.size)
    slope = [(posterior.loss(theta + by)[0] - posterior.loss(theta - by)[0]) / 2e-6 for by in step]
    assert posterior.loss(theta)[1] == pytest.approx(np.array(slope), rel=1e-4, abs=1e-3)
    found = estimate(shape, sample)
    assert Fitted(sample, found).walk().log_likelihood == pytest.approx(found.log_likelihood)


@uncompiled_is_too_slow
def test_simulated_arrivals_are_those_of_the_model() -> None:
    """By the random time change their gaps are unit exponentials; and there are as many as there should be."""
    hours = 24.0 * 200
    times = simulate(TWICE, START, hours, np.random.default_rng(6))
    nothing = Excitement(START, (0.0, 0.0))
    found = walk(TWICE.base(START, START + hours), TWICE.kernel, times, nothing, START + hours)
    assert kstest(found.gains, "expon").pvalue > 0.01
    assert times.size / hours == pytest.approx(TWICE.mean_per_hour, rel=0.05)
    again = simulate(TWICE, START, hours, np.random.default_rng(6))
    assert np.array_equal(times, again)


@uncompiled_is_too_slow
def test_expected_arrivals_are_the_mean_of_simulated_ones() -> None:
    """After a burst, hour by hour, within four standard errors of 4,000 paths."""
    rng = np.random.default_rng(7)
    now = Excitement(START + 0.4, (30.0, 2.0))
    edges = np.array([START + 0.4, *(START + np.arange(1.0, 9.0))])
    base = TWICE.base(now.hours, edges[-1])
    paths = [simulate(TWICE, now.hours, edges[-1] - now.hours, rng, now) for _ in range(4_000)]
    counts = np.array([np.histogram(path, edges)[0] for path in paths])
    error = counts.std(axis=0) / np.sqrt(len(paths))
    assert np.all(np.abs(counts.mean(axis=0) - expected_arrivals(base, TWICE.kernel, now, edges)) < 4.0 * error)


@uncompiled_is_too_slow
@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_numbers_are_found_again_within_their_errors(seed: int) -> None:
    """Base rate, branching ratio, half-life and season, from two weeks."""
    times = simulate(BURSTY, START, 24.0 * 14, np.random.default_rng(seed))
    found = estimate(Shape(daily=True, echoes=1), Sample(times, START + 24.0 * 14))
    (echo,) = found.intensity.echoes
    errors = found.standard_errors
    assert found.at_bound == ()
    assert abs(found.intensity.base_per_hour - 10.0) < 4.0 * errors["base_per_hour"] < 4.0
    assert abs(echo.children - 0.6) < 4.0 * errors["branching"] < 0.15
    assert abs(echo.half_life_hours - 0.1) < 4.0 * errors["half_life_hours"] < 0.05
    assert np.abs(found.intensity.season.levels - SEASON.levels).mean() < 0.12


@uncompiled_is_too_slow
def test_parts_are_believed_where_they_are_and_not_where_they_are_not() -> None:
    """A steady Poisson stream, a daily cycle with bursts, and days of which some see hardly anyone."""
    poisson = simulate(Intensity(base_per_hour=12.0), START, 24.0 * 14, np.random.default_rng(8))
    plain = fit_jobs(jobs_of(poisson, START + 24.0 * 14)).fitted.estimate.shape
    assert plain == Shape()
    calmer = BURSTY.model_copy(update={"base_per_hour": 5.0})
    bursty = simulate(calmer, START, 24.0 * 14, np.random.default_rng(9))
    shape = fit_jobs(jobs_of(bursty, START + 24.0 * 14)).fitted.estimate.shape
    assert (shape.daily, shape.weekly) == (True, False)
    assert shape.echoes >= 1
    rates = np.where(np.isin(np.arange(14), (0, 1, 2, 3, 8)), 0.4, 5.0)
    days = [
        simulate(
            BURSTY.model_copy(update={"base_per_hour": float(rate)}),
            START + 24.0 * day,
            24.0,
            np.random.default_rng(day),
        )
        for day, rate in enumerate(rates)
    ]
    shape = fit_jobs(jobs_of(np.concatenate(days), START + 24.0 * 14)).fitted.estimate.shape
    assert shape.levels


@uncompiled_is_too_slow
def test_whole_seconds_do_not_change_what_is_found() -> None:
    """The same arrivals with and without their fractions of a second, ties and all: half an error apart at most."""
    times = simulate(BURSTY, START, 24.0 * 14, np.random.default_rng(11))
    rounded = spread(np.floor(times * 3600.0) / 3600.0)
    assert np.all(np.diff(rounded) > 0.0)
    exact, coarse = (
        estimate(Shape(daily=True, echoes=1), Sample(each, START + 24.0 * 14)) for each in (times, rounded)
    )
    assert abs(exact.intensity.branching - coarse.intensity.branching) < 0.5 * exact.standard_errors["branching"]
    halves = [found.intensity.echoes[0].half_life_hours for found in (exact, coarse)]
    assert abs(halves[0] - halves[1]) < 0.5 * exact.standard_errors["half_life_hours"]


@uncompiled_is_too_slow
def test_a_right_model_passes_its_checks_and_a_wrong_one_fails() -> None:
    """Gaps and hourly counts, with the echo and without it."""
    times = simulate(BURSTY, START, 24.0 * 14, np.random.default_rng(12))
    sample = Sample(times, START + 24.0 * 14)
    right = checked(Fitted(sample, estimate(Shape(daily=True, echoes=1), sample)))
    wrong = checked(Fitted(sample, estimate(Shape(daily=True), sample)))
    assert right.is_explained
    assert right.scatter[1.0] == pytest.approx(1.0, abs=0.25)
    assert not wrong.is_explained
    assert wrong.scatter[1.0] > 1.8


@uncompiled_is_too_slow
def test_a_forecast_holds_what_comes_and_its_mean_is_that_of_its_paths() -> None:
    """Two days after two weeks of the model: jobs and GPU-hours, the ones running at the end included."""
    times = simulate(BURSTY, START, 24.0 * 16, np.random.default_rng(13))
    middle = START + 24.0 * 14
    jobs = jobs_of(times, START + 24.0 * 16, seconds=5400.0)
    fit = fit_jobs(jobs.before(middle), Shape(daily=True, echoes=1))
    ahead = forecast(fit, 48, np.random.default_rng(14), paths=300)
    came = np.histogram(times[times >= middle], np.append(ahead.hours, ahead.hours[-1] + 1.0))[0]
    low, high = ahead.arrivals.quantiles((0.025, 0.975))
    assert ((low <= came) & (came <= high)).mean() > 0.85
    assert ahead.arrivals.draws.mean() == pytest.approx(ahead.arrivals.means.mean(), rel=0.05)
    assert ahead.gpu_hours.draws.mean() == pytest.approx(ahead.gpu_hours.means.mean(), rel=0.05)
    used = occupied(jobs.hours, jobs.hours + jobs.durations, jobs.gpus, int(middle), 48)
    assert ahead.gpu_hours.means.sum() == pytest.approx(used.sum(), rel=0.25)
    assert ahead.gpu_hours.means[0] > 0.5 * fit.jobs.running().gpus.size
    again = forecast(fit, 48, np.random.default_rng(14), paths=300)
    assert np.array_equal(ahead.arrivals.draws, again.arrivals.draws)


def test_without_durations_there_are_jobs_and_no_gpu_hours() -> None:
    """A file of starts alone."""
    times = simulate(Intensity(base_per_hour=12.0), START, 72.0, np.random.default_rng(16))
    jobs = jobs_of(times, START + 72.0)._replace(durations=np.full(times.size, np.nan))
    ahead = forecast(fit_jobs(jobs, Shape()), 24, np.random.default_rng(17), paths=20)
    assert ahead.arrivals.means.sum() == pytest.approx(288.0, rel=0.2)
    assert not ahead.gpu_hours.draws.any()
    assert not ahead.gpu_hours.means.any()


def test_hours_are_occupied_as_long_as_jobs_run() -> None:
    """Against a count in small steps, jobs that begin before and end after the hours asked for included."""
    rng = np.random.default_rng(15)
    begins, lengths = rng.uniform(-3.0, 8.0, 40), rng.exponential(2.0, 40)
    gpus = rng.integers(1, 9, 40).astype(np.float64)
    steps = (np.arange(6_000) + 0.5) / 1000.0
    running = (begins[:, None] <= steps) & (steps < (begins + lengths)[:, None])
    brute = (gpus @ running).reshape(6, 1000).mean(axis=1)
    assert occupied(begins, begins + lengths, gpus, 0, 6) == pytest.approx(brute, abs=0.05)


def test_marks_are_integrated_exactly() -> None:
    """The expected GPU-hours of a job, integrated over its age, against a sum of small steps."""
    marks = Marks(np.array([1.0, 8.0, 2.0]), np.array([0.5, 1.0, 4.0]))
    ages = np.linspace(0.0, 3.0, 30_001)
    middles = (ages[1:] + ages[:-1]) / 2.0
    held = (marks.gpus * np.minimum(middles[:, None], marks.hours)).mean(axis=1)
    assert marks.twice_integrated(np.array([3.0]))[0] == pytest.approx(held.sum() * 1e-4, rel=1e-6)


def test_days_to_come_are_like_days_seen() -> None:
    """After one odd day the usual ones are likely again, and after a lasting step the new level is."""
    odd = level_law(np.array([0.0, 0.1, -0.1, 0.0, 0.1, 0.0, -2.5]))
    assert odd.weights[odd.logs > -1.0].sum() > 0.45
    stepped = level_law(np.array([-3.0, -3.1, -2.9, -3.0, 0.0, 0.1, -0.1, 0.0]))
    assert stepped.weights[stepped.logs > -1.0].sum() > 0.9
    assert stepped.mean == pytest.approx(float(np.exp(stepped.logs) @ stepped.weights))


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (START + np.linspace(0.0, 300.0, 60), "too few jobs"),
        (START + np.linspace(0.0, 3.0, 500), "too short a time"),
        (START + np.append(np.linspace(0.0, 100.0, 60), np.linspace(100.0, 100.5, 400)), "one burst"),
    ],
)
def test_arrivals_that_cannot_tell_are_refused(hours: NDArray[np.float64], reason: str) -> None:
    """Few, short, or all at once."""
    with pytest.raises(UnclearDemand, match=reason):
        fit_jobs(jobs_of(hours, float(hours[-1]) + 0.01))


def test_echoes_that_would_never_end_are_no_model() -> None:
    """Children that add up to 1."""
    with pytest.raises(ValueError, match="branching ratio"):
        Intensity(base_per_hour=1.0, echoes=(Echo(children=0.6, half_life_hours=1.0),) * 2)
