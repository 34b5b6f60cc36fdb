"""Strips on the wire: listed with their hours, traded like them, told once, priced by the average that is a sum."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind, OrderType, SelfTrade, Side, TimeInForce
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_HOUR
from exchange.gateway.mirror.venue import Mirror
from exchange.listing import legs_of
from exchange.wire.messages import Trade, UserTrade
from tests.gateway.desk import ACCOUNTS, Desk
from tests.gateway.test_feed import assert_mirrors
from tests.gateway.venue import Caller, Venue, listing, running

SKU, REGION = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")


class Market:
    """Four hours of a day to come and the block of them; alice and bob may sell in each hour."""

    def __init__(self, venue: Venue, alice: Caller, bob: Caller) -> None:
        self.venue, self.alice, self.bob = venue, alice, bob
        first = (time.time_ns() // NS_PER_HOUR // 4 + 10) * 4
        self.hours = [hour_contract(SKU, REGION, hour) for hour in range(first, first + 4)]
        self.strip = Contract(SKU, REGION, f"B4H{first % 24:02d}", first // 24)

    async def list(self) -> None:
        ask, engine = self.venue.ask, self.venue.engine
        await ask(*(listing(contract) for contract in (*self.hours, self.strip)))
        number = engine.find_contract(self.strip.symbol)
        assert number is not None
        legs = legs_of(engine, self.strip)
        await ask(*(Command(kind=CommandKind.LEG, contract=number, order_id=leg) for leg in legs))
        await ask(
            *(
                Command(kind=CommandKind.CAPACITY, account=account, contract=leg, lots=100)
                for account in (1, 2)
                for leg in legs
            )
        )

    async def offer(self, *prices: float, lots: int = 5) -> None:
        """One offer of alice's in each hour."""
        for hour, price in zip(self.hours, prices, strict=True):
            await self.alice.call("private/sell", instrument_name=hour.symbol, amount=8 * lots, price=price)


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    async with AsyncExitStack() as stack:
        venue = await stack.enter_async_context(running(tmp_path))
        alice = await stack.enter_async_context(venue.caller(venue.alice))
        bob = await stack.enter_async_context(venue.caller(venue.bob))
        market = Market(venue, alice, bob)
        await market.list()
        yield market


async def test_an_instrument_says_what_its_hours_are(market: Market) -> None:
    """How many, which, and what a lot is in GPU-hours; hours stay markets of their own, with names of their own."""
    found = await market.alice.call("public/get_instruments", currency="any")
    by_name = {instrument["instrument_name"]: instrument for instrument in found}
    strip = by_name[market.strip.symbol]
    assert strip["legs"] == [hour.symbol for hour in market.hours]
    assert (strip["hours"], strip["contract_size"], strip["min_trade_amount"]) == (4, 32.0, 32.0)
    assert (strip["tick_size"], strip["price_unit"]) == (0.001, "average USD per GPU-hour")
    assert strip["delivery_end_timestamp"] - strip["expiration_timestamp"] == 4 * 3600 * 1000
    assert (strip["next_state"], strip["next_timestamp"]) == ("closing", strip["gate_timestamp"] - 5 * 60 * 1000)
    hour = by_name[market.hours[0].symbol]
    assert "legs" not in hour
    assert (hour["hours"], hour["contract_size"], hour["price_unit"]) == (1, 8.0, "USD per GPU-hour")
    assert len({(one["base_currency"], one["expiration_timestamp"]) for one in found}) == len(found)


