"""Reader of job files: every row is right, or the file is refused with the row and the reason.

A job file (Parquet or CSV) has a column of starts by the local wall clock, ``ts_local``, and may have the seconds
each job ran, its type, its status and its number of GPUs. Rows count from 1, the header not included.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from exchange.domain.errors import GpuxError
from strategies.curves.demand.marks import Marks
from strategies.curves.filtering import Floats

FORM = (
    "a Parquet or CSV file of jobs with the column ts_local (local start such as 2026-03-11 04:17:38) and, "
    "if known, exec_time_seconds, predict_type, predict_status and gpus"
)
SECONDS_MAX = 366 * 86_400.0
GPUS_MAX = 100_000
_UNFINISHED = ("PENDING", "RUNNING", "QUEUED")
_OLDEST, _NEWEST = (int(np.datetime64(f"{year}-01-01", "us").astype(np.int64)) for year in (2000, 2100))
_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_US_PER_HOUR = 3_600_000_000


class BadJobs(GpuxError):
    """A job file that cannot be believed; the message names the row and the reason."""


class Running(NamedTuple):
    """Jobs in progress at the end of a file: (n,) GPUs, hours run so far, hours yet to run (NaN: not known)."""

    gpus: Floats
    ages: Floats
    left: Floats

    def remaining(self, marks: Marks, rng: np.random.Generator) -> Floats:
        """(n,) hours yet to run; drawn where not known."""
        unknown = np.isnan(self.left)
        remaining = self.left.copy()
        if marks.hours.size:
            remaining[unknown] = marks.lasting(self.ages[unknown], rng)
        return np.nan_to_num(remaining)

    def expected(self, marks: Marks, edges: Floats) -> Floats:
        """(n - 1,) expected GPU-hours between edges, the first of which is the end of the file."""
        ahead = edges - edges[0]
        total = np.zeros(edges.size)
        for gpus, age, left in zip(*self, strict=True):
            lasting = marks.hours[marks.hours > age] - age if np.isnan(left) else np.array([left])
            if lasting.size:
                total += gpus * np.minimum(ahead[:, None], lasting).mean(axis=1)
        return np.diff(total)


class Jobs(NamedTuple):
    """Jobs by rising start: (n,) local hours since 1970, hours run (NaN: not known), GPUs, type and status."""

    path: str
    hours: Floats
    durations: Floats
    gpus: Floats
    types: NDArray[np.str_]
    statuses: NDArray[np.str_]
    end_hours: float  # up to when jobs were written down: the end of the second of the last start

    @property
    def marks(self) -> Marks:
        """The law of GPUs and durations: of the jobs whose duration is known."""
        known = np.flatnonzero(np.isfinite(self.durations))
        order = known[np.argsort(self.durations[known], kind="stable")]
        return Marks(self.gpus[order], self.durations[order])

    def running(self) -> Running:
        """Jobs that hold their GPUs beyond the end, or may: without a duration, unless it has no longer an equal."""
        ends = self.hours + self.durations
        unknown = np.isnan(self.durations) & np.isin(self.statuses, _UNFINISHED)
        rows = np.flatnonzero((ends > self.end_hours) | unknown)
        return Running(self.gpus[rows], self.end_hours - self.hours[rows], ends[rows] - self.end_hours)

    def before(self, end_hours: float) -> "Jobs":
        """What was known at ``end_hours``: jobs begun by then, and the duration of those that had ended."""
        known = self.hours < end_hours
        ended = self.hours + self.durations <= end_hours
        statuses = np.where(ended | np.isnan(self.durations), self.statuses, _UNFINISHED[1])
        durations = np.where(ended, self.durations, np.nan)
        return Jobs(
            self.path,
            self.hours[known],
            durations[known],
            self.gpus[known],
            self.types[known],
            statuses[known],
            end_hours,
        )


def read_jobs(path: str) -> Jobs:
    """Raises BadJobs if the file cannot be read or any row is wrong."""
    frame = _opened(path)
    if "ts_local" not in frame.columns:
        raise BadJobs(f"{path}: no column ts_local; expected {FORM}")
    if frame.is_empty():
        raise BadJobs(f"{path}: no rows; expected {FORM}")
    tidy = frame.select(
        time_us=_time_us(path, frame.schema["ts_local"]),
        seconds=_number(path, frame, "exec_time_seconds"),
        gpus=_number(path, frame, "gpus").fill_null(1.0),
        kind=_text(frame, "predict_type"),
        status=_text(frame, "predict_status").str.to_uppercase(),
    )
    _refuse_bad_rows(path, frame, tidy)
    # Time 0 of a job that never ended says nothing of how long jobs last.
    tidy = tidy.with_columns(
        seconds=pl.when(pl.col("status").is_in(_UNFINISHED)).then(None).otherwise(pl.col("seconds"))
    ).sort("time_us", maintain_order=True)
    hours = np.floor(tidy["time_us"].to_numpy() / 1e6) / 3600.0
    return Jobs(
        path,
        hours,
        tidy["seconds"].cast(pl.Float64).fill_null(float("nan")).to_numpy() / 3600.0,
        tidy["gpus"].to_numpy(),
        tidy["kind"].to_numpy().astype(np.str_),
        tidy["status"].to_numpy().astype(np.str_),
        float(hours[-1]) + 1.0 / 3600.0,
    )


def _opened(path: str) -> pl.DataFrame:
    try:
        with open(path, "rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except OSError as error:
        raise BadJobs(f"{path}: cannot be read ({error.strerror or error}); expected {FORM}") from None
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise BadJobs(f"{path}: not a readable table ({reason}); expected {FORM}") from None


def _time_us(path: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime | pl.Date):
        return pl.col("ts_local").dt.epoch("us")
    if kind not in (pl.String, pl.Categorical):
        raise BadJobs(f"{path}: column ts_local holds {kind}, not times; expected times like 2026-03-11 04:17:38")
    text = pl.col("ts_local").cast(pl.String).str.strip_chars().str.replace("T", " ", literal=True)
    return pl.coalesce([text.str.to_datetime(form, strict=False, time_unit="us") for form in _FORMATS]).dt.epoch("us")


def _number(path: str, frame: pl.DataFrame, name: str) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, pl.Float64)
    kind = frame.schema[name]
    if not (kind.is_numeric() or kind in (pl.String, pl.Categorical)):
        raise BadJobs(f"{path}: column {name} holds {kind}, not numbers")
    column = pl.col(name) if kind.is_numeric() else pl.col(name).cast(pl.String).str.strip_chars().replace("", None)
    # What is there but is no number becomes NaN, and is refused; what is missing stays null.
    return pl.when(column.is_null()).then(None).otherwise(column.cast(pl.Float64, strict=False).fill_null(float("nan")))


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.String) if name in frame.columns else pl.lit("")).fill_null("").str.strip_chars()


def _refuse_bad_rows(path: str, frame: pl.DataFrame, tidy: pl.DataFrame) -> None:
    """Raises BadJobs for the first row that is wrong."""
    faults = (
        ("ts_local", "is missing or not a local time", pl.col("time_us").is_null()),
        ("ts_local", "is not between the years 2000 and 2100", ~pl.col("time_us").is_between(_OLDEST, _NEWEST)),
        (
            "exec_time_seconds",
            f"is not between 0 and {SECONDS_MAX:.0f}",
            ~pl.col("seconds").is_between(0.0, SECONDS_MAX),
        ),
        ("gpus", f"is not above 0 and at most {GPUS_MAX}", ~((pl.col("gpus") > 0.0) & (pl.col("gpus") <= GPUS_MAX))),
    )
    wrongs = tidy.select(
        wrong.fill_null(False).arg_true().first().alias(str(at)) for at, (*_, wrong) in enumerate(faults)
    )
    found = [(wrongs[str(at)][0], at) for at in range(len(faults)) if wrongs[str(at)][0] is not None]
    if found:
        row, at = min(found)
        name, reason, _ = faults[at]
        raise BadJobs(f"{path}: row {row + 1}: {name} {str(frame[name][row])[:40]!r} {reason}")
