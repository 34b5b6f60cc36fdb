"""A maker's quotes, many in one request, and the protection of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.domain.enums import EventKind
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.placing import refusal_of, refuse_closed
from exchange.gateway.session.plans import Answers, Plan, Step, alone
from exchange.gateway.session.reading.finding import find_market
from exchange.gateway.session.reading.holder import mmp_configs
from exchange.wire import quotes
from exchange.wire.makers import MassQuoted, MmpConfig, QuoteError
from exchange.wire.messages import Order
from exchange.wire.refusals import Refusal
from exchange.wire.requests.batches import MassQuote, Quoted, ResetMmp, SetMmpConfig


def mass_quote(mirror: Mirror, account: Account, wish: MassQuote, now_ns: int) -> Plan:
    steps = []
    for quoted in wish.quotes:
        step: Command | Refusal
        try:
            step = _quote(mirror, account, quoted, now_ns)
        except Refusal as refusal:
            step = refusal
        steps.append(Step(step, str(quoted.quote_id or wish.quote_id)))
    return Plan(steps, _standing, lambda answers: _quoted(wish, answers))


def _quote(mirror: Mirror, account: Account, quoted: Quoted, now_ns: int) -> Command:
    market = find_market(mirror, quoted.instrument_name, now_ns)
    refuse_closed(market, now_ns)
    return quotes.quote(account.number, market.number, market.contract, quoted)


def _standing(mirror: Mirror, outcome: Outcome) -> list[Order]:
    """What now stands in the slot. Raises Refusal if the quote was refused."""
    refusal = refusal_of(outcome)
    if refusal is not None:
        raise refusal
    command = outcome.command
    return [
        order.message()
        for order in mirror.accounts[command.account].orders.values()
        if order.quote_slot == command.option and order.market.number == command.contract
    ]


def _quoted(wish: MassQuote, answers: Answers) -> MassQuoted:
    errors = []
    orders: list[Order] = []
    for quoted, answer in zip(wish.quotes, answers, strict=True):
        if isinstance(answer, Refusal):
            sides = [side for side, is_there in (("bid", quoted.bid), ("ask", quoted.ask)) if is_there is not None]
            errors += [
                QuoteError(quoted.instrument_name, quoted.quote_set_id, side, answer.body())
                for side in sides or ["bid"]
            ]
        else:
            assert isinstance(answer, list)
            orders += answer
    refused = sum(isinstance(answer, Refusal) for answer in answers)
    taken = len(answers) - refused
    # Quotes never take; what trades against them is told by user.trades.
    return MassQuoted(taken, refused, errors, orders, []) if wish.detailed else MassQuoted(taken, refused, errors)


def set_mmp_config(mirror: Mirror, account: Account, wish: SetMmpConfig, now_ns: int) -> Plan:
    command = quotes.protect(account.number, wish.quantity_limit, wish.delta_limit, wish.interval * NS_PER_SECOND)
    return Plan([Step(command)], _configured, alone)


def reset_mmp(mirror: Mirror, account: Account, wish: ResetMmp, now_ns: int) -> Plan:
    return Plan([Step(quotes.reset(account.number))], _confirmed, alone)


def _configured(mirror: Mirror, outcome: Outcome) -> list[MmpConfig]:
    _confirmed(mirror, outcome)
    return mmp_configs(mirror.accounts[outcome.command.account])


def _confirmed(mirror: Mirror, outcome: Outcome) -> str:
    refusal = refusal_of(outcome)
    if refusal is not None:
        raise refusal
    assert outcome.events[0].kind == EventKind.CONFIGURED
    return "ok"


COMMANDS: dict[str, Callable[[Mirror, Account, Any, int], Plan]] = {
    "private/mass_quote": mass_quote,
    "private/reset_mmp": reset_mmp,
    "private/set_mmp_config": set_mmp_config,
}
