"""Recordings kept as Parquet: FLOW as a table, and what else there is to know in the file's own notes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from exchange.domain.errors import BadSymbol
from exchange.domain.flow import FLOW, FlowKind
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.records import Rows
from strategies.backtest.reading.contracts import foreign_contract
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.pieces import WHOLE_MAX
from strategies.backtest.recording import Recording

KEY = "gpux.recording"
_PIECE = 1 << 16
_COLUMNS = [name for name in FLOW.names or () if name != "reserved"]


def write_parquet(recording: Recording, file: Path) -> int:
    """Write a recording: whole, or not at all. Returns its rows. Raises BadSource if the file cannot be made."""
    frames = [_frame(piece) for piece in recording.chunks()]
    frame = pl.concat(frames) if frames else _frame(np.zeros(0, FLOW))
    about = {
        "contracts": [_told(contract) for contract in recording.contracts],
        "start_ns": recording.start_ns,
        "label": recording.label,
        "is_estimate": recording.is_estimate,
        "notes": recording.notes,
    }
    part = file.with_name(f"{file.name}.part")
    try:
        frame.write_parquet(part, row_group_size=_PIECE, metadata={KEY: json.dumps(about)})
        part.replace(file)
    except (OSError, pl.exceptions.PolarsError) as problem:
        part.unlink(missing_ok=True)
        raise BadSource(f"{file}: {str(problem).splitlines()[0]}") from problem
    return len(frame)


def is_history(file: Path) -> bool:
    """Whether we wrote it."""
    try:
        return KEY in pl.read_parquet_metadata(file)
    except (OSError, pl.exceptions.PolarsError):
        return False


def read_parquet(file: Path) -> Recording:
    """A recording as it was written. Raises BadSource."""
    try:
        about: dict[str, Any] = json.loads(pl.read_parquet_metadata(file)[KEY])
        contracts = tuple(_contract(told) for told in about["contracts"])
        rows = pl.scan_parquet(file).select(pl.len()).collect().item()
        flow = Kept(file, rows, len(contracts))
        return Recording(
            flow if rows > WHOLE_MAX else np.concatenate([np.zeros(0, FLOW), *flow]),
            contracts,
            int(about["start_ns"]),
            str(about["label"]),
            bool(about["is_estimate"]),
            tuple(about["notes"]),
        )
    except (OSError, KeyError, TypeError, ValueError, BadSymbol, pl.exceptions.PolarsError) as problem:
        raise BadSource(f"{file}: expected a recording that gpux wrote: {str(problem).splitlines()[0]}") from problem


class Kept:
    """The flow in a file, a piece at a time, from its beginning at each iteration."""

    def __init__(self, file: Path, rows: int, contracts: int) -> None:
        self._file = file
        self._rows = rows
        self._contracts = contracts

    def __iter__(self) -> Iterator[Rows]:
        time_ns = -(2**63)
        scan = pl.scan_parquet(self._file)
        for start in range(0, self._rows, _PIECE):
            frame = scan.select(_COLUMNS).slice(start, _PIECE).collect()
            piece = np.zeros(len(frame), FLOW)
            for name in _COLUMNS:
                piece[name] = frame[name].to_numpy()
            wrong = piece["time_ns"] < np.concatenate([[time_ns], piece["time_ns"]])[:-1]
            wrong |= (piece["contract"] < 0) | (piece["contract"] >= self._contracts)
            wrong |= (piece["kind"] < min(FlowKind)) | (piece["kind"] > max(FlowKind))
            if wrong.any():
                row = start + int(np.argmax(wrong)) + 1
                raise BadSource(
                    f"{self._file}: row {row}: expected a row of a flow, found {frame.row(row - 1 - start)}"
                )
            time_ns = int(piece["time_ns"][-1])
            yield piece


def _frame(flow: Rows) -> pl.DataFrame:
    return pl.DataFrame({name: np.ascontiguousarray(flow[name]) for name in _COLUMNS})


def _told(contract: Contract) -> dict[str, str]:
    try:
        if parse_symbol(contract.symbol) == contract:
            return {"symbol": contract.symbol}
    except BadSymbol:
        pass
    return {"name": contract.sku.title, "tick_usd": f"{contract.sku.tick_usd:f}"}


def _contract(told: dict[str, str]) -> Contract:
    if "symbol" in told:
        return parse_symbol(told["symbol"])
    return foreign_contract(told["name"], Decimal(told["tick_usd"]), Decimal(1))
