"""Dates of UTC: a day is a number that counts from 1 January 1970."""

from __future__ import annotations

import re

import numpy as np

from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_HOUR

NS_PER_DAY = 24 * NS_PER_HOUR
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class BadDay(GpuxError):
    """A text that is no date."""


def date_of(day: int) -> str:
    """Such as 2026-12-01."""
    return str(np.datetime64(day, "D"))


def parse_day(text: str) -> int:
    """The day of a date like 2026-12-01. Raises BadDay."""
    try:
        if _DATE.fullmatch(text):
            return int(np.datetime64(text, "D").astype(np.int64))
    except ValueError:
        pass
    raise BadDay(f"day {text[:40]!r} is not a date like 2026-12-01")
