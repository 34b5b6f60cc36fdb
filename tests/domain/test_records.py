"""The two records: the struct, the tuple and the NumPy rows must be the same bytes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.records import COMMAND, COMMAND_STRUCT, EVENT, Command, command_rows

_COLUMNS = COMMAND.names or ()
_VALUE_COLUMNS = [name for name in _COLUMNS if name != "reserved"]


def _bits(name: str) -> int:
    return 8 * COMMAND[name].itemsize


def _any_command() -> st.SearchStrategy[Command]:
    columns = {name: st.integers(-(2 ** (_bits(name) - 1)), 2 ** (_bits(name) - 1) - 1) for name in _VALUE_COLUMNS}
    return st.builds(Command, **columns)


@given(st.lists(_any_command(), max_size=5))
def test_a_command_reads_back_as_the_row_it_was_packed_into(commands: list[Command]) -> None:
    """Column by column, at every value that the columns can hold."""
    rows = command_rows(commands)
    assert rows.dtype == COMMAND
    assert rows[_VALUE_COLUMNS].tolist() == [tuple(command) for command in commands]


def test_struct_matches_the_columns_one_by_one() -> None:
    """Each column alone set to a pattern: it must appear at its offset, in its width, and nowhere else."""
    assert Command._fields == tuple(_VALUE_COLUMNS)
    for place, name in enumerate(_VALUE_COLUMNS):
        value = int.from_bytes(bytes(range(1, 1 + COMMAND[name].itemsize)), "little")
        packed = COMMAND_STRUCT.pack(*(value if place == other else 0 for other in range(len(_VALUE_COLUMNS))))
        offset = COMMAND.fields[name][1] if COMMAND.fields else -1
        expected = bytearray(COMMAND.itemsize)
        expected[offset : offset + COMMAND[name].itemsize] = value.to_bytes(COMMAND[name].itemsize, "little")
        assert packed == bytes(expected), name


def test_every_column_is_signed_and_none_overlaps() -> None:
    """Unsigned columns would make Numba compute in floats; padding must be named, as it is in journals."""
    for record in (COMMAND, EVENT):
        spans = sorted((record.fields[name][1], record[name].itemsize) for name in record.names or () if record.fields)
        for (offset, size), (following, _) in pairwise(spans):
            assert offset + size <= following
        for name in record.names or ():
            assert record[name].base.kind == "i", name


def test_rows_are_writable_and_owned() -> None:
    """The leader stamps sequence and time into them."""
    rows = command_rows([Command(kind=1), Command(kind=2)])
    rows["sequence"] = [1, 2]
    assert rows["sequence"].tolist() == [1, 2]
    assert len(command_rows([])) == 0
    assert isinstance(rows, np.ndarray)
