"""What a strategy wants to be working: rungs by contract and side, and ceilings, less what was filled."""

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base.intents import Ceiling, Ladder, Quote, Rung
from strategies.base.matching import tidy
from strategies.base.working import WorkingOrder

Book = tuple[str, Side]  # one side of one contract, by symbol


class Wants:
    def __init__(self) -> None:
        self._rungs: dict[Book, tuple[Rung, ...]] = {}
        self._post_only: dict[Book, bool] = {}
        self._ceilings: dict[Book, int] = {}
        self._refused: set[tuple[str, Side, int]] = set()

    def of(self, contract: Contract, side: Side) -> tuple[Rung, ...]:
        return self._rungs.get((contract.symbol, side), ())

    def ceiling(self, contract: Contract, side: Side) -> int | None:
        """How many lots may be open at once for quotes and ladders on this side; None if nobody said."""
        return self._ceilings.get((contract.symbol, side))

    def is_post_only(self, contract: Contract, side: Side) -> bool:
        return self._post_only[contract.symbol, side]

    def is_refused(self, contract: Contract, side: Side, price_ticks: int) -> bool:
        """Whether the venue refused such an order since this side was stated."""
        return (contract.symbol, side, price_ticks) in self._refused

    def refuse(self, order: WorkingOrder) -> None:
        self._refused.add((order.contract.symbol, order.side, order.next_price_ticks))

    def take(self, want: Quote | Ladder | Ceiling) -> None:
        """What it says stands from now on, in place of what was said about the same sides before."""
        if isinstance(want, Ceiling):
            self._ceilings[want.contract.symbol, want.side] = want.lots
            return
        if isinstance(want, Ladder):
            self._state(want.contract, want.side, tidy(want.rungs), want.post_only)
            return
        assert not (want.bid_lots and want.ask_lots) or want.bid_ticks < want.ask_ticks, f"{want} is crossed"
        self._state(want.contract, Side.BUY, tidy((Rung(want.bid_ticks, want.bid_lots),)), True)
        self._state(want.contract, Side.SELL, tidy((Rung(want.ask_ticks, want.ask_lots),)), True)

    def use_up(self, order: WorkingOrder, lots: int) -> None:
        """Take what was traded off the ceiling, and off the want that the order stands for: the nearest."""
        book = (order.contract.symbol, order.side)
        if book in self._ceilings:
            self._ceilings[book] = max(0, self._ceilings[book] - lots)
        rungs = self._rungs[book]
        if len(rungs) == 1:
            left = rungs[0].lots - lots
            self._rungs[book] = (Rung(rungs[0].price_ticks, left),) if left > 0 else ()
        elif rungs:
            nearest = min(rungs, key=lambda rung: abs(rung.price_ticks - order.next_price_ticks))
            rest = nearest._replace(lots=nearest.lots - lots)
            self._rungs[book] = tidy(rest if rung is nearest else rung for rung in rungs)

    def _state(self, contract: Contract, side: Side, rungs: tuple[Rung, ...], post_only: bool) -> None:
        book = (contract.symbol, side)
        self._rungs[book] = rungs
        self._post_only[book] = post_only
        if self._refused:
            self._refused = {refused for refused in self._refused if refused[:2] != book}
