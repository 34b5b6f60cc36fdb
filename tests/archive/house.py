"""A venue without a node or sockets that keeps a journal and an archive: one call is one turn."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import apsw

from exchange.archive import Archive, Place
from exchange.archive.format import unpack
from exchange.archiving import opened
from exchange.config import Settings
from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import Command, command_rows
from exchange.gateway.mirror.chronicle import page_of
from exchange.gateway.mirror.venue import Mirror
from exchange.journal.recovery import recover
from exchange.journal.snapshot import Snapshot, write_snapshot
from exchange.journal.writer import JournalWriter
from tests.gateway.desk import ACCOUNTS, CONTRACTS, START_NS, STEP_NS, limit, random_command
from tests.gateway.venue import deposit, hours, listing, open_account


class House:
    """Started like a server: recovered, its archive brought to the end of the journal."""

    def __init__(self, directory: Path) -> None:
        self.settings = Settings(directory=directory)
        self.directory = directory
        self.engine = recover(directory)
        self.archive = opened(self.settings, self.engine)
        self.journal = JournalWriter(directory)
        self.mirror = Mirror(self.engine, self.settings.stages, self.settings.hours_ahead)
        self.mirror.chronicle.go_on(self.archive.last_seqs())
        if not self.engine.sequence:
            self.turn(
                open_account("alice", 1, 3),
                open_account("bob", 0, 10),
                open_account("carol", 7, 0),
                *(deposit(account) for account in ACCOUNTS),
                *(listing(contract) for contract in hours(START_NS, CONTRACTS)),
            )
            chosen = [(account, contract) for account in ACCOUNTS for contract in range(CONTRACTS)]
            self.turn(*(_capacity(account, contract) for account, contract in chosen))

    def turn(self, *commands: Command, archived: bool = True) -> None:
        now_ns = max(self.engine.time_ns, START_NS) + STEP_NS
        due = self.engine.next_deadline_ns() <= now_ns
        batch = [Command(kind=CommandKind.TICK), *commands] if due else list(commands)
        first, first_event = self.engine.sequence + 1, self.engine.events_total + 1
        rows = command_rows(
            [command._replace(sequence=first + index, time_ns=now_ns) for index, command in enumerate(batch)]
        )
        self.journal.append(rows)
        changes = self.mirror.apply(rows, self.engine.apply(rows), [None] * len(rows), first_event)
        if archived:
            place = Place(self.engine.sequence, self.engine.events_total, now_ns)
            self.archive.note(page_of(changes, place))

    def trade(self, seed: int, turns: int, *, archived: bool = True) -> None:
        chance = random.Random(seed)
        for _ in range(turns):
            wishes = [random_command(chance, self.engine, self.engine.time_ns) for _ in range(chance.randint(1, 4))]
            self.turn(*wishes, archived=archived)

    def cross(self, seed: int, turns: int) -> None:
        """Orders around one price, of which about half trade."""
        chance = random.Random(seed)
        for _ in range(turns):
            side, price_ticks = chance.choice((Side.BUY, Side.SELL)), chance.randint(2_345, 2_355)
            wish = limit(chance.choice(ACCOUNTS), side, price_ticks, chance.randint(1, 4), chance.randrange(CONTRACTS))
            self.turn(wish)

    def snapshot(self) -> None:
        self._commit()
        taken = Snapshot(0, self.journal.position, self.engine.state_hash(), self.engine.snapshot())
        write_snapshot(self.directory, taken, 3)

    def close(self) -> None:
        self._commit()
        self.journal.close()
        self.archive.close()

    def _commit(self) -> None:
        # Once for many turns, which need not survive this test.
        if self.journal.position.sequence < self.engine.sequence:
            self.journal.commit()


def _capacity(account: int, contract: int) -> Command:
    return Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=50)


def content(archive: Archive) -> dict[str, list[Any]]:
    """Everything in one that is closed, however it shares rows."""
    connection = apsw.Connection(str(archive.file))
    events, trades = [], []
    for account, first, texts in connection.execute(
        "SELECT account, first_seq, texts FROM events ORDER BY account, first_seq"
    ):
        events += [(account, first + place, text) for place, text in enumerate(unpack(texts))]
    for name, first, texts in connection.execute(
        "SELECT instrument, first_seq, texts FROM trades ORDER BY instrument, first_seq"
    ):
        trades += [(name, first + place, text) for place, text in enumerate(unpack(texts))]
    fixings = list(connection.execute("SELECT instrument, ms, text FROM fixings ORDER BY number"))
    place = list(connection.execute("SELECT * FROM place"))
    connection.close()
    return {"events": events, "trades": trades, "fixings": fixings, "place": place}
