"""Whether handlers can be compiled, and mean the same when they are: asked when the strategy is loaded.

A handler may use its arguments, numbers, whole-number enums, ``math`` and other ``@fast`` functions of
its file, because what else it might touch, machine code would have frozen at the moment of compiling.
"""

import ast
import builtins
import dis
import inspect
import math
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import IntEnum
from textwrap import dedent
from typing import Any, NoReturn

from strategies.fast.declaring import BadStrategy, Plan, is_fast
from strategies.fast.records import FILL, TRADE, WANT

_BUILTINS = frozenset({"abs", "bool", "float", "int", "len", "max", "min", "range", "round"})
_ROWS = frozenset({"books", "wants"})  # arguments that are many records
Function = Callable[..., Any]


def functions(plan: Plan) -> dict[str, Function]:
    """Every function the handlers are made of, by its full name, in an order that does not depend on chance."""
    found: dict[str, Function] = {}
    ahead = [plan.handlers[name] for name in sorted(plan.handlers)]
    while ahead:
        function = ahead.pop()
        if full_name(function) not in found:
            found[full_name(function)] = function
            ahead += [thing for thing in used(function).values() if is_fast(thing)]
    return dict(sorted(found.items()))


def full_name(function: Function) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def used(function: Function) -> dict[str, Any]:
    """The globals that ``function`` reads, builtins left out. Raises BadStrategy for a name nobody defined."""
    names = {step.argval for step in dis.get_instructions(function) if step.opname == "LOAD_GLOBAL"}
    found: dict[str, Any] = {}
    for name in sorted(names):
        if name in function.__globals__:
            found[name] = function.__globals__[name]
        elif not hasattr(builtins, name):
            raise BadStrategy(f"{function.__qualname__}: there is no {name}")
        elif name not in _BUILTINS:
            raise BadStrategy(f"{function.__qualname__}: {name} cannot be compiled; there are {_list(_BUILTINS)}")
    return found


def check(plan: Plan) -> None:
    """Raises BadStrategy for the first thing that cannot work, with its line."""
    for function in functions(plan).values():
        _check_names(function)
        _Reader(plan, function).visit(ast.parse(source(function)))


def source(function: Function) -> str:
    try:
        return dedent(inspect.getsource(function))
    except OSError:
        raise BadStrategy(f"{function.__qualname__}: a handler must be written in a file") from None


def _check_names(function: Function) -> None:
    where = function.__qualname__
    if function.__code__.co_freevars:
        raise BadStrategy(f"{where}: {_list(function.__code__.co_freevars)} would be frozen; make it a parameter")
    for name, thing in used(function).items():
        if isinstance(thing, int | float) or thing is math or getattr(math, name, None) is thing or is_fast(thing):
            continue
        if isinstance(thing, type) and issubclass(thing, IntEnum):
            continue
        if callable(thing):
            raise BadStrategy(f"{where}: {name} is not compiled; mark it with @fast")
        raise BadStrategy(f"{where}: {name} is neither a number, nor math, nor a @fast function; found {thing!r}")


class _Reader(ast.NodeVisitor):
    """Looks at every ``record["column"]`` of one function."""

    def __init__(self, plan: Plan, function: Function) -> None:
        self._where = function.__qualname__
        self._first_line = function.__code__.co_firstlineno
        self._columns: dict[str, tuple[str, ...]] = {
            "me": plan.me.names or (),
            "books": plan.book.names or (),
            "wants": WANT.names or (),
            "fill": FILL.names or (),
            "trade": TRADE.names or (),
        }
        self._writable = {
            "me": {column.name for column in plan.kept},
            "books": {column.name for column in plan.kept_each},
            "wants": set(WANT.names or ()),
        }
        self._roots = {name: name for name in self._columns}  # by local name, which argument it is

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=False):
                    self._name(one, value)
            else:
                self._name(target, node.value)
        self.generic_visit(node)

    def _name(self, target: ast.expr, value: ast.expr) -> None:
        """A local name stands for a record from here on, or no longer."""
        if isinstance(target, ast.Name):
            root = self._row(value)
            self._roots.pop(target.id, None)
            if root:
                self._roots[target.id] = root

    def visit_Attribute(self, node: ast.Attribute) -> None:
        root = self._row(node.value)
        if root and node.attr in self._columns[root]:
            written = ast.unparse(node.value)
            self._refuse(node, f'{written}.{node.attr} works only compiled; write {written}["{node.attr}"]')
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            self._check_column(node, node.slice.value, is_written=isinstance(node.ctx, ast.Store))
        self.generic_visit(node)

    def _check_column(self, node: ast.Subscript, name: str, is_written: bool) -> None:
        root = self._row(node.value)
        known = self._columns[root] if root else tuple(name for names in self._columns.values() for name in names)
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {_list(known)}"
            self._refuse(node, f'{ast.unparse(node.value)} has no column "{name}"; {hint}')
        if is_written and root and name not in self._writable.get(root, ()):
            self._refuse(node, f"{ast.unparse(node)} is not yours to write; declare a column with kept or kept_each")

    def _row(self, node: ast.expr) -> str | None:
        """Which argument ``node`` is a record of, as far as can be seen."""
        if isinstance(node, ast.Name):
            return self._roots.get(node.id)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _ROWS:
            return self._roots.get(node.value.id)
        return None

    def _refuse(self, node: ast.expr, message: str) -> NoReturn:
        raise BadStrategy(f"{self._where}, line {self._first_line + node.lineno - 1}: {message}")


def _list(names: Any) -> str:
    return ", ".join(sorted(names))


def constants(function: Function) -> Iterator[str]:
    """What its source does not say: the values of the numbers and enums it names, and of its defaults."""
    for name, thing in used(function).items():
        if isinstance(thing, int | float):
            yield f"{name}={thing!r}"
        elif isinstance(thing, type) and issubclass(thing, IntEnum):
            yield f"{name}={[(member.name, int(member)) for member in thing]}"
    yield f"defaults={function.__defaults__!r}"
