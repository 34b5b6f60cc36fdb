"""The compiled reconciler decides what the one of ``strategies.base`` decides, message by message."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.jit import by_reference, keyed_entry
from strategies.base import Amend, Message, Place, Quote, Reconciler
from strategies.fast import quoting
from strategies.fast.compiling import room_digest
from strategies.fast.memory import AMEND, MESSAGE, PLACE, PULL, SLOT, Memory, new_seat
from strategies.fast.records import WANT
from tests.strategies.world import contracts

HOUR = contracts(1)[0]
Sent = tuple[int, int, int, int, int]  # (number, side, kind, price_ticks, lots)
_WANT, _ANSWERED, _REFUSED, _FILLED, _GONE = range(5)


def _step(memory: Memory, what: int, side: int, number: int, one: int, two: int, three: int) -> int:
    """One thing that a desk hears, and what it sends because of it."""
    slot = memory.slots[side]
    if what == _WANT:
        quoting.state(memory, 0)
    elif what == _ANSWERED:
        quoting.answered(slot, number, one, two, three)
    elif what == _REFUSED:
        quoting.refused(slot, number, one != 0)
    elif what == _FILLED:
        quoting.filled(slot, number, one)
    else:
        quoting.gone(slot, number)
    quoting.reconcile(memory, 0)
    return 0


step = keyed_entry(_step, room_digest())


def new_memory() -> Memory:
    """Of one contract, with room for some messages, and nothing of what only the loop needs."""
    empty: dict[str, Any] = {name: np.zeros(0, np.int64) for name in Memory._fields}
    wants, slots, messages = np.zeros(1, WANT), np.zeros(2, SLOT), np.zeros(1000, MESSAGE)
    return Memory(**{**empty, "seat": new_seat(), "slots": slots, "messages": messages, "wants": wants})


class Compiled:
    def __init__(self) -> None:
        self.memory = new_memory()
        self._reference = by_reference(self.memory)

    def want(self, quote: Quote) -> list[Sent]:
        self.memory.wants[0] = (quote.bid_ticks, quote.bid_lots, quote.ask_ticks, quote.ask_lots, 1)
        return self.step(_WANT, 0, 0)

    def step(self, what: int, side: int, number: int, one: int = 0, two: int = 0, three: int = 0) -> list[Sent]:
        before = int(self.memory.seat["messages"][0])
        step(self._reference, what, side, number, one, two, three)
        rows = self.memory.messages[before : int(self.memory.seat["messages"][0])]
        return [tuple(row[["number", "side", "kind", "price_ticks", "lots"]].item()) for row in rows]


class Original:
    def __init__(self) -> None:
        self.reconciler = Reconciler()

    def want(self, quote: Quote) -> list[Sent]:
        return self._sent(self.reconciler.state([quote]))

    def step(self, what: int, side: int, number: int, one: int = 0, two: int = 0, three: int = 0) -> list[Sent]:
        client_id = str(number)
        if what == _ANSWERED:
            self.reconciler.answered(client_id, one, two, three, True)
        elif what == _REFUSED:
            self.reconciler.refused(client_id, one != 0)
        elif what == _FILLED:
            self.reconciler.filled(client_id, one)
        else:
            self.reconciler.gone(client_id)
        return self._sent(self.reconciler.reconcile(HOUR))

    def _sent(self, messages: list[Message]) -> list[Sent]:
        return [self._row(message) for message in messages]

    def _row(self, message: Message) -> Sent:
        side = int(self.reconciler.orders[message.client_id].side)
        if isinstance(message, Place):
            return int(message.client_id), side, PLACE, message.price_ticks, message.lots
        if isinstance(message, Amend):
            return int(message.client_id), side, AMEND, message.price_ticks, message.lots
        return int(message.client_id), side, PULL, 0, 0


@dataclass
class Open:
    side: int
    price_ticks: int
    lots: int
    filled_lots: int


class Venue:
    """Answers in order, late, as it likes; both desks hear the same and must say the same."""

    def __init__(self) -> None:
        self.desks = (Original(), Compiled())
        self.inbox: deque[Sent] = deque()
        self.open: dict[int, Open] = {}

    def want(self, quote: Quote) -> None:
        self._take([desk.want(quote) for desk in self.desks])

    def tell(self, what: int, side: int, number: int, one: int = 0, two: int = 0, three: int = 0) -> None:
        self._take([desk.step(what, side, number, one, two, three) for desk in self.desks])

    def _take(self, sent: list[list[Sent]]) -> None:
        assert sent[0] == sent[1]
        self.inbox += sent[0]

    def answer(self, is_granted: bool) -> None:
        number, side, kind, price_ticks, lots = self.inbox.popleft()
        order = self.open.get(number)
        if kind == PLACE and is_granted:
            order = self.open[number] = Open(side, price_ticks, lots, 0)
        elif order is None or not is_granted or (kind == AMEND and lots <= order.filled_lots):
            self.tell(_REFUSED, side, number, int(kind == PLACE or order is None))
            return
        elif kind == AMEND:
            order.price_ticks, order.lots = price_ticks, lots
        else:
            del self.open[number]
            self.tell(_GONE, side, number)
            return
        self.tell(_ANSWERED, side, number, order.price_ticks, order.lots, order.filled_lots)

    def fill(self, place: int, lots: int) -> None:
        if self.open:
            number = list(self.open)[place % len(self.open)]
            order = self.open[number]
            order.filled_lots += min(lots, order.lots - order.filled_lots)
            if order.filled_lots == order.lots:
                del self.open[number]
            self.tell(_FILLED, order.side, number, order.filled_lots)

    def drop(self, place: int) -> None:
        if self.open:
            number = list(self.open)[place % len(self.open)]
            self.tell(_GONE, self.open.pop(number).side, number)


_quotes = st.tuples(st.integers(1, 6), st.integers(0, 9), st.integers(1, 4), st.integers(0, 9))
_steps = st.one_of(
    _quotes,
    st.booleans(),
    st.tuples(st.integers(0, 3), st.integers(1, 9)),
    st.integers(0, 3),
)


@given(st.lists(_steps, min_size=4, max_size=60))
@settings(max_examples=400, deadline=None)
def test_it_sends_what_the_reconciler_sends(steps: list[object]) -> None:
    """Whatever is wanted, refused, filled late or dropped: the same messages in the same order."""
    venue = Venue()
    for one in steps:
        if isinstance(one, bool):
            if venue.inbox:
                venue.answer(one)
        elif isinstance(one, int):
            venue.drop(one)
        elif isinstance(one, tuple) and len(one) == 4:
            bid_ticks, bid_lots, width, ask_lots = one
            venue.want(Quote(HOUR, bid_ticks, bid_lots, bid_ticks + width, ask_lots))
        elif isinstance(one, tuple):
            venue.fill(*one)
