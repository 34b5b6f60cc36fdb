"""The mirror and the feed, against the engine's own books."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Phase, Side
from exchange.domain.units import NS_PER_HOUR
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.orders import STOPS
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.messages import CurvePoint, ForwardCurve
from tests.gateway.desk import ACCOUNTS, CONTRACTS, Desk, Listener, deliver, limit, random_command

DEPTH = 1_000


def engine_levels(desk: Desk, contract: int, side: Side) -> list[tuple[float, float]]:
    """The engine's book in dollars and GPU-hours."""
    return [(ticks / 1000, 8.0 * lots) for ticks, lots in desk.engine.levels(contract, side, DEPTH)]


def assert_mirrors(desk: Desk, mirror: Mirror) -> None:
    """Everything the mirror holds is what the engine's views say."""
    engine = desk.engine
    assert mirror.events_total == engine.events_total
    for contract in range(len(mirror.markets)):
        market, view = mirror.markets[contract], engine.contract(contract)
        assert market.book.bids.top(DEPTH) == engine.levels(contract, Side.BUY, DEPTH)
        assert market.book.asks.top(DEPTH) == engine.levels(contract, Side.SELL, DEPTH)
        assert (market.phase, market.trade_seq, market.last_ticks) == (view.phase, view.trades, view.last_price_ticks)
        assert market.mark_ticks == view.mark_ticks
    for account in engine.accounts():
        mirrored = mirror.accounts[account.account]
        assert mirrored.cash_micros == account.cash_micros
        assert mirrored.reserved_micros == account.reserved_micros
        fees = (mirrored.maker_fee_bps, mirrored.taker_fee_bps, mirrored.reserve_bps)
        assert fees == (account.maker_fee_bps, account.taker_fee_bps, account.reserve_bps)
        open_orders = engine.open_orders(account.account)
        assert mirrored.orders.keys() == {order.order_id for order in open_orders}
        accepted = [order.order_id for order in open_orders if order.wildcard_id in (0, order.order_id)]
        assert [order_id for order_id, order in mirrored.orders.items() if order.whole is None] == accepted
        for held in engine.positions(account.account):
            holding = mirrored.holding(mirror.markets[held.contract])
            assert (holding.lots, holding.capacity_lots) == (held.lots, held.capacity_lots)
            assert holding.cost_micros == held.cost_micros
    for order in engine.open_orders():
        record = mirror.orders[order.order_id]
        if order.wildcard_id not in (0, order.order_id) and order.waits:
            order = order._replace(lots=0, open_lots=0)  # nobody heard yet that any are open
        assert (record.price_ticks, record.lots, record.open_lots) == (order.price_ticks, order.lots, order.open_lots)
        assert record.filled_lots == order.lots - order.open_lots
        assert (record.side, record.client_id, record.flags) == (order.side, order.client_id, order.flags)
        assert (record.order_type, record.display_lots) == (order.order_type, order.display_lots)
        assert (record.state == "untriggered") == (order.waits and order.order_type in STOPS)
        assert record.state == "open" or record.trigger_ticks == order.trigger_ticks


