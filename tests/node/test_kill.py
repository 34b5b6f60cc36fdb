"""Kill -9 under load: what was acknowledged is there, and what is there is what was live."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from pathlib import Path

from exchange.client import ApiError, Client, ConnectionLost
from exchange.domain.enums import CommandKind, EventKind
from exchange.domain.text import unpack_text
from exchange.engine import Engine
from exchange.journal.reader import JournalReader
from exchange.journal.recovery import recover, replay
from exchange.keys import ApiKey, KeyStore
from exchange.wire.messages import Order
from exchange.wire.refusals import Code
from tests.node.serving import Serving

ROUNDS = 20
TRADERS = ("alice", "bob", "carol")
IN_FLIGHT = 8
SETTINGS = """
skus = ["H100SXM"]
regions = ["USE"]
hours_ahead = 4
snapshot_every = 700
stages.closing_minutes = 0
""" + "".join(f'[[accounts]]\nname = "{name}"\ncash_usd = 1000000000\ncapacity_lots = 1000000\n' for name in TRADERS)


class Trader:
    """Places orders as fast as they are acknowledged, and remembers every acknowledgement."""

    def __init__(self, key: ApiKey, seed: int) -> None:
        self.key = key
        self.chance = random.Random(seed)
        self.placed = 0
        self.acknowledged: dict[str, Order] = {}  # by client order id
        self.cancelled: set[str] = set()
        self.unanswered: list[str] = []

    async def trade(self, url: str) -> None:
        """Until the connection breaks. First again, what had no answer when it broke last time."""
        async with Client(url, self.key) as client:
            symbol = [one for one in await client.instruments() if one.hours == 1][-1].instrument_name
            again, self.unanswered = self.unanswered, []
            await asyncio.gather(
                *(self._place_many(client, symbol, again[lane::IN_FLIGHT]) for lane in range(IN_FLIGHT))
            )

    async def _place_many(self, client: Client, symbol: str, again: list[str]) -> None:
        while True:
            name = again.pop() if again else self._new_name()
            try:
                await self._place(client, symbol, name)
            except ConnectionLost:
                self.unanswered += [name, *again]
                return
            except ApiError as refusal:
                # A venue that is about to stop says so, or that it is busy. A duplicate was done before the
                # kill, and only the answer was lost. Nothing else is ever refused.
                if refusal.code in (Code.MATCHING_ENGINE_QUEUE_FULL, Code.RETRY):
                    again.append(name)
                    await asyncio.sleep(0.01)
                elif refusal.reason != "duplicate_client_id":
                    raise

    async def _place(self, client: Client, symbol: str, name: str) -> None:
        side = self.chance.choice((client.buy, client.sell))
        price = self.chance.randint(2_480, 2_520) / 1_000
        placed = await side(symbol, 8 * self.chance.randint(1, 9), price, client_order_id=name)
        self.acknowledged[name] = placed.order
        if placed.order.order_state == "open" and self.chance.random() < 0.3:
            try:
                await client.cancel(placed.order.order_id)
            except (ApiError, ConnectionLost):
                return  # Filled meanwhile, or nobody knows: no promise was made.
            self.cancelled.add(name)

    def _new_name(self) -> str:
        self.placed += 1
        return f"{self.key.account}-{self.placed}"


class Auditor:
    """Follows the journal through its own engine and keeps the books of every order by its client id."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.engine = Engine()
        self.names: dict[int, str] = {}  # by order id
        self.lots: dict[str, int] = {}
        self.filled: dict[str, int] = defaultdict(int)
        self.removed: dict[str, int] = defaultdict(int)
        self.hashes: dict[int, str] = {0: self.engine.state_hash()}  # by sequence

    def follow(self, hash_at: int) -> None:
        """Go on to the journal's end, noting the state hash at sequence ``hash_at``."""
        with JournalReader(self.directory) as reader:
            for position, commands in reader.walk():
                if position.sequence <= self.engine.sequence:
                    continue
                names = {int(row["sequence"]): name_of(row) for row in commands if row["kind"] == CommandKind.NEW}
                for event in self.engine.apply(commands):
                    self._note(event, names)
                if position.sequence == hash_at:
                    self.hashes[hash_at] = self.engine.state_hash()

    def _note(self, event: object, names: dict[int, str]) -> None:
        row = event if isinstance(event, dict) else {name: event[name].item() for name in FIELDS}  # type: ignore[index]
        kind = row["kind"]
        if kind == EventKind.ACCEPTED:
            name = names[row["sequence"]]
            assert name not in self.lots, f"{name} was accepted twice"
            self.names[row["order_id"]] = name
            self.lots[name] = row["lots"]
        elif kind == EventKind.FILLED:
            self.filled[self.names[row["order_id"]]] += row["lots"]
            self.filled[self.names[row["maker_order_id"]]] += row["lots"]
        elif kind in (EventKind.CANCELLED, EventKind.EXPIRED):
            self.removed[self.names[row["order_id"]]] += row["lots"]

    def prove(self, trader: Trader) -> None:
        """Everything this trader was told is so."""
        open_lots = {self.names[order.order_id]: order.open_lots for order in self.engine.open_orders()}
        for name, order in trader.acknowledged.items():
            assert self.lots[name] * 8 == order.amount
            assert self.filled[name] * 8 >= order.filled_amount
            assert self.lots[name] == self.filled[name] + self.removed[name] + open_lots.get(name, 0)
            assert (self.removed[name] > 0) >= (name in trader.cancelled)


FIELDS = ("sequence", "kind", "order_id", "maker_order_id", "lots")


def name_of(command: object) -> str:
    row = command
    words = tuple(int(row[f"text_{word}"]) for word in range(4))  # type: ignore[index]
    return unpack_text((words[0], words[1], words[2], words[3]))


async def test_twenty_kills_under_load_lose_nothing(tmp_path: Path) -> None:
    """After each: every acknowledged order is open or its end is recorded, none twice, live hash is replayed hash."""
    directory, settings, chance = tmp_path / "venue", tmp_path / "gpux.toml", random.Random(20)
    settings.write_text(SETTINGS)
    directory.mkdir()
    with KeyStore(directory / "keys.sqlite") as keys:
        traders = [Trader(keys.create(name), seed) for seed, name in enumerate(TRADERS)]
    auditor = Auditor(directory)
    for _ in range(ROUNDS):
        async with await Serving.start(directory, settings) as venue:
            before = sum(len(trader.acknowledged) for trader in traders)
            trading = [asyncio.create_task(trader.trade(venue.url)) for trader in traders]
            while sum(len(trader.acknowledged) for trader in traders) < before + 20:
                await asyncio.wait(trading, timeout=0.01, return_when=asyncio.FIRST_COMPLETED)
                assert not any(task.done() for task in trading), [task.exception() for task in trading if task.done()]
            await asyncio.sleep(0.7 * chance.random())
            await venue.kill()
            await asyncio.gather(*trading)
        auditor.follow(hash_at=venue.ready["sequence"])
        assert auditor.hashes[venue.ready["sequence"]] == venue.ready["state_hash"]
        assert recover(directory).state_hash() == auditor.engine.state_hash()
        for trader in traders:
            auditor.prove(trader)
    async with await Serving.start(directory, settings) as venue:
        stopped = await venue.stop()
    assert stopped["state_hash"] == replay(directory).state_hash()
    assert sum(auditor.filled.values()) > 0
