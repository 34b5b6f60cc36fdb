"""Event and command rows as objects: one pass over the bytes, many times faster than field by field."""

from __future__ import annotations

import struct

from msgspec import Struct

from exchange.domain.records import COMMAND_STRUCT, EVENT, Command, Rows
from exchange.domain.text import unpack_text

EVENT_STRUCT = struct.Struct("<6q10i4h")
assert EVENT_STRUCT.size == EVENT.itemsize


class Event(Struct, frozen=True, gc=False):
    """One EVENT row, its columns in their order; made several times faster than a named tuple."""

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


assert Event.__struct_fields__ == EVENT.names


def event_tuples(rows: Rows) -> list[Event]:
    return [Event(*values) for values in EVENT_STRUCT.iter_unpack(rows.tobytes())]


def command_tuples(rows: Rows) -> list[Command]:
    return [Command._make(values) for values in COMMAND_STRUCT.iter_unpack(rows.tobytes())]


def text_of(command: Command) -> str:
    """The client id, name, symbol or node that it carries."""
    return unpack_text((command.text_0, command.text_1, command.text_2, command.text_3))
