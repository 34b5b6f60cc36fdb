"""Whose turn it is: each of many once in a round of so many steps, spread evenly over it."""

from __future__ import annotations

from typing import Generic, TypeVar

Member = TypeVar("Member")


class Rounds(Generic[Member]):
    def __init__(self, steps: int) -> None:
        self._places: list[dict[Member, None]] = [{} for _ in range(steps)]
        self._place_of: dict[Member, int] = {}
        self._now = 0
        self._joined = 0

    def add(self, member: Member) -> None:
        """Its first turn comes within a round; those that come together are spread."""
        self._joined += 1
        place = self._place_of[member] = (self._now + self._joined) % len(self._places)
        self._places[place][member] = None

    def remove(self, member: Member) -> None:
        del self._places[self._place_of.pop(member)][member]

    def step(self) -> list[Member]:
        """Those whose turn is now."""
        self._now = (self._now + 1) % len(self._places)
        return list(self._places[self._now])
