"""Files of jobs: what is read, what is refused, and what ``gpux demand`` says of them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer import Typer
from typer.testing import CliRunner

from exchange.jit import COMPILED
from strategies.curves.demand import BadJobs, Echo, Intensity, Season, read_jobs, simulate
from strategies.curves.demand.command import demand

START = 480_000.0
uncompiled_is_too_slow = pytest.mark.skipif(
    not COMPILED, reason="fits thousands of jobs: run without NUMBA_DISABLE_JIT to include it"
)


def run(*arguments: str) -> tuple[int, str]:
    """The command as a user runs it."""
    app = Typer()
    app.command()(demand)
    result = CliRunner().invoke(app, list(arguments), terminal_width=200)
    return result.exit_code, result.output


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_jobs_are_read_in_order_with_what_is_known_of_them(tmp_path: Path) -> None:
    """Two rows out of order, one without an end; columns that are missing stand for one GPU and no duration."""
    path = written(
        tmp_path / "jobs.csv",
        "ts_local,exec_time_seconds,predict_type,predict_status,gpus\n"
        "2026-03-11 10:00:05,7200,A,SUCCEED,8\n"
        "2026-03-11 09:00:00,0,B,PENDING,\n"
        "2026-03-11T11:00:00,36,A,succeed,2\n",
    )
    jobs = read_jobs(path)
    assert np.diff(jobs.hours) == pytest.approx([1.0 + 5.0 / 3600.0, 1.0 - 5.0 / 3600.0])
    assert jobs.durations == pytest.approx([np.nan, 2.0, 0.01], nan_ok=True)
    assert jobs.gpus.tolist() == [1.0, 8.0, 2.0]
    assert jobs.marks.hours == pytest.approx([0.01, 2.0])
    running = jobs.running()
    assert running.gpus.tolist() == [1.0, 8.0, 2.0]
    assert running.left[1:] == pytest.approx([1.0 + 4.0 / 3600.0, 35.0 / 3600.0])
    bare = read_jobs(written(tmp_path / "bare.csv", "ts_local\n2026-03-11 10:00\n2026-03-12\n"))
    assert np.isnan(bare.durations).all()
    assert bare.gpus.tolist() == [1.0, 1.0]


def test_what_was_known_earlier_has_no_later_job_and_no_later_end(tmp_path: Path) -> None:
    """A job that was running then has no duration yet."""
    text = "ts_local,exec_time_seconds\n2026-03-11 10:00,60\n2026-03-11 10:10,7200\n2026-03-11 12:00,60\n"
    jobs = read_jobs(written(tmp_path / "jobs.csv", text))
    earlier = jobs.before(float(jobs.hours[0]) + 1.0)
    assert earlier.hours.size == 2
    assert earlier.durations == pytest.approx([1.0 / 60.0, np.nan], nan_ok=True)
    assert np.isnan(earlier.running().left).tolist() == [True]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("when\n2026-03-11\n", "no column ts_local"),
        ("ts_local\n", "no rows"),
        ("ts_local\n2026-03-11\nyesterday\n", "row 2: ts_local 'yesterday' is missing or not a local time"),
        ("ts_local\n1950-03-11\n", "row 1: ts_local '1950-03-11' is not between"),
        ("ts_local,exec_time_seconds\n2026-03-11,-1\n", "row 1: exec_time_seconds '-1' is not between 0 and"),
        ("ts_local,exec_time_seconds\n2026-03-11,long\n", "row 1: exec_time_seconds 'long' is not"),
        ("ts_local,exec_time_seconds\n2026-03-11,nan\n", "row 1: exec_time_seconds 'nan' is not"),
        ("ts_local,gpus\n2026-03-11,0\n", "row 1: gpus '0' is not above 0"),
    ],
)
def test_a_wrong_file_is_refused_with_the_row_and_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    """By the reader, and by the command with exit code 2."""
    path = written(tmp_path / "jobs.csv", text)
    with pytest.raises(BadJobs, match=reason.replace("(", r"\(")):
        read_jobs(path)
    code, output = run(path)
    assert code == 2
    assert reason in output


def test_no_file_and_too_few_jobs_are_refused_in_words(tmp_path: Path) -> None:
    """What is expected, or what is missing."""
    assert run()[0] == 2
    assert "ts_local" in run()[1]
    assert "cannot be read" in run(str(tmp_path))[1]
    code, output = run(written(tmp_path / "few.csv", "ts_local\n2026-03-11\n2026-03-12\n"))
    assert code == 2
    assert "too few jobs to go by: 2" in output


@uncompiled_is_too_slow
def test_the_command_says_what_it_believes_and_writes_a_page(tmp_path: Path) -> None:
    """Eight days of bursts with a daily cycle: words, a table, and a page that asks for nothing from outside."""
    wave = np.cos((np.arange(24) - 15.0) * np.pi / 12.0)
    truth = Intensity(
        base_per_hour=4.0,
        season=Season(daily=tuple((1.5 * wave).tolist())),
        echoes=(Echo(children=0.6, half_life_hours=0.1),),
    )
    times = simulate(truth, START, 192.0, np.random.default_rng(1))
    stamps = (np.floor(times * 3600.0) * 1e6).astype("datetime64[us]")
    frame = pl.DataFrame({"ts_local": stamps, "exec_time_seconds": np.full(times.size, 90.0)})
    path, page, again = (tmp_path / name for name in ("jobs.parquet", "page.html", "again.html"))
    frame.write_parquet(path)
    code, output = run(str(path), "--report", str(page), "--hours", "24")
    assert code == 0, output
    for words in ("Level:", "by the hour of the day", "(the branching ratio)", "Next 24 hours:", "hour (local)"):
        assert words in output
    share = float(output.split("Bursts: ")[1].split("%")[0])
    assert 45.0 < share < 70.0
    text = page.read_text()
    assert text.count("<svg") == 4
    assert "Bursts: " in text
    assert 'src="http' not in text
    assert run(str(path), "--report", str(again), "--hours", "24")[0] == 0
    assert again.read_bytes() == page.read_bytes()
    code, output = run(str(path), "--report", str(tmp_path / "nowhere" / "page.html"))
    assert code == 2
    assert "cannot be written" in output


@uncompiled_is_too_slow
def test_real_jobs_have_days_of_their_own_and_bursts(data_dir: Path) -> None:
    """Two weeks of real requests: most follow on others within minutes, nobody comes at 13:00."""
    code, output = run(str(data_dir / "demand" / "gpu_jobs_24d_first14.parquet"))
    assert code == 0, output
    for words in ("13217 jobs", "Days were between", "quietest at 1", "10 may still run"):
        assert words in output
