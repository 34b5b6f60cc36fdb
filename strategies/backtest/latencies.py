"""Latencies as they are said on a command line or in a file of settings."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_SECOND
from strategies.simulator.latency import Constant, Delay, Loaded, Lognormal, Sampled

FORMS = "1ms | lognormal:median=1ms,sigma=.5 | samples:FILE | load:base=1ms,per_message=10us"
_TIME = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|ms|s)")
_UNITS_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": NS_PER_SECOND}
_LONGEST_NS = 3600 * NS_PER_SECOND


class BadLatency(GpuxError):
    """Says what was not understood, and what would be."""


def parse_latency(text: str) -> Delay:
    """One delay, in one of ``FORMS``. A file of samples has a number of nanoseconds on each line. Raises BadLatency."""
    kind, colon, rest = text.partition(":")
    if not colon:
        return Constant(parse_time(text))
    if kind == "samples":
        return Sampled(_samples(Path(rest)))
    if kind == "lognormal":
        said = _said(text, rest, ("median", "sigma"))
        median_ns = parse_time(said["median"])
        if median_ns < 1:
            raise BadLatency(f"latency {text!r}: expected a median above 0")
        return Lognormal(median_ns, _number(text, said["sigma"]))
    if kind == "load":
        said = _said(text, rest, ("base", "per_message"))
        return Loaded(Constant(parse_time(said["base"])), parse_time(said["per_message"]))
    raise BadLatency(f"latency {text!r}: expected one of {FORMS}")


def parse_time(text: str) -> int:
    """Nanoseconds of ``10us``, ``1.5ms``, ``2s``; 0 needs no unit. Raises BadLatency."""
    if text == "0":
        return 0
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise BadLatency(f"{text!r} is not a time like 10us, 1.5ms or 2s")
    time_ns = round(float(parts[1]) * _UNITS_NS[parts[2]])
    if time_ns > _LONGEST_NS:
        raise BadLatency(f"{text!r} is longer than an hour")
    return time_ns


def _said(text: str, rest: str, names: tuple[str, ...]) -> dict[str, str]:
    """The values of exactly these names."""
    said = dict(part.partition("=")[::2] for part in rest.split(","))
    if set(said) != set(names):
        raise BadLatency(f"latency {text!r}: expected {', '.join(names)}, found {', '.join(sorted(said))}")
    return said


def _number(text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 10:
        raise BadLatency(f"latency {text!r}: {value!r} is not a number from 0 to 10")
    return number


def _samples(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as problem:
        raise BadLatency(f"{path}: {problem}") from problem
    wrong = next((place for place, line in enumerate(lines) if not (line.isdecimal() and len(line) < 13)), None)
    if wrong is not None or not lines:
        found = f"number {wrong + 1} is {lines[wrong][:40]!r}" if wrong is not None else "nothing"
        raise BadLatency(f"{path}: expected whole nanoseconds, one a line, of at most 12 digits; found {found}")
    return np.array([int(line) for line in lines], np.int64)
