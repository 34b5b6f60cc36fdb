"""``--limits FILE``: guards around the strategy of a run, and what they held back, in words."""

import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path

from exchange.domain.errors import GpuxError
from strategies.base import Guarded, Limits, Strategy


class BadLimits(GpuxError):
    """A file that says no limits; the message says what would."""


def read_limits(path: Path) -> Limits:
    """The limits of a TOML file, each a line such as ``hour_max_lots = 100``. Raises BadLimits."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadLimits(f"limits {path} cannot be read: {error}") from None
    known = {field.name: type(field.default) for field in fields(Limits)}
    for name, value in said.items():
        if name not in known:
            raise BadLimits(f"limits {path}: there is no limit {name!r}; there are {', '.join(known)}")
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not (is_whole or (known[name] is float and isinstance(value, float))):
            kind = "a whole number" if known[name] is int else "a number"
            raise BadLimits(f"limits {path}: {name} is {kind}, found {value!r}")
    try:
        return Limits(**said)
    except ValueError as error:
        raise BadLimits(f"limits {path}: {error}") from None


def guarded(strategy: Strategy, limits: Limits | None) -> Strategy:
    """The strategy within its limits; as it is without any."""
    return strategy if limits is None else Guarded(strategy, limits)


def held_back(strategy: Strategy) -> tuple[str, ...]:
    """How often each guard began to hold something back, and the last that did, a sentence each."""
    if not isinstance(strategy, Guarded):
        return ()
    if not strategy.trips:
        return ("The guards held nothing back.",)
    counted = Counter(trip.name for trip in strategy.trips)
    often = ", ".join(f"{name} {times}" for name, times in sorted(counted.items()))
    last = strategy.trips[-1]
    where = f" in {last.symbol}" if last.symbol else ""
    return (f"Guards began to hold back, times: {often}; at last {last.name}{where}: {last.reason}.",)