@given(seed=st.integers(0, 2**32), turns=st.integers(1, 40), restart=st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_the_mirror_follows_the_engine_from_events_alone(seed: int, turns: int, restart: int) -> None:
    """Cash, reservations, positions, orders and levels, whenever the mirror was made."""
    desk, rng = Desk(), random.Random(seed)
    for turn in range(turns):
        # The limit of a peg that stands, for which cash is held, is in no view.
        if turn >= restart:
            desk.mirror, restart = Mirror(desk.engine), turns
        desk.turn(*(random_command(rng, desk.engine, desk.now_ns) for _ in range(rng.randrange(0, 6))))
        assert_mirrors(desk, desk.mirror)


@given(seed=st.integers(0, 2**32), turns=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_book_can_be_joined_at_any_time_and_never_misses_a_change(seed: int, turns: int) -> None:
    """Listeners come and go; each rebuilds the engine's book from a snapshot and its changes."""
    desk, rng = Desk(), random.Random(seed)
    raw = [f"book.{contract.symbol}.raw" for contract in desk.contracts]
    slow = [f"book.{contract.symbol}.100ms" for contract in desk.contracts]
    listeners: list[Listener] = []
    for turn in range(turns):
        if rng.random() < 0.4:
            listener = Listener(turn)
            deliver(listener.join(desk.feed, *rng.sample(raw + slow, 3)))
            listeners.append(listener)
        if listeners and rng.random() < 0.2:
            desk.feed.drop(listeners.pop(rng.randrange(len(listeners))))
        deliver(
            desk.feed.publish(
                desk.turn(*(random_command(rng, desk.engine, desk.now_ns) for _ in range(rng.randrange(1, 6))))
            )
        )
        flushed = rng.random() < 0.3 or turn == turns - 1
        if flushed:
            deliver(desk.feed.flush())
        for listener in listeners:
            for channel in listener.books:
                if flushed or channel.endswith(".raw"):
                    contract = (raw + slow).index(channel) % CONTRACTS
                    assert listener.levels(channel, "bids") == engine_levels(desk, contract, Side.BUY)
                    assert listener.levels(channel, "asks") == engine_levels(desk, contract, Side.SELL)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_trades_and_fills_add_up_to_what_the_engine_traded(seed: int) -> None:
    """Public trades are numbered without a gap, and each one is two fills, of which an auction's are both a maker's."""
    desk, rng = Desk(), random.Random(seed)
    listener = Listener("all")
    symbol = desk.contracts[0].symbol
    deliver(listener.join(desk.feed, f"trades.{symbol}.raw"))
    owners = {account: Listener(account) for account in ACCOUNTS}
    for account, owner in owners.items():
        deliver(owner.join(desk.feed, f"user.trades.{symbol}.raw", account=account))
    for _ in range(40):
        deliver(desk.feed.publish(desk.turn(random_command(rng, desk.engine, desk.now_ns))))
    trades = [trade for _, batch in listener.heard for trade in batch]
    assert [trade["trade_seq"] for trade in trades] == list(range(1, desk.engine.contract(0).trades + 1))
    assert sum(trade["amount"] for trade in trades) == 8.0 * desk.engine.contract(0).volume_lots
    fills = [fill for owner in owners.values() for _, batch in owner.heard for fill in batch]
    makers, takers = (
        sorted(int(fill["trade_id"]) for fill in fills if fill["liquidity"] == liquidity) for liquidity in ("M", "T")
    )
    ids = [int(trade["trade_id"]) for trade in trades]
    assert sorted(makers + takers) == sorted(ids + ids)
    assert set(makers) == set(ids)


def order_states(listener: Listener) -> list[tuple[str, float, str | None]]:
    return [
        (order["order_state"], order["filled_amount"], order.get("cancel_reason"))
        for channel, order in listener.heard
        if channel.startswith("user.orders.")
    ]


def test_an_owner_hears_of_every_change_of_an_order_and_nobody_else_does() -> None:
    """Open, part filled, filled; the other side's orders stay the other side's business."""
    desk = Desk()
    seller, buyer = Listener("seller"), Listener("buyer")
    deliver(seller.join(desk.feed, "user.orders.any.any.raw", account=1))
    deliver(buyer.join(desk.feed, f"user.orders.{desk.contracts[1].symbol}.raw", account=2))
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5))))
    deliver(desk.feed.publish(desk.turn(limit(2, Side.BUY, 2_350, 2))))
    deliver(desk.feed.publish(desk.turn(limit(2, Side.BUY, 2_351, 3), limit(2, Side.BUY, 2_000, 1, contract=1))))
    assert order_states(seller) == [("open", 0.0, None), ("open", 16.0, None), ("filled", 40.0, None)]
    assert order_states(buyer) == [("open", 0.0, None)]


