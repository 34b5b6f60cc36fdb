"""Columns that grow as a run goes on: eight bytes a value, and no object for it."""

from array import array

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Columns:
    """Rows of whole numbers under fixed names; a row may be corrected later."""

    def __init__(self, *names: str) -> None:
        self._columns = {name: array("q") for name in names}
        self._appends = tuple(column.append for column in self._columns.values())
        self._first = self._columns[names[0]]

    def add(self, *values: int) -> int:
        """One value for each name, in order. Returns the number of the row."""
        for append, value in zip(self._appends, values, strict=True):
            append(value)
        return len(self._first) - 1

    def __len__(self) -> int:
        return len(self._first)

    def __getitem__(self, name: str) -> "array[int]":
        return self._columns[name]

    def arrays(self) -> dict[str, Ints]:
        """Copies, by name."""
        return {name: np.array(column, np.int64) for name, column in self._columns.items()}

    def correct(self, row: int, *values: int) -> None:
        """Put these in place of what the row held."""
        for column, value in zip(self._columns.values(), values, strict=True):
            column[row] = value
