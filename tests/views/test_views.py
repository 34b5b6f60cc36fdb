"""The three views of the visible book, against the engine and against event rows written by hand."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import EventKind, Side
from exchange.domain.records import EVENT, Rows
from exchange.engine import Engine
from exchange.views import OrderByOrder, PriceLevels, Top, TopOfBook
from tests.kernel.pair import Pair
from tests.kernel.worlds import every_temper, run_world
from tests.views.rows import auction_fill, fill, order, rows

DEPTH = 2**31
BUY, SELL = Side.BUY, Side.SELL


class Views:
    """All three, given the same events."""

    def __init__(self) -> None:
        self.orders, self.levels, self.top = OrderByOrder(), PriceLevels(), TopOfBook()

    def apply(self, events: Rows) -> None:
        self.orders.apply(events)
        self.levels.apply(events)
        self.top.apply(events)

    def queue(self, side: Side, price_ticks: int, contract: int = 0) -> list[tuple[int, int]]:
        """(id, lots that show), oldest first."""
        return [(order.order_id, order.lots) for order in self.orders.queue(contract, side, price_ticks)]

    def assert_agree(self, contract: int) -> None:
        """The queues add up to the levels, and the first of these are the top."""
        for side in Side:
            summed = [
                (price_ticks, sum(lots for _, lots in self.queue(side, price_ticks, contract)))
                for price_ticks in self.orders.prices(contract, side)
            ]
            assert self.levels.levels(contract, side, DEPTH) == summed
        (bid, *_), (ask, *_) = ([*self.levels.levels(contract, side, 1), (0, 0)] for side in Side)
        assert self.top.best(contract) == Top(*bid, *ask)

    def assert_same(self, engine: Engine) -> None:
        """Every level, every queue and every best price is the engine's."""
        for view in engine.contracts():
            contract = view.contract
            self.assert_agree(contract)
            best = self.top.best(contract)
            assert (best.bid_ticks, best.ask_ticks) == (view.best_bid_ticks, view.best_ask_ticks)
            for side in Side:
                levels = engine.levels(contract, side, DEPTH)
                assert self.levels.levels(contract, side, DEPTH) == levels
                for price_ticks, _ in levels:
                    shown = [(order.order_id, order.shown_lots) for order in engine.queue(contract, side, price_ticks)]
                    assert self.queue(side, price_ticks, contract) == shown


@pytest.mark.parametrize("seed", every_temper())
def test_views_made_of_events_alone_are_the_engines_book(seed: int) -> None:
    """After every batch of a generated market: each queue, each level, each best price."""
    views = Views()
    batches = 0

    def watch(pair: Pair) -> None:
        nonlocal batches
        batches += 1
        views.apply(np.frombuffer(pair.events, EVENT))
        # Deep books are looked at now and then.
        if len(pair.reference.orders) < 300 or batches % 25 == 0:
            views.assert_same(pair.engine)

    views.assert_same(run_world(seed, 1_500, watch).engine)


