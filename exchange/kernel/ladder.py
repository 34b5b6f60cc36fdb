"""The prices of one book: a 64-ary radix tree whose leaves are pages of 64 levels.

A book is one side of a contract: the bids or asks that can be seen, or the orders that wait for
a trigger. It ``rises`` if its best price is the highest. The tree is as high as its highest price
needs: one page below 64 ticks, two steps below 4,096, five at most. A page or branch exists only
while something in it is occupied, so memory grows with levels in use. The best price and its
level are kept beside it. See docs/kernel.md for a picture.
"""

from exchange.domain.enums import Side
from exchange.jit import int64, kernel, prefetch, seldom
from exchange.kernel.bits import ABOVE, BELOW, highest, lowest, with_one, without_one
from exchange.kernel.fifo import join_level, leave_level
from exchange.kernel.state import BOOKS_EACH, LAST_STOPS, MARK_STOPS, ON_MARK, WAITS, State

_BUY = int(Side.BUY)


@kernel
def visible(contract: int, side: int) -> int:
    """The book of the orders of one side that can be seen."""
    return contract * BOOKS_EACH + side


@kernel
def book_of(state: State, contract: int, order: int) -> tuple[int, bool]:
    """The book in which ``order`` stands or waits, and whether it rises."""
    marks = int64(state.orders[order]["marks"])
    side = marks & 1
    if marks & WAITS == 0:
        return contract * BOOKS_EACH + side, side == _BUY
    return contract * BOOKS_EACH + (MARK_STOPS if marks & ON_MARK else LAST_STOPS) + side, side != _BUY


@kernel
def rest(state: State, book: int, rises: bool, order: int, price_ticks: int) -> None:
    """Put ``order`` into the book, behind all others at its price."""
    level = _reach(state, book, price_ticks)
    if join_level(state, level, order):
        page = state.pages[level >> 6]
        page["occupied"] = with_one(int64(page["occupied"]), level & 63)
        side = state.books[book]
        best_ticks = int64(side["best_ticks"])
        if best_ticks == 0 or (price_ticks > best_ticks) == rises:
            side["best_ticks"] = price_ticks
            side["best_level"] = level


@kernel
def take_out(state: State, book: int, rises: bool, order: int) -> None:
    """Take ``order`` out of the book."""
    level = int64(state.orders[order]["level"])
    if leave_level(state, order):
        _vacate(state, book, rises, level)


@kernel
def take_front(state: State, book: int, rises: bool, level: int, oldest: int) -> None:
    """All orders of ``level`` older than ``oldest`` are gone; if that is 0, all are."""
    state.levels[level]["oldest"] = oldest
    if oldest != 0:
        state.orders[oldest]["older"] = 0
    else:
        state.levels[level]["newest"] = 0
        _vacate(state, book, rises, level)


@kernel
def _vacate(state: State, book: int, rises: bool, level: int) -> None:
    """No order stands at ``level`` any more."""
    page = state.pages[level >> 6]
    page["occupied"] = without_one(int64(page["occupied"]), level & 63)
    side = state.books[book]
    if level == int64(side["best_level"]):
        best_level = next_worse(state, level, rises)
        side["best_level"] = best_level
        side["best_ticks"] = price_of(state, best_level) if best_level != 0 else 0
        prefetch(state.orders, int64(state.levels[best_level]["oldest"]))
    if int64(page["occupied"]) == 0:
        _prune(state, book, level >> 6)


@kernel
def next_worse(state: State, level: int, rises: bool) -> int:
    """The next level of the book after ``level``, 0 if there is none."""
    return next_below(state, level) if rises else next_above(state, level)


@kernel
def price_of(state: State, level: int) -> int:
    return int64(state.pages[level >> 6]["base"]) * 64 + (level & 63)


@kernel
def next_below(state: State, level: int) -> int:
    """The highest occupied level below ``level``, 0 if there is none."""
    page = level >> 6
    word = int64(state.pages[page]["occupied"]) & BELOW[level & 63]
    return page * 64 + highest(word) if word != 0 else _highest_beyond(state, page)


@seldom
def _highest_beyond(state: State, page: int) -> int:
    """The same in another page."""
    number = int64(state.pages[page]["base"]) & 63
    node = int64(state.pages[page]["parent"])
    height = 2
    while node != 0:
        word = int64(state.branches[node]["occupied"]) & BELOW[number]
        if word != 0:
            child = int64(state.children[node * 64 + highest(word)])
            for _ in range(height - 2):
                child = int64(state.children[child * 64 + highest(int64(state.branches[child]["occupied"]))])
            return child * 64 + highest(int64(state.pages[child]["occupied"]))
        number = int64(state.branches[node]["base"]) & 63
        node = int64(state.branches[node]["parent"])
        height += 1
    return 0


@kernel
def next_above(state: State, level: int) -> int:
    """The lowest occupied level above ``level``, 0 if there is none."""
    page = level >> 6
    word = int64(state.pages[page]["occupied"]) & ABOVE[level & 63]
    return page * 64 + lowest(word) if word != 0 else _lowest_beyond(state, page)


@seldom
def _lowest_beyond(state: State, page: int) -> int:
    """The same in another page."""
    number = int64(state.pages[page]["base"]) & 63
    node = int64(state.pages[page]["parent"])
    height = 2
    while node != 0:
        word = int64(state.branches[node]["occupied"]) & ABOVE[number]
        if word != 0:
            child = int64(state.children[node * 64 + lowest(word)])
            for _ in range(height - 2):
                child = int64(state.children[child * 64 + lowest(int64(state.branches[child]["occupied"]))])
            return child * 64 + lowest(int64(state.pages[child]["occupied"]))
        number = int64(state.branches[node]["base"]) & 63
        node = int64(state.branches[node]["parent"])
        height += 1
    return 0


@kernel
def _reach(state: State, book: int, price_ticks: int) -> int:
    """The level of ``price_ticks``, with the pages and branches on the way made."""
    side = state.books[book]
    node = int64(side["root"])
    height = int64(side["height"])
    if node == 0 or price_ticks >> (6 * height) != 0:
        return _build(state, book, price_ticks)
    while height > 1:
        height -= 1
        node = int64(state.children[node * 64 + ((price_ticks >> (6 * height)) & 63)])
        if node == 0:
            return _build(state, book, price_ticks)
    return node * 64 + (price_ticks & 63)


@seldom
def _build(state: State, book: int, price_ticks: int) -> int:
    """The same, where something on the way is missing."""
    _raise_root(state, book, price_ticks)
    side = state.books[book]
    node = int64(side["root"])
    height = int64(side["height"])
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


@seldom
def _raise_root(state: State, book: int, price_ticks: int) -> None:
    """Make the tree high enough for ``price_ticks``."""
    side = state.books[book]
    if int64(side["root"]) == 0:
        height = 1
        while price_ticks >> (6 * height) != 0:
            height += 1
        side["height"] = height
        side["root"] = _new_node(state, height, 0, 0)
        return
    while price_ticks >> (6 * int64(side["height"])) != 0:
        below = int64(side["root"])
        above = _new_node(state, int64(side["height"]) + 1, 0, 0)
        state.children[above * 64] = below
        state.branches[above]["occupied"] = with_one(0, 0)
        if int64(side["height"]) == 1:
            state.pages[below]["parent"] = above
        else:
            state.branches[below]["parent"] = above
        side["root"] = above
        side["height"] += 1


@seldom
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


@seldom
def _prune(state: State, book: int, page: int) -> None:
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
    state.books[book]["root"] = 0
    state.books[book]["height"] = 0
