"""One step on the way from what works to what is wanted, and how urgent it is."""

from enum import IntEnum
from typing import NamedTuple

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base.intents import Cancel, New, Replace, Rung
from strategies.base.working import WorkingOrder


class Urgency(IntEnum):
    """Which comes first where not all can be made."""

    PULL = 0
    AMEND = 1
    PLACE = 2


class Step(NamedTuple):
    """A message that may be sent; ``order`` is None for a new one, ``want`` where one is pulled."""

    urgency: Urgency
    contract: Contract
    side: Side
    order: WorkingOrder | None = None
    want: Rung | None = None
    new: New | None = None


def step_of_new(new: New) -> Step:
    return Step(Urgency.PLACE, new.contract, new.side, new=new)


def step_of_act(order: WorkingOrder, act: Cancel | Replace) -> Step:
    if isinstance(act, Cancel):
        return Step(Urgency.PULL, order.contract, order.side, order)
    return Step(Urgency.AMEND, order.contract, order.side, order, Rung(act.price_ticks, act.lots))
