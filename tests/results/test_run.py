"""A run that is kept: the same content has the same hash everywhere, and what was changed is refused."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from exchange.domain.enums import Side
from strategies.results import BadRun, Frames, Record, Run, run_of
from strategies.results.digest import results_sha256
from strategies.results.frames import SCHEMAS
from tests.results.told import Told, around
from tests.results.worlds import recorded


def small() -> Run:
    """A bit of everything: a fill, a cancelled order, a refusal, samples, a settlement."""
    told = Told()
    bid = told.order(1.0, Side.BUY, 2_000, 10, ahead=3)
    refused = told.order(1.5, Side.SELL, 2_000, 10, ahead=3)
    told.sample(2.0, 2.0, around(2_000))
    told.fill(3.0, Side.BUY, 2_000, 4, 2.1, client_id=bid, fee_usd=-0.25, book=around(2_000))
    told.sample(4.0, 2.2, around(2_010))
    told.recorder.gone(told.at(5.0), bid, "USER")
    told.recorder.refused(told.at(5.0), refused, "MAX_LOTS", True)
    told.recorder.settled(told.contracts[0], 1.5)
    return told.run(60.0)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    small().save(directory)
    return directory


def test_a_run_comes_back_as_it_was(saved: Path) -> None:
    """Record and tables, to the value; saving it again changes no byte of the record."""
    run = Run.load(saved)
    assert run.record == small().record
    for name, frame in small().frames.named().items():
        assert frame.equals(run.frames.named()[name], null_equal=True), name
        assert frame.schema == run.frames.named()[name].schema
    before = (saved / "run.json").read_bytes()
    run.save(saved)
    assert (saved / "run.json").read_bytes() == before


def test_run_json_says_what_the_run_was(saved: Path) -> None:
    """For people and other programs: seed, configuration, versions, hash and figures."""
    content = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    assert content["seed"] == 1
    assert content["results_sha256"] == small().sha256
    assert set(content["versions"]) == {"gpux", "python", "numpy", "numba", "polars", "engine"}
    assert content["figures"]["total"]["rebates_micros"] == 250_000
    assert "NaN" not in (saved / "run.json").read_text(encoding="utf-8")


def other_values(column: pl.Series) -> pl.Series:
    """The column with one value changed, in its first row."""
    first = column[0]
    if column.dtype == pl.Boolean:
        value: object = not first
    elif column.dtype == pl.String:
        value = f"{first}x"
    elif isinstance(column.dtype, pl.Enum):
        value = next(name for name in column.dtype.categories if name != first)
    else:
        value = (first or 0) + 1
    return pl.concat([pl.Series(column.name, [value], column.dtype), column.slice(1)])


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in SCHEMAS for column in SCHEMAS[table]])
def test_the_hash_changes_with_any_number(table: str, column: str) -> None:
    """Each column of each table, one value."""
    frames = small().frames
    frame = frames.named()[table]
    changed = dataclasses.replace(frames, **{table: frame.with_columns(other_values(frame[column]))})
    assert results_sha256(changed) != results_sha256(frames)


def test_nothing_is_not_zero_and_rows_keep_to_their_table() -> None:
    """What could be mistaken for another has another hash."""
    frames = small().frames
    seen = {
        results_sha256(found)
        for found in (
            frames,
            dataclasses.replace(frames, stays=frames.stays.with_columns(lots_ahead=pl.lit(None, pl.Int64))),
            dataclasses.replace(frames, stays=frames.stays.with_columns(lots_ahead=pl.lit(0, pl.Int64))),
            dataclasses.replace(frames, fills=frames.fills.clear()),
            dataclasses.replace(frames, orders=frames.orders.with_columns(client_id=pl.Series(["o1o", "2"]))),
            dataclasses.replace(frames, fills=pl.concat([frames.fills, frames.fills])),
        )
    }
    assert len(seen) == 6


def lively_sha256() -> str:
    return run_of(recorded()[1]).sha256


def test_the_same_market_has_the_same_hash_in_another_process() -> None:
    """Though hash seeds and addresses differ there."""
    script = "from tests.results.test_run import lively_sha256\nprint(lively_sha256())"
    environment = os.environ | {"PYTHONHASHSEED": "54321"}
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == lively_sha256()


def edit_figure(directory: Path) -> None:
    path = directory / "run.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"trades": 1', '"trades": 2', 1), encoding="utf-8")


def edit_table(directory: Path) -> None:
    path = directory / "fills.parquet"
    frame = pl.read_parquet(path.read_bytes())
    frame.with_columns(fee_micros=pl.col("fee_micros") + 1).write_parquet(path)


def drop_column(directory: Path) -> None:
    path = directory / "fills.parquet"
    pl.read_parquet(path.read_bytes()).drop("fee_micros").write_parquet(path)


def cut_table(directory: Path) -> None:
    path = directory / "pnl.parquet"
    path.write_bytes(path.read_bytes()[:-40])


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a figure": (edit_figure, "was changed after it was written"),
    "a table": (edit_table, "damaged: its tables hash to"),
    "a column": (drop_column, "has other columns than a table of fills"),
    "a torn table": (cut_table, "damaged: not Parquet"),
    "a missing table": (lambda directory: (directory / "stays.parquet").unlink(), "stays.parquet: cannot be read"),
    "no record": (lambda directory: (directory / "run.json").unlink(), "no run (run.json: No such file"),
    "no JSON": (lambda directory: (directory / "run.json").write_text("{"), "not JSON"),
    "another JSON": (lambda directory: (directory / "run.json").write_text('{"form": 1}'), "not the record of a run"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_refused(saved: Path, damage: str) -> None:
    """With the reason."""
    make, words = DAMAGES[damage]
    make(saved)
    with pytest.raises(BadRun) as refused:
        Run.load(saved)
    assert words in str(refused.value)


def test_a_run_is_not_written_over_anything_else(tmp_path: Path, saved: Path) -> None:
    """A directory with files in it that is no run stays as it is; an earlier run gives way."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(BadRun, match="holds files but no run"):
        small().save(other)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    Told().run(1.0).save(saved)
    assert Run.load(saved).figures.trades == 0
    file = tmp_path / "file"
    shutil.copy(other / "letter.txt", file)
    with pytest.raises(BadRun, match="cannot be written"):
        small().save(file)


def test_every_table_has_its_columns() -> None:
    """In a run of nothing, too."""
    for run in (small(), Told().run(1.0)):
        frames: Frames = run.frames
        assert {name: list(frame.schema) for name, frame in frames.named().items()} == {
            name: list(columns) for name, columns in SCHEMAS.items()
        }


def test_the_page_of_docs_names_every_column_and_every_key() -> None:
    """Whoever reads a run elsewhere learns there what each number is."""
    page = (Path(__file__).parents[2] / "docs" / "backtest" / "results.md").read_text(encoding="utf-8")
    names = {column for columns in SCHEMAS.values() for column in columns} | set(Record.model_fields) | set(SCHEMAS)
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
