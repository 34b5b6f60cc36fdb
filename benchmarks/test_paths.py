"""The paths through the kernel one by one, in batches of one command and of 64.

Every round finds the same book, of 10,000 orders on a thousand prices a side, and leaves it as it was,
so that rounds can be compared: what is added is cancelled, and what is taken is put back, in
batches that are not measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Side, TimeInForce
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS, TOTAL_MAX
from exchange.engine import Engine

BUYER, SELLER = 1, 2
_LEVELS = 1000
_ORDERS_A_LEVEL = 5
_BEST_BID, _BEST_ASK = 5000, 5001
_ROUNDS = 200


class Market:
    """An engine, and the ids of its orders by price."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.ask(
            [
                *(Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("buyer", "seller")),
                Command(kind=CommandKind.LIST, text_0=pack_text("C")[0], amount=8000, expiry_ns=NEVER_NS),
                Command(kind=CommandKind.CASH, account=BUYER, amount=TOTAL_MAX),
                Command(kind=CommandKind.CAPACITY, account=SELLER, lots=LOTS_MAX),
            ]
        )
        levels = np.repeat(np.arange(_LEVELS), _ORDERS_A_LEVEL).tolist()
        bids = self.ask([order(Side.BUY, _BEST_BID - level) for level in levels])
        self.ask([order(Side.SELL, _BEST_ASK + level) for level in levels])
        accepted = bids[bids["kind"] == EventKind.ACCEPTED]
        self.bid_ids = accepted["order_id"].tolist()

    def rows(self, commands: list[Command]) -> Rows:
        """Stamped, ready to be applied next."""
        first = self.engine.sequence + 1
        return command_rows([command._replace(sequence=first + place) for place, command in enumerate(commands)])

    def ask(self, commands: list[Command]) -> Rows:
        return self.engine.apply(self.rows(commands))


class Path(NamedTuple):
    """Commands to measure, made from the market and a count; and what undoes them, made from their events."""

    do: Callable[[Market, int], list[Command]]
    undo: Callable[[Market, Rows], list[Command]]


def order(side: Side, price_ticks: int, lots: int = 10, time_in_force: TimeInForce = TimeInForce.GTC) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=BUYER if side == Side.BUY else SELLER,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        price_ticks=price_ticks,
        lots=lots,
    )


def cancel(order_id: int) -> Command:
    return Command(kind=CommandKind.CANCEL, account=BUYER, order_id=order_id)


def replace(order_id: int, price_ticks: int) -> Command:
    return Command(
        kind=CommandKind.REPLACE,
        account=BUYER,
        order_id=order_id,
        price_ticks=price_ticks,
        lots=10,
        flags=Flag.LOTS_ARE_OPEN,
    )


def _add(market: Market, count: int) -> list[Command]:
    return [order(Side.BUY, _BEST_BID - 7 * place % _LEVELS) for place in range(count)]


def _cancel_added(market: Market, events: Rows) -> list[Command]:
    return [cancel(order_id) for order_id in events["order_id"][events["kind"] == EventKind.ACCEPTED].tolist()]


def _cancel(market: Market, count: int) -> list[Command]:
    """The newest orders of levels far apart."""
    return [cancel(market.bid_ids[_ORDERS_A_LEVEL * (7 * place % _LEVELS) + 4]) for place in range(count)]


def _add_cancelled(market: Market, events: Rows) -> list[Command]:
    return [order(Side.BUY, price_ticks) for price_ticks in events["price_ticks"].tolist()]


def _take(market: Market, count: int) -> list[Command]:
    """One whole order each, from the best price on."""
    return [order(Side.BUY, _BEST_ASK + _LEVELS, time_in_force=TimeInForce.IOC) for _ in range(count)]


def _offer_taken(market: Market, events: Rows) -> list[Command]:
    fills = events[events["kind"] == EventKind.FILLED]
    return [order(Side.SELL, price_ticks) for price_ticks in fills["price_ticks"].tolist()]


def _replace(market: Market, count: int) -> list[Command]:
    """To the price below, which loses the place."""
    places = [_ORDERS_A_LEVEL * (7 * place % _LEVELS) + 4 for place in range(count)]
    return [replace(market.bid_ids[place], _BEST_BID - place // _ORDERS_A_LEVEL - 1) for place in places]


def _replace_back(market: Market, events: Rows) -> list[Command]:
    amended = events[events["kind"] == EventKind.AMENDED]
    columns = zip(amended["order_id"].tolist(), amended["old_price_ticks"].tolist(), strict=True)
    return [replace(order_id, old_price_ticks) for order_id, old_price_ticks in columns]


PATHS = {
    "add": Path(_add, _cancel_added),
    "cancel": Path(_cancel, _add_cancelled),
    "take": Path(_take, _offer_taken),
    "replace": Path(_replace, _replace_back),
}


@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize("name", PATHS)
def test_path(benchmark: BenchmarkFixture, name: str, batch: int) -> None:
    """Time of one ``Engine.apply`` with this many commands of one kind."""
    market, path = Market(), PATHS[name]
    standing = market.engine.levels(0, Side.BUY, 2 * _LEVELS), market.engine.levels(0, Side.SELL, 2 * _LEVELS)
    last: list[Rows] = []

    def set_up() -> tuple[tuple[Rows], dict[str, object]]:
        while last:
            undone = market.ask(path.undo(market, last.pop()))
            if name == "cancel":  # what was cancelled and put back has new ids
                _learn_ids(market, undone)
        return (market.rows(path.do(market, batch)),), {}

    def run(rows: Rows) -> None:
        last.append(market.engine.apply(rows))

    benchmark.pedantic(run, setup=set_up, rounds=_ROUNDS)  # type: ignore[no-untyped-call]  # it has no types
    set_up()
    assert standing == (
        market.engine.levels(0, Side.BUY, 2 * _LEVELS),
        market.engine.levels(0, Side.SELL, 2 * _LEVELS),
    )


def _learn_ids(market: Market, events: Rows) -> None:
    accepted = events[events["kind"] == EventKind.ACCEPTED]
    for order_id, price_ticks in zip(accepted["order_id"].tolist(), accepted["price_ticks"].tolist(), strict=True):
        market.bid_ids[_ORDERS_A_LEVEL * (_BEST_BID - price_ticks) + 4] = order_id
