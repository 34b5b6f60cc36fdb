"""Subscriptions, local books and their healing, and coming back after a break."""

import asyncio
import contextlib
from random import Random
from typing import Any

import pytest

from exchange.client import (
    ApiError,
    ApiKey,
    Client,
    ConnectionChange,
    ConnectionLost,
    MessagesDropped,
    NotWatched,
    SubscriptionEnded,
)
from exchange.client.connection import DELAY_MAX_S, _delays
from exchange.wire.messages import BookChange
from tests.client.scripted import Params, Refuse, ScriptedExchange, change, snapshot, until

BOOK = "book.X.raw"


def trade(sequence: int) -> dict[str, Any]:
    return {
        "trade_id": str(sequence),
        "trade_seq": sequence,
        "instrument_name": "X",
        "timestamp": 1,
        "direction": "buy",
        "price": 2.0,
        "amount": 8.0,
        "contracts": 1.0,
        "tick_direction": 0,
        "index_price": 2.0,
        "mark_price": 2.0,
    }


async def test_a_watched_book_follows_its_changes(venue: ScriptedExchange) -> None:
    """Snapshot first, then every change, also as typed notifications."""
    venue.snapshots[BOOK] = snapshot("X", 4, [(2.0, 8)], [(2.1, 8)])
    async with Client(venue.url) as client:
        book = await client.watch("X")
        assert (book.best_bid, book.best_ask, book.change_id) == (2.0, 2.1, 4)
        venue.publish(BOOK, change("X", 4, 6, [("change", 2.0, 16)], [("new", 2.05, 8)]))
        await book.changed()
        assert (book.bids[2.0], book.best_ask, book.change_id, client.heals) == (16, 2.05, 6, 0)
        messages = client.messages()
        first, second = await anext(messages), await anext(messages)
        assert isinstance(first.data, BookChange)
        assert isinstance(second.data, BookChange)
        assert (first.data.type, second.data.type, second.channel) == ("snapshot", "change", BOOK)


async def test_a_gap_is_healed_by_a_new_snapshot(venue: ScriptedExchange) -> None:
    """The client leaves and joins again; a stale change is never shown to anybody."""
    venue.snapshots[BOOK] = snapshot("X", 1, [(2.0, 8)], [])
    async with Client(venue.url) as client:
        book = await client.watch("X")
        venue.snapshots[BOOK] = snapshot("X", 9, [(1.9, 8)], [])
        venue.publish(BOOK, change("X", 5, 6, [("new", 1.8, 8)], []))
        venue.publish(BOOK, change("X", 6, 7, [("new", 1.7, 8)], []))
        await until(lambda: book.change_id == 9)
        assert dict(book.bids) == {1.9: 8}
        assert (client.heals, book.heals) == (1, 1)
        assert venue.asked("public/unsubscribe") == [{"channels": [BOOK]}]
        messages = client.messages()
        seen = [(await anext(messages)).data for _ in range(2)]
        assert [data.change_id for data in seen if isinstance(data, BookChange)] == [1, 9]


async def test_healing_goes_on_while_the_exchange_is_busy(venue: ScriptedExchange) -> None:
    """A refusal of the new subscription is not the end of the book."""
    venue.snapshots[BOOK] = snapshot("X", 1, [], [])
    async with Client(venue.url, random=Random(1)) as client:
        book = await client.watch("X")
        refusals = iter([True, True])

        def busy(params: Params) -> object:
            if next(refusals, False):
                raise Refuse(10028, "too_many_requests: slow down")
            return params["channels"]

        venue.answers["public/subscribe"] = busy
        venue.publish(BOOK, change("X", 3, 4, [], []))
        await until(lambda: not book.synced)
        await book.ready()
        assert len(venue.asked("public/subscribe")) == 4


