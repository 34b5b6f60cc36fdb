"""A live run and its replay do the same to the byte, and what the log says happened is what the journal says.

The proof has a real socket and a real journal in it. The log of the desk holds all it was told and when; the
journal holds all that the venue was asked. Each must be what follows from the other: the desk's
messages are the account's commands, the fills it heard are the fills of those commands, and each book
it saw stood in the replayed engine, in that order. So the journal and the times at which news arrived decide
every message, and the desk replayed from them must send it again.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from exchange.client import Client
from exchange.domain.enums import CommandKind, EventKind, Reason, Side, TimeInForce
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_SECOND
from exchange.engine import Engine
from exchange.journal.reader import JournalReader
from exchange.wire.events import Event, command_tuples, event_tuples, text_of
from strategies.base import (
    BookView,
    Budget,
    Context,
    Fill,
    Intents,
    Ladder,
    New,
    Participant,
    Quote,
    Rung,
    Strategy,
    TradeView,
    Wake,
)
from strategies.live import run
from strategies.live.log_replay import LogDiffers, replay_log
from strategies.live.logbook import BadLog, Begun, Called, Entry, Full, Logbook, Saw, Unsent, read_log
from strategies.live.market import DEPTH
from tests.client.running import RunningVenue

SECONDS = 2.5
RNG_SEED = 11


class Restless(Strategy):
    """Draws its quotes, and reacts to everything there is."""

    wakes = Wake.EVERY
    timer_ns = NS_PER_SECOND // 20

    def on_start(self, ctx: Context) -> Intents:
        return [Quote(contract, 2000, 5, 3000, 5) for contract in ctx.contracts]

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            if ctx.rng.random() < 0.5:
                width = int(ctx.rng.integers(1, 5))
                yield Quote(contract, 2400 - width, 3, 2400 + width, int(ctx.rng.integers(1, 4)))

    def on_trade(self, ctx: Context, trade: TradeView) -> Intents:
        if ctx.rng.random() < 0.2:
            yield Ladder(trade.contract, Side.BUY, (Rung(2390, 2), Rung(2380, trade.lots)))

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        if fill.is_maker and ctx.pnl_usd > -1e9:
            yield Ladder(fill.contract, Side.SELL, (Rung(fill.price_ticks + 10, fill.lots), Rung(2440, 1)))
            yield New(fill.contract, Side.BUY, ctx.book(fill.contract).best_ask_ticks or 3000, 1, TimeInForce.IOC)

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        if book.best_bid_ticks > 2397 and ctx.rng.random() < 0.3:
            yield Quote(contract, book.best_bid_ticks - 1, 2, 2450, 2)


class Taker(Strategy):
    """Trades with whatever is quoted."""

    timer_ns = NS_PER_SECOND // 25

    def on_timer(self, ctx: Context) -> Intents:
        contract = ctx.contracts[int(ctx.rng.integers(len(ctx.contracts)))]
        side = Side(int(ctx.rng.integers(2)))
        price_ticks = ctx.best_other(contract, Side(1 - side))
        if price_ticks:
            yield New(contract, side, price_ticks, int(ctx.rng.integers(1, 4)), TimeInForce.IOC)


class Proof(NamedTuple):
    """A run that is over: the desk's log, and the venue's directory."""

    entries: list[Entry]
    directory: Path
    contracts: tuple[Contract, ...]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    return asyncio.run(_traded(tmp_path_factory.mktemp("proof")))


async def _traded(directory: Path) -> Proof:
    log_file = directory / "desk.log"
    async with RunningVenue(directory) as venue:
        async with Client(venue.url) as client:
            listed = [parse_symbol(one.instrument_name) for one in await client.instruments()]
        hours = tuple(one for one in listed if one.hours == 1 and one.sku.code == "H100SXM")[:2]
        me = Participant("alice", Restless(), hours, capacity_lots=100, budget=Budget(400, 20))
        people = [me, Participant("bob", Taker(), hours, capacity_lots=1000)]
        logbook = Logbook(log_file, "here.py:Restless")
        rng = np.random.default_rng(RNG_SEED)
        final = await run(people, venue.url, venue.key, rng, SECONDS, every_s=0.2, logs={"alice": logbook})
        logbook.close()
    assert final.participant("alice").trades > 10
    return Proof(read_log(log_file), directory, hours)


def called(proof: Proof) -> list[Called]:
    return [entry for entry in proof.entries if isinstance(entry, Called)]


def sent(proof: Proof) -> list[tuple[Any, ...]]:
    """What the desk returned, but for what did not leave, and what the gateway refused because the order was gone."""
    said: list[tuple[Any, ...] | None] = []
    last: dict[str, int] = {}
    for entry in proof.entries:
        for message in entry.sent if isinstance(entry, Called) else ():
            last[str(message[1])] = len(said)
            said.append(message)
        stopped = entry.client_ids if isinstance(entry, Unsent) else ()
        if isinstance(entry, Called) and entry.method == "refused" and entry.arguments[1] == "already_closed":
            stopped = (str(entry.arguments[0]),)
        for client_id in stopped:
            said[last[client_id]] = None
    return [message for message in said if message]


def test_the_replayed_desk_sends_the_same_messages_to_the_byte(proof: Proof) -> None:
    """Hundreds of them, of every kind, from every kind of call."""
    replayed = replay_log(proof.entries, Restless())
    assert replayed.calls == len(called(proof))
    assert replayed.messages == tuple(message for entry in called(proof) for message in entry.sent)
    assert {message[0] for message in replayed.messages} == {"Place", "Amend", "Pull"}
    assert len(replayed.messages) > 100
    methods = {entry.method for entry in called(proof)}
    assert methods >= {"start", "timer", "book", "trade", "fill", "answered", "curve", "mark"}


def test_the_commands_in_the_journal_are_the_messages_that_were_sent(proof: Proof) -> None:
    """Client ids, prices and lots, one for one and in order."""
    commands = read_journal(proof).commands
    assert commands == sent(proof)
    assert len(commands) > 100


def test_the_fills_that_the_desk_heard_are_the_journals(proof: Proof) -> None:
    """Each of them once, in order, at its price, with its fee."""
    heard = [
        (fill.client_id, fill.contract.symbol, fill.side, fill.price_ticks, fill.lots, fill.is_maker, fill.fee_usd)
        for fill in replay_log(proof.entries, Restless()).fills
    ]
    story = read_journal(proof)
    assert heard == story.fills[: len(heard)]
    # What traded while the run was being stopped is not heard any more.
    assert len(story.fills) - len(heard) <= 2
    assert len(heard) > 10


def test_the_books_that_the_desk_saw_stood_in_the_engine_in_that_order(proof: Proof) -> None:
    """Some may be skipped, under load; none may be made up, and none may come late."""
    story = read_journal(proof)
    for contract in proof.contracts:
        stood = iter(story.books[contract.symbol])
        seen = [(e.view.bids, e.view.asks) for e in proof.entries if isinstance(e, Saw) and e.symbol == contract.symbol]
        assert len(seen) > 10
        for view in seen:
            assert any(view == book for book in stood), (
                f"{contract.symbol}: {view} never stood, or not after the one before"
            )


@pytest.mark.parametrize("change", ["seed", "book", "time", "fill"])
def test_whatever_is_changed_in_the_log_is_noticed(proof: Proof, change: str) -> None:
    """Randomness, a book, a time or a fill: the replay no longer sends what the log says."""
    with pytest.raises(LogDiffers, match="the log has"):
        replay_log(list(_changed(proof.entries, change)), Restless())


def _changed(entries: list[Entry], change: str) -> Iterator[Entry]:
    for entry in entries:
        if change == "seed" and isinstance(entry, Begun):
            state: Any = np.random.default_rng(RNG_SEED + 1).bit_generator.state
            yield Begun(**{**_fields(entry), "generator": json.dumps(state)})
        elif change == "book" and isinstance(entry, Saw):
            yield Saw(entry.symbol, entry.view._replace(bids=((2399, 9),), asks=((2401, 9),)))
        elif change == "time" and isinstance(entry, Called) and entry.method == "timer":
            yield Called(entry.method, entry.now_ns - NS_PER_SECOND, entry.arguments, entry.sent)
        elif change == "fill" and isinstance(entry, Called) and entry.method == "fill":
            yield Called(
                entry.method,
                entry.now_ns,
                (*entry.arguments[:3], int(entry.arguments[3]) + 1, *entry.arguments[4:]),
                entry.sent,
            )
        else:
            yield entry


def _fields(entry: Begun) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__struct_fields__}


def test_a_log_is_bounded_and_says_where_it_ends(tmp_path: Path) -> None:
    """The run goes on without it; a line that a crash cut off is dropped; other files are refused."""
    file = tmp_path / "log"
    logbook = Logbook(file, bytes_max=400)
    logbook.write(Begun("me", (), "p", "{}"))
    for beat in range(100):
        logbook.write(Called("timer", beat))
    logbook.close()
    found = read_log(file)
    assert isinstance(found[-1], Full)
    assert 2 < len(found) < 20
    file.write_bytes(file.read_bytes()[:-3])
    assert read_log(file) == found[:-1]
    for content in (b"", b'{"type":"called"}\n', b"hello\n"):
        file.write_bytes(content)
        with pytest.raises(BadLog):
            read_log(file)
    with pytest.raises(BadLog):
        Logbook(tmp_path / "no" / "log")


class Story(NamedTuple):
    """What the journal says of alice, her commands and her fills, and every book that stood."""

    commands: list[tuple[Any, ...]]
    fills: list[tuple[Any, ...]]
    books: dict[str, list[tuple[Any, Any]]]


def read_journal(proof: Proof) -> Story:
    """Recover the engine command by command, and note what there is to see on the way."""
    engine, story = Engine(), Story([], [], {contract.symbol: [] for contract in proof.contracts})
    names: dict[int, tuple[str, str]] = {}  # client id and symbol, by the venue's id
    with JournalReader(proof.directory) as reader:
        for _, rows in reader.walk():
            for place, command in enumerate(command_tuples(rows)):
                events = event_tuples(engine.apply(rows[place : place + 1]))
                account = engine.find_account("alice")
                symbols = [view.symbol for view in engine.contracts()]
                if account is not None and command.account == account and command.kind in _ORDERS:
                    story.commands.append(_message(command, symbols, names))
                for event in events:
                    _hear(event, account, text_of(command), symbols, names, story)
                for number, symbol in enumerate(symbols):
                    if symbol in story.books:
                        sides = [tuple(engine.levels(number, side, DEPTH)) for side in (Side.BUY, Side.SELL)]
                        story.books[symbol].append((sides[0], sides[1]))
    return story


_ORDERS = (CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL)


def _message(command: Any, symbols: list[str], names: dict[int, tuple[str, str]]) -> tuple[Any, ...]:
    """The command as the desk said it."""
    if command.kind == CommandKind.NEW:
        symbol = symbols[command.contract]
        post_only = bool(command.flags & 1)
        return (
            "Place", text_of(command), symbol, command.side, command.price_ticks, command.lots,
            command.order_type, command.time_in_force, post_only, command.expiry_ns,
        )  # fmt: skip
    if command.kind == CommandKind.REPLACE:
        return ("Amend", *names[command.order_id], command.price_ticks, command.lots)
    return ("Pull", *names[command.order_id])


def _hear(
    event: Event, account: int | None, name: str, symbols: list[str], names: dict[int, tuple[str, str]], story: Story
) -> None:
    if account is None:
        return
    if event.kind == EventKind.ACCEPTED and event.account == account:
        names[event.order_id] = name, symbols[event.contract]
    elif event.kind == EventKind.FILLED:
        is_auction = event.reason == Reason.AUCTION
        taker = (event.account, event.order_id, event.side, event.fee, is_auction)
        maker = (event.maker_account, event.maker_order_id, 1 - event.side, event.maker_fee, True)
        for owner, order_id, side, fee, is_maker in (taker, maker):
            if owner == account:
                trade = (side, event.price_ticks, event.lots, is_maker, fee / MICROS_PER_DOLLAR)
                story.fills.append((*names[order_id], *trade))