async def test_a_strip_trades_against_its_hours_and_is_told_once(market: Market) -> None:
    """Each hour's feed has its trade, the strip's has one print; the owner gets one fill, with every hour in it."""
    await market.offer(2.400, 2.401, 2.402, 2.404)
    strip, hours = market.strip.symbol, [hour.symbol for hour in market.hours]
    ticker = await market.bob.call("public/ticker", instrument_name=strip)
    assert (ticker["best_ask_price"], ticker["implied_ask_price"], ticker["implied_bid_price"]) == (0.0, 2.40175, 0.0)
    assert ticker["sums"]["implied_ask_price"] == 9.607
    channels = ["trades.future.any.raw", f"trades.{strip}.raw", "user.trades.any.any.raw", "user.orders.any.any.raw"]
    await market.bob.call("private/subscribe", channels=channels)
    await market.alice.call("private/subscribe", channels=["user.trades.any.any.raw"])
    placed = await market.bob.call("private/buy", instrument_name=strip, amount=64, price=2.41)
    (fill,) = placed["trades"]
    assert (fill["instrument_name"], fill["price"], fill["amount"], fill["contracts"]) == (strip, 2.40175, 64.0, 2.0)
    assert (fill["sum_price"], fill["liquidity"]) == (9.607, "T")
    assert [(leg["instrument_name"], leg["price"], leg["amount"]) for leg in fill["legs"]] == [
        (hours[0], 2.4, 16.0), (hours[1], 2.401, 16.0), (hours[2], 2.402, 16.0), (hours[3], 2.404, 16.0),
    ]  # fmt: skip
    assert fill["fee"] == pytest.approx(9.607 * 16 * 0.001)
    assert (placed["order"]["order_state"], placed["order"]["average_price"]) == ("filled", 2.40175)
    told = await market.bob.heard("trades.future.any.raw")
    while len(told) < 5:
        told += await market.bob.heard("trades.future.any.raw")
    assert [trade["instrument_name"] for trade in told] == [*hours, strip]
    assert [trade.get("combo_id") for trade in told] == [strip] * 4 + [None]
    (print_,) = await market.bob.heard(f"trades.{strip}.raw")
    assert (print_["price"], print_["sum_price"], print_["amount"], print_["trade_seq"]) == (2.40175, 9.607, 64.0, 1)
    assert await market.bob.heard("user.trades.any.any.raw") == [fill]
    made = await market.alice.heard("user.trades.any.any.raw")
    while len(made) < 4:
        made += await market.alice.heard("user.trades.any.any.raw")
    assert [(trade["instrument_name"], trade["liquidity"]) for trade in made] == [(hour, "M") for hour in hours]
    last = await market.alice.call("public/get_last_trades_by_instrument", instrument_name=strip)
    assert [trade["trade_id"] for trade in last["trades"]] == [fill["trade_id"]]
    positions = await market.bob.call("private/get_positions")
    assert [(held["instrument_name"], held["size"]) for held in positions if held["size"]] == [
        (hour, 16.0) for hour in hours
    ]


async def test_whole_strips_trade_with_each_other(market: Market) -> None:
    """Book, order, edit, cancel as for hours; a sum that no hour's tick divides comes through exactly."""
    strip = market.strip.symbol
    await market.bob.call("public/subscribe", channels=[f"book.{strip}.raw"])
    assert (await market.bob.heard(f"book.{strip}.raw"))["bids"] == []
    placed = await market.alice.call("private/sell", instrument_name=strip, amount=96, price=2.40225)
    assert (placed["order"]["price"], placed["order"]["sum_price"]) == (2.40225, 9.609)
    assert (await market.bob.heard(f"book.{strip}.raw"))["asks"] == [["new", 2.40225, 96.0]]
    edited = await market.alice.call("private/edit", order_id=placed["order"]["order_id"], amount=64, price=2.4025)
    assert (edited["order"]["price"], edited["order"]["amount"]) == (2.4025, 64.0)
    bought = await market.bob.call("private/buy", instrument_name=strip, amount=32, price=2.403)
    (fill,) = bought["trades"]
    assert (fill["price"], fill["sum_price"]) == (2.4025, 9.61)
    assert [leg["price"] for leg in fill["legs"]] == [2.403, 2.403, 2.402, 2.402]
    cancelled = await market.alice.call("private/cancel", order_id=placed["order"]["order_id"])
    assert (cancelled["order_state"], cancelled["filled_amount"]) == ("cancelled", 32.0)
    for wish, reason in (
        ({"price": 2.4001}, "price_wrong_tick"),
        ({"amount": 8, "price": 2.4}, "invalid_amount"),
        ({"price": 2.4, "post_only": True}, "not_for_strips"),
    ):
        error = await market.bob.refused("private/buy", **{"instrument_name": strip, "amount": 32, **wish})
        assert error["data"]["reason"] == reason
    error = await market.bob.refused("private/declare_capacity", instrument_name=strip, amount=32)
    assert error["data"]["reason"] == "not_for_strips"


