"""Requests that come to several commands, each taken or refused alone, and answered together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exchange.domain.records import Command
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.refusals import Refusal

# What became of each step, in order; a Refusal if it was refused.
Answers = list[object]


class Step(NamedTuple):
    """One command, or why there is none; ``label`` is for the orders that it makes."""

    command: Command | Refusal
    label: str = ""


class Plan(NamedTuple):
    """``answer`` says what a durable command came to, or raises Refusal; ``finish`` makes one result of them all."""

    steps: Sequence[Step]
    answer: Callable[[Mirror, Outcome], object]
    finish: Callable[[Answers], object]

    @property
    def commands(self) -> list[tuple[int, Command, str]]:
        """With their places among the steps."""
        return [
            (place, step.command, step.label)
            for place, step in enumerate(self.steps)
            if not isinstance(step.command, Refusal)
        ]


def known(result: object) -> Plan:
    """The answer is there already; nothing is asked of the engine."""
    return Plan([], _unasked, lambda answers: result)


def alone(answers: Answers) -> object:
    """The result of a plan of one step. Raises Refusal if that was refused."""
    (answer,) = answers
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _unasked(mirror: Mirror, outcome: Outcome) -> object:
    raise AssertionError("nothing was asked of the engine")


class Progress:
    """How far a plan has come."""

    __slots__ = ("answers", "left", "plan")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.answers: Answers = [step.command for step in plan.steps]
        self.left = len(plan.commands)

    def hear(self, place: int, mirror: Mirror, heard: Outcome | Refusal) -> None:
        """What the command in this place came to."""
        self.left -= 1
        try:
            self.answers[place] = heard if isinstance(heard, Refusal) else self.plan.answer(mirror, heard)
        except Refusal as refusal:
            self.answers[place] = refusal
