"""Times as people write them about a recording: a clock, so long after its start, or a date."""

import re
from datetime import UTC, datetime

from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.backtest.spec import BadRun

FORM = "a clock such as 09:30 or 09:30:15.5, +90s, +15m, +2h, or a date such as 2026-12-01T08:00 (UTC)"

_NS_PER_DAY = 24 * NS_PER_HOUR
_NS_PER = {"s": NS_PER_SECOND, "m": 60 * NS_PER_SECOND, "h": NS_PER_HOUR}
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?")
_AFTER = re.compile(r"\+(\d+(?:\.\d+)?)([smh])")


def parse_time(text: str, start_ns: int) -> int:
    """Nanoseconds in the time of a recording that begins at ``start_ns``; a clock is of the day it begins.

    Raises BadRun.
    """
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(clock[1]), int(clock[2]), float(clock[3] or 0)
        if hours < 24 and minutes < 60 and seconds < 60:
            since_midnight = (hours * 3600 + minutes * 60) * NS_PER_SECOND + round(seconds * NS_PER_SECOND)
            return start_ns // _NS_PER_DAY * _NS_PER_DAY + since_midnight
    if after := _AFTER.fullmatch(text):
        return start_ns + round(float(after[1]) * _NS_PER[after[2]])
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRun(f"expected {FORM}; found {text!r}") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    since_epoch = found - datetime(1970, 1, 1, tzinfo=UTC)
    return (since_epoch.days * 86_400 + since_epoch.seconds) * NS_PER_SECOND + since_epoch.microseconds * 1_000


def parse_window(since: str | None, until: str | None, start_ns: int, end_ns: int) -> tuple[int, int] | None:
    """None where neither is said: all of it. Raises BadRun."""
    if since is None and until is None:
        return None
    window = (
        parse_time(since, start_ns) if since else start_ns,
        parse_time(until, start_ns) if until else end_ns,
    )
    if window[0] >= window[1]:
        raise BadRun(f"--from {since or 'the start'} is not before --to {until or 'the end'}")
    return window
