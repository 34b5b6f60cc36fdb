"""The handlers of a strategy as machine code: one function that a compiled loop calls by its address.

It is kept on disk under a digest of everything it is made from: the source of each function, the
constants they name, and the columns of the records. An edit of anything else compiles nothing anew.
"""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from exchange.domain.records import Rows
from exchange.jit import NotCompilable, address, kernel, keyed_entry
from strategies.fast.checking import constants, full_name, functions, source, used
from strategies.fast.declaring import ARGUMENTS, BadStrategy, Plan, is_fast

# What ``handle`` is called for.
ON_START, ON_TIMER, ON_BOOK, ON_FILL, ON_TRADE = range(5)
_SAID_MAX = 800


class World(NamedTuple):
    """Every record of one run: (1,) ``me``, ``fill`` and ``trade``, (n,) ``books`` and ``wants``."""

    me: Rows
    books: Rows
    wants: Rows
    fill: Rows
    trade: Rows


Handle = Callable[[World, int, int], int]


def compiled(plan: Plan, world: Any) -> tuple[Handle, Any]:
    """``handle(world, what, contract)`` calls the handler for ON_START .. ON_TRADE, if there is one; returns 0.

    ``world`` is a World by reference. Its address comes with it, and is good as long as ``handle`` is kept.
    Raises BadStrategy if Numba cannot compile a handler.
    """
    done: dict[str, Any] = {}
    handlers = [_machine(plan.handlers[name], done) if name in plan.handlers else _nothing(name) for name in ARGUMENTS]
    handle = keyed_entry(_dispatch(*handlers), key(plan))
    try:
        return handle, address(handle, world, -1, 0)
    except NotCompilable as error:
        raise BadStrategy(f"{plan.name} cannot be compiled: {said(error)}") from None


def key(plan: Plan) -> str:
    """A digest of everything the machine code of these handlers is made from, but Numba and ``exchange.jit``."""
    digest = blake2b(room_digest().encode(), digest_size=12)
    for name, function in functions(plan).items():
        for text in (name, source(function), *constants(function)):
            digest.update(text.encode() + b"\0")
    for dtype in (plan.me, plan.book):
        digest.update(str(dtype.descr).encode() + b"\0")
    digest.update(" ".join(plan.handlers).encode())
    return digest.hexdigest()


@cache
def room_digest() -> str:
    """Of the sources that every compiled strategy and loop is made from, those of ``exchange`` left out."""
    digest = blake2b(digest_size=12)
    for room in ("fast", "base"):
        for path in sorted((Path(__file__).parents[1] / room).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def said(error: Exception) -> str:
    """What Numba said, without what it says to everybody."""
    lines = [line.rstrip() for line in str(error).splitlines() if line.strip()]
    return "\n".join(lines)[:_SAID_MAX]


def _machine(function: Callable[..., Any], made: dict[str, Any]) -> Any:
    """``function`` as a kernel, and in it every ``@fast`` function it calls; ``made`` are those so far."""
    name = full_name(function)
    if name not in made:
        made[name] = None
        names = {called: _machine(thing, made) if is_fast(thing) else thing for called, thing in used(function).items()}
        names |= {"__name__": __name__, "__builtins__": __builtins__}
        copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
        copy.__qualname__ = function.__qualname__
        made[name] = kernel(copy)
    if made[name] is None:
        raise BadStrategy(f"{function.__qualname__} calls itself, which cannot be compiled")
    return made[name]


def _dispatch(on_start: Any, on_timer: Any, on_book: Any, on_fill: Any, on_trade: Any) -> Handle:
    def handle(world: World, what: int, contract: int) -> int:
        if what == ON_START:
            on_start(world.me[0], world.books, world.wants)
        elif what == ON_TIMER:
            on_timer(world.me[0], world.books, world.wants)
        elif what == ON_BOOK:
            on_book(world.me[0], world.books, world.wants, contract)
        elif what == ON_FILL:
            on_fill(world.me[0], world.books, world.wants, world.fill[0])
        elif what == ON_TRADE:
            on_trade(world.me[0], world.books, world.wants, world.trade[0])
        return 0

    return handle


def _nothing(handler: str) -> Any:
    """In the place of a handler that there is not. Made anew: Numba would take one's records for another's."""

    def three(me: Any, books: Any, wants: Any) -> None:
        return

    def four(me: Any, books: Any, wants: Any, what: Any) -> None:
        return

    return kernel(three if len(ARGUMENTS[handler]) == 3 else four)
