"""Orders beside the book fill when they would have filled in it, as far as they have changed nothing yet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Reason, Reject, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from exchange.engine.playing import Player
from exchange.wire.events import Event, event_tuples
from strategies.backtest.shadow import ShadowVenue
from strategies.simulator.venue import Venue
from tests.backtest.brute import OWNER, START_NS, listings
from tests.backtest.test_playing import flow_of, opened

_ROW = st.tuples(
    st.sampled_from([1, 1, 1, 1, 2, 3, 4, 5, 5, 7]),
    st.integers(0, 5),
    st.integers(97, 103),
    st.integers(1, 6),
    st.just(0),
    st.integers(0, 1),
    st.just(0),
)


def new(name: str, side: Side, price_ticks: int, lots: int, **columns: int) -> Command:
    order = Command(
        kind=CommandKind.NEW, account=OWNER, side=side, price_ticks=price_ticks, lots=lots,
        order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, **text_columns(name),
    )  # fmt: skip
    return order._replace(**columns)


def about(name: str, kind: CommandKind, **columns: int) -> Command:
    return Command(kind=kind, account=OWNER, **text_columns(name))._replace(**columns)


def beside() -> tuple[Player, ShadowVenue]:
    player = Player()
    player.open_market(listings(1), START_NS)
    return player, ShadowVenue(player, 10, 20)


def said(event: Event) -> str:
    fill = f" {event.price_ticks} {event.lots}" if event.kind == EventKind.FILLED else ""
    return f"{EventKind(event.kind).name}{fill}"


def rest(player: Player, *rows: tuple[int, ...]) -> list[Event]:
    """Play rows of (kind, order, price, lots, contract, side, flags); what it says of our own orders."""
    flow = flow_of(rows)
    flow["time_ns"] += player.time_ns - START_NS
    player.load(flow)
    heard: list[Event] = []
    while (played := player.play()).why:
        heard += event_tuples(played.events)
    return heard + event_tuples(played.events)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(_ROW, min_size=2, max_size=60),
    st.integers(0, 20),
    st.sampled_from(list(Side)),
    st.integers(97, 103),
    st.integers(1, 9),
    st.one_of(st.none(), st.tuples(st.integers(97, 103), st.integers(1, 9))),
)
def test_until_its_first_fill_an_order_beside_the_book_is_one_in_it(
    rows: list[tuple[int, ...]],
    place: int,
    side: Side,
    price_ticks: int,
    lots: int,
    amended: tuple[int, int] | None,
) -> None:
    """Placed post-only before any row, maybe moved later: the same answers, and the same first fill at the same row."""
    flow = flow_of(rows)
    place = min(place, len(rows) - 1)
    found = []
    for player, venue_of in ((opened(1), Venue), (beside()[0], lambda engine: ShadowVenue(engine, 10, 20))):
        venue = venue_of(player)
        player.load(flow)
        told: list[tuple[int, ...]] = []
        for row in range(len(rows)):
            time_ns = int(flow["time_ns"][row])
            if row == place:
                asked = [new("a", side, price_ticks, lots, flags=int(Flag.POST_ONLY))]
            elif amended and row == place + 3:
                asked = [about("a", CommandKind.REPLACE, price_ticks=amended[0], lots=amended[1])]
            else:
                asked = []
            _, answers = venue.apply(asked, time_ns - 1) if asked else (0, [])
            told += [(row, event.kind, event.reason, event.price_ticks, event.lots) for event in answers]
            events = event_tuples(player.play(time_ns + 1).events)
            while player.rows_left > len(rows) - row - 1:
                events += event_tuples(player.play(time_ns + 1).events)
            fills = [event for event in events if event.kind == EventKind.FILLED and event.maker_account == OWNER]
            if fills:
                fields = [{getattr(event, name) for event in fills} for name in ("price_ticks", "side", "maker_fee")]
                told.append((row, sum(event.lots for event in fills), fills[-1].maker_open_lots, *fields[0]))
                break
        found.append(told)
    assert found[0] == found[1]


def test_what_stands_before_it_goes_first_and_what_comes_later_does_not_count() -> None:
    """4 before it, 2 of them cancelled, 3 behind it cancelled: of 5 that are sold it gets 3, and half its 10 bps."""
    player, venue = beside()
    rest(player, (1, 0, 100, 2, 0, 0, 0), (1, 1, 100, 2, 0, 0, 0))
    venue.apply([new("a", Side.BUY, 100, 9)], START_NS + 2)
    assert player.shadows["ahead_lots"].tolist() == [4]
    rest(player, (1, 2, 100, 3, 0, 0, 0), (2, 2, 0, 0, 0, 0, 0), (2, 0, 0, 0, 0, 0, 0), (1, 3, 100, 9, 0, 0, 0))
    assert player.shadows["ahead_lots"].tolist() == [2]
    (fill,) = rest(player, (5, 0, 0, 5, 0, 1, 0))[:1]
    assert (fill.kind, fill.maker_order_id, fill.lots, fill.maker_open_lots) == (EventKind.FILLED, -1, 3, 6)
    assert player.levels(0, Side.BUY, 1) == [(100, 6)]


def test_a_recording_that_starts_anew_leaves_nobody_before_it() -> None:
    player, venue = beside()
    rest(player, (1, 0, 100, 2, 0, 0, 0))
    venue.apply([new("a", Side.BUY, 100, 9)], START_NS + 2)
    rest(player, (7, 0, 0, 0, 0, 0, 0), (3, 0, 0, 1, 0, 0, 0))
    assert player.shadows["ahead_lots"].tolist() == [0]


def test_orders_of_ones_own_share_what_comes_and_the_better_price_is_first() -> None:
    """Three bids and an offer; 7 lots sold through all of them fill the best two and a part of the third."""
    player, venue = beside()
    rest(player, (1, 0, 97, 20, 0, 0, 0))
    orders = [new("c", Side.BUY, 98, 4), new("a", Side.BUY, 100, 3), new("b", Side.BUY, 99, 2)]
    venue.apply([*orders, new("d", Side.SELL, 110, 2)], START_NS + 2)
    fills = [event for event in rest(player, (5, 0, 97, 7, 0, 1, 0)) if event.maker_account == OWNER]
    assert [(fill.price_ticks, fill.lots) for fill in fills] == [(100, 3), (99, 2), (98, 2)]
    # An order that comes to rest where it would have met one of them meets it.
    fills = [event for event in rest(player, (1, 1, 98, 1, 0, 1, 0)) if event.maker_account == OWNER]
    assert [(fill.price_ticks, fill.lots) for fill in fills] == [(98, 1)]


def test_who_takes_beside_the_book_gets_what_stands_there_and_leaves_it() -> None:
    """Two levels, a fee of 20 bps; immediate or not, all or nothing, at any price."""
    player, venue = beside()
    rest(player, (1, 0, 100, 2, 0, 1, 0), (1, 1, 101, 3, 0, 1, 0))
    ioc, fok = ({"time_in_force": int(kind)} for kind in (TimeInForce.IOC, TimeInForce.FOK))
    for columns, expected in (
        ({}, ["ACCEPTED", "FILLED 100 2", "FILLED 101 3", "RESTED"]),
        (ioc, ["ACCEPTED", "FILLED 100 2", "FILLED 101 3", "EXPIRED"]),
        (fok, ["ACCEPTED", "EXPIRED"]),
        ({**ioc, "order_type": OrderType.MARKET}, ["ACCEPTED", "FILLED 100 2", "FILLED 101 3", "EXPIRED"]),
    ):
        _, events = venue.apply([new(f"t{len(columns)}{len(expected)}", Side.BUY, 101, 6, **columns)], START_NS + 3)
        said = [
            f"FILLED {e.price_ticks} {e.lots}" if e.kind == EventKind.FILLED else EventKind(e.kind).name for e in events
        ]
        assert said == expected
        assert sum(event.fee for event in events) == sum(event.amount * 20 // 10**4 for event in events)
    assert player.levels(0, Side.SELL, 9) == [(100, 2), (101, 3)]


def test_what_the_venue_would_refuse_is_refused() -> None:
    player, venue = beside()
    rest(player, (1, 0, 100, 2, 0, 1, 0))
    venue.apply([new("a", Side.BUY, 90, 5, flags=int(Flag.POST_ONLY))], START_NS + 2)
    replace = about("a", CommandKind.REPLACE, price_ticks=90, lots=5)
    cases = [
        (new("b", Side.BUY, 100, 1, flags=int(Flag.POST_ONLY)), Reject.POST_ONLY_WOULD_CROSS),
        (new("b", Side.BUY, 0, 1), Reject.BAD_PRICE),
        (new("b", Side.BUY, PRICE_TICKS_MAX + 1, 1), Reject.BAD_PRICE),
        (new("b", Side.BUY, 9, LOTS_MAX + 1), Reject.BAD_LOTS),
        (new("b", Side.BUY, 9, 1, order_type=OrderType.STOP), Reject.BAD_ORDER_TYPE),
        (new("b", Side.BUY, 9, 1, time_in_force=TimeInForce.GTD), Reject.BAD_TIME_IN_FORCE),
        (about("b", CommandKind.CANCEL), Reject.UNKNOWN_ORDER),
        (replace._replace(price_ticks=0), Reject.BAD_PRICE),
        (replace._replace(lots=0), Reject.BELOW_FILLED),
        (replace._replace(price_ticks=100), Reject.POST_ONLY_WOULD_CROSS),
    ]
    for command, reason in cases:
        _, events = venue.apply([command], START_NS + 3)
        assert [(event.kind, event.reason) for event in events] == [(EventKind.REJECTED, reason)]
    _, events = venue.apply([about("a", CommandKind.CANCEL)], START_NS + 3)
    assert [(event.kind, event.reason, event.lots) for event in events] == [(EventKind.CANCELLED, Reason.USER, 5)]
    assert len(player.shadows) == 0


@pytest.mark.parametrize(("lots", "ahead"), [(3, 2), (9, 6)])
def test_a_smaller_size_keeps_the_place_and_a_larger_one_goes_to_the_end(lots: int, ahead: int) -> None:
    player, venue = beside()
    rest(player, (1, 0, 100, 2, 0, 0, 0))
    venue.apply([new("a", Side.BUY, 100, 5)], START_NS + 2)
    rest(player, (1, 1, 100, 4, 0, 0, 0))
    venue.apply([about("a", CommandKind.REPLACE, price_ticks=100, lots=lots)], START_NS + 4)
    assert player.shadows[["open_lots", "ahead_lots"]].tolist() == [(lots, ahead)]
    assert np.all(player.shadows["order_id"] < 0)


def test_orders_before_it_that_shrink_or_move_away_bring_it_forward() -> None:
    """Of 3 + 5 before it one lot is taken off, and the second order moves: 2 are left; a recorded trade takes one."""
    player, venue = beside()
    rest(player, (1, 0, 100, 3, 0, 0, 0), (1, 1, 100, 5, 0, 0, 0))
    venue.apply([new("a", Side.BUY, 100, 9), new("b", Side.SELL, 101, 9)], START_NS + 2)
    rest(player, (3, 0, 0, 1, 0, 0, 0), (4, 1, 99, 5, 0, 0, 0))
    assert player.shadows["ahead_lots"].tolist() == [2, 0]
    assert rest(player, (6, 0, 100, 1, 0, 0, 0)) == []
    assert player.shadows[["open_lots", "ahead_lots"]].tolist() == [(9, 1), (9, 0)]
