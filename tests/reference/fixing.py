"""The settlement price of a contract, from what was remembered of its last hour, and what corrects it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from exchange.domain.enums import EventKind, FixingMethod, Phase, Reject, Side
from exchange.domain.records import Command
from exchange.domain.units import LOTS_MAX, NS_PER_HOUR, PRICE_TICKS_MAX, TOTAL_MAX

if TYPE_CHECKING:
    from tests.reference.contracts import Contract
    from tests.reference.market import Market

_INT32_MAX = 2**31 - 1


@dataclass(slots=True)
class Memory:
    """What a contract's fixing is made from, and what came of it."""

    middles: list[tuple[int, int]] = field(default_factory=list)  # from when on, bid plus ask, or 0
    trades: list[tuple[int, int]] = field(default_factory=list)  # price, lots
    call: list[tuple[int, int]] = field(default_factory=list)
    lots: int = 0
    price_ticks: int = 0
    method: int | None = None  # None before the gate
    corrected_ticks: int = 0
    corrections: int = 0


def remember_middles(market: Market) -> None:
    """At the end of a command: where bid plus ask stand in the contracts that moved."""
    for number in market.moved:
        contract = market.contracts[number]
        bid_ticks, ask_ticks = (contract.book.best_ticks(side) for side in Side)
        counts = contract.phase == Phase.CONTINUOUS and bid_ticks and ask_ticks
        both_ticks = bid_ticks + ask_ticks if counts else 0
        middles = contract.fixing.middles
        if not middles or middles[-1][1] != both_ticks:
            middles.append((market.time_ns, both_ticks))
    market.moved.clear()


def remember_trade(contract: Contract, time_ns: int, price_ticks: int, lots: int) -> None:
    memory = contract.fixing
    if time_ns < contract.gate_ns - NS_PER_HOUR or memory.lots > TOTAL_MAX - LOTS_MAX:
        return
    memory.lots += lots
    memory.trades.append((price_ticks, lots))
    if contract.phase == Phase.CLOSING:
        memory.call.append((price_ticks, lots))


def make_fixing(market: Market, number: int) -> None:
    contract = market.contracts[number]
    memory = contract.fixing
    call_ticks = memory.call[-1][0] if memory.call else 0
    call_lots = sum(lots for _, lots in memory.call)
    volume_ticks = round(Fraction(sum(price * lots for price, lots in memory.trades), memory.lots or 1))
    middle_ticks, both_ns = _middle(contract)
    candidates = [
        (FixingMethod.CALL, call_ticks if call_lots >= market.fixing_lots else 0),
        (FixingMethod.VOLUME, volume_ticks),
        (FixingMethod.MIDDLE, middle_ticks),
        (FixingMethod.NONE, 0),
    ]
    memory.method, memory.price_ticks = next((method, price) for method, price in candidates if price or not method)
    market.say(
        EventKind.FIXING,
        contract=number,
        reason=memory.method,
        price_ticks=memory.price_ticks,
        amount=memory.lots,
        lots=min(call_lots, _INT32_MAX),
        order_id=both_ns,
        fee=volume_ticks,
        maker_fee=middle_ticks,
        old_price_ticks=call_ticks,
        old_open_lots=market.fixing_lots,
    )


def _middle(contract: Contract) -> tuple[int, int]:
    """(time-weighted middle, nanoseconds in which there was one), within the last hour."""
    begin_ns, gate_ns = contract.gate_ns - NS_PER_HOUR, contract.gate_ns
    weighted = both_ns = 0
    for (from_ns, both_ticks), (until_ns, _) in pairwise([*contract.fixing.middles, (gate_ns, 0)]):
        lasted_ns = max(0, min(until_ns, gate_ns) - max(from_ns, begin_ns)) if both_ticks else 0
        weighted += both_ticks * lasted_ns
        both_ns += lasted_ns
    return round(Fraction(weighted, 2 * both_ns or 1)), both_ns


def refuse_fixing_lots(market: Market, command: Command) -> Reject:
    return Reject.NONE if 1 <= command.lots <= LOTS_MAX else Reject.BAD_LOTS


def set_fixing_lots(market: Market, command: Command) -> None:
    market.fixing_lots = command.lots
    market.say(EventKind.CONFIGURED, reason=command.kind, lots=command.lots)


def refuse_correction(market: Market, command: Command) -> Reject:
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    return Reject.NOT_FIXED if market.contracts[command.contract].fixing.method is None else Reject.NONE


def correct(market: Market, command: Command) -> None:
    memory = market.contracts[command.contract].fixing
    memory.corrected_ticks = command.price_ticks
    memory.corrections += 1
    market.say(
        EventKind.CORRECTED,
        contract=command.contract,
        price_ticks=command.price_ticks,
        old_price_ticks=memory.price_ticks,
        amount=memory.corrections,
    )
