"""What happened, as plain tuples in the column order of EVENT, and as the bytes of EVENT rows."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from exchange.domain.records import EVENT

_ROW = struct.Struct("<6q10i4h")
assert _ROW.size == EVENT.itemsize


class Event(NamedTuple):
    """One EVENT row. A column that a kind does not speak of is zero."""

    sequence: int = 0
    order_id: int = 0
    maker_order_id: int = 0
    amount: int = 0
    fee: int = 0
    maker_fee: int = 0
    price_ticks: int = 0
    lots: int = 0
    open_lots: int = 0
    contract: int = 0
    account: int = 0
    maker_account: int = 0
    maker_open_lots: int = 0
    old_price_ticks: int = 0
    old_open_lots: int = 0
    shown_lots: int = 0
    kind: int = 0
    side: int = 0
    reason: int = 0
    resting: int = 0


assert Event._fields == EVENT.names


def event_bytes(events: Iterable[Event]) -> bytes:
    """The rows as the kernel would write them, to compare a whole batch at once."""
    return b"".join([_ROW.pack(*event) for event in events])


def event_tuples(rows: bytes) -> list[Event]:
    """The other way round, to show what differs."""
    return [Event(*row) for row in _ROW.iter_unpack(rows)]
