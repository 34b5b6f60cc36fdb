"""The client on a real venue, held against the engine behind it."""

import asyncio
import random

import pytest

from exchange.client import ApiError, ApiKey, Book, Client, ConnectionChange
from exchange.domain.enums import Side
from exchange.domain.instruments import parse_symbol
from exchange.engine import Engine
from exchange.wire.messages import CurvePoint, ForwardCurve, Order, Trade, UserTrade
from tests.client.running import RunningVenue
from tests.client.scripted import until


def levels_of(engine: Engine, symbol: str, side: Side) -> dict[float, float]:
    """The side of the engine's book in the units of the wire."""
    number = engine.find_contract(symbol)
    assert number is not None
    contract = parse_symbol(symbol)
    levels = engine.levels(number, side, 1000)
    return {contract.price_usd(price): float(lots * contract.gpu_hours_per_lot) for price, lots in levels}


def agrees(book: Book, engine: Engine) -> bool:
    return dict(book.bids) == levels_of(engine, book.symbol, Side.BUY) and dict(book.asks) == levels_of(
        engine, book.symbol, Side.SELL
    )


async def some_symbol(client: Client, sku: str) -> str:
    """Not the earliest, whose trading might end during the test."""
    instruments = [one for one in await client.instruments() if one.instrument_name.startswith(sku) and one.hours == 1]
    return sorted(instruments, key=lambda one: one.expiration_timestamp)[1].instrument_name


async def test_an_order_rests_trades_and_is_reported(running: RunningVenue) -> None:
    """Alice offers, bob buys a part: both are told, and the books of all agree with the engine."""
    async with Client(running.url, running.key["alice"]) as alice, Client(running.url, running.key["bob"]) as bob:
        symbol = await some_symbol(bob, "H100SXM")
        book = await bob.watch(symbol)
        await alice.subscribe("user.trades.any.any.raw", "user.orders.any.any.raw")
        offered = await alice.sell(symbol, 24, 2.5, label="mine", client_order_id="a-1")
        assert (offered.order.order_state, offered.order.client_order_id, offered.trades) == ("open", "a-1", [])
        await until(lambda: book.best_ask == 2.5)
        bought = await bob.buy(symbol, 16, 2.6, time_in_force="immediate_or_cancel")
        assert (bought.order.order_state, bought.order.filled_amount) == ("filled", 16)
        assert [(trade.price, trade.amount, trade.liquidity) for trade in bought.trades] == [(2.5, 16, "T")]
        await until(lambda: book.asks.get(2.5) == 8)
        assert agrees(book, running.engine)
        told = [(await anext(alice.messages())).data]
        while not isinstance(told[-1], list):
            told.append((await anext(alice.messages())).data)
        fill = told[-1][0]
        assert isinstance(fill, UserTrade)
        assert (fill.order_id, fill.amount, fill.liquidity) == (offered.order.order_id, 16, "M")
        assert any(isinstance(data, Order) for data in told)
        assert [position.size for position in await bob.positions() if position.size] == [16]
        assert [position.size for position in await alice.positions() if position.size] == [-16]
        edited = await alice.edit(offered.order.order_id, 32, 2.4)
        assert (edited.order.amount, edited.order.price) == (32, 2.4)
        assert [order.order_id for order in await alice.open_orders(symbol)] == [offered.order.order_id]
        assert (await alice.order(offered.order.order_id)).filled_amount == 16
        assert await alice.cancel_label("mine") == 1
        assert await alice.open_orders() == []
        summary = await bob.account_summary()
        assert summary.currency == "USD"
        assert summary.balance < 10**6


async def test_one_order_for_any_of_several_hours(running: RunningVenue) -> None:
    """It takes the offer that is cheapest with its adder, and rests in both books until it is cancelled."""
    async with Client(running.url, running.key["alice"]) as alice, Client(running.url, running.key["bob"]) as bob:
        hours = [
            one for one in await bob.instruments() if one.instrument_name.startswith("H100SXM_") and one.hours == 1
        ]
        one, other = (hour.instrument_name for hour in sorted(hours, key=lambda hour: hour.expiration_timestamp)[2:4])
        await alice.sell(one, 16, 2.5)
        await alice.sell(other, 16, 2.55)
        bought = await bob.buy_any({one: 0, other: 0.1}, 24, 2.5, "any-1")
        assert [(trade.instrument_name, trade.price, trade.amount) for trade in bought.trades] == [
            (other, 2.55, 16),
            (one, 2.5, 8),
        ]
        rest = await bob.sell_any({one: 0, other: 0}, 8, 2.9, "any-2", label="rest")
        assert [order.order_id for order in await bob.open_orders()] == [rest.order.order_id]
        book = await bob.watch(other)
        await until(lambda: book.asks.get(2.9) == 8)
        await bob.cancel(rest.order.order_id)
        await until(lambda: not book.asks)
        with pytest.raises(ApiError):
            await bob.buy_any("H100PCIE*_H99-1DEC26", 8, 2.5, "any-3")


async def test_stops_and_icebergs_go_through_as_they_are_meant(running: RunningVenue) -> None:
    """The book shows a part; the stop waits, moves, and is among the open orders."""
    async with Client(running.url, running.key["alice"]) as alice:
        symbol = await some_symbol(alice, "H100SXM")
        iceberg = (await alice.sell(symbol, 80, 3.5, display_amount=16)).order
        assert (iceberg.amount, iceberg.display_amount) == (80, 16)
        assert (3.5, 16) in (await alice.order_book(symbol, 1000)).asks
        stop = (await alice.sell(symbol, 8, order_type="stop_market", trigger_price=0.5, trigger="mark_price")).order
        assert (stop.order_state, stop.trigger, stop.trigger_price) == ("untriggered", "mark_price", 0.5)
        stop = (await alice.edit(stop.order_id, 16, 0.4, trigger_price=0.6)).order
        assert (stop.amount, stop.price, stop.trigger_price) == (16, 0.4, 0.6)
        waiting = [order.order_id for order in await alice.open_orders(symbol) if order.order_state == "untriggered"]
        assert waiting == [stop.order_id]
        assert await alice.cancel_all(symbol) >= 2