async def test_a_strip_from_one_hand_does_not_trade_with_offers_of_hours(market: Market) -> None:
    """Cheaper hours stand there, and yet it takes the strip of one seller; an hour has no cohesion to ask for."""
    strip = market.strip.symbol
    await market.offer(2.0, 2.0, 2.0, 2.0)
    wish = {"instrument_name": strip, "amount": 32, "time_in_force": "immediate_or_cancel", "cohesion": "node"}
    placed = await market.bob.call("private/buy", price=2.5, **wish)
    assert (placed["trades"], placed["order"]["order_state"]) == ([], "cancelled")
    await market.alice.call("private/sell", instrument_name=strip, amount=32, price=2.45)
    placed = await market.bob.call("private/buy", price=2.5, **wish)
    assert [trade["price"] for trade in placed["trades"]] == [2.45]
    hour = {**wish, "instrument_name": market.hours[0].symbol, "amount": 8}
    assert (await market.bob.refused("private/buy", price=2.5, **hour))["code"] == 11029


async def test_a_restart_of_the_gateway_knows_strips(market: Market) -> None:
    """It takes them over from the engine; ticker and instrument say the same as before."""
    await market.offer(2.4, 2.4, 2.4, 2.4)
    await market.bob.call("private/buy", instrument_name=market.strip.symbol, amount=32, price=2.4)
    before = Mirror(market.venue.engine).by_symbol[market.strip.symbol]
    ticker = await market.bob.call("public/ticker", instrument_name=market.strip.symbol)
    after = before.ticker()
    assert (after.last_price, after.implied_ask_price, after.mark_price) == (2.4, 2.4, 2.4)
    assert ticker["last_price"] == after.last_price
    assert [leg.symbol for leg in before.legs] == [hour.symbol for hour in market.hours]


async def test_a_ticker_of_a_strip_moves_with_its_hours(market: Market) -> None:
    """Nobody trades the strip, yet what its hours come to is news."""
    channel = f"ticker.{market.strip.symbol}.100ms"
    await market.bob.call("public/subscribe", channels=[channel])
    assert (await market.bob.heard(channel))["implied_ask_price"] == 0.0
    await market.offer(2.4, 2.4, 2.4, 2.6)
    async with asyncio.timeout(5):
        while (await market.bob.heard(channel))["implied_ask_price"] != 2.45:
            pass


@pytest.fixture
async def spot(tmp_path: Path) -> AsyncIterator[tuple[Caller, str]]:
    """Somebody signed in where the first open hours of ``H100SXM_USE`` are listed."""
    async with running(tmp_path) as venue:
        now_ns = time.time_ns()
        first = now_ns // NS_PER_HOUR + 1
        hours = [hour_contract(SKU, REGION, hour) for hour in range(first, first + 3)]
        await venue.ask(*(listing(hour) for hour in hours if hour.gate_ns > now_ns))
        async with venue.caller(venue.alice) as alice:
            yield alice, next(hour for hour in hours if hour.gate_ns > time.time_ns()).symbol


