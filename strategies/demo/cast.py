"""Who takes part in the demo: the market maker and everybody it trades with."""

from collections.abc import Mapping, Sequence

import numpy as np

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.agents import FilteredIndex, PricePath, StripBuyer, population
from strategies.base import Participant
from strategies.making import StripMaker

MAKER = "maker"
# The maker sees spot prices this much later than the others, as a maker does.
_LAG_NS = NS_PER_SECOND // 10
_MAKER_CAPACITY_LOTS = 100_000
# People come and go this much faster than prices move, so that there is something to see.
_BUSTLE = 6.0
# Who needs a machine for hours on end, and how many such jobs each of them has.
_STRIP_BUYERS = 2
_STRIPS_PER_HOUR = 6.0


def cast(
    contracts: Sequence[Contract],
    paths: Mapping[str, PricePath],
    start_ns: int,
    speed: float,
    rng: np.random.Generator,
) -> list[Participant]:
    """The participants for these contracts; the same ``rng`` seed gives the same characters.

    ``speed``: seconds of the price paths a second. All of them judge an hour by the spot prices so far,
    as a ``FilteredIndex`` does, but each by taste of its own.
    """
    known = FilteredIndex(paths, contracts, start_ns, speed)
    hours = [contract for contract in contracts if not contract.is_strip]
    strips = tuple(contract for contract in contracts if contract.is_strip)
    maker = Participant(
        MAKER,
        StripMaker(),
        tuple(contracts),
        capacity_lots=_MAKER_CAPACITY_LOTS,
        curves=FilteredIndex(paths, contracts, start_ns, speed, _LAG_NS),
        publishes_curve=True,
    )
    patient = [
        Participant(f"strip_buyer_{number + 1}", StripBuyer(known.fair, _STRIPS_PER_HOUR, _BUSTLE * speed), strips)
        for number in range(_STRIP_BUYERS)
    ]
    return [maker, *population(hours, known.fair, rng, speed=_BUSTLE * speed), *patient]
