"""Event and command rows as tuples: one pass over the bytes, many times faster than field by field."""

from __future__ import annotations

import struct
from typing import NamedTuple

from exchange.domain.records import COMMAND_STRUCT, EVENT, Command, Rows
from exchange.domain.text import unpack_text

EVENT_STRUCT = struct.Struct("<6q10i4h")
assert EVENT_STRUCT.size == EVENT.itemsize


class Event(NamedTuple):
    """One EVENT row as a tuple, in column order."""

    sequence: int
    order_id: int
    maker_order_id: int
    amount: int
    fee: int
    maker_fee: int
    price_ticks: int
    lots: int
    open_lots: int
    contract: int
    account: int
    maker_account: int
    maker_open_lots: int
    old_price_ticks: int
    old_open_lots: int
    shown_lots: int
    kind: int
    side: int
    reason: int
    resting: int


assert Event._fields == EVENT.names


def event_tuples(rows: Rows) -> list[Event]:
    return [Event._make(values) for values in EVENT_STRUCT.iter_unpack(rows.tobytes())]


def command_tuples(rows: Rows) -> list[Command]:
    return [Command._make(values) for values in COMMAND_STRUCT.iter_unpack(rows.tobytes())]


def text_of(command: Command) -> str:
    """The client id, name, symbol or node that it carries."""
    return unpack_text((command.text_0, command.text_1, command.text_2, command.text_3))
