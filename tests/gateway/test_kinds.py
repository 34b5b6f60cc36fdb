"""What the mirror makes of orders that wait, hide or are gathered for an auction, from event rows written by hand."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from exchange.domain.enums import (
    CommandKind,
    EventKind,
    FixingMethod,
    Flag,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)
from exchange.domain.records import Command, command_rows
from exchange.gateway.mirror.changes import Changes, Outcome
from exchange.gateway.session.cancelling import cancelled
from exchange.gateway.session.effects import Submit
from exchange.wire.messages import Order
from tests.gateway.desk import Desk, Listener, deliver
from tests.gateway.house import ALICE, House
from tests.gateway.venue import text
from tests.views.rows import auction_fill, fill, order, rows

BUY, SELL = Side.BUY, Side.SELL
TICK = Command(kind=CommandKind.TICK)


class Label:
    label = ""


class Told:
    """A desk whose engine is not asked: the mirror is told what happened, a command and its events at a time."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.mirror = self.desk.mirror
        self.market = self.mirror.markets[0]
        self.listener = Listener("public")
        deliver(self.listener.join(self.desk.feed, f"book.{self.market.symbol}.raw", "instrument.state.any.any"))
        self.sequence = self.desk.engine.sequence

    def turn(self, command: Command, *events: dict[str, int], asked: bool = False) -> Changes:
        self.sequence += 1
        stamped = command._replace(sequence=self.sequence, time_ns=self.desk.now_ns)
        happened = rows(*({"sequence": self.sequence, "account": command.account} | event for event in events))
        origins = [Label() if asked else None]
        changes = self.mirror.apply(command_rows([stamped]), happened, origins, self.mirror.events_total + 1)
        deliver(self.desk.feed.publish(changes))
        return changes

    def outcome(self, command: Command, *events: dict[str, int]) -> Outcome:
        (outcome,) = self.turn(command, *events, asked=True).outcomes
        return outcome

    def message(self, order_id: int) -> Order:
        return self.mirror.orders[order_id].message()

    def levels(self, side: str) -> list[tuple[float, float]]:
        """What a listener has made of the book."""
        return self.listener.levels(f"book.{self.market.symbol}.raw", side)


def new(account: int, side: Side, price_ticks: int, lots: int, order_type: OrderType, **columns: int) -> Command:
    return Command(
        kind=CommandKind.NEW, account=account, side=side, price_ticks=price_ticks, lots=lots, order_type=order_type,
        time_in_force=TimeInForce.GTC, **columns,
    )  # fmt: skip


def test_the_public_sees_slices_and_the_owner_the_whole_iceberg() -> None:
    """Through a fill, and the slice after it."""
    told = Told()
    iceberg = new(1, SELL, 2_350, 9, OrderType.LIMIT, display_lots=4)
    told.turn(iceberg, order(EventKind.ACCEPTED, 101, SELL, 2_350, 9, 4))
    assert told.levels("asks") == [(2.35, 32.0)]
    message = told.message(101)
    assert (message.amount, message.display_amount, message.max_show) == (72.0, 32.0, 32.0)
    traded = fill(102, 101, 2_350, 4, 0) | {"maker_open_lots": 5, "maker_account": 1, "amount": 4 * 18_800_000}
    told.turn(
        new(2, BUY, 2_350, 4, OrderType.LIMIT),
        order(EventKind.ACCEPTED, 102, BUY, 2_350, 4),
        traded,
        order(EventKind.REFRESHED, 101, SELL, 2_350, 5, 4, lots=9, account=1),
    )
    assert told.levels("asks") == [(2.35, 32.0)]
    assert told.message(101).filled_amount == 32.0