async def test_the_client_comes_back_with_its_key_channels_and_books(venue: ScriptedExchange) -> None:
    """After a break everything is as before, and the reader is told of the break."""
    venue.snapshots[BOOK] = snapshot("X", 1, [(2.0, 8)], [])
    async with Client(venue.url, ApiKey("me", "secret"), random=Random(1)) as client:
        book = await client.watch("X")
        await client.subscribe("trades.X.raw", "user.orders.any.any.raw")
        await venue.stop()
        await until(lambda: not client.connected)
        assert not book.synced
        with pytest.raises(ConnectionLost, match="was not sent"):
            await client.buy("X", 8, 2.0)
        venue.snapshots[BOOK] = snapshot("X", 50, [(2.2, 8)], [])
        await venue.start()
        await client.wait_connected()
        await book.ready()
        assert (book.best_bid, client.reconnects, client.heals) == (2.2, 1, 0)
        assert len(venue.asked("public/auth")) == 2
        assert venue.asked("public/subscribe")[-1] == {"channels": [BOOK, "trades.X.raw"]}
        assert venue.asked("private/subscribe")[-1] == {"channels": ["user.orders.any.any.raw"]}
        messages = client.messages()
        told = [(await anext(messages)).data for _ in range(4)]
        changes = [data.connected for data in told if isinstance(data, ConnectionChange)]
        assert changes == [False, True]


async def test_a_channel_that_is_over_does_not_spoil_the_others(venue: ScriptedExchange) -> None:
    """What the exchange will not resume is reported and forgotten."""
    async with Client(venue.url, random=Random(1)) as client:
        await client.subscribe("trades.OLD.raw", "trades.X.raw")

        def without_old(params: Params) -> object:
            if "trades.OLD.raw" in params["channels"]:
                raise Refuse(11052, "subscribe_error: no such instrument")
            return params["channels"]

        venue.answers["public/subscribe"] = without_old
        venue.cut()
        messages = client.messages()
        ended = None
        while ended is None:
            notification = await anext(messages)
            ended = notification if isinstance(notification.data, SubscriptionEnded) else None
        assert ended.channel == "trades.OLD.raw"
        await client.wait_connected()
        assert venue.asked("public/subscribe")[-1] == {"channels": ["trades.X.raw"]}


async def test_a_busy_exchange_does_not_cost_a_subscription(venue: ScriptedExchange) -> None:
    """Refused for haste after a reconnect, the client waits and asks again."""
    async with Client(venue.url, random=Random(1)) as client:
        await client.subscribe("trades.X.raw")
        refusals = iter([True])

        def busy(params: Params) -> object:
            if next(refusals, False):
                raise Refuse(10028, "too_many_requests: slow down")
            return params["channels"]

        venue.answers["public/subscribe"] = busy
        venue.cut()
        await until(lambda: client.reconnects == 1)
        assert venue.asked("public/subscribe")[-1] == {"channels": ["trades.X.raw"]}
        assert not [message for message in client.messages().waiting() if message.channel == "trades.X.raw"]


async def test_a_gap_while_coming_back_is_healed_too(venue: ScriptedExchange) -> None:
    """A change missed before the reconnect is complete is noticed like any other."""
    venue.snapshots[BOOK] = snapshot("X", 1, [(2.0, 8)], [])
    async with Client(venue.url, random=Random(1)) as client:
        book = await client.watch("X")
        await client.subscribe("user.orders.any.any.raw")
        published = iter([True])

        def publish_with_a_gap(params: Params) -> object:
            if next(published, False):
                venue.publish(BOOK, change("X", 7, 8, [], []))
            return params["channels"]

        venue.answers["private/subscribe"] = publish_with_a_gap
        venue.cut()
        await until(lambda: client.reconnects == 1)
        await book.ready()
        assert (book.best_bid, book.heals) == (2.0, 1)


@pytest.mark.parametrize(
    "nonsense",
    [
        "hello",
        "[]",
        '{"id": "one", "result": 1}',
        '{"id": null, "error": {"code": -32700, "message": "parse_error"}}',
        '{"method": "subscription", "params": {"channel": "book.X.raw", "data": {"type": "snapshot"}}}',
        '{"method": "subscription", "params": {"channel": "weather.today", "data": 1}}',
        '{"method": "surprise"}',
        "{" * 5000,
    ],
)
async def test_nonsense_from_the_server_means_starting_over(venue: ScriptedExchange, nonsense: str) -> None:
    """After a frame that cannot be understood nothing can be trusted, so the client reconnects."""
    venue.snapshots[BOOK] = snapshot("X", 1, [(2.0, 8)], [])
    async with Client(venue.url, random=Random(1)) as client:
        book = await client.watch("X")
        venue.say(nonsense)
        await until(lambda: client.reconnects == 1)
        await book.ready()
        assert book.best_bid == 2.0