async def test_refusals_say_what_to_do_and_change_nothing(running: RunningVenue) -> None:
    """Wrong tick, unknown contract, no funds, somebody else's order, and the same id twice."""
    async with Client(running.url, running.key["alice"]) as alice, Client(running.url, running.key["bob"]) as bob:
        symbol = await some_symbol(alice, "H100SXM")
        placed = await alice.buy(symbol, 8, 2.0, client_order_id="once")
        for call, reason in (
            (alice.buy(symbol, 8, 2.00005), "price"),
            (alice.buy(symbol, 7, 2.0), "amount"),
            (alice.buy("NOPE_USE_H01-1DEC26", 8, 2.0), "instrument"),
            (alice.buy(symbol, 8 * 10**6, 10.0), "funds"),
            (bob.cancel(placed.order.order_id), "another account"),
            (alice.cancel("123"), "no order 123 is open"),
        ):
            with pytest.raises(ApiError, match=reason):
                await call
        assert await alice.buy(symbol, 8, 2.0, client_order_id="once") == placed
        assert await alice.cancel_all(symbol) == 1
        assert await alice.cancel_all() == 0


async def test_without_or_with_a_wrong_key_one_may_only_look(running: RunningVenue) -> None:
    """Public methods need no key; private ones say what is missing."""
    async with Client(running.url) as client:
        symbol = await some_symbol(client, "RTX4090")
        assert (await client.ticker(symbol)).best_bid_price == 0
        assert (await client.order_book(symbol)).bids == []
        assert await client.trades(symbol) == []
        with pytest.raises(ApiError):
            await client.buy(symbol, 1, 0.5)
    with pytest.raises(ApiError, match="key"):
        await Client(running.url, ApiKey("nobody", "nothing")).open()


async def test_the_forward_curve_reaches_everybody(running: RunningVenue) -> None:
    """One account publishes, another hears, and late comers can ask."""
    async with Client(running.url, running.key["alice"]) as alice, Client(running.url) as client:
        symbol = await some_symbol(client, "H100SXM")
        await client.subscribe("forward.H100SXM_USE")
        await alice.publish_forward_curve("H100SXM_USE", [CurvePoint(symbol, 2.5, 0.1)])
        heard = (await anext(client.messages())).data
        assert isinstance(heard, ForwardCurve)
        assert heard.points == [CurvePoint(symbol, 2.5, 0.1)]
        assert (await client.forward_curve("H100SXM_USE")).points == heard.points
        assert (await alice.declare_capacity(symbol, 80)).amount == 80


async def test_local_books_stay_equal_to_the_engine_under_load(running: RunningVenue) -> None:
    """Hundreds of orders in flight from both sides: no gap, no heal, and the same levels."""
    chance = random.Random(7)
    async with Client(running.url, running.key["alice"]) as alice, Client(running.url, running.key["bob"]) as bob:
        symbol = await some_symbol(alice, "RTX4090")
        book, other = await alice.watch(symbol), await bob.watch(symbol)
        await bob.subscribe(f"trades.{symbol}.raw")
        for _ in range(5):
            orders = []
            for _ in range(80):
                client = chance.choice((alice, bob))
                place = chance.choice((client.buy, client.sell))
                orders.append(place(symbol, chance.randint(1, 9), round(chance.uniform(0.4, 0.42), 4)))
            await asyncio.gather(*orders, return_exceptions=True)
            await alice.cancel_all()
        await until(lambda: agrees(book, running.engine) and agrees(other, running.engine))
        assert (alice.heals, bob.heals) == (0, 0)
        number = running.engine.find_contract(symbol)
        assert number is not None
        trades = running.engine.contract(number).trades
        assert trades > 20
        heard = [message.data for message in bob.messages().waiting() if isinstance(message.data, list)]
        assert sum(len(data) for data in heard) == trades
        assert all(isinstance(trade, Trade) for data in heard for trade in data)


async def test_a_restart_of_the_venue_is_survived(running: RunningVenue) -> None:
    """The client comes back, and its book is that of the recovered engine."""
    async with Client(running.url, running.key["alice"], random=random.Random(1)) as alice:
        symbol = await some_symbol(alice, "H100SXM")
        book = await alice.watch(symbol)
        placed = await alice.buy(symbol, 8, 2.0)
        await running.stop()
        await until(lambda: not alice.connected)
        await running.start()
        await alice.wait_connected()
        await book.ready()
        assert dict(book.bids) == {2.0: 8.0}
        assert [order.order_id for order in await alice.open_orders()] == [placed.order.order_id]
        changes = [message.data for message in alice.messages().waiting()]
        assert [data.connected for data in changes if isinstance(data, ConnectionChange)] == [False, True]


async def test_the_spot_can_be_watched(running: RunningVenue) -> None:
    """The book is that of an hour, and says which."""
    async with Client(running.url, running.key["alice"]) as alice:
        book = await alice.watch("H100SXM_USE:SPOT")
        assert book is alice.book(book.symbol)
        await alice.buy(book.symbol, 8, 2.4)
        while book.best_bid is None:
            await book.changed()
        assert (await alice.open_orders("H100SXM_USE:SPOT"))[0].instrument_name == book.symbol
