"""How much memory the engine takes for what it was told.

    python -m benchmarks.memory ROWS.npy

Measured is the growth of the process's own resident memory (RssAnon of Linux: what is really there, without
files that are mapped) from an empty engine to the end of the commands, in a fresh process, which gave back
before what it had freed, so that the engine gets new memory for everything. So arrays count with the room they
have grown to as far as it was touched, and so do hash tables and event buffers.
The highest that it has ever been counts apart: while an array grows, the old one is there, too.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.isolated import configuration, run_module
from exchange.domain.records import Rows
from exchange.engine import Engine

_STATUS = Path("/proc/self/status")
_BLOCK = 4096


class Growth(NamedTuple):
    """In bytes."""

    resident: int
    peak: int


class Meter:
    """The memory of this process, from the moment it is made."""

    def __init__(self) -> None:
        _give_back()
        self._resident, self._peak = _now()

    def growth(self) -> Growth:
        resident, peak = _now()
        # A peak from before the beginning, such as that of the imports, says nothing.
        highest = max(peak, resident) if peak > self._peak else resident
        return Growth(resident - self._resident, highest - self._resident)


def _give_back() -> None:
    """Return freed memory to the system, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def _now() -> tuple[int, int]:
    """(resident now, resident at the most), in bytes; files that are mapped are left out of both."""
    if not _STATUS.is_file():
        raise OSError(f"no {_STATUS}: memory can be measured on Linux only")
    lines = (line.split() for line in _STATUS.read_text(encoding="utf-8").splitlines())
    kilobytes = {words[0]: int(words[1]) for words in lines if words[0] in ("RssAnon:", "RssFile:", "VmHWM:")}
    return 1024 * kilobytes["RssAnon:"], 1024 * (kilobytes["VmHWM:"] - kilobytes["RssFile:"])


def memory_for(batches: Iterable[Rows]) -> Growth:
    """For an engine of this process that is told ``batches``."""
    engine = Engine()
    meter = Meter()
    for rows in batches:
        engine.apply(rows)
    return meter.growth()


def memory_in_a_fresh_process(rows: Rows) -> Growth:
    """For an engine with the kernel of this process that is told ``rows``."""
    with TemporaryDirectory(prefix="gpux-bench-") as directory:
        path = Path(directory) / "rows.npy"
        np.save(path, rows)
        return Growth(**run_module("benchmarks.memory", path, kernel=configuration()))


def main() -> None:
    # Mapped, not read: then the commands are no memory of the process's own.
    rows = np.load(sys.argv[1], mmap_mode="r")
    blocks = (np.array(rows[start : start + _BLOCK]) for start in range(0, len(rows), _BLOCK))
    print(json.dumps(memory_for(blocks)._asdict()))


if __name__ == "__main__":
    main()
