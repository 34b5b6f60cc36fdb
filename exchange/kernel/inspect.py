"""Looking at the state from Python: growing it between batches, and checking every invariant."""

from collections.abc import Iterator

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.records import Rows
from exchange.domain.units import TOTAL_MAX
from exchange.kernel import index
from exchange.kernel.state import State

# An order far from all others needs up to four branches to raise a ladder of one page to the five
# steps that the highest price takes, and three more down to its own page.
BRANCHES_EACH = 7
# Arena: (rows in HEADER, array rows for each arena row, rows one command may need).
_ARENAS = {
    "accounts": ("accounts", 1, 1),
    "contracts": ("contracts", 1, 1),
    "orders": ("orders", 1, 1),
    "details": ("orders", 1, 1),
    "links": ("orders", 1, 1),
    "texts": ("orders", 1, 1),
    "pages": ("pages", 1, 1),
    "levels": ("pages", 64, 1),
    "branches": ("branches", 1, BRANCHES_EACH),
    "children": ("branches", 64, BRANCHES_EACH),
    "positions": ("positions", 1, 1),
    "client_ids": ("client_ids", 1, 1),
    "deadlines": ("deadlines", 1, 1),
}
_INDEXES = {
    "position_index": "positions",
    "client_id_index": "client_ids",
    "contract_index": "contracts",
    "account_index": "accounts",
}


def used_rows(state: State, arena: str) -> int:
    """Rows of this array that are in use, freed ones included."""
    if arena == "header":
        return 1
    count, width, _ = _ARENAS[arena]
    return int(state.header[0][count]) * width


def arenas() -> Iterator[str]:
    """The arrays that are the state; all others are derived from them."""
    yield "header"
    yield from _ARENAS


def with_room(state: State, commands: int) -> State:
    """The same state with room in every arena for this many more commands, at least doubled where short."""
    larger: dict[str, Rows] = {}
    for arena, (count, width, each) in _ARENAS.items():
        array = getattr(state, arena)
        needed = (int(state.header[0][count]) + each * commands) * width
        if needed > array.shape[0]:
            larger[arena] = np.zeros(max(needed, 2 * array.shape[0]), array.dtype)
            larger[arena][: array.shape[0]] = array
    state = state._replace(**larger) if larger else state
    crowded = {
        name: np.zeros(_index_size(rows), np.int32)
        for name, arena in _INDEXES.items()
        if 2 * (rows := int(state.header[0][arena]) + commands) > getattr(state, name).shape[0]
    }
    if crowded:
        state = state._replace(**{name: np.zeros_like(getattr(state, name)) for name in _INDEXES} | crowded)
        index.reindex(state)
    return state


