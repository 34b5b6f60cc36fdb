"""What a reader who fell behind has missed of a book, by level or by order, until it can be told in one change."""

from __future__ import annotations

from collections.abc import Iterable

from exchange.gateway.mirror.books import Step
from exchange.views import Touched


class Missed:
    """``said_id`` is the last change that the reader was sent; levels are as they were then."""

    __slots__ = ("said_id", "touched")

    def __init__(self, said_id: int) -> None:
        self.said_id = said_id
        self.touched: Touched = {}

    def add(self, touched: Touched) -> None:
        """The others have been told of these levels."""
        for level, before in touched.items():
            self.touched.setdefault(level, before)


class MissedOrders:
    """``said_id`` is the last change that the reader was sent; ``steps`` go from then to now, one an order."""

    __slots__ = ("said_id", "steps")

    def __init__(self, said_id: int) -> None:
        self.said_id = said_id
        # In the order in which they were first touched, which is that in which new ones entered.
        self.steps: dict[int, Step] = {}

    def add(self, steps: Iterable[Step]) -> None:
        """The others have been told of these."""
        for step in steps:
            known = self.steps.get(step.order_id)
            self.steps[step.order_id] = step if known is None else step._replace(before=known.before)

    def net(self) -> list[Step]:
        """Without those that came and went meanwhile, or are as they were."""
        return [step for step in self.steps.values() if step.before != step.lots]
