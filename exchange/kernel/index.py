"""Finding rows by key: open addressing, in tables that are derived from the rows and never hashed.

Nothing is ever removed from these tables: client ids count for ever, and a position, a
contract or an account never goes away. A slot holds row + 1 and above it the tag, 31 bits that
the key is mixed to; 0 ends a search. The tag says where the search begins, so that a table can
grow without a look at the rows, and a search seldom has to look at a row that is not the right one.
"""

from exchange.domain.records import Rows
from exchange.jit import entry, inlined, int64, kernel, low_product, seldom
from exchange.kernel import margin
from exchange.kernel.holdings import IN_LEGS, ON_MARGIN, POOLED
from exchange.kernel.state import IS_STRIP, State

_ROW = 2**32 - 1
_FIRST = 0x2545F4914F6CDD1D  # odd constants with well-spread bits
_SECOND = 0x369DEA0F31A53F85


@inlined
def _mix(seed: int, word: int) -> int:
    """Spread ``word`` over 63 bits, best over the upper ones."""
    mixed = low_product(seed ^ word, _FIRST)
    return low_product(mixed ^ (mixed >> 32), _SECOND)  # type: ignore[no-any-return]


@kernel
def _tag_of_text(seed: int, row: Rows) -> int:
    mixed = _mix(seed, int64(row["text_0"]))
    if int64(row["text_1"]) != 0:  # most are short
        mixed = _mix(_mix(_mix(mixed, int64(row["text_1"])), int64(row["text_2"])), int64(row["text_3"]))
    return mixed >> 32


@kernel
def _tag_of_position(account: int, contract: int) -> int:
    return _mix(account, contract) >> 32


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
    tag = _tag_of_text(0, wanted)
    place = _first_place(index, tag)
    while int64(index[place]) != 0:
        row = _row_at(index, place)
        if _tag_at(index, place) == tag and same_text(rows[row], wanted):
            return row
        place = _next_place(index, place)
    return -1


@kernel
def add_by_text(index: Rows, rows: Rows, row: int) -> None:
    """Make ``rows[row]`` findable by its text."""
    _add(index, _tag_of_text(0, rows[row]), row)


@kernel
def client_id_place(state: State, account: int, wanted: Rows) -> int:
    """Where in its index the search for a client id begins."""
    return _first_place(state.client_id_index, _tag_of_text(account, wanted))


@kernel
def find_client_id(state: State, account: int, wanted: Rows) -> tuple[int, int, int]:
    """Find the row of CLIENT_ID where ``account`` used the text of ``wanted``.

    Returns (the row, 0 if it never did; where it would stand in the index; its tag).
    """
    index = state.client_id_index
    tag = _tag_of_text(account, wanted)
    place = _first_place(index, tag)
    while int64(index[place]) != 0:
        if _tag_at(index, place) == tag:
            row = _row_at(index, place)
            used = state.client_ids[row]
            if int64(used["account"]) == account and same_text(used, wanted):
                return row, place, tag
        place = _next_place(index, place)
    return 0, place, tag


@kernel
def add_client_id(state: State, account: int, contract: int, source: Rows, order_id: int, place: int, tag: int) -> int:
    """Remember that ``account`` used the text of ``source``, which find_client_id has just not found.

    place, tag: as it said. Returns the row of CLIENT_ID.
    """
    header = state.header[0]
    row = int64(header["client_ids"])
    header["client_ids"] = row + 1
    used = state.client_ids[row]
    copy_text(used, source)
    used["account"] = account
    used["contract"] = contract
    used["order_id"] = order_id
    state.client_id_index[place] = (tag << 32) | (row + 1)
    return row


@kernel
def position_place(state: State, account: int, contract: int) -> int:
    """Where in its index the search for a position begins."""
    return _first_place(state.position_index, _tag_of_position(account, contract))


@kernel
def find_position(state: State, account: int, contract: int) -> int:
    """The row of POSITION of ``account`` in ``contract``; 0 if there is none yet."""
    index = state.position_index
    tag = _tag_of_position(account, contract)
    place = _first_place(index, tag)
    while int64(index[place]) != 0:
        row = _row_at(index, place)
        position = state.positions[row]
        if int64(position["account"]) == account and int64(position["contract"]) == contract:
            return row
        place = _next_place(index, place)
    return 0


