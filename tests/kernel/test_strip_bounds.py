"""Strips of a whole week, buffers that hold one step of them, and the largest sums."""

from __future__ import annotations

import numpy as np

from exchange.domain.enums import CommandKind, EventKind, Reject, Side, TimeInForce
from exchange.domain.records import EVENT, Command
from exchange.domain.units import LEGS_MAX, LOTS_MAX, MEMBERS_MAX, PRICE_TICKS_MAX
from exchange.engine import EVENT_ROWS_MIN, Engine
from exchange.views import PriceLevels
from tests.kernel.strip_market import (
    ALICE,
    BOB,
    CAROL,
    GATE_NS,
    ask,
    strip_market,
    traded_lots,
)
from tests.orders import limit, named


def _offers(hours: int, price_ticks: int, lots: int, account: int = BOB, **columns: int) -> list[Command]:
    return [limit(account, Side.SELL, price_ticks, lots, hour, **columns) for hour in range(hours)]


def test_a_week_has_as_many_legs_as_a_strip_may_have() -> None:
    """One more is refused; a step of all of them makes the smallest buffer a larger one, icebergs and all."""
    pair = strip_market(LEGS_MAX, Engine(event_rows=EVENT_ROWS_MIN))
    assert pair.engine.legs(LEGS_MAX) == list(range(LEGS_MAX))
    more = named(CommandKind.LIST, "MORE", amount=1, expiry_ns=GATE_NS)
    leg = Command(kind=CommandKind.LEG, contract=LEGS_MAX, order_id=LEGS_MAX + 1)
    assert [event.reason for event in ask(pair, more, leg)] == [0, Reject.STRIP_IS_FULL]
    ask(pair, *_offers(LEGS_MAX, 10, 4, display_lots=2))
    bought = ask(pair, limit(CAROL, Side.BUY, 10 * LEGS_MAX, 5, LEGS_MAX, time_in_force=TimeInForce.IOC))
    assert traded_lots(bought) == 4
    assert sum(event.kind == EventKind.REFRESHED for event in bought) == LEGS_MAX


def test_every_maker_of_a_week_may_freeze_in_one_step() -> None:
    pair = strip_market(2, Engine(event_rows=EVENT_ROWS_MIN))
    ask(pair, *(Command(kind=CommandKind.PROTECT, account=account, lots=1, expiry_ns=99) for account in (ALICE, BOB)))
    quotes = [
        Command(kind=CommandKind.QUOTE, account=account, contract=hour, trigger_ticks=10, display_lots=5)
        for account, hour in ((ALICE, 0), (BOB, 1))
    ]
    events = ask(pair, *quotes, limit(CAROL, Side.BUY, 20, 1, 2))
    assert [event.account for event in events if event.kind == EventKind.FROZEN] == [ALICE, BOB]


def test_more_steps_than_a_buffer_holds_are_taken_up_again() -> None:
    """By a strip order that comes, and by one that waits."""
    count = EVENT_ROWS_MIN // 2
    for waits in (False, True):
        pair = strip_market(2, Engine(event_rows=EVENT_ROWS_MIN))
        taker = limit(CAROL, Side.BUY, 20, count, 2)
        offers = [limit(ALICE, Side.SELL, 10, 1, 0) for _ in range(count)]
        last = limit(BOB, Side.SELL, 10, count, 1)
        ask(pair, *offers)
        assert traded_lots(ask(pair, *((taker, last) if waits else (last, taker)))) == count


def test_a_waiting_strip_needs_more_room_for_a_step_than_anything_else() -> None:
    """Of thirty legs: with room for an hourly order, but not for the next step, it goes on later."""
    hours, count = 30, 20
    pair = strip_market(hours, Engine(event_rows=(MEMBERS_MAX + 3) * hours))
    ask(pair, *(offer for _ in range(count) for offer in _offers(hours - 1, 10, 1)))
    ask(pair, limit(CAROL, Side.BUY, 10 * hours, count, hours))
    assert traded_lots(ask(pair, limit(BOB, Side.SELL, 10, count, hours - 1))) == count


def test_positions_in_all_legs_are_found_room_for() -> None:
    """Where rows for them run short the kernel stops before the order, and does it when there are more."""
    pair = strip_market(3)
    pair.engine._state.allowance[0] = 2
    pair.apply([named(CommandKind.OPEN_ACCOUNT, "dave"), Command(kind=CommandKind.CASH, account=4, amount=100)])
    accepted = ask(pair, limit(4, Side.BUY, 30, 1, 3), limit(4, Side.BUY, 29, 1, 3))
    assert [event.kind for event in accepted] == [EventKind.ACCEPTED, EventKind.ACCEPTED]
    assert pair.engine._state.allowance[0] > 2


def test_a_sum_beyond_the_highest_price_is_none() -> None:
    """A strip could be sold dearer than any price says; then it is not sold by its hours."""
    pair = strip_market(2)
    ask(pair, *(limit(BOB, Side.BUY, PRICE_TICKS_MAX // 2 + 1, 1, hour) for hour in range(2)))
    assert traded_lots(ask(pair, limit(CAROL, Side.SELL, 1, 1, 2))) == 0
    replace = Command(kind=CommandKind.REPLACE, account=CAROL, price_ticks=1, lots=1)
    (standing,) = pair.engine.open_orders(CAROL)
    ask(pair, Command(kind=CommandKind.CANCEL_ALL, account=BOB, contract=0))
    events = ask(
        pair, limit(BOB, Side.BUY, PRICE_TICKS_MAX // 2 - 1, 1, 0), replace._replace(order_id=standing.order_id)
    )
    assert traded_lots(events) == 1


def test_no_strip_costs_more_than_there_can_be() -> None:
    """Neither a new one nor one that is changed."""
    pair = strip_market(2, tick_value_micros=100)
    first = ask(pair, limit(CAROL, Side.SELL, 10, 1, 2))[0].order_id
    replace = Command(
        kind=CommandKind.REPLACE, account=CAROL, order_id=first, price_ticks=PRICE_TICKS_MAX, lots=LOTS_MAX
    )
    refused = ask(pair, limit(CAROL, Side.SELL, PRICE_TICKS_MAX, LOTS_MAX, 2), replace)
    assert [event.reason for event in refused] == [Reject.NOTIONAL_TOO_LARGE, Reject.NOTIONAL_TOO_LARGE]


def test_the_view_of_prices_follows_a_strip_that_trades_where_it_stands() -> None:
    pair = strip_market(2)
    view = PriceLevels()
    for command in (
        limit(CAROL, Side.BUY, 20, 5, 2),
        limit(ALICE, Side.SELL, 10, 3, 0),
        limit(BOB, Side.SELL, 10, 9, 1),
        limit(ALICE, Side.SELL, 20, 1, 2),
        limit(ALICE, Side.SELL, 10, 1, 0),
    ):
        pair.apply([command])
        view.apply(np.frombuffer(pair.events, EVENT))
        for contract in range(3):
            for side in Side:
                assert view.levels(contract, side, 9) == pair.engine.levels(contract, side, 9)
    assert pair.engine.levels(1, Side.SELL, 9) == [(10, 5)]
