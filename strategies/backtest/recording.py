"""A market to play again: what others asked of it, whatever file or law it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from exchange.domain.instruments import Contract
from exchange.domain.records import Rows

CHUNK_ROWS = 1 << 14


@dataclass(frozen=True)
class Recording:
    """``flow``: (n,) of FLOW, or chunks of it in order; chunks that come from a generator can be played once.

    A row's ``contract`` is a place in ``contracts``. ``is_estimate``: queues are modelled, not recorded;
    ``notes`` say what was taken how, and what was left out.
    """

    flow: Rows | Iterable[Rows]
    contracts: tuple[Contract, ...]
    start_ns: int
    label: str = ""
    is_estimate: bool = False
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many there are; 0 where only playing them can tell."""
        return len(self.flow) if isinstance(self.flow, np.ndarray) else 0

    def chunks(self) -> Iterator[Rows]:
        """The flow in pieces, of ``CHUNK_ROWS`` where it is one array."""
        if not isinstance(self.flow, np.ndarray):
            yield from self.flow
            return
        for start in range(0, len(self.flow), CHUNK_ROWS):
            yield self.flow[start : start + CHUNK_ROWS]
