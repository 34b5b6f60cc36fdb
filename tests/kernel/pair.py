"""The engine and the reference exchange side by side: every batch goes through both and must give the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exchange.domain.enums import EventKind, Side
from exchange.domain.records import Command, command_rows
from exchange.domain.text import unpack_text
from exchange.engine import Engine
from tests.reference.contracts import Contract
from tests.reference.events import event_bytes, event_tuples
from tests.reference.exchange import ReferenceExchange
from tests.reference.margin import requirement
from tests.reference.orders import Order

# Events in which an order id is seen for the first time.
_GIVE_IDS = (EventKind.ACCEPTED, EventKind.MEMBER)


class Pair:
    """Two exchanges that must never differ. ``history`` is every command so far, stamped."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or Engine()
        self.reference = ReferenceExchange()
        self.history: list[Command] = []
        self.events = b""  # of the last batch, as EVENT rows
        self._seen_ids: set[int] = {0}

    def apply(self, commands: list[Command]) -> None:
        """Stamp ``commands`` with the next sequences and run them through both."""
        first = self.reference.sequence + 1
        stamped = [command._replace(sequence=first + place) for place, command in enumerate(commands)]
        self.history += stamped
        total = self.engine.events_total
        rows = self.engine.apply(command_rows(stamped))
        self.events = rows.tobytes()
        order_ids = rows["order_id"][np.isin(rows["kind"], _GIVE_IDS)].tolist()
        expected = event_bytes(self.reference.run(stamped, order_ids))
        if self.events != expected:
            raise AssertionError(_first_difference(stamped, self.events, expected))
        assert self.engine.events_total == total + len(rows)
        assert min(order_ids, default=1) > 0
        assert len(set(order_ids)) == len(order_ids), "an order id was given twice in a batch"
        assert self._seen_ids.isdisjoint(order_ids), "an order id was given again"
        self._seen_ids.update(order_ids)

    def compare_state(self) -> None:
        """Every account, position, order, queue and best price must be the same."""
        reference = self.reference
        assert self.engine.sequence == reference.sequence
        assert self.engine.time_ns == reference.time_ns
        assert self.engine.next_deadline_ns() == reference.next_deadline_ns()
        assert self._engine_accounts() == self._reference_accounts()
        assert self._engine_positions() == self._reference_positions()
        assert sorted(map(tuple, self.engine.open_orders())) == sorted(map(_order, reference.orders.values()))
        assert [tuple(contract) for contract in self.engine.contracts()] == self._reference_contracts()
        assert self._engine_nominations() == self._reference_nominations()
        for contract, listed in enumerate(reference.contracts):
            assert self._engine_fixing(contract) == _fixing(listed)
            assert self.engine.legs(contract) == listed.legs
            assert self.engine.scenarios(contract) == listed.scenarios
            for side in Side:
                levels = listed.book.levels(side)
                assert self.engine.levels(contract, side, len(levels) + 1) == levels
                for price_ticks, _ in levels:
                    queue = [order.order_id for order in self.engine.queue(contract, side, price_ticks)]
                    assert queue == [order.order_id for order in listed.book.queue(side, price_ticks)]

    def _engine_accounts(self) -> list[tuple[object, ...]]:
        return [tuple(account) for account in self.engine.accounts()]

    def _engine_fixing(self, contract: int) -> tuple[int, ...] | None:
        fixing = self.engine.fixing(contract)
        return None if fixing is None else fixing[1:]

    def _reference_accounts(self) -> list[tuple[object, ...]]:
        return [
            (
                number,
                unpack_text(account.name),
                account.cash_micros,
                account.reserved_micros,
                account.maker_fee_bps,
                account.taker_fee_bps,
                len(account.open),
                account.group,
                account.disabled,
                account.protection.frozen,
                account.bond_micros,
                account.reserve_bps,
                account.credit_bps,
                requirement(self.reference, account),
                requirement(self.reference, account, orders=False),
                account.is_called,
                account.protection.limit_lots,
                account.protection.limit_delta,
                account.protection.window_ns,
            )
            for number, account in enumerate(self.reference.accounts)
        ]

    def _engine_nominations(self) -> list[tuple[object, ...]]:
        return [
            tuple(nomination)
            for contract in range(len(self.reference.contracts))
            for nomination in self.engine.nominations(contract)
        ]

    def _reference_nominations(self) -> list[tuple[object, ...]]:
        return [
            (
                unpack_text(nomination.node),
                contract,
                nomination.seller,
                nomination.buyer,
                -1 if nomination.minutes is None else nomination.minutes,
                nomination.compensated,
            )
            for contract in range(len(self.reference.contracts))
            for nomination in self.reference.nominations
            if nomination.contract == contract
        ]

    def _engine_positions(self) -> list[tuple[int, ...]]:
        accounts = range(len(self.reference.accounts))
        return sorted(
            tuple(position) for account in accounts for position in self.engine.positions(account) if any(position[2:])
        )

    def _reference_positions(self) -> list[tuple[int, ...]]:
        rows = [
            (
                number,
                contract,
                position.lots,
                position.capacity_lots,
                position.open_buy_lots,
                position.open_sell_lots,
                position.cost_micros,
            )
            for number, account in enumerate(self.reference.accounts)
            for contract, position in account.positions.items()
        ]
        return sorted(row for row in rows if any(row[2:]))

    def _reference_contracts(self) -> list[tuple[object, ...]]:
        return [
            (
                number,
                unpack_text(contract.symbol),
                contract.phase,
                contract.gate_ns,
                contract.tick_value_micros,
                contract.book.best_ticks(Side.BUY),
                contract.book.best_ticks(Side.SELL),
                contract.last_price_ticks,
                contract.last_lots,
                contract.volume_lots,
                contract.trades,
                len(contract.everybody()),
                contract.mark_ticks,
                contract.reference_ticks,
                *contract.bounds_ticks,
                contract.phase_end_ns,
                contract.weight,
                contract.sku,
                contract.region,
            )
            for number, contract in enumerate(self.reference.contracts)
        ]


