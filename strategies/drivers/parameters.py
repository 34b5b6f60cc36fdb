"""The parameters of a strategy: what its ``__init__`` takes, by name and type, read from ``name=value``."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from strategies.base import Strategy
from strategies.drivers.errors import BadStrategy

Value = bool | int | float | str

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def parse_settings(pairs: Iterable[str]) -> dict[str, str]:
    """Of ``name=value``s, each name once. Raises BadStrategy."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise BadStrategy(f"expected name=value, found {pair!r}")
        if name in found:
            raise BadStrategy(f"{name} is set twice: to {found[name]} and to {value}")
        found[name] = value.strip()
    return found


def arguments(strategy: type[Strategy], given: Mapping[str, Value]) -> dict[str, Any]:
    """``given`` as the arguments of this class, each of the type that it says. Raises BadStrategy."""
    known = parameters_of(strategy)
    for name in given:
        if name not in known:
            takes = signature_text(strategy) if known else f"{strategy.__name__} takes none"
            raise BadStrategy(f"{strategy.__name__} has no parameter {name!r}: {takes}")
    needed = [name for name, one in known.items() if one.default is inspect.Parameter.empty and name not in given]
    if needed:
        raise BadStrategy(f"{strategy.__name__} needs {', '.join(needed)}: {signature_text(strategy)}")
    return {name: _read(f"{strategy.__name__}.{name}", known[name].annotation, value) for name, value in given.items()}


def parameters_of(strategy: type[Strategy]) -> dict[str, inspect.Parameter]:
    """What its ``__init__`` takes, by name, with annotations evaluated."""
    makes = _init_of(strategy)
    if makes is None:
        return {}
    hints = get_type_hints(makes)
    named = list(inspect.signature(makes).parameters.values())[1:]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {one.name: one.replace(annotation=hints.get(one.name, Any)) for one in named if one.kind in kinds}


def signature_text(strategy: type[Strategy]) -> str:
    """Such as ``Maker(gamma: float = 1.0, lots: int)``."""
    takes = [
        f"{name}: {_type_name(one.annotation)}" + ("" if one.default is one.empty else f" = {one.default!r}")
        for name, one in parameters_of(strategy).items()
    ]
    return f"{strategy.__name__}({', '.join(takes)})"


def _init_of(strategy: type[Strategy]) -> Callable[..., None] | None:
    """The first ``__init__`` that somebody wrote; a Protocol's own takes anything and does nothing."""
    for base in strategy.__mro__:
        if base in (Strategy, Protocol, object):
            return None
        if "__init__" in vars(base):
            found: Callable[..., None] = vars(base)["__init__"]
            if found.__name__ == "__init__":
                return found
    return None


def _read(name: str, kind: Any, value: Value) -> Any:
    """``value`` as a ``kind``: the first of several that it can be."""
    choices = _choices(kind)
    for choice in choices:
        try:
            return _as(choice, value)
        except ValueError:
            continue
    expected = " or ".join(_type_name(choice) for choice in choices)
    raise BadStrategy(f"{name} takes {expected}, found {value!r}")


def _choices(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _as(kind: Any, value: Value) -> Any:
    """Raises ValueError if it is not one."""
    if kind is Any:
        return value
    if get_origin(kind) is Literal:
        return _one_of({str(word): word for word in get_args(kind)}, value)
    if get_origin(kind) is tuple and isinstance(value, str):
        inner = get_args(kind)[0]
        return tuple(_as(inner, part.strip()) for part in value.split(",") if part.strip())
    if kind in _READERS:
        return _READERS[kind](value)
    raise ValueError(kind)


def _one_of(words: Mapping[str, Any], value: Value) -> Any:
    if str(value) not in words:
        raise ValueError(value)
    return words[str(value)]


def _bool(value: Value) -> bool:
    word = str(value).lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(value)
    return word in _TRUE


def _int(value: Value) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value)


def _float(value: Value) -> float:
    if isinstance(value, bool) or not isfinite(float(value)):
        raise ValueError(value)
    return float(value)


def _none(value: Value) -> None:
    if str(value).lower() != "none":
        raise ValueError(value)


_READERS: dict[Any, Callable[[Value], Any]] = {bool: _bool, int: _int, float: _float, str: str, NoneType: _none}


def _type_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind).replace("typing.", "")
