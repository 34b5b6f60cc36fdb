"""After the gate: who is served by which node, what it delivered, and what is paid for the rest."""

from __future__ import annotations

from fractions import Fraction

from exchange.domain.enums import CLOSED, EventKind, Reject
from exchange.domain.records import Command
from exchange.domain.units import PRICE_TICKS_MAX, TOTAL_MAX
from tests.reference.forms import is_name, text_of
from tests.reference.market import Market
from tests.reference.nominations import HOUR_MINUTES, Nomination


def refuse_nomination(market: Market, command: Command) -> Reject:
    seller, buyer = market.asker(command.account), market.asker(command.order_id)
    if seller is None or buyer is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not is_name(text_of(command)):
        return Reject.BAD_TEXT
    if market.contracts[command.contract].phase not in CLOSED:
        return Reject.CONTRACT_OPEN
    if find_nomination(market, command) is not None:
        return Reject.NODE_TAKEN
    others = [other for other in market.nominations if other.contract == command.contract]
    sold = sum(other.seller == command.account for other in others)
    bought = sum(other.buyer == command.order_id for other in others)
    if -seller.position(command.contract).lots <= sold:
        return Reject.INSUFFICIENT_CAPACITY
    if buyer.position(command.contract).lots <= bought:
        return Reject.INSUFFICIENT_POSITION
    return Reject.NONE


def nominate(market: Market, command: Command) -> None:
    number = len(market.nominations) + 1
    nomination = Nomination(number, text_of(command), command.contract, command.account, command.order_id)
    market.nominations.append(nomination)
    say_of(market, EventKind.NOMINATED, nomination, lots=1)


def refuse_attestation(market: Market, command: Command) -> Reject:
    nomination = find_nomination(market, command)
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if nomination is None:
        return Reject.UNKNOWN_NODE
    if not 0 <= command.lots <= HOUR_MINUTES:
        return Reject.BAD_LOTS
    return Reject.NONE if nomination.minutes is None else Reject.ATTESTED_BEFORE


def attest(market: Market, command: Command) -> None:
    nomination = find_nomination(market, command)
    assert nomination is not None
    nomination.minutes = command.lots
    say_of(market, EventKind.ATTESTED, nomination, lots=command.lots)


def refuse_compensation(market: Market, command: Command) -> Reject:
    nomination = find_nomination(market, command)
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if nomination is None:
        return Reject.UNKNOWN_NODE
    if not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    if not 1 <= command.lots <= nomination.missing:
        return Reject.BAD_LOTS
    an_hour_micros = command.price_ticks * market.contracts[command.contract].tick_value_micros
    return Reject.NOTIONAL_TOO_LARGE if an_hour_micros > TOTAL_MAX else Reject.NONE


def compensate(market: Market, command: Command) -> None:
    nomination = find_nomination(market, command)
    assert nomination is not None
    nomination.compensated += command.lots
    tick_value_micros = market.contracts[command.contract].tick_value_micros
    due_micros = int(command.price_ticks * tick_value_micros * Fraction(command.lots, HOUR_MINUTES))
    seller, buyer = market.accounts[nomination.seller], market.accounts[nomination.buyer]
    paid_micros = min(due_micros, seller.bond_micros)
    seller.bond_micros -= paid_micros
    seller.reserved_micros -= paid_micros
    seller.cash_micros -= paid_micros
    buyer.cash_micros += paid_micros
    say_of(
        market,
        EventKind.COMPENSATED,
        nomination,
        lots=command.lots,
        amount=paid_micros,
        fee=due_micros,
        price_ticks=command.price_ticks,
    )


def find_nomination(market: Market, command: Command) -> Nomination | None:
    for nomination in market.nominations:
        if (nomination.contract, nomination.node) == (command.contract, text_of(command)):
            return nomination
    return None


def say_of(market: Market, kind: EventKind, nomination: Nomination, **columns: int) -> None:
    market.say(
        kind,
        order_id=nomination.number,
        account=nomination.seller,
        maker_account=nomination.buyer,
        contract=nomination.contract,
        **columns,
    )
