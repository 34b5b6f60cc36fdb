"""Who takes part in a market: a strategy, what it trades, and what its account needs to start with."""

from dataclasses import dataclass

from exchange.domain.instruments import Contract
from strategies.base.budget import Budget
from strategies.base.strategy import Strategy
from strategies.base.views import CurveSource


@dataclass(frozen=True)
class Participant:
    """``name`` is the account's name and tells the participants' randomness apart.

    ``capacity_lots``: how many lots of each contract it can deliver, that is, sell without holding them.
    ``budget``: how many messages it may send; None: as many as it likes.
    ``publishes_curve``: the live runner sends its forward curve to the venue for everybody to see.
    """

    name: str
    strategy: Strategy
    contracts: tuple[Contract, ...]
    cash_usd: int = 10_000_000
    capacity_lots: int = 0
    curves: CurveSource | None = None
    publishes_curve: bool = False
    budget: Budget | None = None
