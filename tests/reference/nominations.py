"""Which node serves whom, and what it delivered of an hour."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.domain.text import TextWords

HOUR_MINUTES = 60


@dataclass(slots=True)
class Nomination:
    number: int
    node: TextWords
    contract: int
    seller: int
    buyer: int
    minutes: int | None = None
    compensated: int = 0

    @property
    def missing(self) -> int:
        return 0 if self.minutes is None else HOUR_MINUTES - self.minutes - self.compensated
