"""Strips against a model that trades one lot at a time, and hours that nobody sells twice."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import CommandKind, EventKind, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from tests.kernel.modes import FAST
from tests.kernel.strip_market import ALICE, BOB, CAROL, accounts, capacities, listing
from tests.orders import limit
from tests.reference.events import Event, event_tuples

_BOOKS = 10_000 if FAST else 400
_BOOKS_AN_ENGINE = 100


@dataclass
class _Offer:
    """One lot after the other of a resting order."""

    name: int
    account: int
    price_ticks: int
    lots: int


Books = list[list[_Offer]]


def _played(legs: Books, strips: list[_Offer], taker: Command) -> tuple[Counter[int], int, int]:
    """One lot at a time: (lots traded by each order, ticks paid in all, lots left; -1 if it gave way)."""
    sign = 1 if taker.side == Side.BUY else -1
    traded: Counter[int] = Counter()
    paid_ticks = 0
    for left in range(taker.lots, 0, -1):
        while True:
            ways = [[offers[0] for offers in legs]] if all(legs) else []
            ways = ([[strips[0]]] if strips else []) + ways
            # The first of equally good ones, so the strip that waits.
            way = min(ways, key=lambda way: sign * sum(offer.price_ticks for offer in way), default=[])
            if not way or sign * sum(offer.price_ticks for offer in way) > sign * taker.price_ticks:
                return traded, paid_ticks, left
            own = next((offer for offer in way if offer.account == taker.account), None)
            if own is None:
                break
            if taker.self_trade != SelfTrade.CANCEL_NEWEST:
                for offers in (*legs, strips):
                    if own in offers:
                        offers.remove(own)
            if taker.self_trade != SelfTrade.CANCEL_OLDEST:
                return traded, paid_ticks, -1
        for offer in way:
            traded[offer.name] += 1
            paid_ticks += offer.price_ticks
            offer.lots -= 1
        for offers in (*legs, strips):
            offers[:] = [offer for offer in offers if offer.lots]
    return traded, paid_ticks, 0


class _Street:
    """One engine in which many small markets are opened, one after the other."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.contracts = 0
        self.apply([*accounts()])

    def apply(self, commands: list[Command]) -> list[Event]:
        first = self.engine.sequence + 1
        stamped = [command._replace(sequence=first + place) for place, command in enumerate(commands)]
        return event_tuples(self.engine.apply(command_rows(stamped)).tobytes())

    def open(self, hours: int) -> list[int]:
        """The contracts of a new market: its hours, then their strip."""
        first, self.contracts = self.contracts, self.contracts + hours + 1
        self.apply([*listing(hours, first), *capacities(range(first, first + hours))])
        return list(range(first, self.contracts))


def _stand(street: _Street, random: Random, contract: int, side: Side, around_ticks: int) -> list[_Offer]:
    """Some orders of one side, as they will be met."""
    count = random.choice([0, 1, 2, 3, 3, 4]) if random.random() < 0.9 else 0
    commands = [
        limit(random.randint(ALICE, CAROL), side, around_ticks + random.randint(-2, 2), random.randint(1, 4), contract)
        for _ in range(count)
    ]
    names = [event.order_id for event in street.apply(commands)]
    offers = [
        _Offer(name, command.account, command.price_ticks, command.lots)
        for name, command in zip(names, commands, strict=True)
    ]
    return sorted(offers, key=lambda offer: offer.price_ticks if side == Side.SELL else -offer.price_ticks)