def room(state: State) -> int:
    """For how many more commands there is room in every arena and index."""
    header = state.header[0]
    arenas: Iterator[int] = (
        (getattr(state, arena).shape[0] // width - int(header[count])) // each
        for arena, (count, width, each) in _ARENAS.items()
    )
    indexes: Iterator[int] = (
        getattr(state, name).shape[0] // 2 - int(header[arena]) for name, arena in _INDEXES.items()
    )
    return min(*arenas, *indexes)


def _index_size(rows: int) -> int:
    return 1 << (4 * rows).bit_length()


def queue(state: State, level: int) -> Iterator[int]:
    """The rows of the orders at a level, oldest first."""
    order = int(state.levels[level]["oldest"])
    while order:
        yield order
        order = int(state.orders[order]["newer"])


def level_at(state: State, contract: int, price_ticks: int) -> int:
    """The level of a price, 0 if no order rests there."""
    book = state.contracts[contract]
    if not book["root"] or price_ticks >> (6 * int(book["height"])):
        return 0
    node = int(book["root"])
    for height in range(int(book["height"]) - 1, 0, -1):
        node = int(state.children[node * 64 + ((price_ticks >> (6 * height)) & 63)])
        if node == 0:
            return 0
    level = node * 64 + (price_ticks & 63)
    return level if state.levels[level]["oldest"] else 0


def side_levels(state: State, contract: int, side: Side) -> Iterator[tuple[int, int]]:
    """(price, level) of every occupied price of one side, best first."""
    book = state.contracts[contract]
    best_ticks = int(book["best_bid"] if side == Side.BUY else book["best_ask"])
    if best_ticks:
        yield from _walk(state, int(book["root"]), int(book["height"]), 0, best_ticks, side)


def _walk(state: State, node: int, height: int, base: int, best_ticks: int, side: Side) -> Iterator[tuple[int, int]]:
    """The occupied prices below one node, from the best price on."""
    place = best_ticks >> (6 * (height - 1))  # where the best price lies, among nodes of the height below
    word = int((state.branches if height > 1 else state.pages)[node]["occupied"])
    for number in range(63, -1, -1) if side == Side.BUY else range(64):
        child_base = base * 64 + number
        if not word >> number & 1 or (child_base > place if side == Side.BUY else child_base < place):
            continue
        if height == 1:
            yield child_base, node * 64 + number
        else:
            yield from _walk(state, int(state.children[node * 64 + number]), height - 1, child_base, best_ticks, side)


def open_rows(state: State, account: int) -> Iterator[int]:
    """The rows of the open orders of an account, in the order they were accepted."""
    order = int(state.accounts[account]["oldest"])
    while order:
        yield order
        order = int(state.links[order]["newer"])


def check(state: State) -> None:
    """Every invariant of the state; AssertionError names the first that is broken."""
    header = state.header[0]
    assert header["pending"] == 0, "a command is half done"
    resting = [_check_book(state, contract) for contract in range(int(header["contracts"]))]
    _check_accounts(state, sum(resting))
    _check_positions(state)
    _check_deadlines(state)


def _check_book(state: State, contract: int) -> int:
    """Returns how many orders rest in the book."""
    book = state.contracts[contract]
    best_bid, best_ask = int(book["best_bid"]), int(book["best_ask"])
    assert not best_ask or best_bid < best_ask, f"contract {contract} is crossed: {best_bid} >= {best_ask}"
    count = 0
    for side in Side:
        further = 0
        for price_ticks, level in side_levels(state, contract, side):
            assert not further or (price_ticks < further) == (side == Side.BUY), f"contract {contract} is out of order"
            further = price_ticks
            lots = 0
            for order in queue(state, level):
                node, detail = state.orders[order], state.details[order]
                assert (node["side"], node["level"]) == (side, level), f"order {order} is in the wrong place"
                assert (detail["contract"], detail["price_ticks"]) == (contract, price_ticks), f"order {order} strayed"
                assert 0 < node["open_lots"] <= detail["lots"], f"order {order} has {node['open_lots']} open lots"
                lots += int(node["open_lots"])
                count += 1
            assert lots == state.levels[level]["lots"] > 0, f"level {price_ticks} of contract {contract} sums to {lots}"
    assert count == book["orders"], f"contract {contract} has {count} orders, counts {book['orders']}"
    assert bool(book["root"]) == bool(count), f"contract {contract} keeps an empty tree"
    return count


def _check_accounts(state: State, resting: int) -> None:
    header = state.header[0]
    count = 0
    for account in range(int(header["accounts"])):
        owner = state.accounts[account]
        orders = list(open_rows(state, account))
        assert len(orders) == owner["orders"], f"account {account} has {len(orders)} orders, counts {owner['orders']}"
        assert (state.orders[orders]["account"] == account).all(), f"account {account} lists a foreign order"
        held = int((state.orders[orders]["open_lots"] * state.details[orders]["reserve_per_lot"]).sum())
        assert held == owner["reserved"], f"account {account} reserves {owner['reserved']}, its orders need {held}"
        assert 0 <= owner["reserved"] <= owner["cash"], f"account {account} has {owner['cash']} and reserves {held}"
        count += len(orders)
    assert count == resting, f"{count} open orders, {resting} in the books"
    cash = int(state.accounts["cash"].sum())
    assert cash == header["cash_total"] <= TOTAL_MAX, f"cash sums to {cash}, deposits to {header['cash_total']}"


def _check_positions(state: State) -> None:
    header = state.header[0]
    positions = state.positions[1 : int(header["positions"])]
    sums = np.zeros(max(int(header["contracts"]), 1), np.int64)
    np.add.at(sums, positions["contract"], positions["lots"])
    assert not sums.any(), f"lots bought and sold differ in contract {int(sums.nonzero()[0][0])}"
    deliverable = positions["lots"] + positions["capacity_lots"] - positions["open_sell_lots"]
    assert (deliverable >= 0).all(), "a position offers more than it can deliver"
    live = state.orders["open_lots"] > 0
    for side, column in ((Side.BUY, "open_buy_lots"), (Side.SELL, "open_sell_lots")):
        mine = live & (state.orders["side"] == side)
        offered = np.zeros(state.positions.shape[0], np.int64)
        np.add.at(offered, state.orders["position"][mine], state.orders["open_lots"][mine])
        assert (offered == state.positions[column]).all(), f"{column} differs from the open orders"


def _check_deadlines(state: State) -> None:
    heap = state.deadlines[: int(state.header[0]["deadlines"])]
    for place in range(1, heap.shape[0]):
        parent, child = heap[(place - 1) // 2], heap[place]
        assert (parent["time_ns"], parent["rank"]) < (child["time_ns"], child["rank"]), "deadlines are out of order"
    for place, entry in enumerate(heap):
        order = int(entry["order"])
        assert order == 0 or state.details[order]["deadline"] == place + 1, f"order {order} lost its deadline"
        assert order == 0 or state.orders[order]["open_lots"] > 0, f"a closed order {order} has a deadline"
