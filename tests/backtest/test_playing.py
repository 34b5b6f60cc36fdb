"""FLOW played natively is what a loop in plain Python makes of it, command by command."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Reject, Side, TimeInForce
from exchange.domain.flow import FLOW, FlowKind, Stop
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import text_columns
from exchange.domain.units import NS_PER_HOUR
from exchange.engine import Engine
from exchange.engine.playing import BadFlow, Player
from tests.backtest.brute import OWNER, START_NS, Brute, listings, owner_commands

CONTRACTS = 2
_ROW = st.tuples(
    st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 1, 2, 4, 5]),
    st.integers(0, 5),
    st.integers(96, 104),
    st.integers(1, 6),
    st.integers(0, CONTRACTS - 1),
    st.integers(0, 1),
    st.sampled_from([0, 0, 0, int(Flag.POST_ONLY)]),
)
_OWN = st.tuples(
    st.integers(0, 39),  # before which row
    st.sampled_from([CommandKind.NEW, CommandKind.NEW, CommandKind.CANCEL]),
    st.integers(0, 3),  # which client id
    st.integers(96, 104),
    st.integers(1, 9),
    st.integers(0, CONTRACTS - 1),
    st.integers(0, 1),
)


def flow_of(rows: Sequence[tuple[int, ...]]) -> Rows:
    """Rows of (kind, order, price, lots, contract, side, flags), a nanosecond apart."""
    flow = np.zeros(len(rows), FLOW)
    for place, (kind, order, price_ticks, lots, contract, side, flags) in enumerate(rows):
        # Of what only ADD and TAKE have, nothing else can be wrong; without a limit only TAKE may be.
        limit = price_ticks if kind != FlowKind.TAKE or price_ticks % 2 else 0
        flags = flags if kind == FlowKind.ADD else 0
        flow[place] = (START_NS + 1 + place, order, limit, lots, contract, kind, side, flags, 0)
    return flow


def own_command(what: tuple[int, ...], known: dict[int, int]) -> Command:
    _, kind, name, price_ticks, lots, contract, side = what
    known[name] = known.get(name, 0) + (kind == CommandKind.NEW)
    return Command(
        kind=kind,
        account=OWNER,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
        **text_columns(f"own-{name}-{known[name]}"),
    )


def opened(contracts: int = CONTRACTS, **options: bool) -> Player:
    player = Player(**options)
    player.open_market(listings(contracts), START_NS)
    apply(player, owner_commands(contracts), START_NS)
    return player


def apply(player: Player, commands: list[Command], time_ns: int) -> Rows:
    first = player.sequence + 1
    return player.apply(
        command_rows([c._replace(sequence=first + n, time_ns=time_ns) for n, c in enumerate(commands)])
    ).copy()


@settings(max_examples=60, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=40), st.lists(_OWN, max_size=8))
@example([(1, 1, 98, 1, 0, 1, int(Flag.POST_ONLY)), (1, 2, 96, 1, 0, 0, 0), (4, 1, 96, 1, 0, 1, 0)], [])  # refused
def test_native_playing_is_the_loop_in_python(rows: list[tuple[int, ...]], own: list[tuple[int, ...]]) -> None:
    """Every event, the state to the bit, every count of the divergence, and the log of commands."""
    flow = flow_of(rows)
    brute, player = Brute(CONTRACTS), opened(keeps_events=True, keeps_commands=True)
    heard: list[Rows] = []
    player.load(flow)
    names: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for place, row in enumerate(flow):
        time_ns = int(row["time_ns"])
        for what in own:
            if what[0] == place:
                while (played := player.play(time_ns)).why & Stop.OWN:
                    heard.append(played.events)
                heard.append(played.events)
                brute.apply([own_command(what, names[0])], time_ns)
                heard.append(apply(player, [own_command(what, names[1])], time_ns))
        brute.play(row)
    while (played := player.play()).why & Stop.OWN:
        heard.append(played.events)
    heard.append(played.events)
    events = np.concatenate(heard)
    np.testing.assert_array_equal(events, brute.events)
    assert player.state_hash() == brute.engine.state_hash()
    player.check()
    found, said = brute.found, player.divergence
    assert (said.rows, said.outlived) == (len(flow), found["outlived"])
    assert (said.trimmed_lots, sum(said.refusals.values())) == (found["trimmed"], found["refused"])
    assert {kind.name: count for kind, count in said.orphans.items()} == {
        kind.name: found[kind.name] for kind in FlowKind if found[kind.name]
    }
    assert said.own_lots == found["own"]
    again = Engine()
    again.apply(player.take_commands())
    assert again.state_hash() == player.state_hash()
    assert len(player.take_commands()) == 0


def test_a_trade_that_ours_took_is_trimmed_off_the_order_that_the_recording_names() -> None:
    """Ours stands first, takes 3 of the 5 recorded, and the named order, left with 0, goes."""
    player = opened(1)
    new = {"kind": CommandKind.NEW, "account": OWNER, "order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    apply(player, [Command(side=Side.BUY, price_ticks=100, lots=3, **text_columns("a"), **new)], START_NS)
    player.load(flow_of([(1, 0, 100, 5, 0, 0, 0), (6, 0, 100, 5, 0, 0, 0), (2, 0, 0, 0, 0, 0, 0)]))
    why, events, _ = player.play()
    assert why == Stop.OWN
    assert events[["kind", "maker_account", "lots"]].tolist() == [(EventKind.FILLED, OWNER, 3)]
    assert player.play().why == 0
    found = player.divergence
    assert (found.own_lots, found.trimmed_lots, found.orphans) == (3, 3, {FlowKind.DELETE: 1})
    assert player.levels(0, Side.BUY, 9) == []


def test_it_stops_for_what_is_watched_and_for_nothing_else() -> None:
    """A new best price, more lots at it, a trade, anything in the book, any row; the other contract is not watched."""
    rows = [(1, 0, 100, 5, 0, 0, 0), (1, 1, 100, 5, 0, 0, 0), (1, 2, 98, 5, 0, 0, 0), (5, 3, 99, 1, 0, 1, 0)]
    rows += [(1, 4, 100, 5, 1, 0, 0), (2, 9, 0, 1, 0, 0, 0)]
    places = {
        Stop(0): [],
        Stop.PRICE: [1],
        Stop.BEST: [1, 2, 4],
        Stop.TRADE: [4],
        Stop.DEPTH: [1, 2, 3, 4],
        Stop.ROW: [1, 2, 3, 4, 6],
    }
    for stops, expected in places.items():
        player = opened()
        player.watch(0, int(stops))
        player.load(flow_of(rows))
        stopped = []
        while (played := player.play()).why:
            assert played.why & stops
            assert played.contract == 0
            stopped.append(len(rows) - player.rows_left)
            assert len(played.events) == (stops == Stop.TRADE)
        assert stopped == expected


def test_time_and_deadlines_stop_it_before_the_row() -> None:
    """A row of the time that is asked for stays; so does one that comes after a gate, until that was applied."""
    player = opened(1)
    player.load(flow_of([(1, 0, 100, 5, 0, 0, 0), (1, 1, 100, 5, 0, 0, 0)]))
    assert player.play(START_NS + 1).why == Stop.TIME
    assert player.rows_left == 2
    assert player.play(START_NS + 2).why == Stop.TIME
    assert player.rows_left == 1
    expiring = Command(
        kind=CommandKind.NEW, account=OWNER, side=Side.BUY, order_type=OrderType.LIMIT, lots=1, price_ticks=9,
        time_in_force=TimeInForce.GTD, expiry_ns=START_NS + 2, **text_columns("b"),
    )  # fmt: skip
    apply(player, [expiring], START_NS + 1)
    assert player.play().why == Stop.DEADLINE
    assert player.rows_left == 1
    assert apply(player, [Command(kind=CommandKind.TICK)], START_NS + 2)["kind"].tolist() == [EventKind.EXPIRED]
    assert player.play().why == 0
    assert player.levels(0, Side.BUY, 9) == [(100, 10)]


def test_the_best_levels_are_those_that_the_engine_says() -> None:
    player = opened(1)
    rng = np.random.default_rng(3)
    rows = [(1, n, int(rng.integers(60, 140)), 1 + n % 7, 0, 0, 0) for n in range(60)]
    rows = [(*row[:5], int(row[2] > 100), 0) for row in rows]
    player.load(flow_of(rows))
    player.play()
    for depth in (1, 5, 100):
        bids, asks = player.top(0, depth)
        assert list(bids) == player.levels(0, Side.BUY, depth)
        assert list(asks) == player.levels(0, Side.SELL, depth)


def test_many_rows_need_more_room_than_there_is_at_once() -> None:
    """A log longer than its buffer, and a sweep of more orders than the buffer of events holds."""
    player = Player(keeps_events=True, keeps_commands=True, event_rows=400)
    player.open_market(listings(1), START_NS)
    adds = np.zeros(1_000, FLOW)
    adds["time_ns"] = START_NS + 1 + np.arange(len(adds))
    adds["order"], adds["price_ticks"], adds["lots"], adds["kind"] = np.arange(len(adds)), 100, 1, FlowKind.ADD
    player.load(adds)
    assert player.play().why == 0
    take = adds[-1:].copy()
    take["kind"], take["side"], take["lots"], take["price_ticks"] = FlowKind.TAKE, Side.SELL, len(adds), 0
    player.load(take)
    why, events, _ = player.play()
    assert (why, int(events["lots"][events["kind"] == EventKind.FILLED].sum())) == (0, len(adds))
    assert player.levels(0, Side.BUY, 1) == []
    again = Engine()
    again.apply(player.take_commands())
    assert again.state_hash() == player.state_hash()


def test_a_fill_of_ours_stops_the_play_even_if_its_row_went_on_for_longer_than_there_was_room() -> None:
    """Ours is the first order that a sweep meets, of more than the buffer of events holds."""
    player = Player(event_rows=400)
    player.open_market(listings(1), START_NS)
    apply(player, owner_commands(1), START_NS)
    ours = Command(
        kind=CommandKind.NEW, account=OWNER, side=Side.BUY, order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC,
        price_ticks=100, lots=1,
    )  # fmt: skip
    apply(player, [ours], START_NS)
    player.load(flow_of([(1, -1, 100, 1, 0, 0, 0)] * 1_000 + [(5, -1, 0, 1_001, 0, 1, 0), (5, -1, 0, 1, 0, 0, 0)]))
    why, events, _ = player.play()
    assert why == int(Stop.OWN)
    assert player.rows_left == 1
    assert events["maker_account"].tolist() == [OWNER]


def test_refusals_are_counted_by_their_reason() -> None:
    player = opened(1)
    player.load(flow_of([(1, 0, 100, 5, 0, 0, 0), (1, 1, 99, 5, 0, 1, int(Flag.POST_ONLY))]))
    player.play()
    assert player.divergence.refusals == {Reject.POST_ONLY_WOULD_CROSS: 1}


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("contract", 1, "contract"),
        ("kind", 8, "kind"),
        ("time_ns", 5, "time"),
        ("side", 2, "side"),
        ("order", -1, "no"),
    ],
)
def test_bad_rows_are_refused_by_number_and_change_nothing(column: str, value: int, why: str) -> None:
    player = opened(1)
    flow = flow_of([(1, 0, 100, 5, 0, 0, 0), (3, 0, 100, 5, 0, 0, 0)])
    flow[column][1] = value
    before = player.state_hash()
    with pytest.raises(BadFlow, match=f"row 1 of the flow: .*{why}"):
        player.load(flow)
    assert player.play().why == 0
    assert player.state_hash() == before


def test_a_log_that_is_full_is_taken_out_and_goes_on() -> None:
    player = Player(keeps_commands=True, event_rows=400)
    player.open_market(listings(1), START_NS)
    player.load(flow_of([(1, -1, 100, 1, 0, 0, 0)] * 500))  # nobody will ever name them
    assert player.play().why == 0
    assert len(player.take_commands()) == player.sequence
    assert player.levels(0, Side.BUY, 1) == [(100, 500)]


def test_many_books_are_looked_ahead_into_and_played_the_same() -> None:
    """Eighteen of them: each gets its own orders, in their order."""
    player = Player()
    player.open_market(listings(18), START_NS)
    player.load(flow_of([(1, place, 100 + place % 3, 1 + place % 5, place % 18, 0, 0) for place in range(180)]))
    assert player.play().why == 0
    for contract in range(18):
        places = [place for place in range(180) if place % 18 == contract]
        queues = {100 + place % 3: 0 for place in places}
        for place in places:
            queues[100 + place % 3] += 1 + place % 5
        assert dict(player.levels(contract, Side.BUY, 9)) == queues


def test_what_a_trade_sets_in_motion_happens_and_so_does_the_fixing_of_the_last_hour() -> None:
    """A stop of ours is triggered by a recorded trade, while the gate is near."""
    player = Player()
    player.open_market([listings(1)[0]._replace(expiry_ns=START_NS + NS_PER_HOUR + 2)], START_NS)
    apply(player, owner_commands(1), START_NS)
    stop = Command(
        kind=CommandKind.NEW, account=OWNER, side=Side.BUY, order_type=OrderType.STOP_LIMIT, lots=2, price_ticks=105,
        time_in_force=TimeInForce.GTC, trigger_ticks=101, **text_columns("s"),
    )  # fmt: skip
    apply(player, [stop], START_NS)
    player.load(flow_of([(1, 0, 101, 3, 0, 1, 0), (5, 0, 0, 1, 0, 0, 0)]))
    why, events, _ = player.play()
    assert why == Stop.OWN
    assert events["kind"].tolist() == [EventKind.TRIGGERED, EventKind.FILLED]
    player.check()
