"""A recorded run is the same run, and its record is what desk and engine know."""

import numpy as np
import polars as pl
import pytest

from exchange.domain.enums import Side
from exchange.domain.units import MICROS_PER_DOLLAR
from strategies.base import UNKNOWN_LOTS, Amend, BookView, Context, Desk, Intents, Participant, Place, Quote, Strategy
from strategies.base.recording import lots_ahead
from strategies.results import Frames, RunRecorder
from strategies.results.presence import two_sided_ns
from strategies.results.tables import frames_of
from strategies.simulator import Market
from tests.results.told import START_NS, Idle, Told, hours
from tests.results.worlds import SECONDS, recorded


@pytest.fixture(scope="module")
def world() -> tuple[Market, RunRecorder]:
    return recorded()


@pytest.fixture(scope="module")
def frames(world: tuple[Market, RunRecorder]) -> Frames:
    return frames_of(world[1])


def test_a_recorded_run_is_the_same_run(world: tuple[Market, RunRecorder]) -> None:
    """State of the engine and statistics of the maker, with and without a recorder."""
    bare, _ = recorded(is_recorded=False)
    market = world[0]
    assert bare.engine.state_hash() == market.engine.state_hash()
    assert bare.desk("maker").statistics(bare.now_ns) == market.desk("maker").statistics(market.now_ns)


def test_the_record_is_what_the_desk_counted(world: tuple[Market, RunRecorder], frames: Frames) -> None:
    """Orders, messages, refusals, fills, positions, profit and two-sided time, each summed on another way."""
    market, recorder = world
    desk = market.desk("maker")
    found = desk.statistics(market.now_ns)
    assert found.trades > 100
    assert frames.fills.height == found.trades
    assert frames.orders.height == found.orders
    assert (recorder.messages, recorder.refusals) == (found.messages, found.refusals)
    last = frames.pnl.group_by("symbol", maintain_order=True).last()
    held = dict(zip(last["symbol"].to_list(), last["position_lots"].to_list(), strict=True))
    assert held == {symbol: result.position_lots for symbol, result in desk.ledger.results.items()}
    assert last["pnl_micros"].sum() / MICROS_PER_DOLLAR == pytest.approx(found.pnl_usd, abs=0.01)
    moved = frames.positions.group_by("symbol").agg(pl.col("change_lots").sum(), pl.col("position_lots").last())
    assert moved["change_lots"].to_list() == moved["position_lots"].to_list()
    two_sided = two_sided_ns(frames, market.now_ns)
    assert two_sided == {symbol: uptime.total_ns(market.now_ns) for symbol, uptime in desk.uptimes.items()}


def test_what_stands_at_the_end_is_what_the_desk_has_working(world: tuple[Market, RunRecorder], frames: Frames) -> None:
    """Price and open lots of every live order; all others are over, with a time and a state."""
    desk = world[0].desk("maker")
    working = {
        order.client_id: (order.price_ticks, order.open_lots)
        for order in desk.reconciler.orders.values()
        if order.is_live
    }
    last = frames.standing.group_by("order").last().filter(pl.col("open_lots") > 0).sort("order")
    ids = frames.orders["client_id"].gather(last["order"]).to_list()
    assert dict(zip(ids, last.select("price_ticks", "open_lots").rows(), strict=True)) == working
    ended = frames.orders.filter(pl.col("ended_ns").is_not_null())
    assert set(ended["state"].to_list()) <= {"filled", "cancelled", "refused"}
    assert frames.orders.filter(pl.col("ended_ns").is_null())["state"].is_in(["open", "sent"]).all()


def test_the_lots_of_fills_are_those_of_orders_and_of_stays(frames: Frames) -> None:
    """Counted three ways; a stay is within the time of its order."""
    assert frames.fills["lots"].sum() == frames.orders["filled_lots"].sum() == frames.stays["filled_lots"].sum() > 100
    assert (frames.stays["filled_lots"] <= frames.stays["lots"]).all()
    assert frames.stays.filter(pl.col("left_ns") < pl.col("joined_ns")).is_empty()
    assert frames.quotes.height == 4 * round(SECONDS * 4)


class Bids(Strategy):
    """One lot in the first contract, at the start."""

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks

    def on_start(self, ctx: Context) -> Intents:
        return [Quote(ctx.contracts[0], self.ticks, 1)]


class Joiner(Strategy):
    """Joins the best bid and ask with one lot each."""

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            book = ctx.book(contract)
            if book.bids and book.asks:
                yield Quote(contract, book.best_bid_ticks, 1, book.best_ask_ticks, 1)


def test_what_stands_before_an_order_is_what_others_had_there() -> None:
    """Two first quote ten lots; whoever joins them, a second later, has twenty before it on each side."""

    class First(Strategy):
        def on_start(self, ctx: Context) -> Intents:
            return [Quote(contract, 1_990, 10, 2_010, 10) for contract in ctx.contracts]

    listed = hours(1)
    people = [Participant(name, First(), listed, capacity_lots=50) for name in ("one", "two")]
    recorder = RunRecorder()
    people.append(Participant("joiner", Joiner(), listed, capacity_lots=50))
    market = Market(listed, people, np.random.default_rng(1), START_NS, recorders={"joiner": recorder})
    market.run(3.0)
    found = frames_of(recorder)
    assert found.stays.select("side", "price_ticks", "lots", "lots_ahead").rows() == [
        ("buy", 1_990, 1, 20),
        ("sell", 2_010, 1, 20),
    ]
    assert found.orders["lots_ahead"].to_list() == [20, 20]


