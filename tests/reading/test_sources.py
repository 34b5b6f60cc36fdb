"""A source is a text: which form it has, how it is taken, and what is said where it has none."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from exchange.domain.errors import GpuxError
from exchange.domain.flow import FLOW, FlowKind
from exchange.domain.instruments import parse_symbol
from strategies.backtest.reading import history as kept
from strategies.backtest.reading import pieces, read, read_parquet, to_hftbacktest, write_parquet
from strategies.backtest.reading.contracts import foreign_contract
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.recording import Recording
from tests.reading.flows import random_recording, standing


@pytest.fixture
def events(tmp_path: Path) -> Path:
    to_hftbacktest(random_recording(3, 3_000), tmp_path / "day.npz", levels=True)
    return tmp_path / "day.npz"


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Rows, contracts of ours and of others, and what there is to know."""
    flow = random_recording(5, 2_000).flow
    assert isinstance(flow, np.ndarray)
    contracts = (foreign_contract("BRK.B", Decimal("0.01"), Decimal(100)), parse_symbol("H100SXM_USE_H14-1DEC26"))
    recording = Recording(flow, contracts, 12, "a day", True, ("one", "two"))
    assert write_parquet(recording, tmp_path / "day.parquet") == 2_000
    again = read(str(tmp_path / "day.parquet"))
    assert isinstance(again.flow, np.ndarray)
    assert again.flow.tolist() == flow.tolist()
    assert (again.contracts, again.start_ns, again.label) == (contracts, 12, "a day")
    assert (again.is_estimate, again.notes) == (True, ("one", "two"))
    assert contracts[0].sku.code == "BRKB"
    assert contracts[0].tick_value_micros == 1_000_000


@pytest.mark.parametrize(
    ("column", "value"), [("contract", 1), ("kind", 9), ("time_ns", -5)], ids=["contract", "kind", "time"]
)
def test_a_row_that_is_no_flow_is_named(tmp_path: Path, column: str, value: int) -> None:
    recording = random_recording(5, 20)
    assert isinstance(recording.flow, np.ndarray)
    recording.flow[column][7] = value
    write_parquet(recording, tmp_path / "day.parquet")
    with pytest.raises(BadSource, match="row 8: expected a row of a flow, found"):
        read_parquet(tmp_path / "day.parquet")


def test_what_is_too_long_is_read_at_each_playing(
    tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows as kept whole, as often as one likes, from both kinds of files."""
    source = f"{events}?tick=1&queue=power:2"
    whole = read(source)
    write_parquet(whole, tmp_path / "day.parquet")
    assert isinstance(whole.flow, np.ndarray)
    for module in (pieces, kept):
        monkeypatch.setattr(module, "WHOLE_MAX", 100)
    for long in (read(source), read(str(tmp_path / "day.parquet"))):
        assert not isinstance(long.flow, np.ndarray)
        assert long.start_ns == whole.start_ns
        for _ in range(2):
            assert np.concatenate(list(long.chunks())).tolist() == whole.flow.tolist()


def test_options_say_how_it_is_taken(events: Path) -> None:
    """The same seed gives the same rows, and models differ only in who left."""
    flows = {}
    for options in ("queue=proportional", "queue=proportional&seed=2", "queue=pessimistic", "queue=optimistic"):
        recording, again = read(f"{events}?tick=1&{options}"), read(f"{events}?tick=1&{options}")
        assert isinstance(recording.flow, np.ndarray)
        assert isinstance(again.flow, np.ndarray)
        assert again.flow.tolist() == recording.flow.tolist()
        flows[options] = str(recording.flow.tolist())
        assert standing(recording) == standing(read(f"{events}?tick=1"))
    assert len(set(flows.values())) == 4


@pytest.mark.parametrize(
    ("ending", "complaint"),
    [
        ("", "the file does not say what its price step is"),
        ("?tick=0", "tick '0': expected a number above 0"),
        ("?tick=1&queue=best", "queue model 'best': expected pessimistic"),
        ("?tick=1&queue=power:0", "queue model 'power:0': expected pessimistic"),
        ("?tick=1&seed=x", "expected a whole number of 0 or more as seed, found 'x'"),
        ("?tick=1&speed=2", "unknown option 'speed'; here there are: lot, queue, seed, symbol, tick"),
        ("?tick", "expected options such as"),
    ],
)
def test_what_makes_no_sense_is_refused(events: Path, ending: str, complaint: str) -> None:
    with pytest.raises(GpuxError, match=complaint):
        read(f"{events}{ending}")


@pytest.mark.parametrize("source", ["missing.npz", "lobster:one.csv", "day.txt", ""])
def test_a_source_of_no_form_lists_the_forms(tmp_path: Path, source: str) -> None:
    (tmp_path / "day.txt").write_text("what is this")
    named = f"{tmp_path}/{source}" if source and ":" not in source else source
    if not source:
        (tmp_path / "empty").mkdir()
        named = str(tmp_path / "empty")
    with pytest.raises(GpuxError, match=r"FILE\.npz|expected lobster:|holds no journal"):
        read(named)


def test_a_lot_may_be_many_units(tmp_path: Path) -> None:
    """A price is then one of a lot, so that money comes out right."""
    contract = foreign_contract("ES", Decimal("0.25"), Decimal(50))
    assert contract.price_usd(4) * contract.gpu_hours_per_lot == 50.0
    with pytest.raises(BadSource, match="which is not a whole number of micro-dollars"):
        foreign_contract("DUST", Decimal("0.0001"), Decimal("0.0001"))


def test_a_flow_that_is_empty_is_kept(tmp_path: Path) -> None:
    empty = Recording(np.zeros(0, FLOW), (foreign_contract("X", Decimal(1), Decimal(1)),), 7)
    write_parquet(empty, tmp_path / "day.parquet")
    assert pl.read_parquet(tmp_path / "day.parquet").is_empty()
    assert read_parquet(tmp_path / "day.parquet").start_ns == 7
    assert min(FlowKind) == 1
