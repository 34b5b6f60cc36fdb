"""Arrays that grow without moving: each reserves address space far ahead of what it uses.

Memory is taken only where a row is written, and comes zeroed. An array that outgrows its
reservation, or a system that grants none, falls back to a larger copy.
"""

import mmap
from itertools import cycle

import numpy as np

from exchange.domain.records import Rows

_RESERVED_BYTES = 1 << 30
# From here on memory comes in large pieces where the system has them: a small market stays small.
_HUGE_FROM_BYTES = 1 << 20
# No two arenas begin at the same place in a page: what is used most stands first in many of them,
# and the cache of a processor keeps only a few lines of the same place.
_starts = cycle(range(0, mmap.PAGESIZE, 3 * 64))


def zeros(rows: int, dtype: np.dtype[np.void]) -> Rows:
    """(rows,) of ``dtype``, all zero, that ``grown`` can make larger in place."""
    size = rows * dtype.itemsize
    if size <= _RESERVED_BYTES - mmap.PAGESIZE:
        try:
            space = mmap.mmap(-1, _RESERVED_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
            if _HUGEPAGE is not None:
                space.madvise(_HUGEPAGE, _HUGE_FROM_BYTES, _RESERVED_BYTES - _HUGE_FROM_BYTES)
            return np.frombuffer(space, dtype, rows, next(_starts))
        except OSError:
            pass
    return np.zeros(rows, dtype)


def grown(array: Rows, rows: int) -> Rows:
    """The same rows and more behind them, all zero, ``rows`` altogether."""
    space = getattr(array.base, "obj", None)
    start = array.ctypes.data % mmap.PAGESIZE
    if isinstance(space, mmap.mmap) and start + rows * array.itemsize <= _RESERVED_BYTES:
        return np.frombuffer(space, array.dtype, rows, start)
    larger = zeros(rows, array.dtype)
    larger[: array.shape[0]] = array
    return larger


def touch(unused: Rows) -> None:
    """Have the system hand out the memory of rows that are still zero now, not when they are written."""
    unused.view(np.uint8)[:: mmap.PAGESIZE] = 0


_NORESERVE: int = getattr(mmap, "MAP_NORESERVE", 0x4000)  # named since Python 3.13
_HUGEPAGE: int | None = getattr(mmap, "MADV_HUGEPAGE", None)