@pytest.mark.parametrize(("ticks", "ahead"), [(2_000, 7), (1_999, 0), (1_998, 4), (1_997, UNKNOWN_LOTS), (2_001, 0)])
def test_without_the_venues_word_the_book_as_seen_says_what_is_ahead(ticks: int, ahead: int) -> None:
    """Within view a price without lots has none; behind everything in view nobody knows."""

    listed = hours(1)
    books = {listed[0].symbol: BookView(((2_000, 7), (1_998, 4)), ((2_010, 1),))}
    recorder = RunRecorder()
    desk = Desk(Participant("maker", Bids(ticks), listed), books, np.random.default_rng(1), recorder=recorder)
    (place,) = desk.start(START_NS)
    assert isinstance(place, Place)
    desk.answered(START_NS + 5, place.client_id, ticks, 1, 0, True)
    assert frames_of(recorder).stays["lots_ahead"].to_list() == [None if ahead == UNKNOWN_LOTS else ahead]


def test_an_order_that_moves_begins_another_stay_and_one_that_shrinks_keeps_its_place() -> None:
    """Placed, made smaller, moved, filled in part, cancelled by the venue."""
    told = Told()
    client_id = told.order(1.0, Side.BUY, 2_000, 10, ahead=3)
    told.recorder.answered(told.at(2.0), client_id, 2_000, 6, 0, True)
    told.recorder.answered(told.at(3.0), client_id, 2_001, 6, 0, True)
    told.fill(4.0, Side.BUY, 2_001, 2, 2.0, client_id=client_id)
    told.recorder.gone(told.at(5.0), client_id, "GATE")
    found = frames_of(told.recorder)
    assert found.stays["joined_ns"].to_list() == [told.at(1.0), told.at(3.0)]
    assert found.stays["left_ns"].to_list() == [told.at(3.0), told.at(5.0)]
    assert found.stays.select("lots", "lots_ahead", "filled_lots").rows() == [(10, 3, 0), (6, None, 2)]
    assert found.standing["open_lots"].to_list() == [10, 6, 6, 4, 0]
    row = found.orders.row(0, named=True)
    assert (row["state"], row["reason"], row["filled_lots"]) == ("cancelled", "GATE", 2)


def test_lots_that_took_never_stood() -> None:
    """Of ten lots four traded at once: six joined the queue, and none of them was filled there."""
    told = Told()
    client_id = told.order(1.0, Side.BUY, 2_000, 10)
    told.fill(1.0, Side.BUY, 2_000, 4, 2.0, client_id=client_id, is_maker=False)
    found = frames_of(told.recorder)
    assert found.stays.select("lots", "filled_lots").rows() == [(6, 0)]
    assert found.orders["filled_lots"].to_list() == [4]


def test_a_fill_may_be_heard_before_the_answer() -> None:
    """Four of ten lots, then the answer that knows of none yet: six stand."""
    told = Told()
    told.recorder.sent(told.at(1.0), Place("o1", told.contracts[0], Side.BUY, 2_000, 10), 0)
    told.fill(1.1, Side.BUY, 2_000, 4, 2.0, client_id="o1")
    told.recorder.answered(told.at(1.2), "o1", 2_000, 10, 0, True)
    found = frames_of(told.recorder)
    assert found.standing["open_lots"].to_list() == [6]
    assert found.stays.select("lots", "filled_lots").rows() == [(6, 0)]
    assert found.orders["filled_lots"].to_list() == [4]


def test_own_lots_are_not_ahead_of_oneself() -> None:
    """Eight in view of which one is one's own: whoever asks for more goes behind seven."""
    listed = hours(1)
    books = {listed[0].symbol: BookView(((2_000, 7),), ((2_010, 1),))}
    desk = Desk(Participant("maker", Bids(2_000), listed), books, np.random.default_rng(1))
    (place,) = desk.start(START_NS)
    desk.answered(START_NS + 5, place.client_id, 2_000, 1, 0, True)
    books[listed[0].symbol] = BookView(((2_000, 8),), ((2_010, 1),))
    assert lots_ahead(desk.ctx, Amend(place.client_id, listed[0], 2_000, 5)) == 7


def test_marking_shows_a_sample_and_looking_leaves_no_trace() -> None:
    """The ledger of a desk that did nothing stays empty, however often it is sampled."""
    listed, recorder = hours(1), RunRecorder()
    books = {listed[0].symbol: BookView(((2_000, 7),), ((2_010, 1),))}
    desk = Desk(Participant("maker", Idle(), listed), books, np.random.default_rng(1), recorder=recorder)
    desk.start(START_NS)
    desk.sample(START_NS + 1)
    desk.mark(START_NS + 2)
    desk.mark(START_NS + 2)
    assert frames_of(recorder).quotes.select("time_ns", "bid_ticks", "ask_lots").rows() == [
        (START_NS + 1, 2_000, 1),
        (START_NS + 2, 2_000, 1),
    ]
    assert desk.ledger.results == {}


def test_the_engine_says_what_stands_before_an_order(world: tuple[Market, RunRecorder]) -> None:
    """Of every order in the book, against its queue; of what stands nowhere, nothing."""
    engine, seen = world[0].engine, 0
    for contract in range(4):
        for side in Side:
            for price_ticks, _ in engine.levels(contract, side, 50):
                ahead = 0
                for order in engine.queue(contract, side, price_ticks):
                    assert engine.lots_ahead(order.order_id) == ahead
                    ahead += order.open_lots
                    seen += ahead > order.open_lots
    assert seen > 3
    assert [engine.lots_ahead(order_id) for order_id in (-1, 0, 1 << 50, (9 << 32) | 1, 1 << 31)] == [None] * 5
