"""Latencies: the laws are what they say, nothing is overtaken, and the words for them are understood or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.enums import Side
from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.latencies import BadLatency, parse_latency
from strategies.base import Amend, Place, Pull
from strategies.simulator.latency import ByMessage, Constant, Delay, Loaded, Lognormal, Sampled
from strategies.simulator.latency import Path as Way
from tests.strategies.world import contracts

(HOUR,) = contracts(1)[:1]
PLACE, AMEND, PULL = Place("a", HOUR, Side.BUY, 1, 1), Amend("a", HOUR, 1, 1), Pull("a", HOUR)
LAWS = [Constant(5), Lognormal(1000, 1.5), Sampled(np.array([1, 70, 2000])), Loaded(Constant(3), 400)]


@given(st.sampled_from(LAWS), st.lists(st.integers(0, 3000), min_size=1, max_size=50), st.integers(0, 99))
def test_first_in_is_first_out_and_nothing_is_faster_than_its_own_delay(law: Delay, gaps: list[int], seed: int) -> None:
    """Arrivals never fall; each is its own draw or the arrival before; the same seed gives the same."""
    sent = np.cumsum(gaps).tolist()
    way, again = (Way(law, np.random.default_rng(seed)) for _ in range(2))
    arrivals = [way.arrival_ns(time_ns) for time_ns in sent]
    assert arrivals == sorted(arrivals) == [again.arrival_ns(time_ns) for time_ns in sent]
    rng, before = np.random.default_rng(seed), 0
    for place, (time_ns, arrival_ns) in enumerate(zip(sent, arrivals, strict=True)):
        own_ns = time_ns + law.draw_ns(None, place, rng)  # all of them were sent within a second
        assert arrival_ns == max(own_ns, before)
        before = arrival_ns


def test_load_counts_the_messages_of_the_last_second() -> None:
    way = Way(Loaded(Constant(10), 7), np.random.default_rng(1))
    sent = [0, 1, NS_PER_SECOND, NS_PER_SECOND + 1, 5 * NS_PER_SECOND]
    assert [way.arrival_ns(time_ns) - time_ns for time_ns in sent] == [10, 17, 17, 17, 10]


def test_each_kind_of_message_has_its_own_law() -> None:
    law = ByMessage(Constant(1), Constant(20), Constant(300))
    rng = np.random.default_rng(1)
    assert [law.draw_ns(message, 0, rng) for message in (PLACE, AMEND, PULL)] == [1, 20, 300]


def test_draws_have_the_median_that_was_said() -> None:
    rng = np.random.default_rng(1)
    drawn = np.array([Lognormal(1000, 0.5).draw_ns(None, 0, rng) for _ in range(4000)])
    # A median of n draws is within 1.25 sigma / sqrt(n) of the true one, in logs; five of those.
    assert abs(np.log(np.median(drawn) / 1000)) < 5 * 1.25 * 0.5 / np.sqrt(4000)
    assert abs(np.log(drawn).std() - 0.5) < 5 * 0.5 / np.sqrt(8000)
    sampled = {Sampled(np.array([4, 9])).draw_ns(None, 0, rng) for _ in range(99)}
    assert sampled == {4, 9}


def test_what_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "ns").write_text("10\n20\n")
    assert parse_latency("1.5ms") == Constant(1_500_000)
    assert parse_latency("0") == Constant(0)
    assert parse_latency("lognormal:median=1ms,sigma=.5") == Lognormal(1_000_000, 0.5)
    assert parse_latency("load:base=1ms,per_message=10us") == Loaded(Constant(1_000_000), 10_000)
    sampled = parse_latency(f"samples:{tmp_path / 'ns'}")
    assert isinstance(sampled, Sampled)
    assert sampled.samples_ns.tolist() == [10, 20]


@pytest.mark.parametrize(
    "text",
    [
        *("1", "ms", "-1ms", "2h", "7200s", "normal:median=1ms", "lognormal:median=1ms", "load:base=1ms"),
        *("lognormal:median=0,sigma=1", "lognormal:median=1ms,sigma=x", "lognormal:median=1ms,sigma=-1"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(BadLatency, match=text):
        parse_latency(text)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadLatency, match="/nowhere/at/all"):
        parse_latency("samples:/nowhere/at/all")


@pytest.mark.parametrize("text", ["", "1\nx\n", "1.5", "-3", "1" * 13])
def test_bad_files_of_samples_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "samples"
    path.write_text(text)
    with pytest.raises(BadLatency, match="samples"):
        parse_latency(f"samples:{path}")