async def test_the_spot_is_the_first_open_hour_wherever_a_name_is(spot: tuple[Caller, str]) -> None:
    """Questions, orders and channels; every answer names the hour itself."""
    alice, hour = spot
    name = "H100SXM_USE:SPOT"
    assert (await alice.call("public/get_instrument", instrument_name=name))["instrument_name"] == hour
    assert (await alice.call("public/ticker", instrument_name=name))["instrument_name"] == hour
    placed = await alice.call("private/buy", instrument_name=name, amount=8, price=2.4)
    assert placed["order"]["instrument_name"] == hour
    book = await alice.call("public/get_order_book", instrument_name=name)
    assert (book["instrument_name"], book["best_bid_price"]) == (hour, 2.4)
    orders = await alice.call("private/get_open_orders_by_instrument", instrument_name=name)
    assert [order["instrument_name"] for order in orders] == [hour]
    assert (await alice.call("private/get_position", instrument_name=name))["instrument_name"] == hour
    wanted: list[Any] = [f"book.{name}.raw", f"ticker.{name}.100ms"]
    real = [f"book.{hour}.raw", f"ticker.{hour}.100ms"]
    assert await alice.call("public/subscribe", channels=wanted) == real
    assert (await alice.heard(real[0]))["instrument_name"] == hour
    assert await alice.call("public/unsubscribe", channels=[*wanted, "book.NOBODY:SPOT.raw"]) == real
    assert await alice.call("private/cancel_all_by_instrument", instrument_name=name) == 1
    for wrong in ("H999_USE:SPOT", "H100SXM_EUW:SPOT", ":SPOT"):
        error = await alice.refused("public/ticker", instrument_name=wrong)
        assert error["data"]["reason"] == "not_found"


def random_order(rng: random.Random, strip: int, hours: range) -> Command:
    """For the strip, or for one of its hours, near a price of 2.5 dollars."""
    is_strip = rng.random() < 0.5
    price_ticks = rng.randrange(9_960, 10_041) if is_strip else rng.randrange(2_490, 2_511)
    return Command(
        kind=CommandKind.NEW,
        account=rng.choice(ACCOUNTS),
        contract=strip if is_strip else rng.choice(hours),
        side=rng.choice(list(Side)),
        order_type=OrderType.LIMIT,
        time_in_force=rng.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        price_ticks=price_ticks,
        lots=rng.randrange(1, 5),
        self_trade=rng.choice([SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH]),
    )


def desk_with_strip() -> tuple[Desk, list[Contract], Contract, range]:
    """A desk, four hours, the block of them and the numbers of the hours; the block has the next one."""
    desk = Desk()
    first = desk.now_ns // NS_PER_HOUR // 4 * 4 + 40
    hours = [hour_contract(SKU, REGION, hour) for hour in range(first, first + 4)]
    strip = Contract(SKU, REGION, f"B4H{first % 24:02d}", first // 24)
    numbers = range(len(desk.contracts), len(desk.contracts) + 4)
    desk.apply(*(listing(contract) for contract in (*hours, strip)))
    desk.apply(*(Command(kind=CommandKind.LEG, contract=numbers.stop, order_id=leg) for leg in numbers))
    desk.apply(
        *(
            Command(kind=CommandKind.CAPACITY, account=account, contract=leg, lots=200)
            for account in ACCOUNTS
            for leg in numbers
        )
    )
    desk.mirror = Mirror(desk.engine)
    return desk, hours, strip, numbers


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_whatever_strips_trade_the_mirror_agrees_with_the_engine(seed: int) -> None:
    """Books, cash, positions and their cost; each print of the strip is one fill for each of its strip orders."""
    rng = random.Random(seed)
    desk, hours, strip, numbers = desk_with_strip()
    number = numbers.stop
    fills: list[UserTrade] = []
    prints: list[Trade] = []
    for _ in range(60):
        changes = desk.turn(*(random_order(rng, number, numbers) for _ in range(rng.randrange(1, 4))))
        assert_mirrors(desk, desk.mirror)
        fills += [fill for _, _, fill in changes.user_trades if fill.instrument_name == strip.symbol]
        prints += changes.trades.get(number, [])
    view = desk.engine.contract(number)
    assert [trade.trade_seq for trade in prints] == list(range(1, view.trades + 1))
    assert sum(trade.amount for trade in prints) == 32.0 * view.volume_lots
    takers = {fill.trade_id: fill for fill in fills if fill.liquidity == "T"}
    assert list(takers) == [trade.trade_id for trade in prints]
    for fill in fills:
        assert isinstance(fill.legs, list)
        assert [leg.instrument_name for leg in fill.legs] == [hour.symbol for hour in hours]
        assert sum(leg.amount for leg in fill.legs) == fill.amount
        assert round(sum(leg.price for leg in fill.legs), 3) == fill.sum_price
