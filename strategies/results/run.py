"""A run that can be kept: its tables as Parquet, and ``run.json``, which says what it was and proves it whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from exchange.clearing.obligation import Obligation
from exchange.domain.errors import GpuxError
from strategies.results.digest import results_sha256
from strategies.results.figures import Figures, figures_of
from strategies.results.frames import SCHEMAS, Frames, schema_of
from strategies.results.presence import OBLIGATION
from strategies.results.recorder import RunRecorder
from strategies.results.tables import frames_of
from strategies.results.versions import Versions, versions

RECORD = "run.json"
_FORM: Literal["gpux run 1"] = "gpux run 1"


class BadRun(GpuxError):
    """A directory that holds no run, or one that is not what it was when it was written."""


class Record(BaseModel):
    """What ``run.json`` says. ``began`` and ``ended`` are the caller's words; the other times are the market's."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")

    form: Literal["gpux run 1"] = _FORM
    participant: str
    label: str
    is_estimate: bool
    notes: tuple[str, ...]
    seed: int | None
    config: dict[str, JsonValue]
    versions: Versions
    began: str
    ended: str
    start_ns: int
    end_ns: int
    results_sha256: str
    figures: Figures


@dataclass(frozen=True, eq=False)
class Run:
    """One participant's part in one run."""

    record: Record
    frames: Frames

    @property
    def figures(self) -> Figures:
        return self.record.figures

    @property
    def sha256(self) -> str:
        """Of the tables: two runs did the same if and only if these are equal."""
        return self.record.results_sha256

    def save(self, directory: Path) -> None:
        """Write it there. Raises BadRun if the directory holds anything but an earlier run, or cannot be written.

        ``run.json`` comes last, so a run that was interrupted is seen to be none.
        """
        record = directory / RECORD
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if not record.exists() and any(directory.iterdir()):
                raise BadRun(f"{directory}: holds files but no run; name a new or an empty directory")
            record.unlink(missing_ok=True)
            for name, frame in self.frames.named().items():
                frame.write_parquet(directory / f"{name}.parquet", compression="zstd")
            record.write_text(_text_of(self.record), encoding="utf-8")
        except OSError as error:
            raise BadRun(f"{directory}: cannot be written ({error.strerror or error})") from None

    @classmethod
    def load(cls, directory: Path) -> Run:
        """What was saved there. Raises BadRun if it is not a run, or if anything of it was changed."""
        record = _read_record(directory / RECORD)
        symbols = [contract.symbol for contract in record.figures.contracts]
        frames = Frames(**{name: _read_frame(directory / f"{name}.parquet", name, symbols) for name in SCHEMAS})
        found = results_sha256(frames)
        if found != record.results_sha256:
            raise BadRun(f"{directory}: damaged: its tables hash to {found[:16]}, not {record.results_sha256[:16]}")
        return cls(record, frames)


def run_of(
    recorder: RunRecorder,
    *,
    config: Mapping[str, Any] | None = None,
    seed: int | None = None,
    label: str = "",
    is_estimate: bool = False,
    notes: tuple[str, ...] = (),
    began: str = "",
    ended: str = "",
    obligation: Obligation = OBLIGATION,
) -> Run:
    """What ``recorder`` heard, with its figures. ``config`` is anything that JSON can say; it is kept as given."""
    frames = frames_of(recorder)
    start_ns, end_ns = recorder.start_ns, recorder.end_ns
    figures = figures_of(frames, start_ns, end_ns, recorder.messages, recorder.refusals, obligation)
    record = Record(
        participant=recorder.name,
        label=label or recorder.name,
        is_estimate=is_estimate,
        notes=notes,
        seed=seed,
        config=dict(config or {}),
        versions=versions(),
        began=began,
        ended=ended,
        start_ns=start_ns,
        end_ns=end_ns,
        results_sha256=results_sha256(frames),
        figures=figures,
    )
    return Run(record, frames)


def _text_of(record: Record) -> str:
    """JSON with a hash of itself, to see when a number in it was changed."""
    content = record.model_dump(mode="json")
    return json.dumps({**content, "record_sha256": _sha256_of(content)}, indent=1, sort_keys=True) + "\n"


def _sha256_of(content: dict[str, Any]) -> str:
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(plain.encode()).hexdigest()


def _read_record(path: Path) -> Record:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRun(f"{path.parent}: no run ({path.name}: {error.strerror or error})") from None
    except ValueError:
        raise BadRun(f"{path}: not JSON") from None
    if not isinstance(content, dict) or content.get("form") != _FORM:
        raise BadRun(f"{path}: not the record of a run ({_FORM!r} expected)")
    if content.pop("record_sha256", "") != _sha256_of(content):
        raise BadRun(f"{path}: damaged: it was changed after it was written")
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRun(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _read_frame(path: Path, name: str, symbols: list[str]) -> pl.DataFrame:
    try:
        # From bytes: a mapped file would change under the frame when the run is saved anew.
        frame = pl.read_parquet(path.read_bytes())
    except OSError as error:
        raise BadRun(f"{path}: cannot be read ({error.strerror or error})") from None
    except pl.exceptions.PolarsError:
        raise BadRun(f"{path}: damaged: not Parquet") from None
    schema = schema_of(name, symbols)
    if dict(frame.schema) != schema:
        raise BadRun(f"{path}: has other columns than a table of {name}: {', '.join(frame.columns)}")
    return frame
