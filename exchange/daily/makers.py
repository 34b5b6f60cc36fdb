"""How well accounts kept their markets two-sided on one day after the other."""

from __future__ import annotations

from collections import defaultdict

from exchange.clearing.obligation import Obligation, Obligations, Score
from exchange.domain.enums import CLOSED, EventKind
from exchange.domain.records import Rows
from exchange.wire.events import command_tuples, event_tuples


class Makers:
    """Follows the market from its first command, and keeps only contracts that trade or did today."""

    def __init__(self, obligation: Obligation) -> None:
        self._obligations = Obligations(obligation)
        self._begun: dict[tuple[int, int], Score] = {}  # by account and contract, where the day began
        self._open_ns: dict[int, int] = {}  # the same of contracts
        self._closed: set[int] = set()

    def hear(self, commands: Rows, events: Rows) -> None:
        """Follow ``commands`` and what came of them."""
        happened = event_tuples(events)
        end = 0
        for command in command_tuples(commands):
            start = end
            while end < len(happened) and happened[end].sequence == command.sequence:
                event = happened[end]
                if event.kind == EventKind.PHASE and event.reason in CLOSED:
                    self._closed.add(event.contract)
                end += 1
            self._obligations.hear(command, happened[start:end])

    def turn_day(self, now_ns: int) -> dict[int, Score]:
        """What each account scored since the last call, up to ``now_ns``; the next day begins.

        Every contract counts in which the account ever had an order stand and that traded meanwhile,
        each as long as it traded.
        """
        kept = self._obligations
        kept.pass_time(now_ns)
        met_ns: dict[int, int] = defaultdict(int)
        open_ns: dict[int, int] = defaultdict(int)
        for contract in kept.contracts():
            for account in kept.accounts(contract):
                score = kept.score(account, contract)
                met_ns[account] += score.met_ns - self._begun.get((account, contract), Score(0, 0)).met_ns
                open_ns[account] += score.open_ns - self._open_ns.get(contract, 0)
        self._begin()
        return {account: Score(met_ns[account], open_ns[account]) for account in sorted(open_ns)}

    def _begin(self) -> None:
        kept = self._obligations
        for contract in self._closed:
            kept.forget(contract)
        self._closed.clear()
        self._begun = {
            (account, contract): kept.score(account, contract)
            for contract in kept.contracts()
            for account in kept.accounts(contract)
        }
        self._open_ns = {contract: kept.open_ns(contract) for contract in kept.contracts()}