def test_a_stop_waits_untriggered_and_then_works() -> None:
    """It says what it waits for; its trades are not those of the order that set it off."""
    told = Told()
    stop = new(1, SELL, 0, 5, OrderType.STOP, trigger_ticks=2_300, flags=Flag.ON_MARK | Flag.REDUCE_ONLY)
    told.turn(stop, order(EventKind.ACCEPTED, 101, SELL, 2_185, 5))
    message = told.message(101)
    assert (message.order_state, message.order_type, message.triggered) == ("untriggered", "stop_market", False)
    assert (message.trigger, message.trigger_price, message.reduce_only) == ("mark_price", 2.3, True)
    assert told.levels("asks") == []
    told.turn(new(2, BUY, 2_300, 5, OrderType.LIMIT), order(EventKind.ACCEPTED, 102, BUY, 2_300, 5, 5))
    outcome = told.outcome(
        new(3, SELL, 2_300, 1, OrderType.LIMIT),
        order(EventKind.ACCEPTED, 103, SELL, 2_300, 1),
        fill(103, 102, 2_300, 1, 4) | {"side": SELL, "maker_open_lots": 4, "account": 3, "maker_account": 2},
        order(EventKind.TRIGGERED, 101, SELL, 2_185, 5, account=1),
        order(EventKind.AMENDED, 101, SELL, 2_185, 3, account=1, old_open_lots=5, reason=Reason.REDUCE_ONLY),
        fill(101, 102, 2_300, 3, 1) | {"side": SELL, "maker_open_lots": 1, "account": 1, "maker_account": 2},
    )
    assert [trade.order_id for trade in outcome.trades] == ["103"]
    assert told.mirror.closed[101].state == "filled"
    assert not told.mirror.closed[101].replaced
    assert told.levels("bids") == [(2.3, 8.0)]


def test_a_peg_holds_for_its_limit_wherever_it_stands() -> None:
    """It moves and parks without asking; cash is reserved as if it stood at its limit."""
    told = Told()
    held = told.mirror.accounts[2].reserved_micros
    peg = new(2, BUY, 2_400, 3, OrderType.PEG_BEST)
    told.turn(
        peg, order(EventKind.ACCEPTED, 101, BUY, 2_400, 3), order(EventKind.RESTED, 101, BUY, 2_300, 3, 3, resting=1)
    )
    reserved = told.mirror.accounts[2].reserved_micros - held
    assert reserved == 3 * told.mirror.accounts[2].per_lot_micros(told.market, 2_400)
    moved = {"old_price_ticks": 2_300, "old_open_lots": 3, "reason": Reason.PEG, "account": 2}
    told.turn(
        TICK,
        order(EventKind.AMENDED, 101, BUY, 2_310, 3, **moved),
        order(EventKind.RESTED, 101, BUY, 2_310, 3, 3, account=2),
    )
    assert (told.levels("bids"), told.message(101).price, told.message(101).replaced) == ([(2.31, 24.0)], 2.31, False)
    told.turn(TICK, order(EventKind.PARKED, 101, BUY, 2_310, 3, account=2))
    assert (told.levels("bids"), told.message(101).price) == ([], 2.4)
    assert told.mirror.accounts[2].reserved_micros - held == reserved
    told.turn(TICK, order(EventKind.EXPIRED, 101, BUY, 2_400, 0, account=2, lots=3, reason=Reason.GATE))
    assert told.mirror.accounts[2].reserved_micros == held


def test_an_auction_is_announced_held_and_told_as_trades_of_two_makers() -> None:
    """The state of the instrument, the price to come, and what it took from both sides."""
    told = Told()
    phase: dict[str, Any] = {"kind": EventKind.PHASE, "contract": 0}
    told.turn(Command(kind=CommandKind.PHASE, option=Phase.PREOPEN), phase | {"reason": Phase.PREOPEN})
    assert (told.market.state, told.market.ticker().indicative) == ("preopen", UNSET)
    assert told.market.instrument(0, 0, 0).is_active
    told.turn(new(1, SELL, 2_300, 5, OrderType.LIMIT), order(EventKind.ACCEPTED, 101, SELL, 2_300, 5, 5))
    told.turn(new(2, BUY, 2_400, 3, OrderType.LIMIT), order(EventKind.ACCEPTED, 102, BUY, 2_400, 3, 3))
    told.turn(TICK, {"kind": EventKind.INDICATIVE, "price_ticks": 2_300, "lots": 3, "amount": -2})
    indicative = told.market.ticker().indicative
    assert indicative is not UNSET
    assert (indicative.price, indicative.amount, indicative.surplus) == (2.3, 24.0, -16.0)
    traded = auction_fill(102, 101, 2_300, 3, 2) | {"maker_open_lots": 2, "account": 2, "maker_account": 1}
    changes = told.turn(
        Command(kind=CommandKind.PHASE, option=Phase.CONTINUOUS), traded, phase | {"reason": Phase.CONTINUOUS}
    )
    assert [fill.liquidity for _, _, fill in changes.user_trades] == ["M", "M"]
    assert (told.levels("bids"), told.levels("asks")) == ([], [(2.3, 16.0)])
    assert (told.market.state, told.market.ticker().indicative) == ("open", UNSET)
    states = [content["state"] for channel, content in told.listener.heard if channel.startswith("instrument")]
    assert states == ["preopen", "open"]


