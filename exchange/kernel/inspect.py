"""Looking at the state from Python, and growing it between batches."""

from collections.abc import Iterator

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.records import Rows
from exchange.domain.units import LEGS_MAX, SCENARIOS
from exchange.jit import FULL
from exchange.kernel import index
from exchange.kernel.arena import grown, touch
from exchange.kernel.facts import APART
from exchange.kernel.holdings import ON_MARGIN, REQUIREMENTS_EACH
from exchange.kernel.state import BOOKS_EACH, BRANCHES_EACH, ICEBERG, IS_WILDCARD, MEMBER, QUOTES_EACH, State

# Orders that one command may open: a quote has two sides.
ORDERS_EACH = 2
# Positions that strip orders may make beyond one a command: that depends on the legs. More than one order needs.
POSITIONS_ASIDE = 4096
assert POSITIONS_ASIDE > LEGS_MAX
_ASIDE = {"positions": POSITIONS_ASIDE, "exposures": POSITIONS_ASIDE}
# Arena: (rows in HEADER, array rows for each arena row, rows one command may need).
_ARENAS = {
    "accounts": ("accounts", 1, 1),
    "contracts": ("contracts", 1, 1),
    "listings": ("contracts", 1, 1),
    "fixings": ("contracts", 1, 1),
    "books": ("contracts", BOOKS_EACH, 1),
    "orders": ("orders", 1, ORDERS_EACH),
    "extras": ("orders", 1, ORDERS_EACH),
    "pages": ("pages", 1, ORDERS_EACH),
    "levels": ("pages", 64, ORDERS_EACH),
    "branches": ("branches", 1, ORDERS_EACH * BRANCHES_EACH),
    "children": ("branches", 64, ORDERS_EACH * BRANCHES_EACH),
    "positions": ("positions", 1, 1),
    "pools": ("pools", 1, 1),
    "quotes": ("quotes", QUOTES_EACH, 1),
    "client_ids": ("client_ids", 1, 1),
    "nominations": ("nominations", 1, 1),
    "deadlines": ("deadlines", 1, 2),  # an order's expiry, and the end of an auction that it starts
    "strips": ("strips", 1, 1),
    "legs": ("legs", 1, 1),
    "wildcards": ("wildcards", 1, 1),
    "scenarios": ("contracts", SCENARIOS, 1),
    "exposures": ("positions", 1, 1),
    "margins": ("margins", 1, 1),
    "requirements": ("margins", REQUIREMENTS_EACH, 1),
}
_INDEXES = {
    "position_index": "positions",
    "client_id_index": "client_ids",
    "contract_index": "contracts",
    "account_index": "accounts",
    "nomination_index": "nominations",
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
        needed = (int(state.header[0][count]) + each * commands + _ASIDE.get(arena, 0)) * width
        if needed > array.shape[0]:
            larger[arena] = grown(array, max(needed, 2 * array.shape[0]))
    state = state._replace(**larger) if larger else state
    for name, arena in _INDEXES.items():
        rows = int(state.header[0][arena]) + commands + _ASIDE.get(arena, 0)
        if 2 * rows > getattr(state, name).shape[0]:
            table = getattr(state, name)
            state = state._replace(**{name: _spread(table, _empty_table(table, rows))})
    state.allowance[0] = POSITIONS_ASIDE
    return state


def reserve(state: State, orders: int) -> State:
    """The same state with memory at hand for so many more orders and client ids."""
    reserved: dict[str, Rows] = {}
    for arena in ("orders", "client_ids") if FULL else ("orders",):
        used, array = int(state.header[0][arena]), getattr(state, arena)
        reserved[arena] = grown(array, max(used + orders, array.shape[0]))
        touch(reserved[arena][used : used + orders])
    ids = int(state.header[0]["client_ids"]) + orders
    if FULL and 2 * ids > state.client_id_index.shape[0]:
        table = _empty_table(state.client_id_index, ids)
        touch(table)
        reserved["client_id_index"] = _spread(state.client_id_index, table)
    return state._replace(**reserved)


def room(state: State) -> int:
    """For how many more commands there is room in every arena and index."""
    header = state.header[0]
    arenas: Iterator[int] = (
        (getattr(state, arena).shape[0] // width - int(header[count]) - _ASIDE.get(arena, 0)) // each
        for arena, (count, width, each) in _ARENAS.items()
    )
    indexes: Iterator[int] = (
        getattr(state, name).shape[0] // 2 - int(header[arena]) - _ASIDE.get(arena, 0)
        for name, arena in _INDEXES.items()
    )
    return min(*arenas, *indexes)


def _empty_table(table: Rows, rows: int) -> Rows:
    """For an index with at least half of its slots free when ``rows`` are in it."""
    return np.zeros(1 << (2 * rows).bit_length(), table.dtype)


def _spread(table: Rows, larger: Rows) -> Rows:
    index.spread(table, larger)
    return larger


def queue(state: State, level: int) -> Iterator[int]:
    """The rows of the orders at a level, oldest first."""
    order = int(state.levels[level]["oldest"])
    while order:
        yield order
        order = int(state.orders[order]["newer"])


def level_at(state: State, book: int, price_ticks: int) -> int:
    """The level of a price in one book, 0 if no order is there."""
    side = state.books[book]
    if not side["root"] or price_ticks >> (6 * int(side["height"])):
        return 0
    node = int(side["root"])
    for height in range(int(side["height"]) - 1, 0, -1):
        node = int(state.children[node * 64 + ((price_ticks >> (6 * height)) & 63)])
        if node == 0:
            return 0
    level = node * 64 + (price_ticks & 63)
    return level if state.levels[level]["oldest"] else 0


def side_levels(state: State, contract: int, side: Side) -> Iterator[tuple[int, int]]:
    """(price, level) of every occupied price of one side that can be seen, best first."""
    return book_levels(state, contract * BOOKS_EACH + side, side == Side.BUY)


def book_levels(state: State, book: int, rises: bool) -> Iterator[tuple[int, int]]:
    """(price, level) of every occupied price of one book, best first."""
    if state.books[book]["root"]:
        yield from _walk(state, int(state.books[book]["root"]), int(state.books[book]["height"]), 0, rises)


def _walk(state: State, node: int, height: int, base: int, rises: bool) -> Iterator[tuple[int, int]]:
    """The occupied prices below one node."""
    word = int((state.branches if height > 1 else state.pages)[node]["occupied"])
    for number in range(63, -1, -1) if rises else range(64):
        if word >> number & 1:
            if height == 1:
                yield base * 64 + number, node * 64 + number
            else:
                yield from _walk(state, int(state.children[node * 64 + number]), height - 1, base * 64 + number, rises)


def open_rows(state: State, account: int) -> Iterator[int]:
    """The rows of the open orders of an account, in the order they were accepted, members behind their wildcard."""
    order = int(state.accounts[account]["oldest"])
    while order:
        yield order
        if state.orders[order]["marks"] & IS_WILDCARD:
            yield from member_rows(state, int(state.extras[order]["wildcard"]))
        order = int(state.orders[order]["account_newer"])


def member_rows(state: State, wildcard: int) -> Iterator[int]:
    """The rows of the orders that are members of a wildcard (row of WILDCARD), in the order in which they joined."""
    order = int(state.wildcards[wildcard]["oldest"])
    while order:
        yield order
        order = int(state.extras[order]["watch_newer"])


def wildcard_id_of(state: State, order: int) -> int:
    """The order id of the wildcard that ``order`` is, or is a member of; 0 if it has to do with none."""
    if not state.orders[order]["marks"] & (IS_WILDCARD | MEMBER):
        return 0
    whole = int(state.wildcards[int(state.extras[order]["wildcard"])]["order"])
    return (int(state.orders[whole]["generation"]) << 32) | whole


def gathering_rows(state: State) -> Iterator[int]:
    """The rows of WILDCARD of those that wait for members, in the order they were accepted."""
    wildcard = int(state.header[0]["gathering_oldest"])
    while wildcard:
        yield wildcard
        wildcard = int(state.wildcards[wildcard]["gathering_newer"])


def waiting_rows(state: State, contract: int) -> Iterator[int]:
    """The rows of the orders that the contract watches, in the order they began to be watched."""
    order = int(state.listings[contract]["watch_oldest"])
    while order:
        yield order
        order = int(state.extras[order]["watch_newer"])


def nomination_rows(state: State, contract: int) -> list[int]:
    """The rows of the nominations of a contract, in the order in which they were said."""
    rows = []
    row = int(state.listings[contract]["nominated"])
    while row:
        rows.append(row)
        row = int(state.nominations[row]["next"])
    return rows[::-1]


def leg_rows(state: State, contract: int) -> Iterator[int]:
    """The rows of the legs of a strip, in the order they were added."""
    leg = int(state.strips[int(state.listings[contract]["strip"])]["oldest"])
    while leg:
        yield leg
        leg = int(state.legs[leg]["newer"])


def credit_bps(state: State, account: int) -> int | None:
    """How much of a lot held counts in the margin of an account; None without terms."""
    owner = state.accounts[account]
    return int(state.margins[int(owner["margin"])]["credit_bps"]) if owner["rules"] & ON_MARGIN else None


def requirements(state: State, account: int) -> Rows:
    """(2, scenarios) of micro-dollars: with open orders, and of the positions alone."""
    row = int(state.accounts[account]["margin"]) * REQUIREMENTS_EACH
    return state.requirements[row : row + REQUIREMENTS_EACH].reshape(2, SCENARIOS)


def required(state: State, account: int) -> tuple[int, int]:
    """The same in the worst scenario, never below 0."""
    with_orders, alone = requirements(state, account).max(axis=1, initial=0).tolist()
    return with_orders, alone


def account_of(state: State, order: int) -> int:
    """Whose order it is."""
    return int(state.positions["account"][state.orders["position"][order]])


def limit_of(state: State, order: int) -> int:
    """The price for which an order holds, as ``facts.limit_of``."""
    node = state.orders[order]
    return int(state.extras[order]["limit_ticks"] if node["marks"] & APART else node["price_ticks"])


def total_open(state: State, order: int) -> int:
    """All open lots of an order, what an iceberg hides included."""
    node = state.orders[order]
    return int(node["open_lots"]) + (int(state.extras[order]["hidden_lots"]) if node["marks"] & ICEBERG else 0)