@seldom
def find_nomination(state: State, contract: int, wanted: Rows) -> int:
    """The row of NOMINATION that gives the node of ``wanted`` a buyer in ``contract``; 0 if there is none."""
    index = state.nomination_index
    tag = _tag_of_text(contract, wanted)
    place = _first_place(index, tag)
    while int64(index[place]) != 0:
        row = _row_at(index, place)
        nomination = state.nominations[row]
        if int64(nomination["contract"]) == contract and same_text(nomination, wanted):
            return row
        place = _next_place(index, place)
    return 0


@seldom
def add_nomination(state: State, row: int) -> None:
    nomination = state.nominations[row]
    _add(state.nomination_index, _tag_of_text(int64(nomination["contract"]), nomination), row)


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
        _add(state.position_index, _tag_of_position(account, contract), row)
    return row


@seldom
def _enrol(state: State, position: int) -> None:
    """Let a new position count in the pools that its account is limited in; that of a strip, in its legs."""
    held = state.positions[position]
    owner = state.accounts[int64(held["account"])]
    listing = state.listings[int64(held["contract"])]
    pool = int64(owner["pools"])
    while pool != 0 and not is_pool_of(state, pool, int64(listing["sku"]), int64(listing["region"])):
        pool = int64(state.pools[pool]["next"])
    held["pool"] = pool
    is_strip = int64(state.contracts[int64(held["contract"])]["alert"]) & IS_STRIP != 0
    held["is_pooled"] = (POOLED if pool != 0 or int64(owner["total"]) != 0 else 0) | (IN_LEGS if is_strip else 0)
    if int64(owner["rules"]) & ON_MARGIN != 0 and not is_strip:
        margin.enlist(state, position)


@kernel
def is_pool_of(state: State, pool: int, sku: int, region: int) -> bool:
    row = state.pools[pool]
    return bool(row["sku"] == sku and row["region"] == region)


@kernel
def _mask(index: Rows) -> int:
    return int64(index.shape[0] - 1) & _ROW


@kernel
def _first_place(index: Rows, tag: int) -> int:
    return tag & _mask(index)


@kernel
def _next_place(index: Rows, place: int) -> int:
    return (place + 1) & _mask(index)


@kernel
def _row_at(index: Rows, place: int) -> int:
    return (int64(index[place]) - 1) & _ROW


@kernel
def _tag_at(index: Rows, place: int) -> int:
    return int64(index[place]) >> 32


@kernel
def _add(index: Rows, tag: int, row: int) -> None:
    place = _first_place(index, tag)
    while int64(index[place]) != 0:
        place = _next_place(index, place)
    index[place] = (tag << 32) | (row + 1)


@entry
def spread(index: Rows, larger: Rows) -> None:
    """Move what ``index`` holds to ``larger``, which must be all zero. What is left in ``index`` means nothing."""
    # Half of the slots hold something, without any order: first together, without asking, and then on.
    held = 0
    for place in range(index.shape[0]):
        index[held] = index[place]
        held += int64(index[place] != 0)
    for place in range(held):
        _add(larger, _tag_at(index, place), _row_at(index, place))


@entry
def reindex(state: State) -> None:
    """Fill all tables, which must be all zero, from the rows they find."""
    header = state.header[0]
    for contract in range(int64(header["contracts"])):
        add_by_text(state.contract_index, state.listings, contract)
    for account in range(int64(header["accounts"])):
        add_by_text(state.account_index, state.accounts, account)
    for row in range(1, int64(header["positions"])):
        position = state.positions[row]
        tag = _tag_of_position(int64(position["account"]), int64(position["contract"]))
        _add(state.position_index, tag, row)
    for row in range(1, int64(header["client_ids"])):
        used = state.client_ids[row]
        _add(state.client_id_index, _tag_of_text(int64(used["account"]), used), row)
    for row in range(1, int64(header["nominations"])):
        add_nomination(state, row)
