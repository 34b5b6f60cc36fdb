"""Batches: each of their orders is taken or refused alone. And closing what is held."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from exchange.domain.enums import Side
from exchange.domain.records import Command
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.placing import cancel, place, result
from exchange.gateway.session.plans import Answers, Plan, Step
from exchange.gateway.session.reading.finding import find_market
from exchange.gateway.session.reading.recalling import Past
from exchange.wire import commands
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.batches import CancelBatch, ClosePosition, PlaceBatch
from exchange.wire.requests.orders import Place


def place_batch(mirror: Mirror, account: Account, wish: PlaceBatch, now_ns: int) -> Plan:
    known: dict[int, object] = {}
    steps: list[Step] = []
    for order in wish.orders:
        side = Side.BUY if order.direction == "buy" else Side.SELL
        step: Command | Refusal
        try:
            commands.refuse_late(order.valid_until, now_ns)
            wanted = place(mirror, account, side, order, now_ns)
        except Refusal as refusal:
            step = refusal
        else:
            if isinstance(wanted, Plan):
                # An order that was sent before: its answer is there already.
                answer = wanted.finish([])
                step = _in_place_of(answer) or _NOTHING
                known[len(steps)] = step if isinstance(answer, Past) else answer
            else:
                (step,) = wanted
        steps.append(Step(step, order.label))
    return Plan(steps, _result, lambda answers: _each([known.get(place, each) for place, each in enumerate(answers)]))


def cancel_batch(mirror: Mirror, account: Account, wish: CancelBatch, now_ns: int) -> Plan:
    steps = []
    for order in wish.orders:
        try:
            (command,) = cancel(mirror, account, order.request(), now_ns)
            steps.append(Step(command))
        except Refusal as refusal:
            steps.append(Step(refusal))
    return Plan(steps, result, _each)


def close_position(mirror: Mirror, account: Account, wish: ClosePosition, now_ns: int) -> list[Command] | Plan:
    """A reduce-only order of all that is held or owed."""
    market = find_market(mirror, wish.instrument_name, now_ns)
    held = account.holdings.get(market.number)
    if held is None or not held.lots:
        advice = f"the account holds and owes nothing of {market.symbol}; private/get_positions lists what there is"
        raise Refusal(Code.OTHER_REJECT, advice, reason="no_position", param="instrument_name")
    order = Place(
        instrument_name=market.symbol,
        amount=Decimal(abs(held.lots) * market.contract.gpu_hours_per_lot),
        type=wish.type,
        price=wish.price,
        reduce_only=True,
        label=wish.label,
    )
    return place(mirror, account, Side.SELL if held.lots > 0 else Side.BUY, order, now_ns)


def _result(mirror: Mirror, outcome: Outcome) -> object:
    """Of an order that repeats one which only the archive knows, the refusal that names it. Raises Refusal."""
    answer = result(mirror, outcome)
    refusal = _in_place_of(answer)
    if refusal is not None:
        raise refusal
    return answer


def _in_place_of(answer: object) -> Refusal | None:
    return answer.otherwise if isinstance(answer, Past) else None


def _each(answers: Answers) -> list[dict[str, object]]:
    """A ``PlacedOne`` or ``CancelledOne`` for each."""
    return [{"error": each.body()} if isinstance(each, Refusal) else {"result": each} for each in answers]


_NOTHING = Refusal(Code.OTHER_REJECT, "nothing was asked of the engine")

COMMANDS: dict[str, Callable[[Mirror, Account, Any, int], list[Command] | Plan]] = {
    "private/cancel_batch": cancel_batch,
    "private/close_position": close_position,
    "private/place_batch": place_batch,
}
