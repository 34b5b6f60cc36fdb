"""One desk with keys, and as many pure sessions on it as a test wants."""

from __future__ import annotations

from typing import Any

import msgspec

from exchange.gateway.mirror.changes import Changes
from exchange.gateway.session.conversation import Session
from exchange.gateway.session.effects import Effect, Origin, Recall, Send, Submit, Undo
from exchange.gateway.session.gatekeeper import Gatekeeper
from exchange.gateway.session.limits import Limits
from exchange.keys import ApiKey
from exchange.wire.refusals import Code, Refusal
from tests.gateway.desk import START_NS, Desk
from tests.gateway.venue import signature

SECOND_NS = 10**9
ALICE = ApiKey("a", "alice's secret", "alice")
READER = ApiKey("r", "reader's secret", "alice", ("account:read",))
NOBODY = ApiKey("n", "secret", "nobody")
VENUE = ApiKey("v", "secret", "venue")


class House:
    """One desk, its keys, and as many sessions as the test wants."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.desk = Desk()
        self.symbol = self.desk.contracts[0].symbol
        self.keys = {key.client_id: key for key in (ALICE, READER, NOBODY, VENUE)}
        self.limits = limits or Limits()
        self.now_ns = START_NS + 100 * SECOND_NS
        tokens = iter(f"token{number}" for number in range(1000))
        self.gatekeeper = Gatekeeper(self.keys.get, lambda: next(tokens), self.now_ns - 30 * SECOND_NS)

    def session(self, key: ApiKey | None = None) -> Session:
        session = Session(self.desk.mirror, self.gatekeeper, self.limits, self.now_ns)
        if key is not None:
            reply = self.ask(session, "public/auth", **self.signature(key))
            assert "result" in reply, reply
        return session

    def signature(self, key: ApiKey, age_ms: int = 0, nonce: str = "") -> dict[str, Any]:
        return signature(key, self.now_ns // 10**6 - age_ms, nonce)

    def effects(self, session: Session, method: str, **params: Any) -> list[Effect]:
        frame = msgspec.json.encode({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        return session.receive(frame, self.now_ns)

    def ask(self, session: Session, method: str, **params: Any) -> dict[str, Any]:
        """The reply; what goes to the engine goes through it."""
        (reply,) = sent(self.settle(self.effects(session, method, **params)))
        return reply

    def settle(self, effects: list[Effect]) -> list[Effect]:
        """Carry out every command, in one turn, and what follows from it; returns all that is left."""
        for effect in effects:
            if isinstance(effect, Recall):
                answer = effect.past.told(Refusal(Code.NOT_FOUND, "no archive here", reason="no_archive"))
                effects = [*effects, *effect.origin.session.tell(effect.origin, answer, self.now_ns)]
        undone = [effect.command for effect in effects if isinstance(effect, Undo)]
        if undone:
            self.desk.turn(*undone)
        submitted = [effect for effect in effects if isinstance(effect, Submit)]
        rest: list[Effect] = [effect for effect in effects if not isinstance(effect, Submit | Undo | Recall)]
        if not submitted:
            return rest
        changes: Changes = self.desk.turn(
            *(submit.command for submit in submitted), origins=[submit.origin for submit in submitted]
        )
        for outcome in changes.outcomes:
            assert isinstance(outcome.origin, Origin)
            rest += self.settle(outcome.origin.session.complete(outcome, self.now_ns))
        return rest


def sent(effects: list[Effect]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(effect.frame) for effect in effects if isinstance(effect, Send)]


def code(reply: dict[str, Any]) -> int:
    number: int = reply["error"]["code"]
    return number


def reason(reply: dict[str, Any]) -> str:
    text: str = reply["error"]["data"]["reason"]
    return text
