"""Matching workloads: files of adds, cancels and modifies, read and translated into COMMAND rows.

    python -m benchmarks.workload FILE.bin ORDER_IDS.npy

A file names orders by its own numbers, from the first one that is added; the engine gives its own ids,
opaque but the same in every run. So the commands are first written with client ids, run once on
an engine, and then written again with the ids that it gave: no run needs to look at events.
A kernel of books only knows no client ids and does not say which ids it gives; but it gives the same,
so there a process with the full kernel learns them, which is what the command above does.
"""

from __future__ import annotations

import struct
import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.isolated import FULL, configuration, run_module
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


class ClientIds(StrEnum):
    """Which commands name their order by client id."""

    NONE = "none"
    NEW = "new"  # each new order carries one, which the engine must find to be new
    ALL = "all"  # cancels and modifies find their order by it, too


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
    opening = opening_rows(workload.contracts)
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


def script_by_order_id(workload: Workload, client_ids: ClientIds = ClientIds.NONE) -> Script:
    """Commands that name orders by the engine's ids, learned in one run by client ids."""
    by_client_id = script_by_client_id(workload)
    return _named_by_order_id(workload, by_client_id, _order_ids(workload, by_client_id), client_ids)


def read_script(path: Path, client_ids: ClientIds, order_ids_path: Path | None = None) -> tuple[Workload, Script]:
    """What ``path`` asks for, as commands for the kernel of this process.

    The ids are read from ``order_ids_path`` if it is there, and written there if not.
    """
    workload = read_workload(path)
    by_client_id = script_by_client_id(workload)
    if client_ids == ClientIds.ALL:
        return workload, by_client_id
    if order_ids_path and order_ids_path.is_file():
        order_ids = np.load(order_ids_path)
    elif configuration() == FULL:
        order_ids = _order_ids(workload, by_client_id)
    else:
        order_ids = _learned_elsewhere(path)
    if order_ids_path and not order_ids_path.is_file():
        np.save(order_ids_path, order_ids)
    return workload, _named_by_order_id(workload, by_client_id, order_ids, client_ids)


def _learned_elsewhere(path: Path) -> NDArray[np.int64]:
    with TemporaryDirectory(prefix="gpux-bench-") as directory:
        learned = Path(directory) / "order_ids.npy"
        run_module("benchmarks.workload", path, learned, kernel=FULL)
        order_ids: NDArray[np.int64] = np.load(learned)
        return order_ids


def _order_ids(workload: Workload, by_client_id: Script) -> NDArray[np.int64]:
    """The engine's id of each order of the file, by the file's number; 0 where it was refused."""
    events = Engine().apply(by_client_id.rows)
    accepted = events[events["kind"] == EventKind.ACCEPTED]
    added = by_client_id.record[accepted["sequence"] - 1]
    order_ids = np.zeros(int(workload.records["order"].max(initial=0)) + 1, np.int64)
    order_ids[workload.records["order"][added]] = accepted["order_id"]
    return order_ids


def _named_by_order_id(
    workload: Workload, by_client_id: Script, order_ids: NDArray[np.int64], client_ids: ClientIds
) -> Script:
    rows = by_client_id.rows.copy()
    from_file = by_client_id.record >= 0
    named = from_file & (rows["kind"] != CommandKind.NEW)
    rows["order_id"][named] = order_ids[workload.records["order"][by_client_id.record[named]]]
    without_text = named if client_ids == ClientIds.NEW else from_file
    for word in ("text_0", "text_1", "text_2", "text_3"):
        rows[word][without_text] = 0
    return by_client_id._replace(rows=rows)


def opening_rows(contracts: int) -> Rows:
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
    priced = np.flatnonzero(records["what"] != _CANCEL)
    by_order = priced[np.argsort(records["order"][priced], kind="stable")]
    before, after = records[by_order[:-1]], records[by_order[1:]]
    same = (before["order"] == after["order"]) & (before["price_ticks"] == after["price_ticks"])
    keeps[by_order[1:][same & (after["what"] == _MODIFY)]] = True
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


def main() -> None:
    """Learn the engine's ids of the orders of a file, for a process that cannot."""
    source, target = (Path(argument) for argument in sys.argv[1:])
    workload = read_workload(source)
    np.save(target, _order_ids(workload, script_by_client_id(workload)))
    print("{}")


if __name__ == "__main__":
    main()
