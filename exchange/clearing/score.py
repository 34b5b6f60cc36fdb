"""The daily sheet of who traded how much and kept the market two-sided for how long."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from exchange.clearing.fees import Rebate, rebate_micros
from exchange.clearing.obligation import Obligation, Obligations, Score
from exchange.domain.enums import EventKind
from exchange.domain.records import Rows
from exchange.engine import Engine
from exchange.wire.events import Event, command_tuples, event_tuples


class Line(NamedTuple):
    """One account. Volumes are micro-dollars of its trades, each side counted for its owner."""

    account: int
    name: str
    score: Score
    volume_micros: int
    maker_volume_micros: int
    rebate_micros: int


class Sheet:
    """Follows a journal from its first command."""

    def __init__(self, obligation: Obligation) -> None:
        self._obligations = Obligations(obligation)
        self._volume_micros: dict[int, int] = defaultdict(int)
        self._maker_volume_micros: dict[int, int] = defaultdict(int)
        self._quoted: dict[int, set[int]] = defaultdict(set)  # contracts by account

    def hear(self, engine: Engine, commands: Rows, events: Rows) -> None:
        """Follow ``commands`` and what came of them."""
        happened = event_tuples(events)
        end = 0
        for command in command_tuples(commands):
            start = end
            while end < len(happened) and happened[end].sequence == command.sequence:
                self._count(happened[end])
                end += 1
            self._obligations.hear(command, happened[start:end])

    def _count(self, event: Event) -> None:
        if event.kind == EventKind.FILLED:
            self._volume_micros[event.account] += event.amount
            self._volume_micros[event.maker_account] += event.amount
            self._maker_volume_micros[event.maker_account] += event.amount
        elif event.kind in (EventKind.ACCEPTED, EventKind.MEMBER):
            self._quoted[event.account].add(event.contract)

    def lines(self, engine: Engine, rebates: list[Rebate]) -> list[Line]:
        """Every account that ever sent an order, judged over the contracts that it sent orders for."""
        found = []
        for account in sorted(self._quoted):
            score = self._obligations.total(account, self._quoted[account])
            maker_volume_micros = self._maker_volume_micros[account]
            found.append(
                Line(
                    account,
                    engine.account(account).name,
                    score,
                    self._volume_micros[account],
                    maker_volume_micros,
                    rebate_micros(rebates, score.share, maker_volume_micros),
                )
            )
        return found
