"""Who is thought to leave a level that shrinks without a trade: the models of queues, by name."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.domain.errors import GpuxError
from strategies.backtest.reading.queues import LEHMER_END, NEWEST, OLDEST, POWER

_FORMS = "pessimistic, optimistic, proportional or power:N with N above 0, such as power:3"


class BadQueueModel(GpuxError):
    """A name of no model of queues."""


@dataclass(frozen=True)
class QueueModel:
    """``kind`` and ``power`` as in ``by_level``; the same ``seed`` draws the same."""

    name: str = "proportional"
    kind: int = POWER
    power: float = 1.0
    seed: int = 1

    @property
    def note(self) -> str:
        return f"queues are an estimate: who leaves a level without a trade is drawn by the model {self.name!r}"


def queue_model(name: str, seed: int = 1) -> QueueModel:
    """The model of this name: pessimistic, optimistic, proportional, power:N. Raises BadQueueModel."""
    seed = 1 + seed % (LEHMER_END - 1)  # of this generator 0 draws nothing but zeros
    if name == "pessimistic":
        return QueueModel(name, NEWEST, 1.0, seed)
    if name == "optimistic":
        return QueueModel(name, OLDEST, 1.0, seed)
    if name == "proportional":
        return QueueModel(name, POWER, 1.0, seed)
    kind, _, number = name.partition(":")
    try:
        power = float(number)
    except ValueError:
        power = 0.0
    if kind != "power" or not 0 < power < 1e6:
        raise BadQueueModel(f"queue model {name[:40]!r}: expected {_FORMS}")
    return QueueModel(name, POWER, power, seed)
