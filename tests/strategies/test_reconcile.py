"""The quote reconciler against a venue that answers late, refuses and fills as it likes."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Side
from strategies.base import Amend, Cancel, Ladder, Message, New, Place, Pull, Quote, Reconciler, Replace, Rung
from tests.strategies.world import contracts

HOUR = contracts()[0]


class ModelVenue:
    """Takes messages in order, answers in order; the truth about the book is ``open``."""

    def __init__(self, reconciler: Reconciler) -> None:
        self.reconciler = reconciler
        self.inbox: deque[Message] = deque()
        self.open: dict[str, list[int]] = {}  # client id -> [side, price, total, filled]

    def send(self, messages: list[Message]) -> None:
        waiting = {message.client_id for message in self.inbox}
        for message in messages:
            assert message.client_id not in waiting, "two messages in flight for one order"
            waiting.add(message.client_id)
            self.inbox.append(message)

    def answer(self, is_granted: bool) -> None:
        message = self.inbox.popleft()
        if isinstance(message, Place):
            if is_granted:
                self.open[message.client_id] = [message.side, message.price_ticks, message.lots, 0]
        elif message.client_id not in self.open:
            is_granted = False
        elif isinstance(message, Amend):
            is_granted = is_granted and message.lots > self.open[message.client_id][3]
            if is_granted:
                self.open[message.client_id][1:3] = [message.price_ticks, message.lots]
        elif is_granted:
            del self.open[message.client_id]
        self.check_not_crossed()
        self.tell(message, is_granted)

    def tell(self, message: Message, is_granted: bool) -> None:
        if not is_granted:
            self.reconciler.refused(message.client_id, isinstance(message, Place) or message.client_id not in self.open)
        elif isinstance(message, Pull):
            self.reconciler.gone(message.client_id)
        else:
            _, price_ticks, lots, filled = self.open[message.client_id]
            self.reconciler.answered(message.client_id, price_ticks, lots, filled, True)
        self.send(self.reconciler.wishes(HOUR) + self.reconciler.reconcile(HOUR))

    def fill(self, place: int, lots: int) -> None:
        if not self.open:
            return
        client_id = list(self.open)[place % len(self.open)]
        order = self.open[client_id]
        order[3] = min(order[2], order[3] + lots)
        filled = order[3]
        if order[2] == filled:
            del self.open[client_id]
        self.reconciler.filled(client_id, filled)
        self.send(self.reconciler.reconcile(HOUR))

    def check_not_crossed(self) -> None:
        bids = [order[1] for order in self.open.values() if order[0] == Side.BUY]
        asks = [order[1] for order in self.open.values() if order[0] == Side.SELL]
        assert not (bids and asks) or max(bids) < min(asks), "it would trade with itself"

    def standing(self, side: Side) -> list[tuple[int, int]]:
        return sorted((order[1], order[2] - order[3]) for order in self.open.values() if order[0] == side)


quotes = st.tuples(st.integers(1, 30), st.integers(0, 6), st.integers(1, 10), st.integers(0, 6)).map(
    lambda drawn: Quote(HOUR, drawn[0], drawn[1], drawn[0] + drawn[2], drawn[3])
)
steps = st.one_of(
    quotes,
    st.tuples(st.just("answer"), st.booleans()),
    st.tuples(st.just("fill"), st.tuples(st.integers(0, 3), st.integers(1, 4))),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=40), quotes)
def test_whatever_happens_the_book_ends_up_as_wanted(script: list[object], last: Quote) -> None:
    """Never crossed, never two messages for one order, and in the end exactly what was wanted last."""
    reconciler = Reconciler("r", refill_share=1.0)
    venue = ModelVenue(reconciler)
    for step in script:
        if isinstance(step, Quote):
            venue.send(reconciler.state([step]))
        elif isinstance(step, tuple) and step[0] == "answer" and venue.inbox:
            venue.answer(step[1])
        elif isinstance(step, tuple) and step[0] == "fill":
            venue.fill(*step[1])
    venue.send(reconciler.state([last]))
    while venue.inbox:
        venue.answer(True)
    # Old refusals may have left a gap until the strategy speaks again.
    venue.send(reconciler.state([last]))
    while venue.inbox:
        venue.answer(True)
    assert venue.standing(Side.BUY) == ([(last.bid_ticks, last.bid_lots)] if last.bid_lots else [])
    assert venue.standing(Side.SELL) == ([(last.ask_ticks, last.ask_lots)] if last.ask_lots else [])
    assert reconciler.state([last]) == [], "nothing to do, yet it sends"
    assert reconciler.orders.keys() == venue.open.keys()


def placed(reconciler: Reconciler, *rungs: tuple[int, int]) -> ModelVenue:
    """A venue on which this ladder of asks stands."""
    venue = ModelVenue(reconciler)
    venue.send(reconciler.state([Ladder(HOUR, Side.SELL, tuple(Rung(*rung) for rung in rungs))]))
    while venue.inbox:
        venue.answer(True)
    return venue


def test_a_ladder_that_moves_by_one_rung_costs_one_message() -> None:
    """What fits stays, with its place in the queue; only the outer rung moves."""
    reconciler = Reconciler()
    placed(reconciler, (100, 5), (101, 5), (102, 5))
    (message,) = reconciler.state([Ladder(HOUR, Side.SELL, (Rung(101, 5), Rung(102, 5), Rung(103, 5)))])
    assert isinstance(message, Amend)
    assert (message.price_ticks, message.lots) == (103, 5)


def test_a_partial_fill_keeps_its_place_until_half_is_gone() -> None:
    """Topping up costs the place in the queue, so it waits until it is worth it."""
    reconciler = Reconciler(refill_share=0.5)
    venue = placed(reconciler, (100, 10))
    want = Ladder(HOUR, Side.SELL, (Rung(100, 10),))
    venue.fill(0, 4)
    assert reconciler.state([want]) == []
    venue.fill(0, 2)
    (message,) = reconciler.state([want])
    assert isinstance(message, Amend)
    assert message.lots == 6 + 10, "the new total counts what is filled"


def test_what_is_filled_is_not_placed_again_until_it_is_wanted_again() -> None:
    """One statement of five lots trades five lots at most, however often the order is filled."""
    reconciler = Reconciler(refill_share=1.0)
    venue = placed(reconciler, (100, 5), (110, 5))
    venue.fill(0, 3)
    venue.fill(0, 2)
    assert not venue.inbox
    assert venue.standing(Side.SELL) == [(110, 5)]
    venue.send(reconciler.state([Ladder(HOUR, Side.SELL, (Rung(100, 5), Rung(110, 5)))]))
    assert [type(message) for message in venue.inbox] == [Place]


def test_a_smaller_want_shrinks_the_order_in_place() -> None:
    """Less at the same price is one amendment, which keeps priority."""
    reconciler = Reconciler()
    placed(reconciler, (100, 10))
    (message,) = reconciler.state([Ladder(HOUR, Side.SELL, (Rung(100, 3),))])
    assert (message.price_ticks, message.lots) == (100, 3)  # type: ignore[union-attr]


def test_a_refused_want_is_not_repeated_until_it_is_stated_again() -> None:
    """Otherwise a post-only quote against a stale book would be sent as fast as refusals come back."""
    reconciler = Reconciler()
    venue = ModelVenue(reconciler)
    quote = Quote(HOUR, 10, 5)
    venue.send(reconciler.state([quote]))
    venue.answer(False)
    assert not venue.inbox
    venue.send(reconciler.state([quote]))
    assert len(venue.inbox) == 1


def test_a_bid_waits_for_the_old_ask_it_would_meet() -> None:
    """Moving both sides up: the ask goes first, the bid follows when the way is free."""
    reconciler = Reconciler()
    venue = ModelVenue(reconciler)
    venue.send(reconciler.state([Quote(HOUR, 10, 5, 12, 5)]))
    while venue.inbox:
        venue.answer(True)
    venue.send(reconciler.state([Quote(HOUR, 13, 5, 15, 5)]))
    assert [message.price_ticks for message in venue.inbox] == [15]  # type: ignore[union-attr]
    venue.answer(True)
    assert [message.price_ticks for message in venue.inbox] == [13]  # type: ignore[union-attr]


def test_explicit_orders_are_left_alone_by_quotes_and_wait_their_turn() -> None:
    """A strategy's own order is not moved for a quote, and its cancel waits for the answer in flight."""
    reconciler = Reconciler("x")
    venue = ModelVenue(reconciler)
    venue.send(reconciler.state([New(HOUR, Side.BUY, 8, 2)]))
    own = venue.inbox[0].client_id
    venue.send(reconciler.state([Cancel(own)]))
    assert len(venue.inbox) == 1
    venue.answer(True)
    assert [type(message) for message in venue.inbox] == [Pull]
    venue.send(reconciler.state([Quote(HOUR, 10, 5)]))
    assert [message.client_id == own for message in venue.inbox] == [True, False]


def test_an_explicit_replace_asks_for_what_shall_be_open() -> None:
    """The venue counts totals, the strategy open lots."""
    reconciler = Reconciler()
    venue = ModelVenue(reconciler)
    venue.send(reconciler.state([New(HOUR, Side.BUY, 8, 6)]))
    venue.answer(True)
    venue.fill(0, 2)
    (message,) = reconciler.state([Replace("1", 9, 3)])
    assert (message.price_ticks, message.lots) == (9, 5)  # type: ignore[union-attr]


def test_an_order_that_would_meet_ones_own_is_not_sent() -> None:
    """An explicit taker order stops at one's own quote."""
    reconciler = Reconciler()
    placed(reconciler, (100, 5))
    assert reconciler.state([New(HOUR, Side.BUY, 100, 1)]) == []
    assert len(reconciler.state([New(HOUR, Side.BUY, 99, 1)])) == 1
