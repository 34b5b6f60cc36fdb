"""The commands of one session that are on their way, and what their requests are answered in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.domain.records import Command
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session import placing, trading
from exchange.gateway.session.answers import tell
from exchange.gateway.session.effects import Effect, Origin, Submit, Undo
from exchange.gateway.session.leaving import Leaving
from exchange.gateway.session.plans import Plan, Progress
from exchange.tally import DoorTally
from exchange.wire import commands
from exchange.wire.codec import Request
from exchange.wire.refusals import Refusal

if TYPE_CHECKING:
    from exchange.gateway.session.conversation import Session

_US = 1000


class Flight:
    """``requests`` counts those that are not answered yet."""

    __slots__ = ("_leaving", "_mirror", "_tally", "requests")

    def __init__(self, mirror: Mirror, leaving: Leaving, tally: DoorTally) -> None:
        self._mirror = mirror
        self._leaving = leaving
        self._tally = tally
        self.requests = 0

    def send(
        self, session: Session, request: Request, wanted: list[Command] | Plan, received_ns: int, now_ns: int
    ) -> list[Effect]:
        """Have done what a request of ``session`` came to."""
        if isinstance(wanted, Plan):
            return self._begin(session, request, wanted, received_ns, now_ns)
        label = getattr(request.params, "label", "")
        origin = Origin(session, request.id, request.method, received_ns // _US, label)
        origin.left = len(wanted)
        self.requests += 1
        return [Submit(command, origin) for command in wanted]

    def complete(self, outcome: Outcome, now_ns: int) -> list[Effect]:
        """A command is durable; this is what it came to."""
        origin = outcome.origin
        assert isinstance(origin, Origin)
        self._leaving.follow(outcome)
        if origin.progress is not None:
            return self._hear(origin, origin.progress, outcome, now_ns)
        if origin.method in trading.GATHERED:
            return self._gather(origin, outcome, now_ns)
        self._land(origin)
        answer: object
        try:
            answer = placing.result(self._mirror, outcome)
        except Refusal as refusal:
            answer = refusal
        return [tell(self._tally, origin, answer, now_ns)]

    def complete_alone(self, outcome: Outcome, now_ns: int) -> list[Undo]:
        """The same when nobody is left to be answered: nothing stays half done."""
        origin = outcome.origin
        assert isinstance(origin, Origin)
        effects = self._gather(origin, outcome, now_ns) if origin.method in trading.GATHERED else []
        return [*(effect for effect in effects if isinstance(effect, Undo)), *self._leaving.follow(outcome)]

    def refuse(self, origin: Origin, refusal: Refusal, now_ns: int) -> list[Effect]:
        """A command was not taken."""
        if origin.progress is not None:
            return self._hear(origin, origin.progress, refusal, now_ns)
        if origin.method in trading.GATHERED:
            return self._gather(origin, refusal, now_ns)
        self._land(origin)
        return [tell(self._tally, origin, refusal, now_ns)]

    def _begin(self, session: Session, request: Request, plan: Plan, received_ns: int, now_ns: int) -> list[Effect]:
        progress = Progress(plan)
        origin = Origin(session, request.id, request.method, received_ns // _US, "")
        if not progress.left:
            return [self._finish(origin, progress, now_ns)]
        self.requests += 1
        effects: list[Effect] = []
        for place, command, label in plan.commands:
            part = Origin(session, request.id, request.method, received_ns // _US, label)
            part.progress, part.place = progress, place
            effects.append(Submit(command, part))
        return effects

    def _hear(self, origin: Origin, progress: Progress, heard: Outcome | Refusal, now_ns: int) -> list[Effect]:
        """One of the commands of a plan came to something. With the last of them the client hears of all."""
        progress.hear(origin.place, self._mirror, heard)
        if progress.left:
            return []
        self._land(origin)
        return [self._finish(origin, progress, now_ns)]

    def _finish(self, origin: Origin, progress: Progress, now_ns: int) -> Effect:
        answer: object
        try:
            answer = progress.plan.finish(progress.answers)
        except Refusal as refusal:
            answer = refusal
        return tell(self._tally, origin, answer, now_ns)

    def _gather(self, origin: Origin, heard: Outcome | Refusal, now_ns: int) -> list[Effect]:
        """One of the commands that make a wildcard came to something. With the last of them the client hears of it.

        A wildcard whose members were not all taken is none: it is cancelled.
        """
        refusal = heard if isinstance(heard, Refusal) else placing.refusal_of(heard)
        if refusal is not None:
            origin.refusal = origin.refusal or refusal
        elif not origin.opened and isinstance(heard, Outcome):
            origin.opened = heard.events[0].order_id
        if not self._land(origin):
            return []
        if origin.refusal is None and isinstance(heard, Outcome):
            return [tell(self._tally, origin, placing.gathered(self._mirror, heard, origin.opened), now_ns)]
        assert origin.refusal is not None
        first = placing.first_result(self._mirror, heard, origin.refusal) if isinstance(heard, Outcome) else None
        if first is not None:
            return [tell(self._tally, origin, first, now_ns)]
        effects: list[Effect] = [tell(self._tally, origin, origin.refusal, now_ns)]
        order = self._mirror.orders.get(origin.opened)
        if order is not None:
            effects.append(Undo(commands.cancel(order.account, order.order_id)))
        return effects

    def _land(self, origin: Origin) -> bool:
        """One command less is on its way; whether it was the last of its request."""
        origin.left -= 1
        if origin.left:
            return False
        self.requests -= 1
        return True
