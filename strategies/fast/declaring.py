"""What an author declares in the body of a strategy, read once when the class is made."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, get_type_hints

import numpy as np

from exchange.domain.errors import GpuxError
from strategies.base import Wake
from strategies.fast.records import Column, book_dtype, me_dtype

# What each handler is called with, by name and in this order.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "on_start": ("me", "books", "wants"),
    "on_timer": ("me", "books", "wants"),
    "on_book": ("me", "books", "wants", "contract"),
    "on_fill": ("me", "books", "wants", "fill"),
    "on_trade": ("me", "books", "wants", "trade"),
}
_WAKES = {
    "on_timer": Wake.TIMER,
    "on_book": Wake.BBO | Wake.DEPTH,
    "on_fill": Wake.FILL,
    "on_trade": Wake.TRADE,
}
_MARK = "is_fast"
_KINDS = (bool, int, float)


class BadStrategy(GpuxError):
    """A compiled strategy that cannot work; the message says where and why."""


def fast(function: Callable[..., Any]) -> Any:
    """Mark a handler of a FastStrategy, or a function of the same file that handlers call."""
    setattr(function, _MARK, True)
    return function


def is_fast(thing: object) -> bool:
    return inspect.isfunction(thing) and getattr(thing, _MARK, False)


class _Kept(NamedTuple):
    start: int | float
    is_each: bool


def kept(start: int | float) -> Any:
    """A column of ``me`` that handlers write: ``trend: float = kept(0.0)``. ``start`` is its first value."""
    return _Kept(start, False)


def kept_each(start: int | float) -> Any:
    """A column of ``books`` that handlers write: one value for each contract."""
    return _Kept(start, True)


@dataclass(frozen=True)
class Plan:
    """Of one class: its handlers by name, and the columns it adds to ``me`` and to ``books``."""

    name: str
    wakes: Wake
    handlers: Mapping[str, Callable[..., Any]]
    parameters: tuple[Column, ...]
    kept: tuple[Column, ...]
    kept_each: tuple[Column, ...]

    @property
    def me(self) -> np.dtype[np.void]:
        return me_dtype((*self.parameters, *self.kept))

    @property
    def book(self) -> np.dtype[np.void]:
        return book_dtype(self.kept_each)

    @property
    def signature(self) -> inspect.Signature:
        """Of the constructor: every parameter by its name."""
        keyword = inspect.Parameter.KEYWORD_ONLY
        return inspect.Signature(
            [
                inspect.Parameter(column.name, keyword, default=column.start, annotation=type(column.start))
                for column in self.parameters
            ]
        )


def declared(cls: type, base: Plan) -> Plan:
    """The plan of ``cls``, which adds to that of the class it extends. Raises BadStrategy if it cannot work."""
    body = vars(cls)
    handlers = {name: thing for name, thing in body.items() if is_fast(thing)}
    hints = {name: kind for name, kind in get_type_hints(cls).items() if name in body.get("__annotations__", body)}
    plan = replace(base, name=cls.__name__, handlers={**base.handlers, **handlers})
    plan = replace(plan, wakes=body.get("wakes", base.wakes))
    for name, start in body.items():
        if name.startswith("_") or name in handlers or name == "wakes":
            continue
        plan = _with(plan, name, hints.get(name, int if name == "timer_ns" else None), start)
    for name in hints:
        if name not in body:
            raise BadStrategy(f"{cls.__name__}.{name}: expected a first value, as in {name}: int = 1")
    _check_arguments(plan)
    return replace(plan, wakes=_wakes(plan))


def _with(plan: Plan, name: str, kind: Any, thing: Any) -> Plan:
    where = f"{plan.name}.{name}"
    if callable(thing) or isinstance(thing, staticmethod | classmethod | property):
        expected = ", ".join(ARGUMENTS)
        raise BadStrategy(f"{where}: expected a number, or one of {expected} marked with @fast, found {thing!r}")
    start: Any = thing.start if isinstance(thing, _Kept) else thing
    if kind not in _KINDS or not isinstance(start, int | float) or (kind is not float and isinstance(start, float)):
        raise BadStrategy(
            f"{where}: expected an int, float or bool with its type, as in {name}: int = 1; found {start!r}"
        )
    column = Column(name, float(start) if kind is float else int(start))
    taken = {*plan.book.names, "now_ns"} - {column.name for column in plan.kept_each}  # type: ignore[misc]
    if name in taken:
        raise BadStrategy(f"{where}: every strategy has a column of this name; call yours something else")
    if not isinstance(thing, _Kept):
        return replace(plan, parameters=_added(plan.parameters, column))
    if thing.is_each:
        return replace(plan, kept_each=_added(plan.kept_each, column))
    return replace(plan, kept=_added(plan.kept, column))


def _added(columns: tuple[Column, ...], column: Column) -> tuple[Column, ...]:
    """``column`` in the place of the one of its name, or as the last."""
    names = [known.name for known in columns]
    if column.name not in names:
        return (*columns, column)
    return tuple(column if known.name == column.name else known for known in columns)


def _check_arguments(plan: Plan) -> None:
    for name, handler in plan.handlers.items():
        where = f"{plan.name}.{name}"
        if name not in ARGUMENTS:
            raise BadStrategy(f"{where}: expected one of {', '.join(ARGUMENTS)}")
        found = tuple(inspect.signature(handler).parameters)
        if found != ARGUMENTS[name]:
            raise BadStrategy(f"{where}: expected ({', '.join(ARGUMENTS[name])}), found ({', '.join(found)})")


def _wakes(plan: Plan) -> Wake:
    """What it says it wakes for, which must be what it has handlers for; where it says nothing, just that."""
    heard = [wakes for name, wakes in _WAKES.items() if name in plan.handlers]
    if not plan.wakes:
        return reduce(or_, heard, Wake(0)) & ~Wake.DEPTH
    unheard = plan.wakes & ~reduce(or_, heard, Wake(0))
    if unheard and plan.handlers:
        raise BadStrategy(f"{plan.name}.wakes: it has no handler for {Wake(unheard)!r}")
    for name, wakes in _WAKES.items():
        if name in plan.handlers and not plan.wakes & wakes:
            raise BadStrategy(f"{plan.name}.{name}: it is never called, because wakes has no {wakes!r}")
    return plan.wakes