def _fixing(contract: Contract) -> tuple[int, ...] | None:
    memory = contract.fixing
    if memory.method is None:
        return None
    return memory.price_ticks, memory.method, memory.corrected_ticks, memory.corrections


def smallest_failure(
    history: list[Command], failing: Callable[[list[Command]], bool], tries: int = 150
) -> list[Command]:
    """Drop ever smaller pieces of ``history`` as long as what is left still fails, at most ``tries`` times."""
    piece = len(history) // 2
    while piece:
        start = 0
        while start < len(history):
            if not tries:
                return history
            tries -= 1
            shorter = history[:start] + history[start + piece :]
            if shorter and failing(shorter):
                history = shorter
            else:
                start += piece
        piece //= 2
    return history


def differs(commands: list[Command]) -> bool:
    """Whether engine and reference disagree on these commands, one at a time."""
    pair = Pair()
    try:
        for command in commands:
            pair.apply([command])
        pair.compare_state()
        pair.engine.check()
    except AssertionError:
        return True
    return False


def show(commands: list[Command]) -> str:
    """Commands as Python, without their zeros, to paste into a test."""
    lines = []
    for command in commands:
        columns = ", ".join(f"{name}={int(value)}" for name, value in command._asdict().items() if value)
        lines.append(f"Command({columns}),")
    return "\n".join(lines)


def _order(order: Order) -> tuple[object, ...]:
    """The columns of OrderView."""
    return (
        order.order_id,
        unpack_text(order.text),
        order.account,
        order.contract,
        order.side,
        order.order_type,
        order.time_in_force,
        order.flags,
        order.self_trade,
        order.price_ticks,
        order.lots,
        order.open_lots,
        order.expiry_ns,
        order.created_ns,
        order.shown_lots if order.stands else 0,
        not order.stands,
        order.trigger_ticks if order.waits_for_trigger else 0,
        order.display_lots,
        order.offset_ticks,
        order.limit_ticks,
        order.wildcard.whole.order_id if order.wildcard is not None else 0,
        order.slot,
    )


def _first_difference(commands: list[Command], found: bytes, expected: bytes) -> str:
    found_events, expected_events = event_tuples(found), event_tuples(expected)
    pairs = zip(found_events, expected_events, strict=False)
    shorter = min(len(found_events), len(expected_events))
    place = next((place for place, (ours, theirs) in enumerate(pairs) if ours != theirs), shorter)
    sequence = min(events[place].sequence for events in (found_events, expected_events) if place < len(events))
    command = next(command for command in commands if command.sequence == sequence)
    return (
        f"after {show([command])}\n"
        f"engine:    {found_events[place : place + 2]}\nreference: {expected_events[place : place + 2]}"
    )
