"""Every way to hear a book against the engine's own, at each change id."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Side
from exchange.gateway.feed.books import QueueTopic
from exchange.gateway.feed.hub import Delivery
from exchange.node import Turn
from exchange.wire.channels import parse_channel
from tests.gateway.books import Keeper, Record
from tests.gateway.desk import CONTRACTS, Desk, limit, random_command
from tests.gateway.venue import running

FORMS = ("raw", "100ms", "l3", "none.10.raw", "5.1.100ms", "10.20.100ms", "2.100.raw")


class Hearer:
    """Subscribes to any books of a desk, and keeps each."""

    def __init__(self, desk: Desk, record: Record) -> None:
        self.keepers = {
            f"book.{contract.symbol}.{form}": Keeper(record, number)
            for number, contract in enumerate(desk.contracts)
            for form in FORMS
        }

    def join(self, desk: Desk, names: list[str]) -> None:
        deliver(desk.feed.join(self, [parse_channel(name) for name in names], 0))

    def hear(self, frame: bytes) -> None:
        said = msgspec.json.decode(frame)["params"]
        self.keepers[said["channel"]].hear(said["channel"], said["data"])


def deliver(deliveries: list[Delivery]) -> None:
    for frame, listeners in deliveries:
        for listener in listeners:
            assert isinstance(listener, Hearer)
            listener.hear(frame)


@given(seed=st.integers(0, 2**32), turns=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_every_form_of_a_book_is_the_engines_at_each_change_id(seed: int, turns: int) -> None:
    """Listeners come, fall behind, catch up and go at any time; all forms have the same ids for the same book."""
    desk, rng = Desk(), random.Random(seed)
    record = Record(desk.engine)
    hearers: list[Hearer] = []
    for turn in range(turns):
        if rng.random() < 0.3:
            hearers.append(Hearer(desk, record))
            hearers[-1].join(desk, rng.sample(sorted(hearers[-1].keepers), 6))
        if hearers and rng.random() < 0.15:
            desk.feed.drop(hearers.pop(rng.randrange(len(hearers))))
        if hearers and rng.random() < 0.3:
            desk.feed.fall_behind(rng.choice(hearers))
        if hearers and rng.random() < 0.2:
            deliver(desk.feed.catch_up(rng.choice(hearers)))
        commands = (random_command(rng, desk.engine, desk.now_ns) for _ in range(rng.randrange(1, 6)))
        changes = desk.turn(*commands)
        record.take()
        deliver(desk.feed.publish(changes))
        if turn == turns - 1:
            for hearer in hearers:
                deliver(desk.feed.catch_up(hearer))
        if rng.random() < 0.3 or turn == turns - 1:
            deliver(desk.feed.flush())
    for hearer in hearers:
        for channel, keeper in hearer.keepers.items():
            # Nothing was left out at the end either.
            assert not keeper.messages or keeper.is_book_of(channel, desk.engine.events_total)


async def test_books_over_sockets_are_the_engines(tmp_path: Path) -> None:
    """All forms of two books on one connection, through two hundred turns of every kind of command."""
    async with running(tmp_path) as venue, venue.caller() as caller:
        record, publish = Record(venue.engine), venue.node.publish

        def keep(turn: Turn) -> None:
            record.take()
            publish(turn)

        venue.node.publish = keep
        keepers = {
            f"book.{contract.symbol}.{form}": Keeper(record, number)
            for number, contract in enumerate(venue.contracts)
            for form in FORMS
        }
        rng = random.Random(7)
        await caller.call("public/subscribe", channels=list(keepers))
        assert not caller.news, "the reply comes before any snapshot"
        for _ in range(200):
            now_ns = venue.engine.time_ns
            await venue.ask(*(random_command(rng, venue.engine, now_ns) for _ in range(rng.randrange(1, 6))))
        # A last mark on both books, which every form must reach.
        await venue.ask(*(limit(1, Side.BUY, 1_000 + number, 1, number) for number in range(CONTRACTS)))
        left = set(keepers)
        while left:
            message: dict[str, Any] = caller.news.popleft() if caller.news else await caller.next()
            channel, data = message["params"]["channel"], message["params"]["data"]
            keepers[channel].hear(channel, data)
            if data["change_id"] == venue.engine.events_total or ".1." in channel:
                left.discard(channel)
        assert all(keeper.messages > 20 for channel, keeper in keepers.items() if channel.endswith((".raw", "l3")))


def test_nothing_is_gathered_order_by_order_for_nobody() -> None:
    """Steps are kept while somebody follows a contract, of that contract only, and what is forgotten is found again."""
    desk = Desk()
    record = Record(desk.engine)
    channel = f"book.{desk.contracts[0].symbol}.l3"
    desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5), limit(1, Side.SELL, 2_350, 5, 1)))
    assert desk.mirror.books.steps == {}
    for _ in range(2):
        hearer = Hearer(desk, record)
        record.take()
        hearer.join(desk, [channel])
        changes = desk.turn(limit(2, Side.SELL, 2_350, 3), limit(2, Side.BUY, 2_340, 3, 1))
        record.take()
        deliver(desk.feed.publish(changes))
        assert hearer.keepers[channel].messages == 2
        assert desk.mirror.books.steps == {0: []}
        desk.feed.drop(hearer)
        assert desk.mirror.books.steps == {}


def test_numbers_of_orders_that_are_gone_are_forgotten() -> None:
    """However long a book is heard, no more of them are kept than orders stand."""
    desk = Desk()
    desk.feed.join("somebody", [parse_channel(f"book.{desk.contracts[0].symbol}.l3")], 0)
    (topic,) = desk.feed._topics.values()
    assert isinstance(topic, QueueTopic)
    for _ in range(10):
        desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 1)))
        assert len(topic._ids) == 1
        desk.feed.publish(desk.turn(limit(2, Side.BUY, 2_350, 1)))
        assert topic._ids == {}


def test_an_order_in_sight_is_nobodys() -> None:
    """The next slice of an iceberg is another order to the world, behind the others, and no id is the engine's."""
    desk = Desk()
    record = Record(desk.engine)
    hearer = Hearer(desk, record)
    channel = f"book.{desk.contracts[0].symbol}.l3"
    hearer.join(desk, [channel])
    hidden = limit(1, Side.SELL, 2_350, 6)._replace(display_lots=2)
    said: list[Any] = []
    hear = hearer.keepers[channel].hear
    hearer.keepers[channel].hear = lambda name, data: (said.append(data["asks"]), hear(name, data))  # type: ignore
    for command in (hidden, limit(2, Side.SELL, 2_350, 1), limit(3, Side.BUY, 2_350, 2)):
        changes = desk.turn(command)
        record.take()
        deliver(desk.feed.publish(changes))
    assert said == [
        [["new", 2.35, 16.0, 1]],
        [["new", 2.35, 8.0, 2]],
        [["delete", 2.35, 0.0, 1], ["new", 2.35, 16.0, 3]],
    ]
