"""Messages are rationed: never more than the budget, the urgent ones first, and in the end the book is as wanted."""

from collections import deque

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from strategies.base import (
    Amend,
    BookView,
    Budget,
    Cancel,
    Context,
    Desk,
    Intent,
    Intents,
    Message,
    New,
    Participant,
    Place,
    Pull,
    Quote,
    Replace,
    Strategy,
    Wake,
)
from strategies.base.budget import Bucket
from tests.strategies.world import START_NS, contracts

HOURS = contracts()[:3]
MS = NS_PER_SECOND // 1000


class Spoken(Strategy):
    """Says what it is told to say."""

    wakes = Wake.BBO
    timer_ns = 0

    def __init__(self) -> None:
        self.next: list[Intent] = []

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        return self.next


class Rationed:
    """A desk with a budget, and a venue that answers everything with yes, when asked to."""

    def __init__(self, budget: Budget | None) -> None:
        self.strategy = Spoken()
        self.desk = Desk(Participant("me", self.strategy, tuple(HOURS), budget=budget), {}, np.random.default_rng(1))
        self.now_ns = START_NS
        self.sent: list[tuple[int, Message]] = []
        self.inbox: deque[Message] = deque()
        self.open: dict[str, tuple[Contract, Side, int, int]] = {}
        self.take(self.desk.start(self.now_ns))

    def take(self, messages: list[Message]) -> None:
        waiting = {message.client_id for message in self.inbox}
        for message in messages:
            assert message.client_id not in waiting, "two messages in flight for one order"
            waiting.add(message.client_id)
            self.inbox.append(message)
            self.sent.append((self.now_ns, message))

    def say(self, *intents: Intent) -> list[Message]:
        self.strategy.next = list(intents)
        before = len(self.sent)
        self.take(self.desk.book(self.now_ns, HOURS[0], BookView(), True))
        return [message for _, message in self.sent[before:]]

    def answer(self) -> None:
        message = self.inbox.popleft()
        if isinstance(message, Pull):
            self.open.pop(message.client_id, None)
            self.take(self.desk.gone(self.now_ns, message.client_id, "user"))
            return
        side = message.side if isinstance(message, Place) else self.open[message.client_id][1]
        self.open[message.client_id] = (message.contract, side, message.price_ticks, message.lots)
        self.take(self.desk.answered(self.now_ns, message.client_id, message.price_ticks, message.lots, 0, True))

    def answer_all(self) -> None:
        while self.inbox:
            self.answer()

    def wait(self, duration_ns: int) -> None:
        """Time passes, and the desk is called when it asked to be."""
        end_ns = self.now_ns + duration_ns
        while (wanted_ns := self.desk.next_timer_ns) <= end_ns:
            self.now_ns = max(self.now_ns, wanted_ns)
            before = len(self.sent)
            self.take(self.desk.timer(self.now_ns))
            assert len(self.sent) > before or self.desk.next_timer_ns > self.now_ns, "woken for nothing, for ever"
        self.now_ns = end_ns

    def settle(self) -> None:
        """Until nothing is in flight and nothing waits."""
        while self.inbox or self.desk.next_timer_ns < NEVER_NS:
            self.answer_all()
            if self.desk.next_timer_ns < NEVER_NS:
                self.wait(self.desk.next_timer_ns - self.now_ns)

    def standing(self) -> list[tuple[str, Side, int, int]]:
        return sorted((contract.symbol, side, ticks, lots) for contract, side, ticks, lots in self.open.values())


quotes = st.builds(
    lambda hour, bid, bid_lots, width, ask_lots: Quote(HOURS[hour], bid, bid_lots, bid + width, ask_lots),
    st.integers(0, 2), st.integers(1, 30), st.integers(0, 5), st.integers(1, 10), st.integers(0, 5),
)  # fmt: skip
steps = st.one_of(
    st.lists(quotes, min_size=1, max_size=3, unique_by=lambda quote: quote.contract.symbol),
    st.integers(0, 3000).map(lambda ms: ms * MS),
    st.just("answer"),
)
budgets = st.builds(Budget, st.integers(1, 20), st.integers(1, 5))


@settings(max_examples=150, deadline=None)
@given(budgets, st.lists(steps, max_size=25), st.tuples(quotes, quotes, quotes))
def test_never_more_than_the_budget_and_in_the_end_as_wanted(
    budget: Budget, script: list[object], last: tuple[Quote, Quote, Quote]
) -> None:
    """In every stretch of time between two messages; then, given time, the very book that an unrationed desk makes."""
    rationed, free = Rationed(budget), Rationed(None)
    final = [quote._replace(contract=hour) for quote, hour in zip(last, HOURS, strict=True)]
    for step in script:
        if isinstance(step, list):
            rationed.say(*step)
        elif isinstance(step, int):
            rationed.wait(step)
        elif rationed.inbox:
            rationed.answer()
    rationed.say(*final)
    rationed.settle()
    free.say(*final)
    free.settle()
    for first in range(len(rationed.sent)):
        for end in range(first, len(rationed.sent)):
            elapsed_ns = rationed.sent[end][0] - rationed.sent[first][0]
            allowed = budget.burst + elapsed_ns * budget.per_second // NS_PER_SECOND
            assert end - first + 1 <= allowed
    # An order that had the price already and fewer lots than wanted, but half of them, keeps its place.
    assert [row[:3] for row in rationed.standing()] == [row[:3] for row in free.standing()]
    assert rationed.say(*final) == []
    assert rationed.desk.next_timer_ns == NEVER_NS


