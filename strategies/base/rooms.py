"""How much more may be wanted on one side of one contract, within the limits, and what is cut off beyond it."""

from collections.abc import Iterable

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base.exposure import Exposure
from strategies.base.intents import Rung
from strategies.base.limits import Limits


def room(limits: Limits, exposure: Exposure, contract: Contract, side: Side, most: int, is_reducing: bool) -> int:
    """The largest number of lots up to ``most`` that may be added on this side to what ``exposure`` has there.

    What is above its limit already, because the limit or the position changed, may stay there but not grow.
    is_reducing: only as much as brings each hour nearer to nothing.
    """
    hours = exposure.hours(contract)
    for hour in hours:
        reach, position = exposure.reach(hour, side), exposure.position(hour)
        if limits.hour_max_lots:
            most = min(most, limits.hour_max_lots - reach)
        if is_reducing:
            most = min(most, max(0, position if side == Side.BUY else -position) - reach)
    if most <= 0:
        return 0
    spare = most * len(hours)
    if limits.place_max_lots:
        spare = min(spare, max(0, limits.place_max_lots - exposure.place_lots(hours[0])))
    if limits.total_max_gpu_hours:
        left = max(0, limits.total_max_gpu_hours - exposure.total_gpu_hours)
        spare = min(spare, left // contract.sku.gpus_per_node)
    # The worst of an hour grows only by what reaches beyond it: the largest number whose sum of that is spared.
    slacks = [exposure.worst(hour) - exposure.reach(hour, side) for hour in hours]
    fewest, fits = 0, most
    while fewest < fits:
        lots = (fewest + fits + 1) // 2
        if sum(max(0, lots - slack) for slack in slacks) <= spare:
            fewest = lots
        else:
            fits = lots - 1
    return fewest


def trim(rungs: Iterable[Rung], side: Side, most: int) -> tuple[Rung, ...]:
    """``most`` lots of ``rungs``, best first: what is farthest from the market is left out."""
    kept: list[Rung] = []
    for rung in sorted(rungs, key=lambda rung: rung.price_ticks, reverse=side == Side.BUY):
        lots = min(rung.lots, most)
        if lots > 0:
            kept.append(rung._replace(lots=lots))
            most -= lots
    return tuple(kept)
