"""What hours may be worth in the month, and what becomes of those whose margin falls short."""

from __future__ import annotations

from exchange.clearing.covariance import Parametric
from exchange.clearing.liquidation import Rules, steps
from exchange.clearing.margin import scenarios
from exchange.domain.enums import Phase
from exchange.domain.records import Command
from exchange.domain.scenarios import margin_command
from exchange.domain.units import NS_PER_HOUR
from exchange.margining import called_view
from tests.market.month import Month
from tests.market.traders import fair_ticks

_HOURS_AHEAD = 14


class Margins:
    def __init__(self, month: Month) -> None:
        self._month = month
        self._called_ns: dict[int, int] = {}

    def values(self, dearer_percent: int = 100) -> list[Command]:
        """Of the hours that are near, whose marks may have moved."""
        month = self._month
        until_ns = month.now_ns + _HOURS_AHEAD * NS_PER_HOUR
        near = [
            (number, contract)
            for number, contract in month.open_hours()
            if contract.start_ns <= until_ns and month.engine.phase(number) == Phase.CONTINUOUS
        ]
        marks = [fair_ticks(contract) * dearer_percent // 100 for _, contract in near]
        ticks = scenarios(marks, Parametric().covariance([contract for _, contract in near]))
        return [margin_command(number, row.tolist()) for (number, _), row in zip(near, ticks, strict=True)]

    def liquidations(self) -> list[Command]:
        """The next step with everybody who is called."""
        engine, now_ns = self._month.engine, self._month.now_ns
        called = [account.account for account in engine.accounts() if account.is_called]
        self._called_ns = {account: self._called_ns.get(account, now_ns) for account in called}
        return [
            command
            for account in called
            for command in steps(called_view(engine, account, self._called_ns[account]), now_ns, Rules())
        ]
