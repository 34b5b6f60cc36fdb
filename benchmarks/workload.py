"""Matching workloads: files of adds, cancels and modifies, read and translated into COMMAND rows.

A file names orders by its own numbers, from the first one that is added; the engine gives its own ids,
opaque but the same in every run. So the commands are first written with client ids, run once on
an engine, and then written again with the ids that it gave: no run needs to look at events.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Side, TimeInForce
from exchange.domain.records import COMMAND, Command, Rows, command_rows
from exchange.domain.text import WORD_END, pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS, TOTAL_MAX
from exchange.engine import Engine

MAGIC = b"GPUOB1\0\0"
_HEADER = struct.Struct("<8sIIIIiiQI20x")
_ADD, _CANCEL, _MODIFY = 0, 1, 2
RECORD = np.dtype(
    {
        "names": ["order", "price_ticks", "lots", "contract", "what", "side", "is_ioc"],
        "formats": ["<u4", "<i4", "<u4", "<u4", "u1", "u1", "u1"],
        "offsets": [0, 4, 8, 12, 16, 17, 18],
        "itemsize": 24,
    }
)

# Bids come from one account and offers from another, so that nobody ever meets himself.
BUYER, SELLER = 1, 2
# More than any order in a file, little enough for the seller's capacity.
_STEP_BACK_LOTS = 10**8


class BadWorkload(ValueError):
    """A file that is not a workload, or is cut short."""


class Workload(NamedTuple):
    """What a file asks for; the first ``warm_up`` records are to be done but not measured."""

    records: Rows
    warm_up: int
    contracts: int


class Script(NamedTuple):
    """A workload as commands. ``record`` tells which record each row belongs to; setting up has -1."""

    rows: Rows
    record: NDArray[np.int64]
    first_measured: int


def read_workload(path: Path) -> Workload:
    """Raises BadWorkload, saying what was expected and what was found."""
    content = path.read_bytes()
    if len(content) < _HEADER.size or not content.startswith(MAGIC):
        raise BadWorkload(f"{path}: expected a file that begins with {MAGIC!r}, found {content[: len(MAGIC)]!r}")
    _, warm_up, count, contracts, *_ = _HEADER.unpack_from(content)
    expected = _HEADER.size + count * RECORD.itemsize
    if len(content) != expected:
        raise BadWorkload(f"{path}: expected {expected} bytes for {count} records, found {len(content)}")
    return Workload(np.frombuffer(content, RECORD, offset=_HEADER.size), warm_up, contracts)


def script_by_client_id(workload: Workload) -> Script:
    """Commands that name orders by client ids made from the numbers in the file."""
    records = workload.records
    opening = _opening(workload.contracts)
    same_price = _keeps_price(records)
    copies = np.where(same_price, 2, 1)
    record = np.repeat(np.arange(len(records)), copies)
    asked = records[record]
    rows = np.zeros(len(asked), COMMAND)
    _fill_orders(rows, asked)
    # An order that is modified at its old price must go to the end of the queue, also when it gets smaller,
    # which our REPLACE does not do: so it is first made huge, which does, and then brought to its size.
    step_back = np.flatnonzero(np.append(record[1:] == record[:-1], False))
    rows["lots"][step_back] = _STEP_BACK_LOTS
    rows = np.concatenate([opening, rows])
    rows["sequence"] = np.arange(1, len(rows) + 1)
    rows["time_ns"] = 1
    record = np.concatenate([np.full(len(opening), -1), record])
    return Script(rows, record, int(np.searchsorted(record, workload.warm_up)))


def script_by_order_id(workload: Workload) -> Script:
    """Commands that name orders by the engine's ids, learned in one run by client ids."""
    by_client_id = script_by_client_id(workload)
    events = Engine().apply(by_client_id.rows)
    accepted = events[events["kind"] == EventKind.ACCEPTED]
    added = by_client_id.record[accepted["sequence"] - 1]
    order_ids = np.zeros(int(workload.records["order"].max()) + 1, np.int64)
    order_ids[workload.records["order"][added]] = accepted["order_id"]
    rows = by_client_id.rows.copy()
    from_file = by_client_id.record >= 0
    for word in ("text_0", "text_1", "text_2", "text_3"):
        rows[word][from_file] = 0
    named = from_file & (rows["kind"] != CommandKind.NEW)
    rows["order_id"][named] = order_ids[workload.records["order"][by_client_id.record[named]]]
    return by_client_id._replace(rows=rows)


def _opening(contracts: int) -> Rows:
    """Two accounts without fees and with means that no workload exhausts, and the contracts."""
    commands = [
        Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text("buyer")[0]),
        Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text("seller")[0]),
        Command(kind=CommandKind.CASH, account=BUYER, amount=TOTAL_MAX),
    ]
    for contract in range(contracts):
        symbol = dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(f"C{contract}"), strict=True))
        commands.append(Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, **symbol))
        commands.append(Command(kind=CommandKind.CAPACITY, account=SELLER, contract=contract, lots=LOTS_MAX))
    return command_rows(commands)


def _keeps_price(records: Rows) -> NDArray[np.bool_]:
    """Which records modify an order without moving its price."""
    keeps = np.zeros(len(records), np.bool_)
    prices_ticks: dict[int, int] = {}
    priced = np.flatnonzero(records["what"] != _CANCEL)
    columns = (priced, records["order"][priced], records["price_ticks"][priced], records["what"][priced])
    for place, order, price_ticks, what in zip(*(column.tolist() for column in columns), strict=True):
        keeps[place] = what == _MODIFY and prices_ticks.get(order) == price_ticks
        prices_ticks[order] = price_ticks
    return keeps


def _fill_orders(rows: Rows, asked: Rows) -> None:
    kinds = np.array([CommandKind.NEW, CommandKind.CANCEL, CommandKind.REPLACE])
    rows["kind"] = kinds[asked["what"]]
    rows["side"] = asked["side"]
    rows["account"] = np.where(asked["side"] == Side.BUY, BUYER, SELLER)
    rows["contract"] = asked["contract"]
    rows["price_ticks"] = asked["price_ticks"]
    rows["lots"] = asked["lots"]
    rows["order_type"] = OrderType.LIMIT
    rows["time_in_force"] = np.where(asked["is_ioc"] == 1, TimeInForce.IOC, TimeInForce.GTC)
    rows["flags"] = np.where(asked["what"] == _MODIFY, Flag.LOTS_ARE_OPEN, 0)
    rows["text_0"] = _client_id_words(asked["order"].astype(np.int64))


def _client_id_words(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Five letters for each number below 2**30, as the first word of a text (see exchange.domain.text)."""
    words = sum(((numbers >> 6 * place & 63) + 1) * 65**place for place in range(5))
    assert isinstance(words, np.ndarray)
    assert int(words.max(initial=0)) < WORD_END
    return words
