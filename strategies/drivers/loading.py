"""From ``FILE:CLASS`` to a strategy, ready to trade.

A file is run anew each time it is loaded, as Python runs a program, so that no run sees what an earlier
one left in its module. What stands beside the file can be imported by it.
"""

import importlib
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from strategies.base import Strategy
from strategies.drivers.errors import BadStrategy
from strategies.drivers.parameters import Value, arguments, signature_text

FORM = "FILE.py:CLASS or a.module:CLASS"


def load_strategy(name: str, parameters: Mapping[str, Value] | None = None) -> Strategy:
    """A new strategy of this class, made with ``parameters``: texts are read as what the class takes.

    ``name`` may leave out ``:CLASS`` where the file has one strategy only. Raises BadStrategy.
    """
    found = strategy_class(name)
    given = arguments(found, parameters or {})
    try:
        return found(**given)
    except (TypeError, ValueError, AssertionError) as error:
        raise BadStrategy(f"{signature_text(found)} refuses {given}: {error}") from None


def strategy_class(name: str) -> type[Strategy]:
    """The class that ``name`` names. Raises BadStrategy."""
    # A drive letter is no class: what follows the last colon is one if it could be a name.
    place, colon, wanted = name.rpartition(":")
    if not colon or not wanted.isidentifier():
        place, wanted = name, ""
    module = _module(place)
    classes = _strategies_of(module)
    if wanted:
        chosen = classes.get(wanted) or getattr(module, wanted, None)
        if isinstance(chosen, type) and Strategy in chosen.__mro__:
            return chosen
        is_there = "is no Strategy" if hasattr(module, wanted) else "is not there"
        raise BadStrategy(f"{place}: {wanted} {is_there}; strategies there: {', '.join(classes) or 'none'}")
    if len(classes) != 1:
        raise BadStrategy(f"{place} has {len(classes)} strategies ({', '.join(classes) or 'none'}): say FILE:CLASS")
    return next(iter(classes.values()))


def _strategies_of(module: ModuleType) -> dict[str, type[Strategy]]:
    """The strategies that the module itself defines, in the order in which it does."""
    return {
        name: found
        for name, found in vars(module).items()
        if isinstance(found, type) and Strategy in found.__mro__ and found.__module__ == module.__name__
    }


def _module(place: str) -> ModuleType:
    if place.endswith(".py") or "/" in place or "\\" in place:
        return _run(Path(place))
    try:
        return importlib.import_module(place)
    except ImportError as error:
        raise BadStrategy(f"expected {FORM}, found {place!r}: {error}") from None


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise BadStrategy(f"there is no file {path}; expected {FORM}")
    # A name of its own, or the file could stand in the way of a module that is called the same.
    spec = spec_from_file_location(f"gpux_strategy_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise BadStrategy(f"{path} is not Python; expected {FORM}")
    module = module_from_spec(spec)
    beside = str(path.resolve().parent)
    if beside not in sys.path:
        sys.path.append(beside)
    # Dataclasses and pickle look their module up by name.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BadStrategy(f"{_where(path, error)}: {type(error).__name__}: {error}") from None
    return module


def _where(path: Path, error: Exception) -> str:
    """The line of the author's file that the error comes from."""
    if isinstance(error, SyntaxError):
        return f"{path}:{error.lineno}"
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)