def test_a_budget_that_is_never_short_changes_nothing() -> None:
    """The same messages in the same order as without one."""
    rationed, free = Rationed(Budget(1000, 100)), Rationed(None)
    for desk in (rationed, free):
        desk.say(*(Quote(hour, 10, 5, 12, 5) for hour in HOURS))
        desk.answer_all()
        desk.say(New(HOURS[0], Side.BUY, 8, 2), Quote(HOURS[0], 13, 5, 15, 5), Quote(HOURS[1]))
        desk.answer_all()
    assert rationed.sent == free.sent


def test_pulls_go_before_moves_and_moves_before_new_orders() -> None:
    """With leave for one message at a time, whatever the order in which they were wanted."""
    desk = Rationed(Budget(1, 2))
    desk.say(Quote(HOURS[0], 10, 5), Quote(HOURS[1], 10, 5))
    desk.answer_all()
    desk.wait(NS_PER_SECOND)
    first = desk.say(Quote(HOURS[2], 10, 5), Quote(HOURS[1], 11, 5), Quote(HOURS[0]))
    assert [type(message) for message in first] == [Pull]
    desk.answer_all()
    desk.wait(2 * NS_PER_SECOND)
    assert [type(message) for _, message in desk.sent[-2:]] == [Amend, Place]
    assert [at_ns - desk.sent[-3][0] for at_ns, _ in desk.sent[-2:]] == [NS_PER_SECOND, 2 * NS_PER_SECOND]


def test_what_is_no_longer_wanted_is_never_sent() -> None:
    """Ten changes of mind without leave cost one message, the last."""
    desk = Rationed(Budget(1, 1))
    desk.say(Quote(HOURS[0], 10, 5))
    desk.answer_all()
    for ticks in range(11, 21):
        assert desk.say(Quote(HOURS[0], ticks, 5)) == []
    desk.wait(NS_PER_SECOND)
    (_, message) = desk.sent[-1]
    assert isinstance(message, Amend)
    assert message.price_ticks == 20
    assert len(desk.sent) == 2


def test_explicit_acts_wait_and_are_not_lost() -> None:
    """A cancel, a replacement and an order of the strategy's own, in the order of their urgency."""
    desk = Rationed(Budget(1, 2))
    desk.say(New(HOURS[0], Side.BUY, 8, 2), New(HOURS[0], Side.BUY, 9, 2))
    desk.answer_all()
    one, two = desk.open
    assert desk.say(New(HOURS[1], Side.SELL, 20, 1, TimeInForce.IOC), Replace(two, 7, 3), Cancel(one)) == []
    for _ in range(3):
        desk.wait(NS_PER_SECOND)
        desk.answer_all()
    assert [type(message) for _, message in desk.sent[2:]] == [Pull, Amend, Place]
    assert desk.standing() == sorted([(HOURS[0].symbol, Side.BUY, 7, 3), (HOURS[1].symbol, Side.SELL, 20, 1)])
    assert desk.desk.next_timer_ns == NEVER_NS


def test_nothing_is_sent_for_an_hour_whose_gate_has_passed() -> None:
    """What waited that long is dropped."""
    desk = Rationed(Budget(1, 1))
    desk.say(Quote(HOURS[0], 10, 5, 12, 5), New(HOURS[0], Side.BUY, 5, 1))
    assert len(desk.sent) == 1
    desk.now_ns = HOURS[0].gate_ns
    desk.take(desk.desk.timer(desk.now_ns))
    assert len(desk.sent) == 1
    assert desk.desk.next_timer_ns == NEVER_NS


@given(budgets, st.lists(st.integers(0, 3 * NS_PER_SECOND), max_size=20))
def test_the_bucket_says_when_there_is_leave_again(budget: Budget, gaps: list[int]) -> None:
    """Not a nanosecond too early, and never later than said."""
    bucket, now_ns = Bucket(budget), START_NS
    for gap_ns in gaps:
        now_ns += gap_ns
        bucket.take(bucket.left(now_ns))
        ready_ns = bucket.next_ns
        assert bucket.left(ready_ns - 1) == 0
        assert bucket.left(ready_ns) >= 1
        now_ns = ready_ns
