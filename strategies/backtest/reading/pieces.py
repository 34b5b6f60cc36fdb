"""A recording in pieces: kept whole where it is short, read again from its file at each playing where it is long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from exchange.domain.flow import FLOW
from exchange.domain.instruments import Contract
from exchange.domain.records import Rows
from strategies.backtest.reading.converter import Converter
from strategies.backtest.recording import Recording

Progress = Callable[[int, int], None]  # messages done, messages in all, 0 where that is not known

# Messages of which the flow is kept in memory, 32 bytes each.
WHOLE_MAX = 1 << 24


@dataclass(frozen=True)
class Reading:
    """How a file is read: ``pieces`` begins at its beginning each time, with a new converter."""

    label: str
    contracts: tuple[Contract, ...]
    begin: Callable[[], Converter]
    pieces: Callable[[Converter, Progress | None], Iterator[Rows]]
    notes: Callable[[Converter], tuple[str, ...]]
    is_estimate: bool = False


class Pieces:
    """The flow of a file that is too long to be kept; each iteration reads it again."""

    def __init__(self, reading: Reading, progress: Progress | None) -> None:
        self._reading = reading
        self._progress = progress

    def __iter__(self) -> Iterator[Rows]:
        return self._reading.pieces(self._reading.begin(), self._progress)


def recording(reading: Reading, messages: int, progress: Progress | None) -> Recording:
    """Whole where it has at most ``WHOLE_MAX`` messages, of which the notes then tell; else in pieces."""
    contracts, label, estimate = reading.contracts, reading.label, reading.is_estimate
    if messages > WHOLE_MAX:
        pieces = Pieces(reading, progress)
        first = next((piece for piece in pieces if len(piece)), np.zeros(0, FLOW))
        notes = (*reading.notes(reading.begin()), "too long to be kept: read again at each playing, not counted")
        return Recording(pieces, contracts, _start_ns(first), label, estimate, notes)
    converter = reading.begin()
    kept = list(reading.pieces(converter, progress))
    flow = np.concatenate(kept) if kept else np.zeros(0, FLOW)
    return Recording(flow, contracts, _start_ns(flow), label, estimate, reading.notes(converter))


def _start_ns(flow: Rows) -> int:
    return int(flow["time_ns"][0]) if len(flow) else 0