async def test_a_key_that_was_revoked_ends_the_client(venue: ScriptedExchange) -> None:
    """It does not knock for ever: readers and callers are told."""
    async with Client(venue.url, ApiKey("me", "secret")) as client:

        def refuse(params: Params) -> object:
            raise Refuse(13004, "invalid_credentials: the key was revoked")

        venue.answers["public/auth"] = refuse
        venue.cut()
        with pytest.raises(ApiError, match="revoked"):
            async for _ in client.messages():
                pass
        with pytest.raises(ApiError, match="revoked"):
            await client.wait_connected()
        with pytest.raises(ApiError, match="revoked"):
            await client.call("public/test")


async def test_without_reconnecting_the_loss_is_the_end(venue: ScriptedExchange) -> None:
    """Whoever prefers to decide alone gets one clear error everywhere."""
    venue.snapshots[BOOK] = snapshot("X", 1, [], [])
    async with Client(venue.url, reconnect=False) as client:
        book = await client.watch("X")
        waiting = asyncio.ensure_future(book.changed())
        await asyncio.sleep(0)
        venue.cut()
        with pytest.raises(ConnectionLost):
            await waiting
        with pytest.raises(ConnectionLost):
            async for _ in client.messages():
                pass


async def test_messages_nobody_reads_are_bounded_and_their_loss_is_loud(venue: ScriptedExchange) -> None:
    """The newest stay; the reader learns how many are gone, and can go on."""
    async with Client(venue.url, inbox_max=10) as client:
        await client.subscribe("trades.X.raw")
        for sequence in range(1, 26):
            venue.publish("trades.X.raw", [trade(sequence)])
        await client.call("public/test")
        with pytest.raises(MessagesDropped, match="15 notifications"):
            await anext(client.messages())
        numbers = [(await anext(client.messages())).data[0].trade_seq for _ in range(10)]  # type: ignore[index,union-attr]
        assert numbers == list(range(16, 26))


async def test_closing_ends_the_reading(venue: ScriptedExchange) -> None:
    """A loop over messages ends quietly when the client is closed by its owner."""
    client = Client(venue.url)
    await client.open()

    async def read() -> int:
        return len([message async for message in client.messages()])

    reading = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    await client.close()
    assert await reading == 0


async def test_unsubscribed_means_gone(venue: ScriptedExchange) -> None:
    """Its book is no longer kept, and nothing of it is resumed."""
    venue.snapshots[BOOK] = snapshot("X", 1, [], [])
    async with Client(venue.url, random=Random(1)) as client:
        await client.watch("X")
        await client.unsubscribe(BOOK)
        with pytest.raises(NotWatched, match="watch"):
            client.book("X")
        venue.publish(BOOK, change("X", 1, 2, [], []))
        venue.cut()
        await until(lambda: client.reconnects == 1)
        assert len(venue.asked("public/subscribe")) == 1


async def test_a_refused_subscription_is_not_remembered(venue: ScriptedExchange) -> None:
    """The caller gets the reason, and no book stands there waiting for ever."""

    def refuse(params: Params) -> object:
        raise Refuse(11052, "subscribe_error: no such instrument")

    venue.answers["public/subscribe"] = refuse
    async with Client(venue.url) as client:
        with pytest.raises(ApiError, match="no such instrument"):
            await client.watch("NOPE")
        with pytest.raises(NotWatched):
            client.book("NOPE")


async def test_many_channels_are_asked_for_in_bounded_requests(venue: ScriptedExchange) -> None:
    """A request stays under the exchange's frame limit."""
    async with Client(venue.url) as client:
        await client.subscribe(*(f"trades.{number}.raw" for number in range(250)))
    assert [len(params["channels"]) for params in venue.asked("public/subscribe")] == [100, 100, 50]


async def test_closing_while_reconnecting_does_not_hang(venue: ScriptedExchange) -> None:
    """A client that is knocking can be closed."""
    client = Client(venue.url)
    await client.open()
    await venue.stop()
    await until(lambda: not client.connected)
    async with asyncio.timeout(5):
        await client.close()
    with contextlib.suppress(ConnectionLost):
        await client.wait_connected()


def test_delays_grow_to_a_bound_and_differ_between_clients() -> None:
    """A thousand clients that lost the same server do not come back in step."""
    some, others = _delays(Random(1)), _delays(Random(2))
    mine, theirs = [next(some) for _ in range(20)], [next(others) for _ in range(20)]
    assert mine != theirs
    assert all(0.05 <= delay <= DELAY_MAX_S for delay in mine + theirs)
    assert mine[-1] >= DELAY_MAX_S / 2