def test_a_contract_that_is_held_up_is_listed_and_says_so() -> None:
    """Only the gate ends it; whether it takes an order is for the engine to say."""
    house = House()
    session = house.session(ALICE)
    for phase in (Phase.LISTED, Phase.HALTED, Phase.CANCEL_ONLY, Phase.VOLATILITY):
        house.desk.mirror.markets[0].phase = phase
        listed = house.ask(session, "public/get_instruments")["result"]
        assert [instrument["state"] for instrument in listed] == [phase.name.lower(), "open"]
        order = {"instrument_name": house.symbol, "amount": 8, "price": 2.3}
        assert [type(effect) for effect in house.effects(session, "private/buy", **order)] == [Submit]
    for phase, state in ((Phase.GATED, "closed"), (Phase.NOMINATED, "nominated"), (Phase.SETTLED, "settled")):
        house.desk.mirror.markets[0].phase = phase
        expired = house.ask(session, "public/get_instruments", expired=True)["result"]
        assert [(instrument["state"], instrument["is_active"]) for instrument in expired] == [(state, False)]


def test_the_fixing_is_the_settlement_price() -> None:
    """Before there is one, the mark is; if the gate finds nothing to make it from, it remains so."""
    told = Told()
    told.turn(Command(kind=CommandKind.MARK, price_ticks=2_222), {
        "kind": EventKind.CONFIGURED, "reason": CommandKind.MARK, "price_ticks": 2_222,
    })  # fmt: skip
    assert told.market.ticker().settlement_price == 2.222
    told.turn(TICK, {"kind": EventKind.FIXING})
    assert told.market.ticker().settlement_price == 2.222
    told.turn(TICK, {"kind": EventKind.FIXING, "price_ticks": 2_345, "reason": FixingMethod.CALL})
    assert told.market.ticker().settlement_price == told.market.order_book(1).settlement_price == 2.345


def test_the_venues_mark_is_the_mark() -> None:
    """Once it has one; stops that watch the mark see the same price."""
    told = Told()
    mark = {"kind": EventKind.CONFIGURED, "reason": CommandKind.MARK, "price_ticks": 2_222}
    told.turn(Command(kind=CommandKind.MARK, price_ticks=2_222), mark)
    assert told.market.ticker().mark_price == 2.222


def test_orders_that_go_in_the_wake_of_a_cancel_are_not_counted_as_cancelled() -> None:
    """Only those that were asked for."""
    told = Told()
    for number in (101, 102):
        told.turn(new(1, BUY, 2_300, 5, OrderType.LIMIT), order(EventKind.ACCEPTED, number, BUY, 2_300, 5, 5))
    gone = {"resting": 1, "lots": 5}
    outcome = told.outcome(
        Command(kind=CommandKind.CANCEL_ALL, account=1),
        order(EventKind.CANCELLED, 101, BUY, 2_300, 0, **gone, reason=Reason.MASS),
        order(EventKind.CANCELLED, 102, BUY, 2_300, 0, **gone, reason=Reason.REDUCE_ONLY),
    )
    assert len(cancelled(outcome)) == 1
    assert told.levels("bids") == []


def test_compensation_goes_from_the_bond_of_one_to_the_cash_of_the_other() -> None:
    """And both are told."""
    told = Told()
    seller, buyer = told.mirror.accounts[1], told.mirror.accounts[2]
    told.turn(
        Command(kind=CommandKind.BOND, account=1, amount=5_000), {"kind": EventKind.BOND, "account": 1, "amount": 5_000}
    )
    nominated = {"kind": EventKind.NOMINATED, "account": 1, "maker_account": 2, "lots": 1}
    told.turn(Command(kind=CommandKind.NOMINATE, account=1, order_id=2, **text("n")), nominated)
    before = (seller.cash_micros, seller.reserved_micros, buyer.cash_micros)
    about = {"kind": EventKind.COMPENSATED, "account": 1, "maker_account": 2, "amount": 3_000, "fee": 3_000}
    changes = told.turn(Command(kind=CommandKind.COMPENSATE, **text("n")), about)
    after = (seller.cash_micros, seller.reserved_micros, buyer.cash_micros)
    assert [now - then for now, then in zip(after, before, strict=True)] == [-3_000, -3_000, 3_000]
    assert changes.accounts == {1, 2}
