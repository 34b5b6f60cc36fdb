"""What becomes a leg of a strip, and which orders a strip takes."""

from __future__ import annotations

from exchange.domain.enums import Cohesion, EventKind, OrderType, Reject, SelfTrade
from exchange.domain.records import Command
from exchange.domain.units import LEGS_MAX, LEGS_MIN
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.orders import RESTING_TIMES


def refuse_leg(market: Market, command: Command) -> Reject:
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 0 <= command.order_id < len(market.contracts):
        return Reject.UNKNOWN_LEG
    if command.lots:
        return Reject.BAD_LOTS
    strip, leg = market.contracts[command.contract], market.contracts[command.order_id]
    if strip.everybody() or strip.trades:
        return Reject.STRIP_IN_USE
    if len(strip.legs) == LEGS_MAX:
        return Reject.STRIP_IS_FULL
    if leg is strip or leg.legs or strip.strips:
        return Reject.LEG_IS_STRIP
    if any(command.order_id <= other for other in strip.legs):
        return Reject.LEG_OUT_OF_ORDER
    if _kind(strip) != _kind(leg):
        return Reject.LEG_DIFFERS
    if strip.closed(market.time_ns) or leg.closed(market.time_ns):
        return Reject.CONTRACT_CLOSED
    return Reject.NONE


def _kind(contract: Contract) -> tuple[int, int, int]:
    return contract.tick_value_micros, contract.sku, contract.region


def add_leg(market: Market, command: Command) -> None:
    market.contracts[command.contract].legs.append(command.order_id)
    market.contracts[command.order_id].strips.append(command.contract)
    market.say(
        EventKind.CONFIGURED,
        reason=command.kind,
        account=command.account,
        contract=command.contract,
        order_id=command.order_id,
    )


def refuse_for_strip(strip: Contract, command: Command) -> Reject:
    """A well-formed order that only an hour would take."""
    if command.option not in tuple(Cohesion):
        return Reject.BAD_OPTION
    if command.order_type != OrderType.LIMIT or command.self_trade == SelfTrade.DECREMENT:
        return Reject.NOT_FOR_STRIPS
    if command.flags or command.display_lots or command.minimum_lots:
        return Reject.NOT_FOR_STRIPS
    if len(strip.legs) < LEGS_MIN:
        return Reject.STRIP_INCOMPLETE
    return Reject.COHESION_CANNOT_REST if command.option and command.time_in_force in RESTING_TIMES else Reject.NONE
