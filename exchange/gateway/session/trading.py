"""Requests that change the venue, as commands, by the method that asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from exchange.domain.records import Command
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session import batching, cancelling, family, placing, quoting
from exchange.gateway.session.placing import refuse_closed
from exchange.gateway.session.plans import Plan
from exchange.gateway.session.reading.finding import find_market
from exchange.wire import commands
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.batches import CancelBatch
from exchange.wire.requests.common import Params
from exchange.wire.requests.past import OfAnyOrder
from exchange.wire.requests.provision import Attest, DeclareCapacity


def declare_capacity(mirror: Mirror, account: Account, wish: DeclareCapacity, now_ns: int) -> list[Command]:
    market = find_market(mirror, wish.instrument_name, now_ns)
    refuse_closed(market, now_ns)
    return [commands.capacity(account.number, market.number, market.contract, wish.amount)]


def attest(mirror: Mirror, account: Account, wish: Attest, now_ns: int) -> list[Command]:
    market = find_market(mirror, wish.instrument_name, now_ns)
    record = mirror.nominations.get(market.number, wish.node)
    if record is None or not mirror.nominations.may_attest(account, record):
        advice = f"no node {wish.node} is nominated of you here; private/get_nominations lists those that are"
        raise Refusal(Code.NOT_FOUND, advice, reason="unknown_node", param="node")
    if now_ns < market.contract.end_ns:
        advice = "nobody knows yet what it delivers; say it when the hour is over"
        raise Refusal(Code.OTHER_REJECT, advice, reason="not_over", param="instrument_name")
    return [commands.attest(record.provider.number, market.number, wish.node, wish.minutes)]


COMMANDS: dict[str, Callable[[Mirror, Account, Any, int], list[Command] | Plan]] = {
    **batching.COMMANDS,
    **cancelling.COMMANDS,
    **quoting.COMMANDS,
    "private/attest": attest,
    "private/buy": placing.buy,
    "private/buy_any": placing.buy_any,
    "private/cancel": placing.cancel,
    "private/declare_capacity": declare_capacity,
    "private/edit": placing.edit,
    "private/sell": placing.sell,
    "private/sell_any": placing.sell_any,
    "private/submit_transfer_between_subaccounts": family.transfer,
}
# Several commands make one order.
GATHERED = frozenset({"private/buy_any", "private/sell_any"})
# What they mean depends on the orders before them.
AFTER_ORDERS = frozenset({"private/cancel_by_label", "private/close_position"})


def names_what_may_be_coming(method: str, params: Params) -> bool:
    """Whether a request is about orders that the mirror may not know yet, because they are on their way."""
    if isinstance(params, OfAnyOrder):
        return params.client_order_id is not UNSET
    if isinstance(params, CancelBatch):
        return any(order.client_order_id is not UNSET for order in params.orders)
    return method in cancelling.COMMANDS and not cancelling.is_a_sweep(params)
