"""Lots of an hour as netting sees them: who still has to deliver and to get, and who served whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from exchange.clearing.netting import Pair
from exchange.domain.instruments import Contract, hour_contract
from exchange.engine import Engine


def neighbour(engine: Engine, contract: Contract, hours: int) -> int | None:
    """The number of the contract of so many hours later (earlier, below 0); None if it was never listed."""
    if contract.hours != 1:
        return None
    later = hour_contract(contract.sku, contract.region, contract.delivery_hours[0] + hours)
    return engine.find_contract(later.symbol)


def open_lots(engine: Engine, number: int) -> dict[int, int]:
    """Lots that have no node yet, by account: bought above 0, sold below. They add up to 0."""
    lots = Counter({position.account: position.lots for position in engine.holders(number)})
    for nomination in engine.nominations(number):
        lots[nomination.seller] += 1
        lots[nomination.buyer] -= 1
    return {account: lots[account] for account in sorted(lots) if lots[account]}


def shortfalls(engine: Engine, number: int, lots: dict[int, int]) -> dict[int, int]:
    """How many of its open lots each account sold beyond its capacity, if any."""
    left = Counter({position.account: position.capacity_lots for position in engine.holders(number)})
    left.subtract(nomination.seller for nomination in engine.nominations(number))
    return {account: -lots[account] - left[account] for account in lots if -lots[account] > max(left[account], 0)}


def served(engine: Engine, number: int | None) -> Counter[tuple[int, int]]:
    """Lots that are nominated, by seller and buyer."""
    if number is None:
        return Counter()
    return Counter((nomination.seller, nomination.buyer) for nomination in engine.nominations(number))


def pairs_of(lots: Counter[tuple[int, int]]) -> Iterable[Pair]:
    return [Pair(seller, buyer, count) for (seller, buyer), count in sorted(lots.items()) if count > 0]
