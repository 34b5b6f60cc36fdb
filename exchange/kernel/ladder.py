"""The prices of one book: a 64-ary radix tree whose leaves are pages of 64 levels.

The tree is as high as its highest price needs: one page below 64 ticks, two steps below
4,096, five at most. A page or branch exists only while something in it is occupied, so
memory grows with levels in use. One tree serves both sides, since a book is never crossed;
the best prices are kept beside it. See docs/kernel.md for a picture.
"""

from exchange.domain.enums import Side
from exchange.jit import int64, kernel
from exchange.kernel.bits import ABOVE, BELOW, highest, lowest, with_one, without_one
from exchange.kernel.fifo import join_level, leave_level
from exchange.kernel.state import State

_BUY = int(Side.BUY)


@kernel
def rest(state: State, contract: int, order: int, price_ticks: int) -> None:
    """Put ``order`` into the book, behind all others at its price."""
    level = _reach(state, contract, price_ticks)
    if join_level(state, level, order):
        page = state.pages[level >> 6]
        page["occupied"] = with_one(int64(page["occupied"]), level & 63)
        book = state.contracts[contract]
        if int64(state.orders[order]["side"]) == _BUY:
            if price_ticks > int64(book["best_bid"]):
                book["best_bid"] = price_ticks
        elif int64(book["best_ask"]) == 0 or price_ticks < int64(book["best_ask"]):
            book["best_ask"] = price_ticks


@kernel
def take_out(state: State, contract: int, order: int) -> None:
    """Take ``order`` out of the book."""
    level = int64(state.orders[order]["level"])
    if leave_level(state, order):
        page = state.pages[level >> 6]
        page["occupied"] = without_one(int64(page["occupied"]), level & 63)
        price_ticks = price_of(state, level)
        book = state.contracts[contract]
        if price_ticks == int64(book["best_bid"]):
            book["best_bid"] = next_below(state, level)
        elif price_ticks == int64(book["best_ask"]):
            book["best_ask"] = next_above(state, level)
        if int64(page["occupied"]) == 0:
            _prune(state, contract, level >> 6)


@kernel
def price_of(state: State, level: int) -> int:
    return int64(state.pages[level >> 6]["base"]) * 64 + (level & 63)


@kernel
def find(state: State, contract: int, price_ticks: int) -> int:
    """The level of a price at which orders rest."""
    node = int64(state.contracts[contract]["root"])
    height = int64(state.contracts[contract]["height"])
    while height > 1:
        height -= 1
        node = int64(state.children[node * 64 + ((price_ticks >> (6 * height)) & 63)])
    return node * 64 + (price_ticks & 63)


@kernel
def next_below(state: State, level: int) -> int:
    """The highest occupied price below ``level``, 0 if there is none."""
    page = state.pages[level >> 6]
    word = int64(page["occupied"]) & BELOW[level & 63]
    if word != 0:
        return int64(page["base"]) * 64 + highest(word)
    number = int64(page["base"]) & 63
    node = int64(page["parent"])
    height = 2
    while node != 0:
        word = int64(state.branches[node]["occupied"]) & BELOW[number]
        if word != 0:
            child = int64(state.children[node * 64 + highest(word)])
            for _ in range(height - 2):
                child = int64(state.children[child * 64 + highest(int64(state.branches[child]["occupied"]))])
            return int64(state.pages[child]["base"]) * 64 + highest(int64(state.pages[child]["occupied"]))
        number = int64(state.branches[node]["base"]) & 63
        node = int64(state.branches[node]["parent"])
        height += 1
    return 0


@kernel
def next_above(state: State, level: int) -> int:
    """The lowest occupied price above ``level``, 0 if there is none."""
    page = state.pages[level >> 6]
    word = int64(page["occupied"]) & ABOVE[level & 63]
    if word != 0:
        return int64(page["base"]) * 64 + lowest(word)
    number = int64(page["base"]) & 63
    node = int64(page["parent"])
    height = 2
    while node != 0:
        word = int64(state.branches[node]["occupied"]) & ABOVE[number]
        if word != 0:
            child = int64(state.children[node * 64 + lowest(word)])
            for _ in range(height - 2):
                child = int64(state.children[child * 64 + lowest(int64(state.branches[child]["occupied"]))])
            return int64(state.pages[child]["base"]) * 64 + lowest(int64(state.pages[child]["occupied"]))
        number = int64(state.branches[node]["base"]) & 63
        node = int64(state.branches[node]["parent"])
        height += 1
    return 0


@kernel
def _reach(state: State, contract: int, price_ticks: int) -> int:
    """The level of ``price_ticks``, with the pages and branches on the way made."""
    _raise_root(state, contract, price_ticks)
    book = state.contracts[contract]
    node = int64(book["root"])
    height = int64(book["height"])
    while height > 1:
        height -= 1
        base = price_ticks >> (6 * height)
        place = node * 64 + (base & 63)
        child = int64(state.children[place])
        if child == 0:
            child = _new_node(state, height, node, base)
            state.children[place] = child
            branch = state.branches[node]
            branch["occupied"] = with_one(int64(branch["occupied"]), base & 63)
        node = child
    return node * 64 + (price_ticks & 63)


@kernel
def _raise_root(state: State, contract: int, price_ticks: int) -> None:
    """Make the tree high enough for ``price_ticks``."""
    book = state.contracts[contract]
    if int64(book["root"]) == 0:
        height = 1
        while price_ticks >> (6 * height) != 0:
            height += 1
        book["height"] = height
        book["root"] = _new_node(state, height, 0, 0)
        return
    while price_ticks >> (6 * int64(book["height"])) != 0:
        below = int64(book["root"])
        above = _new_node(state, int64(book["height"]) + 1, 0, 0)
        state.children[above * 64] = below
        state.branches[above]["occupied"] = with_one(0, 0)
        if int64(book["height"]) == 1:
            state.pages[below]["parent"] = above
        else:
            state.branches[below]["parent"] = above
        book["root"] = above
        book["height"] += 1


@kernel
def _new_node(state: State, height: int, parent: int, base: int) -> int:
    """A page (height 1) or branch with nothing in it: freed ones are all zero but for their link."""
    header = state.header[0]
    if height == 1:
        node = int64(header["free_page"])
        if node == 0:
            node = int64(header["pages"])
            header["pages"] = node + 1
        else:
            header["free_page"] = state.pages[node]["parent"]
        state.pages[node]["parent"] = parent
        state.pages[node]["base"] = base
        return node
    node = int64(header["free_branch"])
    if node == 0:
        node = int64(header["branches"])
        header["branches"] = node + 1
    else:
        header["free_branch"] = state.branches[node]["parent"]
    state.branches[node]["parent"] = parent
    state.branches[node]["base"] = base
    return node


@kernel
def _prune(state: State, contract: int, page: int) -> None:
    """Free a page with nothing in it, and every branch that this leaves with nothing in it."""
    header = state.header[0]
    node = int64(state.pages[page]["parent"])
    number = int64(state.pages[page]["base"]) & 63
    state.pages[page]["parent"] = header["free_page"]
    state.pages[page]["base"] = 0
    header["free_page"] = page
    while node != 0:
        branch = state.branches[node]
        state.children[node * 64 + number] = 0
        branch["occupied"] = without_one(int64(branch["occupied"]), number)
        if int64(branch["occupied"]) != 0:
            return
        number = int64(branch["base"]) & 63
        above = int64(branch["parent"])
        branch["parent"] = header["free_branch"]
        branch["base"] = 0
        header["free_branch"] = node
        node = above
    state.contracts[contract]["root"] = 0
    state.contracts[contract]["height"] = 0
