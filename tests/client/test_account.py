"""The client's account is the exchange's: through cuts and restarts nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import msgspec
import pytest

from exchange.archive import Events
from exchange.client import AccountEvents, ApiError, Client, ConnectionLost
from exchange.client.account import Account
from exchange.client.client import OrderOptions
from exchange.domain.enums import Side
from exchange.keys import ApiKey
from exchange.wire.private import AccountState, EventList, HoldingEvent, OrderEvent, PrivateEvent, TradeEvent
from tests.client.proxy import Proxy
from tests.client.running import RunningVenue

WITHIN_S = 30
SEEDS = (1, 2)


def order(seq: int, number: str, state: str = "open") -> PrivateEvent:
    fields = dict.fromkeys(OrderEvent.__struct_fields__, None) | {"order_id": number, "order_state": state, "seq": seq}
    return OrderEvent(**fields)  # type: ignore[arg-type]


def holding(seq: int, balance: float) -> PrivateEvent:
    return HoldingEvent(seq=seq, timestamp=0, balance=balance, positions=[])


def test_an_account_counts_each_event_once_and_sees_a_gap() -> None:
    """What was heard while it was not in step counts when the state before it is in."""
    account = Account()
    assert account.hear([order(4, "a"), holding(5, 7.0)]) == []
    account.begin(AccountState(3, 1.0, [], []))
    assert account.settle(AccountState(4, 1.0, [order(4, "a")], [])) == [order(4, "a"), holding(5, 7.0)]  # type: ignore[list-item]
    assert (account.seq, account.balance, list(account.orders), account.repairs) == (5, 7.0, ["a"], 0)
    assert account.hear([holding(5, 9.0), order(6, "a", "filled")]) == [order(6, "a", "filled")]
    assert (account.balance, account.orders) == (7.0, {})
    assert account.hear([holding(8, 1.0)]) is None


def test_an_account_that_differs_is_repaired_and_says_so() -> None:
    """The exchange's word counts."""
    account = Account()
    account.begin(AccountState(3, 1.0, [], []))
    assert account.settle(AccountState(3, 2.0, [], [])) == []
    assert (account.balance, account.repairs) == (2.0, 1)


class Trader:
    """Sends orders until each is known to be taken, and writes down every event that it is told of."""

    def __init__(self, key: ApiKey, seed: int) -> None:
        self.key = key
        self.chance = Random(seed)
        self.told: list[PrivateEvent] = []
        self.sent: list[str] = []
        self.refused: list[ApiError] = []  # what had been taken before the answer was lost

    async def listen(self, client: Client) -> None:
        async for message in client.messages():
            if isinstance(message.data, AccountEvents):
                self.told += message.data.events

    async def trade(self, client: Client, symbol: str, ending: asyncio.Event) -> None:
        while not ending.is_set():
            name = f"{self.key.account}-{len(self.sent)}"
            self.sent.append(name)
            price, side = self.chance.choice((2.4, 2.5, 2.6)), self.chance.choice((client.buy, client.sell))
            options: OrderOptions = {"client_order_id": name}
            while True:
                try:
                    await client.wait_connected()
                    await side(symbol, 8, price, **options)
                except ConnectionLost:
                    continue
                except ApiError as error:
                    self.refused.append(error)
                break


async def said_by(venue: RunningVenue, account: str) -> list[PrivateEvent]:
    number = venue.engine.find_account(account)
    assert number is not None
    raw = await venue.archive.ask(Events(number, 1, 10**6))
    return msgspec.json.decode(raw, type=EventList).events


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_event_is_lost_or_doubled_through_cuts_and_restarts(tmp_path: Path, seed: int) -> None:
    """Two traders behind a proxy that is cut again and again while the venue stops and starts three times."""
    chance = Random(seed)
    async with RunningVenue(tmp_path) as venue, Proxy(venue.port) as proxy:
        traders = [Trader(venue.key[name], seed + place) for place, name in enumerate(("alice", "bob"))]
        clients = [Client(proxy.url, trader.key, random=Random(seed)) for trader in traders]
        for client in clients:
            await client.open()
        symbol = [one for one in await clients[0].instruments() if one.hours == 1][-1].instrument_name
        accounts = [await client.follow_account() for client in clients]
        begun = [account.seq for account in accounts]
        books = [await client.watch(symbol) for client in clients]
        listening = [
            asyncio.create_task(trader.listen(client)) for trader, client in zip(traders, clients, strict=True)
        ]
        ending = asyncio.Event()
        trading = [
            asyncio.create_task(trader.trade(client, symbol, ending))
            for trader, client in zip(traders, clients, strict=True)
        ]

        async def disturb() -> None:
            for round_ in range(8):
                cuts = proxy.cuts
                proxy.cut_after(chance.randrange(1, 80_000))
                while proxy.cuts == cuts:
                    await asyncio.sleep(0.01)
                if round_ % 4 == 3:
                    await venue.stop()
                    await venue.start()
            ending.set()

        async with asyncio.timeout(WITHIN_S):
            await disturb()
            await asyncio.gather(*trading)
            await clients[0].wait_connected()
            for name, client, account in zip(("alice", "bob"), clients, accounts, strict=True):
                said = await said_by(venue, name)
                await client.wait_connected()
                while not (account.synced and account.seq == said[-1].seq):
                    await account.changed()
        for trader, client, account, first, book in zip(traders, clients, accounts, begun, books, strict=True):
            said = [event for event in await said_by(venue, trader.key.account) if event.seq > first]
            async with asyncio.timeout(WITHIN_S):
                while len(trader.told) < len(said):
                    await asyncio.sleep(0.01)
                await book.ready()
            assert [event.seq for event in trader.told] == [event.seq for event in said]
            assert trader.told == said
            made = {event.client_order_id for event in said if isinstance(event, OrderEvent)}
            assert made == set(trader.sent)
            assert all(error.data is not None and error.data.order_id for error in trader.refused)
            fills = [(event.trade_id, event.order_id) for event in trader.told if isinstance(event, TradeEvent)]
            assert len(fills) == len(set(fills)) > 10
            assert account.resumes >= 3
            assert (account.repairs, account.losses) == (0, 0)
            assert set(account.orders) == {one.order_id for one in await client.open_orders()}
            number = next(one.contract for one in venue.engine.contracts() if one.symbol == symbol)
            for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
                assert [(round(price * 10_000), amount) for price, amount in levels.top(100)] == [
                    (ticks, float(lots)) for ticks, lots in venue.engine.levels(number, side, 100)
                ]
        for task in listening:
            task.cancel()
        for client in clients:
            await client.close()
