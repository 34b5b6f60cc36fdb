"""Which parameters are tried: ``gamma=0.1:10:log``, ``lots=1:20:int``, ``kind=a,b``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from exchange.domain.errors import GpuxError

Value = int | float | str
# Sorted by name, so that the same parameters are the same key.
Parameters = tuple[tuple[str, Value], ...]

FORM = "NAME=LOW:HIGH, NAME=LOW:HIGH:log, NAME=LOW:HIGH:int, NAME=LOW:HIGH:int:log or NAME=A,B,C"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MARKS = ("int", "log")


class BadSpace(GpuxError):
    """A parameter to try that does not say what shall be tried."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; ``is_log``: even on a log scale."""

    name: str
    low: int | float
    high: int | float
    is_int: bool
    is_log: bool

    def __str__(self) -> str:
        marks = [mark for mark, is_on in zip(_MARKS, (self.is_int, self.is_log), strict=True) if is_on]
        return f"{self.name}={':'.join([str(self.low), str(self.high), *marks])}"


@dataclass(frozen=True)
class Choice:
    """One of several values, which have no order."""

    name: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.name}={','.join(str(value) for value in self.values)}"


@dataclass(frozen=True)
class Space:
    axes: tuple[Range | Choice, ...]


def parse_space(texts: Iterable[str]) -> Space:
    """Raises BadSpace."""
    axes = tuple(_axis(text) for text in texts)
    if not axes:
        raise BadSpace(f"a sweep needs at least one --param: {FORM}")
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise BadSpace(f"--param {name} is given {names.count(name)} times; once says it")
    return Space(axes)


def _axis(text: str) -> Range | Choice:
    name, sign, said = text.partition("=")
    if not sign or not _NAME.fullmatch(name) or not said:
        raise BadSpace(f"--param {text}: expected {FORM}")
    return _range(text, name, said) if ":" in said else _choice(text, name, said)


def _choice(text: str, name: str, said: str) -> Choice:
    values = tuple(_value(part.strip()) for part in said.split(","))
    if "" in values:
        raise BadSpace(f"--param {text}: there is an empty value between the commas")
    if len(set(values)) < len(values):
        raise BadSpace(f"--param {text}: a value is given twice")
    if len(values) == 1:
        raise BadSpace(f"--param {text}: one value is nothing to try; --set {text} fixes it")
    return Choice(name, values)


def _range(text: str, name: str, said: str) -> Range:
    low_text, high_text, *marks = said.split(":")
    if unknown := [mark for mark in marks if mark not in _MARKS]:
        raise BadSpace(f"--param {text}: after LOW:HIGH come int or log, not '{unknown[0]}'")
    low, high = _value(low_text), _value(high_text)
    if isinstance(low, str) or isinstance(high, str):
        raise BadSpace(f"--param {text}: LOW and HIGH are numbers")
    is_int, is_log = "int" in marks, "log" in marks
    if is_int and not (isinstance(low, int) and isinstance(high, int)):
        raise BadSpace(f"--param {text}: with int, LOW and HIGH are whole numbers")
    if not (isfinite(low) and isfinite(high)):
        raise BadSpace(f"--param {text}: LOW and HIGH are finite")
    if low >= high:
        raise BadSpace(f"--param {text}: LOW is below HIGH")
    if is_log and low <= 0:
        raise BadSpace(f"--param {text}: on a log scale LOW is above 0")
    return Range(name, low if is_int else float(low), high if is_int else float(high), is_int, is_log)


def _value(text: str) -> Value:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
