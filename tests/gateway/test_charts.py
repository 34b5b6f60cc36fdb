"""Growing candles and tickers in their turn, without sockets or clocks."""

from __future__ import annotations

from exchange.domain.enums import Phase, Side
from exchange.gateway.feed.hub import Feed
from exchange.gateway.feed.rounds import Rounds
from tests.gateway.desk import Desk, Listener, deliver, limit

MINUTE_MS = 60_000
MINUTE_NS = 60 * 10**9


def trade(desk: Desk, price_ticks: int) -> None:
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, price_ticks, 1), limit(2, Side.BUY, price_ticks, 1))))


def minutes(listener: Listener) -> list[tuple[int, float, float, str]]:
    """(minute since the first one, open, close, status) of each candle heard."""
    candles = [data for _, data in listener.heard]
    first = candles[0]["tick"]
    return [
        ((candle["tick"] - first) // MINUTE_MS, candle["open"], candle["close"], candle["status"]) for candle in candles
    ]


def test_a_candle_that_ends_is_said_in_full_and_an_empty_one_is_said_once() -> None:
    """What traded just before a minute ends is not lost in the next; later trades fill the one that began flat."""
    desk = Desk()
    listener, channel = Listener("a"), f"chart.trades.{desk.contracts[0].symbol}.1"
    desk.now_ns += MINUTE_NS - desk.now_ns % MINUTE_NS
    deliver(listener.join(desk.feed, channel))
    deliver(desk.feed.beat(desk.now_ns // 10**6))
    assert listener.heard == []
    trade(desk, 2_350)
    deliver(desk.feed.flush())
    # Two trades, of two minutes, before anything is said.
    trade(desk, 2_360)
    desk.now_ns += MINUTE_NS
    trade(desk, 2_340)
    deliver(desk.feed.flush())
    assert minutes(listener) == [
        (0, 2.35, 2.35, "ok"),
        (0, 2.35, 2.36, "ok"),
        (1, 2.34, 2.34, "ok"),
    ]
    for _ in range(3):
        desk.now_ns += MINUTE_NS // 3
        deliver(desk.feed.beat(desk.now_ns // 10**6))
    assert minutes(listener)[3:] == [(2, 2.34, 2.34, "imputed")]
    newcomer = Listener("b")
    deliver(newcomer.join(desk.feed, channel))
    assert newcomer.heard == listener.heard[-1:]
    trade(desk, 2_345)
    deliver(desk.feed.flush())
    assert minutes(listener)[4:] == [(2, 2.345, 2.345, "ok")]
    assert newcomer.heard[1:] == listener.heard[-1:]


def test_no_candle_begins_after_the_gate() -> None:
    """There is nothing more to come."""
    desk = Desk()
    listener = Listener("a")
    trade(desk, 2_350)
    deliver(listener.join(desk.feed, f"chart.trades.{desk.contracts[0].symbol}.1"))
    desk.now_ns = desk.contracts[0].gate_ns
    deliver(desk.feed.publish(desk.turn()))
    assert desk.mirror.markets[0].phase == Phase.GATED
    deliver(desk.feed.beat(desk.now_ns // 10**6 + MINUTE_MS))
    assert len(listener.heard) == 1


def test_each_ticker_speaks_once_in_a_round() -> None:
    """Not all at the same time, however many came together; and a change that waits is not said twice."""
    desk = Desk()
    feed = Feed(desk.mirror, 4)
    listener = Listener("a")
    names = [f"ticker.{contract.symbol}.{form}" for contract in desk.contracts for form in ("raw", "100ms")]
    deliver(listener.join(feed, *names))
    for _ in range(2):
        listener.heard.clear()
        counts = []
        for _ in range(4):
            deliver(feed.beat(desk.now_ns // 10**6))
            counts.append(len(listener.heard))
        assert counts == [1, 2, 3, 4]
        assert {channel for channel, _ in listener.heard} == set(names)
    deliver(feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 1))))
    for _ in range(4):
        deliver(feed.beat(desk.now_ns // 10**6))
    assert feed.flush() == []
    feed.drop(listener)
    assert [feed.beat(0) for _ in range(4)] == [[]] * 4


def test_who_leaves_a_round_has_no_turn() -> None:
    """The others keep theirs."""
    rounds: Rounds[str] = Rounds(3)
    for member in ("a", "b", "c", "d"):
        rounds.add(member)
    turns = [rounds.step() for _ in range(3)]
    assert sorted(member for turn in turns for member in turn) == ["a", "b", "c", "d"]
    rounds.remove("b")
    assert [[member for member in turn if member != "b"] for turn in turns] == [rounds.step() for _ in range(3)]


def test_who_leaves_is_told_nothing_of_the_platform() -> None:
    """The gateway says that it goes away to those who listen, once."""
    desk = Desk()
    stays, leaves = Listener("a"), Listener("b")
    for listener in (stays, leaves):
        deliver(listener.join(desk.feed, "platform_state", "platform_state.public_methods_state"))
    desk.feed.drop(leaves)
    deliver(desk.feed.maintain())
    assert [data for _, data in stays.heard[2:]] == [{"locked": False, "maintenance": True}]
    assert len(leaves.heard) == 2
    desk.feed.drop(stays)
    assert desk.feed.maintain() == []
