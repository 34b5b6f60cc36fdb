"""Times and latencies as they are written on a command line."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.units import NEVER_NS, NS_PER_HOUR, NS_PER_SECOND
from strategies.backtest.latencies import BadLatency, parse_latencies
from strategies.backtest.spec import BadRun
from strategies.backtest.times import parse_time, parse_window
from strategies.simulator.latency import ByMessage, Constant, Latencies, Lognormal

DAY_NS = 24 * NS_PER_HOUR
START_NS = 20_000 * DAY_NS + 9 * NS_PER_HOUR


def test_a_clock_is_of_the_day_on_which_the_recording_begins() -> None:
    """Also where the recording counts from a midnight without a date."""
    assert parse_time("09:30", START_NS) == 20_000 * DAY_NS + 9 * NS_PER_HOUR + 1800 * NS_PER_SECOND
    assert parse_time("09:30:15.25", 5) == 9 * NS_PER_HOUR + 1815_250_000_000
    assert parse_time("00:00", START_NS) == 20_000 * DAY_NS


def test_so_long_after_the_start_and_a_date() -> None:
    """A date without a zone is UTC."""
    assert parse_time("+90s", START_NS) == START_NS + 90 * NS_PER_SECOND
    assert parse_time("+1.5h", START_NS) == START_NS + 3 * NS_PER_HOUR // 2
    assert parse_time("2026-12-01T08:00", 0) == parse_time("2026-12-01T09:00+01:00", 0) == 1_796_112_000 * NS_PER_SECOND
    assert parse_time("2026-12-01", 0) == 1_796_083_200 * NS_PER_SECOND


@given(st.text(max_size=12))
def test_anything_else_is_refused_in_words(text: str) -> None:
    """No other error comes out, whatever is written."""
    with suppress(BadRun):
        assert isinstance(parse_time(text, START_NS), int)


@pytest.mark.parametrize("text", ["25:00", "09:60", "9:30", "+5", "+5d", "-5s", "noon", ""])
def test_what_only_looks_like_a_time_is_refused(text: str) -> None:
    """Rather than guessed."""
    with pytest.raises(BadRun):
        parse_time(text, START_NS)


def test_a_window_has_two_ends() -> None:
    """What is not said is the recording's own."""
    assert parse_window(None, None, START_NS, NEVER_NS) is None
    assert parse_window("+1s", None, START_NS, NEVER_NS) == (START_NS + NS_PER_SECOND, NEVER_NS)
    assert parse_window(None, "+1s", START_NS, NEVER_NS) == (START_NS, START_NS + NS_PER_SECOND)
    with pytest.raises(BadRun, match="is not before"):
        parse_window("+2s", "+1s", START_NS, NEVER_NS)


def test_latencies_of_all_ways_or_of_each_by_name() -> None:
    """One for all leaves computing at nothing; a kind of message may have its own."""
    each = Constant(2_000_000)
    assert parse_latencies("2ms") == Latencies(each, each, each)
    found = parse_latencies("feed=10us; entry=lognormal:median=1ms,sigma=.5; entry.pull=500us")
    law = Lognormal(1_000_000, 0.5)
    assert found == Latencies(feed=Constant(10_000), entry=ByMessage(law, law, Constant(500_000)))


@pytest.mark.parametrize("text", ["feed=1ms;way=1ms", "feed.pull=1ms", "entry.cancel=1ms", "feed=", "feed=x", ""])
def test_unknown_ways_are_refused(text: str) -> None:
    """With those that there are."""
    with pytest.raises(BadLatency):
        parse_latencies(text)
