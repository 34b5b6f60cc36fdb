"""Finding rows by key: open addressing over row numbers, in tables that are derived and never hashed.

Nothing is ever removed from these tables: client ids count for ever, and a position, a
contract or an account never goes away. A slot holds row + 1, and 0 ends a search. The slots of
client ids, of which there may be millions, hold a part of what was mixed beside it, so that a
search seldom has to look at a row that is not the right one.
"""

from exchange.domain.records import Rows
from exchange.jit import entry, inlined, int64, kernel, seldom
from exchange.kernel.state import State

_POSITIVE = 2**63 - 1
_ROW = 2**32 - 1
_FIRST = 0x2545F4914F6CDD1D  # odd constants with well-spread bits
_SECOND = 0x369DEA0F31A53F85


@inlined
def _mix(seed: int, word: int) -> int:
    """Spread ``word`` over 63 bits; masked, so that it means the same where integers do not wrap."""
    mixed = (((seed ^ word) & _POSITIVE) * _FIRST) & _POSITIVE
    mixed ^= mixed >> 32
    mixed = (mixed * _SECOND) & _POSITIVE
    return mixed ^ (mixed >> 29)


@kernel
def _mix_text(seed: int, row: Rows) -> int:
    mixed = _mix(seed, int64(row["text_0"]))
    if int64(row["text_1"]) != 0:  # most are short
        mixed = _mix(_mix(_mix(mixed, int64(row["text_1"])), int64(row["text_2"])), int64(row["text_3"]))
    return mixed


@kernel
def same_text(one: Rows, other: Rows) -> bool:
    return bool(
        one["text_0"] == other["text_0"]
        and one["text_1"] == other["text_1"]
        and one["text_2"] == other["text_2"]
        and one["text_3"] == other["text_3"]
    )


@kernel
def copy_text(target: Rows, source: Rows) -> None:
    target["text_0"] = source["text_0"]
    target["text_1"] = source["text_1"]
    target["text_2"] = source["text_2"]
    target["text_3"] = source["text_3"]


@kernel
def find_by_text(index: Rows, rows: Rows, wanted: Rows) -> int:
    """Which of ``rows`` (contracts or accounts) has the text of ``wanted``; -1 if none has."""
    mask = index.shape[0] - 1
    place = _mix_text(0, wanted) & mask
    while int64(index[place]) != 0:
        row = int64(index[place]) - 1
        if same_text(rows[row], wanted):
            return row
        place = (place + 1) & mask
    return -1


@kernel
def add_by_text(index: Rows, rows: Rows, row: int) -> None:
    """Make ``rows[row]`` findable by its text."""
    _put(index, _mix_text(0, rows[row]), row)


@kernel
def client_id_place(state: State, account: int, wanted: Rows) -> int:
    """Where in its index the search for a client id begins."""
    return _mix_text(account, wanted) & int64(state.client_id_index.shape[0] - 1)


@kernel
def find_client_id(state: State, account: int, wanted: Rows) -> tuple[int, int, int]:
    """Find the row of CLIENT_ID where ``account`` used the text of ``wanted``.

    Returns (the row, 0 if it never did; where it would stand in the index; what was mixed).
    """
    mask = int64(state.client_id_index.shape[0] - 1)
    mixed = _mix_text(account, wanted)
    place = mixed & mask
    slot = int64(state.client_id_index[place])
    while slot != 0:
        row = (slot & _ROW) - 1
        if slot >> 32 == mixed >> 32:
            used = state.client_ids[row]
            if int64(used["account"]) == account and same_text(used, wanted):
                return row, place, mixed
        place = (place + 1) & mask
        slot = int64(state.client_id_index[place])
    return 0, place, mixed


@kernel
def add_client_id(
    state: State, account: int, contract: int, source: Rows, order_id: int, place: int, mixed: int
) -> int:
    """Remember that ``account`` used the text of ``source``, which find_client_id has just not found.

    place, mixed: as it said. Returns the row of CLIENT_ID.
    """
    header = state.header[0]
    row = int64(header["client_ids"])
    header["client_ids"] = row + 1
    used = state.client_ids[row]
    copy_text(used, source)
    used["account"] = account
    used["contract"] = contract
    used["order_id"] = order_id
    state.client_id_index[place] = _slot(mixed, row)
    return row


@kernel
def _slot(mixed: int, row: int) -> int:
    return (mixed >> 32 << 32) | (row + 1)


@kernel
def position_place(state: State, account: int, contract: int) -> int:
    """Where in its index the search for a position begins."""
    return _mix(account, contract) & int64(state.position_index.shape[0] - 1)


@kernel
def find_position(state: State, account: int, contract: int) -> int:
    """The row of POSITION of ``account`` in ``contract``; 0 if there is none yet."""
    mask = state.position_index.shape[0] - 1
    place = position_place(state, account, contract)
    while state.position_index[place] != 0:
        row = int64(state.position_index[place]) - 1
        position = state.positions[row]
        if int64(position["account"]) == account and int64(position["contract"]) == contract:
            return row
        place = (place + 1) & mask
    return 0


@seldom
def reach_position(state: State, account: int, contract: int) -> int:
    """The row of POSITION of ``account`` in ``contract``, made if need be."""
    row = find_position(state, account, contract)
    if row == 0:
        header = state.header[0]
        row = int64(header["positions"])
        header["positions"] = row + 1
        state.positions[row]["account"] = account
        state.positions[row]["contract"] = contract
        _enrol(state, row)
        _put(state.position_index, _mix(account, contract), row)
    return row


@seldom
def _enrol(state: State, position: int) -> None:
    """Let a new position count in the pools that its account is limited in."""
    held = state.positions[position]
    owner = state.accounts[int64(held["account"])]
    listing = state.listings[int64(held["contract"])]
    pool = int64(owner["pools"])
    while pool != 0 and not is_pool_of(state, pool, int64(listing["sku"]), int64(listing["region"])):
        pool = int64(state.pools[pool]["next"])
    held["pool"] = pool
    held["is_pooled"] = int64(pool != 0 or int64(owner["total"]) != 0)


@kernel
def is_pool_of(state: State, pool: int, sku: int, region: int) -> bool:
    row = state.pools[pool]
    return bool(row["sku"] == sku and row["region"] == region)


@kernel
def _put(index: Rows, mixed: int, row: int) -> None:
    mask = index.shape[0] - 1
    place = mixed & mask
    while int64(index[place]) != 0:
        place = (place + 1) & mask
    index[place] = row + 1


@entry
def reindex(state: State) -> None:
    """Fill the four tables, which must be all zero, from the rows they find."""
    header = state.header[0]
    for contract in range(int64(header["contracts"])):
        add_by_text(state.contract_index, state.listings, contract)
    for account in range(int64(header["accounts"])):
        add_by_text(state.account_index, state.accounts, account)
    for row in range(1, int64(header["positions"])):
        position = state.positions[row]
        _put(state.position_index, _mix(int64(position["account"]), int64(position["contract"])), row)
    for row in range(1, int64(header["client_ids"])):
        used = state.client_ids[row]
        _, place, mixed = find_client_id(state, int64(used["account"]), used)
        state.client_id_index[place] = _slot(mixed, row)