def test_a_gate_closes_the_book_and_tells_the_owner_why() -> None:
    """Orders end with the settlement, levels go, the instrument is closed for everybody."""
    desk = Desk()
    listener = Listener("a")
    names = (f"book.{desk.contracts[0].symbol}.raw", "instrument.state.any.any", "user.orders.any.any.raw")
    deliver(listener.join(desk.feed, *names, account=1))
    deliver(desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5))))
    desk.now_ns = desk.contracts[0].gate_ns
    deliver(desk.feed.publish(desk.turn()))
    assert listener.levels(names[0], "asks") == []
    assert order_states(listener)[-1] == ("cancelled", 0.0, "settlement")
    states: list[Any] = [content for channel, content in listener.heard if channel == names[1]]
    assert [(state["instrument_name"], state["state"]) for state in states] == [(desk.contracts[0].symbol, "closed")]
    assert desk.mirror.markets[0].phase == Phase.GATED


def test_a_quote_and_a_ticker_say_zero_for_an_empty_side_and_mark_by_trade_middle_or_forward() -> None:
    """What clients compute with is never null, and the mark follows the best that is known."""
    desk = Desk()
    market = desk.mirror.markets[0]
    quote = market.quote()
    assert (quote.best_bid_price, quote.best_bid_amount, quote.best_ask_price, quote.best_ask_amount) == (0, 0, 0, 0)
    assert market.ticker().mark_price == 0
    desk.feed.relay(ForwardCurve(market.sku_region, 0, [CurvePoint(market.symbol, 2.2)]))
    assert market.ticker().mark_price == 2.2
    desk.turn(limit(1, Side.SELL, 2_400, 1), limit(2, Side.BUY, 2_300, 1))
    assert market.ticker().mark_price == 2.35
    desk.turn(limit(3, Side.BUY, 2_400, 1), limit(1, Side.SELL, 2_410, 1))
    assert market.ticker().mark_price == 2.4
    assert market.ticker().last_price == 2.4


def test_the_same_frame_goes_to_all_who_listen() -> None:
    """One encoding for a hundred listeners."""
    desk = Desk()
    channel = f"book.{desk.contracts[0].symbol}.raw"
    for number in range(100):
        deliver(Listener(number).join(desk.feed, channel))
    deliveries = desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5)))
    assert [len(delivery.listeners) for delivery in deliveries] == [100]


def test_what_nobody_listens_to_costs_nothing() -> None:
    """After the last listener left, a turn leads to no deliveries and gathers nothing."""
    desk = Desk()
    listener = Listener("a")
    names = [f"book.{desk.contracts[0].symbol}.100ms", "user.orders.any.any.100ms", "trades.future.USD.100ms"]
    deliver(listener.join(desk.feed, *names, account=1))
    desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5)))
    desk.feed.drop(listener)
    assert desk.feed.publish(desk.turn(limit(1, Side.SELL, 2_350, 5))) == []
    assert desk.feed.flush() == []


def test_amounts_of_the_day_are_of_the_last_24_hours() -> None:
    """A trade of yesterday leaves the statistics when the market moves on; a new one is in."""
    market = Market(0, "H100SXM_USE_H14-1DEC26", 2**62, 8_000, 0)
    hour_ns = 500_000 * NS_PER_HOUR
    market.traded(2_350, 2, hour_ns)
    market.traded(2_360, 1, hour_ns + 2 * NS_PER_HOUR)
    market.updated_ms = (hour_ns + 2 * NS_PER_HOUR) // 10**6
    stats = market.stats()
    assert (stats.volume, stats.low, stats.high, stats.volume_usd) == (24.0, 2.35, 2.36, 56.48)
    market.updated_ms = (hour_ns + 25 * NS_PER_HOUR) // 10**6
    assert market.stats().volume == 8.0
