"""The imbalance price: what a lot costs its seller that is not delivered.

It is the price of the hour and a penalty, which grows with scarcity, so that who is good
for it gains nothing by selling an hour and not delivering it:

    price * min(1 + penalty + scarcity * scarce / (scarce + plenty), most)

rounded up to a tick. At the gate ``scarce`` are the lots that were sold of what was declared and
``plenty`` those that were declared and not sold; after delivery ``scarce`` are the minutes that are
missing and ``plenty`` those that were delivered or nobody had bought. Whole numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exchange.domain.units import BPS, MINUTES_EACH, PRICE_TICKS_MAX, TOTAL_MAX
from exchange.reports import ContractView, FixingView, NominationView, PositionView


class Penalty(NamedTuple):
    """All in basis points of the price of the hour."""

    always_bps: int = 1_000
    scarcity_bps: int = 10_000  # on top of it where everything is scarce
    most_bps: int = 30_000  # of the whole, the price included


class Scarcity(NamedTuple):
    """How much is wanting and how much there is, in the same unit."""

    scarce: int
    plenty: int


def scarcity_at_gate(positions: Iterable[PositionView]) -> Scarcity:
    """In lots of declared capacity. Who is bought in changes nothing in it, so that it is the same for all."""
    sold = unsold = 0
    for position in positions:
        of_capacity = min(max(-position.lots, 0), position.capacity_lots)
        sold += of_capacity
        unsold += position.capacity_lots - of_capacity
    return Scarcity(sold, unsold)


def scarcity_after_delivery(positions: Iterable[PositionView], nominations: Iterable[NominationView]) -> Scarcity:
    """In minutes. A node of which nobody has said what it delivered is not counted."""
    delivered = [nomination.minutes for nomination in nominations if nomination.minutes >= 0]
    missing = MINUTES_EACH * len(delivered) - sum(delivered)
    return Scarcity(missing, sum(delivered) + MINUTES_EACH * scarcity_at_gate(positions).plenty)


def price_of_hour(contract: ContractView, fixing: FixingView | None, positions: Iterable[PositionView]) -> int:
    """In ticks, the first that there is: the fixing as corrected, the fixing, the last trade, the mark, the reference.

    An hour that traded in strips alone may have none of these: then what its holders paid on average, or a tick.
    """
    fixed = (fixing.corrected_ticks, fixing.price_ticks) if fixing else ()
    prices = (*fixed, contract.last_price_ticks, contract.mark_ticks, contract.reference_ticks)
    return next((ticks for ticks in prices if ticks), _average_paid(contract, positions))


def _average_paid(contract: ContractView, positions: Iterable[PositionView]) -> int:
    held = [position for position in positions if position.lots > 0]
    value_micros = sum(position.lots for position in held) * contract.tick_value_micros
    paid_micros = sum(position.cost_micros for position in held)
    return max(paid_micros // value_micros, 1) if held else 1


def imbalance_ticks(
    contract: ContractView,
    fixing: FixingView | None,
    positions: Iterable[PositionView],
    scarcity: Scarcity,
    penalty: Penalty,
) -> int:
    """The imbalance price of a lot of ``contract``, at most what the engine takes as a price."""
    total = scarcity.scarce + scarcity.plenty
    share_bps = penalty.scarcity_bps * scarcity.scarce // total if total else penalty.scarcity_bps
    factor_bps = min(BPS + penalty.always_bps + share_bps, penalty.most_bps)
    ticks = -(-price_of_hour(contract, fixing, positions) * factor_bps // BPS)
    return min(ticks, PRICE_TICKS_MAX, TOTAL_MAX // contract.tick_value_micros)
