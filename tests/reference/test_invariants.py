"""What must be true after every command, whatever the rules say: checked on the reference exchange by itself."""

from __future__ import annotations

from itertools import count

import pytest

from exchange.domain.enums import Phase, Side
from exchange.domain.units import WATCHED_MAX
from tests.kernel.generator import Generator
from tests.kernel.tempers import TEMPERS
from tests.reference.exchange import ReferenceExchange
from tests.reference.mirror import Mirror
from tests.reference.orders import is_watched
from tests.reference.strips import meet_legs

_COMMANDS = 3_000
_FEW_ORDERS = 300


@pytest.mark.parametrize("seed", range(len(TEMPERS)))
def test_books_sizes_money_and_hours_add_up_after_every_command(seed: int) -> None:
    """Heard from the events alone; where many orders are open, the whole is compared only now and then."""
    market, mirror = ReferenceExchange(), Mirror()
    order_ids = count(1)
    generator = Generator(seed, market)
    commands = generator.opening()
    while market.sequence < _COMMANDS:
        for command in commands:
            for event in market.run([command._replace(sequence=market.sequence + 1)], order_ids):
                mirror.hear(event)
            _never_crossed(market, mirror)
            if market.sequence % 50 == 0 or len(market.orders) < _FEW_ORDERS:
                _money_and_hours_add_up(market, mirror)
                _orders_are_as_heard(market, mirror)
                _watched_are_few(market)
                _house_is_kept(market)
        commands = generator.batch(20)


def _never_crossed(market: ReferenceExchange, mirror: Mirror) -> None:
    for number, contract in enumerate(market.contracts):
        if contract.phase == Phase.CONTINUOUS:
            bid_ticks, ask_ticks = (mirror.best_ticks(number, side) for side in Side)
            assert not ask_ticks or bid_ticks < ask_ticks


def _money_and_hours_add_up(market: ReferenceExchange, mirror: Mirror) -> None:
    assert sum(account.cash_micros for account in market.accounts) == mirror.deposits_micros
    for contract in range(len(market.contracts)):
        held_lots = [account.positions[contract].lots for account in market.accounts if contract in account.positions]
        assert sum(held_lots) == 0
    for account in market.accounts:
        buys = [order for order in account.open.values() if order.side == Side.BUY]
        held_micros = sum(order.open_lots * order.per_lot_micros for order in buys)
        assert account.reserved_micros == held_micros + account.bond_micros
        assert account.bond_micros >= 0
        assert account.free_micros >= 0
        for contract, position in account.positions.items():
            strips = market.contracts[contract].strips
            orders = [order for order in account.in_markets if order.contract in (contract, *strips)]
            open_lots = [sum(order.open_lots for order in orders if order.side == side) for side in Side]
            assert [position.open_buy_lots, position.open_sell_lots] == open_lots
            listed = market.contracts[contract]
            # On margin more may be for sale, and more may have been when it was settled.
            may_be_short = account.credit_bps is not None or listed.phase == Phase.SETTLED
            assert position.sellable_lots >= 0 or listed.legs or may_be_short
            assert not position.lots or not market.contracts[contract].legs


def _orders_are_as_heard(market: ReferenceExchange, mirror: Mirror) -> None:
    assert market.orders.keys() == mirror.orders.keys()
    mirror.check_shares()
    for order_id, order in market.orders.items():
        heard = mirror.orders[order_id]
        waits = order.wildcard is not None and not order.is_whole and not order.stands
        lots = (0, 0) if waits else (order.lots, order.open_lots)
        assert (heard.lots, heard.open_lots, heard.shown_lots) == (*lots, order.shown_lots)
        assert order.stands == (order.shown_lots > 0)
        assert not order.stands or heard.price_ticks == order.price_ticks
    for number, contract in enumerate(market.contracts):
        for side in Side:
            for price_ticks, queue in mirror.queues.get((number, side), {}).items():
                assert [order.order_id for order in contract.book.queue(side, price_ticks)] == queue


def _watched_are_few(market: ReferenceExchange) -> None:
    for number, contract in enumerate(market.contracts):
        watched = {
            order.order_id
            for order in market.orders.values()
            if order.contract == number and is_watched(order.order_type, order.time_in_force, order.flags)
        }
        assert contract.watch.keys() == watched
        assert len(watched) <= WATCHED_MAX
        # Only in continuous trading does a watched order stand in the book.
        assert contract.phase == Phase.CONTINUOUS or not any(order.stands for order in contract.watch.values())


def _house_is_kept(market: ReferenceExchange) -> None:
    """No stop waits whose price was reached, and nothing that may only reduce could do more."""
    assert not market.touched
    assert not market.freezing
    assert not any(meet_legs(market, number) for number in range(len(market.contracts)))
    for contract in market.contracts:
        if contract.phase != Phase.CONTINUOUS:
            continue
        assert contract.by_last.reached(contract.last_price_ticks) is None
        assert contract.by_mark.reached(contract.mark_ticks) is None
        for order in contract.watch.values():
            if order.reduces_only:
                assert order.stands
                assert order.open_lots <= market.reducible_lots(order)