@given(cut=st.integers(0, 12), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_it_makes_no_difference_how_events_are_cut_into_batches(cut: int, seed: int) -> None:
    """All at once, or in two parts, or one by one."""
    random = Random(seed)
    whole, parted, single = Views(), Views(), Views()
    events = rows(*(order(EventKind.RESTED, n, Side(n % 2), random.randint(1, 3), 5, 5) for n in range(1, 13)))
    whole.apply(events)
    parted.apply(events[:cut])
    parted.apply(events[cut:])
    for place in range(len(events)):
        single.apply(events[place : place + 1])
    for side in Side:
        for price_ticks in (1, 2, 3):
            assert whole.queue(side, price_ticks) == parted.queue(side, price_ticks) == single.queue(side, price_ticks)
    whole.assert_agree(0)


def test_an_order_stands_from_its_acceptance_or_when_it_rests() -> None:
    """Whichever says so; one that is only accepted shows nowhere, and without icebergs all that is open shows."""
    views = Views()
    views.apply(
        rows(
            order(EventKind.ACCEPTED, 1, BUY, 10, 5),
            order(EventKind.ACCEPTED, 2, BUY, 10, 6, 6),
            order(EventKind.RESTED, 1, BUY, 10, 3, 0, resting=1),
        )
    )
    assert views.queue(BUY, 10) == [(2, 6), (1, 3)]
    assert views.top.best(0) == Top(10, 9, 0, 0)


def test_an_iceberg_shows_its_slices_one_after_the_other() -> None:
    """Each at the back of the queue; what is hidden is in no view."""
    views = Views()
    views.apply(rows(order(EventKind.ACCEPTED, 1, SELL, 10, 9, 4), order(EventKind.ACCEPTED, 2, SELL, 10, 5, 5)))
    views.apply(rows(fill(7, 1, 10, 4, 0), order(EventKind.REFRESHED, 1, SELL, 10, 5, 4)))
    assert views.queue(SELL, 10) == [(2, 5), (1, 4)]
    views.apply(rows(order(EventKind.AMENDED, 1, SELL, 10, 2, 2), fill(8, 2, 10, 5, 0), fill(8, 1, 10, 1, 1)))
    assert views.queue(SELL, 10) == [(1, 1)]
    views.assert_agree(0)


def test_an_amended_order_keeps_its_place_or_leaves() -> None:
    """It says which; whoever did not stand stays outside."""
    views = Views()
    views.apply(rows(*(order(EventKind.ACCEPTED, n, BUY, 10, 5, 5) for n in (1, 2, 3))))
    views.apply(rows(order(EventKind.AMENDED, 1, BUY, 10, 2, 2), order(EventKind.AMENDED, 2, BUY, 11, 9)))
    views.apply(rows(order(EventKind.AMENDED, 9, BUY, 11, 9)))
    assert views.queue(BUY, 10) == [(1, 2), (3, 5)]
    views.apply(rows(order(EventKind.RESTED, 2, BUY, 11, 9, 9)))
    assert views.top.best(0) == Top(11, 9, 0, 0)
    views.assert_agree(0)


def test_parked_orders_leave_and_come_back_at_the_end() -> None:
    """So do those that are cancelled or expire, but they stay away."""
    views = Views()
    views.apply(rows(*(order(EventKind.ACCEPTED, n, BUY, 10, 5, 5) for n in (1, 2, 3, 4))))
    views.apply(rows(order(EventKind.PARKED, 1, BUY, 10, 5), order(EventKind.CANCELLED, 2, BUY, 10, 5, resting=1)))
    views.apply(rows(order(EventKind.EXPIRED, 3, BUY, 10, 5, resting=1), order(EventKind.CANCELLED, 9, BUY, 10, 5)))
    assert views.queue(BUY, 10) == [(4, 5)]
    views.apply(rows(order(EventKind.RESTED, 1, BUY, 10, 5, 5)))
    assert views.queue(BUY, 10) == [(4, 5), (1, 5)]


def test_a_trade_with_an_order_outside_of_the_book_takes_nothing_from_it() -> None:
    """An all-or-none order waits elsewhere, perhaps at the price of others."""
    views = Views()
    views.apply(rows(order(EventKind.ACCEPTED, 1, SELL, 10, 5, 5), order(EventKind.ACCEPTED, 2, SELL, 10, 3)))
    views.apply(rows(fill(7, 2, 10, 3, 0)))
    assert views.queue(SELL, 10) == [(1, 5)]


def test_an_auction_takes_from_both_sides_wherever_they_stood() -> None:
    """At one price, which is neither's own."""
    views = Views()
    views.apply(rows(order(EventKind.ACCEPTED, 1, BUY, 12, 8, 4), order(EventKind.ACCEPTED, 2, SELL, 9, 6, 6)))
    assert views.top.best(0) == Top(12, 4, 9, 6)
    views.apply(rows(auction_fill(1, 2, 10, 4, 2), order(EventKind.REFRESHED, 1, BUY, 12, 4, 4)))
    views.apply(rows(auction_fill(1, 2, 10, 2, 0)))
    assert (views.queue(BUY, 12), views.queue(SELL, 9)) == ([(1, 2)], [])
    views.assert_agree(0)


def test_the_top_says_only_what_is_new() -> None:
    """A change behind the best is not told, nor one that is undone at once."""
    top = TopOfBook()
    assert top.apply(rows(order(EventKind.ACCEPTED, 1, BUY, 10, 5, 5, contract=3))) == {3: Top(10, 5, 0, 0)}
    assert top.apply(rows(order(EventKind.ACCEPTED, 2, BUY, 9, 5, 5, contract=3))) == {}
    blink = (order(EventKind.ACCEPTED, 3, BUY, 11, 5, 5, contract=3), order(EventKind.PARKED, 3, BUY, 11, 5))
    assert top.apply(rows(*blink)) == {}
    assert top.apply(rows(order(EventKind.CANCELLED, 1, BUY, 10, 5, contract=3))) == {3: Top(9, 5, 0, 0)}


def test_a_view_can_start_in_the_middle() -> None:
    """From what stood then, oldest first."""
    views = Views()
    for view in (views.orders, views.levels, views.top):
        view.enter(1, 0, BUY, 10, 4)
    views.apply(rows(fill(7, 1, 10, 1, 3)))
    assert views.queue(BUY, 10) == [(1, 3)]
    views.assert_agree(0)