def _meet(street: _Street, random: Random) -> bool:
    """One market of random books, and one order for its strip. Returns whether it traded."""
    hours = random.randint(2, 4)
    *numbers, strip = street.open(hours)
    side = random.choice(list(Side))
    legs = [_stand(street, random, number, Side(1 - side), 10) for number in numbers]
    strips = _stand(street, random, strip, Side(1 - side), 10 * hours) if random.random() < 0.6 else []
    taker = limit(
        random.randint(ALICE, CAROL),
        side,
        10 * hours + random.randint(-2, 4) * (1 if side == Side.BUY else -1),
        random.randint(1, 9),
        strip,
        time_in_force=random.choice([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        self_trade=random.choice([SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH]),
    )
    before = deepcopy((legs, strips))
    traded, paid_ticks, left = _played(legs, strips, taker)
    if taker.time_in_force == TimeInForce.FOK and left != 0:
        (legs, strips), traded, paid_ticks = before, Counter(), 0
        left = taker.lots
    events = street.apply([taker])
    fills = [event for event in events if event.kind == EventKind.FILLED]
    found: Counter[int] = Counter()
    for fill in fills:
        found[fill.maker_order_id] += fill.lots
    assert found == traded
    assert sum(fill.amount for fill in fills) == paid_ticks
    left_lots = {offer.name: offer.lots for offers in (*legs, strips) for offer in offers}
    for name in (offer.name for offers in (*before[0], before[1]) for offer in offers):
        standing = street.engine.order(name)
        assert (standing.open_lots if standing else 0) == left_lots.get(name, 0)
    rests = taker.time_in_force == TimeInForce.GTC and left > 0
    view = street.engine.order(events[0].order_id)
    assert (view.open_lots if view else 0) == (left if rests else 0)
    return bool(fills)


@pytest.mark.parametrize("seed", range(-(-_BOOKS // _BOOKS_AN_ENGINE)))
def test_a_strip_trades_what_a_model_trades_lot_by_lot(seed: int) -> None:
    """Whom it meets, how much, at what price, what is left; fill-or-kill all of it or nothing."""
    random, street = Random(seed), _Street()
    traded = sum(_meet(street, random) for _ in range(_BOOKS_AN_ENGINE))
    assert traded > _BOOKS_AN_ENGINE // 10
    if seed % 10 == 0:
        street.engine.check()


_SELL, _BUY_BACK, _CANCEL = "sell", "buy", "cancel"
_ASKED = st.tuples(st.sampled_from([_SELL, _SELL, _SELL, _BUY_BACK, _CANCEL]), st.integers(0, 3), st.integers(1, 4))


@given(asked=st.lists(_ASKED, max_size=40), capacity_lots=st.integers(0, 6))
@settings(max_examples=150 if FAST else 20, deadline=None)
def test_nobody_sells_an_hour_twice_through_strips_and_hours(
    asked: list[tuple[str, int, int]], capacity_lots: int
) -> None:
    """Alice offers hours and the strip of them, in any order, and is taken: she can deliver every hour."""
    street = _Street()
    *hours, strip = street.open(3)
    street.apply([command for command in capacities(range(3), capacity_lots) if command.account == ALICE])
    legs = {**{hour: [hour] for hour in hours}, strip: hours}
    promised: Counter[int] = Counter()  # sold and offered, by hour
    offers: list[tuple[int, int, int]] = []  # what she offers: id, contract, lots
    for what, contract, lots in asked:
        if what == _SELL:
            (event,) = street.apply([limit(ALICE, Side.SELL, 30 if contract == strip else 11, lots, contract)])
            has_all = all(promised[hour] + lots <= capacity_lots for hour in legs[contract])
            assert (event.kind == EventKind.ACCEPTED) == has_all
            if has_all:
                promised.update(dict.fromkeys(legs[contract], lots))
                offers.append((event.order_id, contract, lots))
        elif what == _BUY_BACK:
            price_ticks = 99 if contract == strip else 11
            taken = limit(BOB, Side.BUY, price_ticks, lots, contract, time_in_force=TimeInForce.IOC)
            gone: Counter[int] = Counter()
            for event in street.apply([taken]):
                if event.kind == EventKind.FILLED:
                    gone[event.maker_order_id] += event.lots
            offers = [(name, number, left - gone[name]) for name, number, left in offers if left > gone[name]]
        elif offers:
            name, number, _ = offers.pop(lots % len(offers))
            (ended,) = street.apply([Command(kind=CommandKind.CANCEL, account=ALICE, order_id=name)])
            if ended.kind == EventKind.CANCELLED:
                promised.subtract(dict.fromkeys(legs[number], ended.lots))
        for position in street.engine.positions(ALICE):
            if position.contract in hours:
                assert position.open_sell_lots - position.lots == promised[position.contract] <= capacity_lots
    street.engine.check()


def test_waiting_strips_trade_oldest_first_and_keep_their_place() -> None:
    """Three at one price, and an hour that comes lot by lot."""
    street = _Street()
    first, second, strip = street.open(2)
    names = [street.apply([limit(CAROL, Side.BUY, 20, 2, strip)])[0].order_id for _ in range(3)]
    street.apply([limit(ALICE, Side.SELL, 10, 6, first)])
    met = []
    for _ in range(6):
        events = street.apply([limit(BOB, Side.SELL, 10, 1, second)])
        met += [event.order_id for event in events if event.kind == EventKind.STRIP]
    assert met == [name for name in names for _ in range(2)]
    assert all(one <= other for one, other in pairwise(met))
