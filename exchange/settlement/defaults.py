"""After delivery: what nobody attested was not delivered, and what was not delivered is made good or paid."""

from __future__ import annotations

from exchange.clearing.imbalance import Penalty, imbalance_ticks, scarcity_after_delivery
from exchange.domain.enums import CommandKind
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import MINUTES_EACH
from exchange.engine import Engine
from exchange.owed import missing_minutes
from exchange.reports import NominationView
from exchange.settlement.substitutes import Substitutes


def after_delivery(
    engine: Engine, penalty: Penalty, number: int, substitutes: Substitutes, make_good_minutes: int
) -> list[Command]:
    """ATTEST of nothing for nodes that nobody attested; where there are none, MAKE_GOOD or COMPENSATE for the rest.

    Another hour is bought from so many missing minutes on, at the imbalance price at most.
    """
    nominations = engine.nominations(number)
    silent = [_about(nomination, CommandKind.ATTEST) for nomination in nominations if nomination.minutes < 0]
    failed = [nomination for nomination in nominations if missing_minutes(nomination)]
    if silent or not failed:
        return silent
    view = engine.contract(number)
    contract = parse_symbol(view.symbol)
    positions = engine.holders(number)
    scarcity = scarcity_after_delivery(positions, nominations)
    price_ticks = imbalance_ticks(view, engine.fixing(number), positions, scarcity, penalty)
    commands = []
    for nomination in failed:
        minutes = missing_minutes(nomination)
        is_long = minutes >= make_good_minutes and not nomination.compensated_minutes
        substitute = substitutes.take(contract, nomination, price_ticks) if is_long else None
        if substitute is not None:
            command = _about(nomination, CommandKind.MAKE_GOOD)._replace(account=nomination.seller, order_id=substitute)
        else:
            command = _about(nomination, CommandKind.COMPENSATE)._replace(lots=minutes)
            substitutes.spend(nomination.seller, price_ticks * view.tick_value_micros * minutes // MINUTES_EACH)
        commands.append(command._replace(price_ticks=price_ticks))
    return commands


def _about(nomination: NominationView, kind: CommandKind) -> Command:
    return Command(kind=kind, contract=nomination.contract, **text_columns(nomination.node))
