"""One client's session: who it is, what it hears, what it still waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session import reading, silence, trading
from exchange.gateway.session.allowance import Allowance
from exchange.gateway.session.answers import failure, reply, tell
from exchange.gateway.session.effects import (
    Close,
    Effect,
    Inquire,
    Join,
    Origin,
    Recall,
    Relay,
    Send,
    Undo,
)
from exchange.gateway.session.flight import Flight
from exchange.gateway.session.gatekeeper import SCOPE_READ, SCOPE_TRADE, Gatekeeper, Key
from exchange.gateway.session.heart import POLICY_VIOLATION, Heart
from exchange.gateway.session.identity import Identity
from exchange.gateway.session.leaving import Leaving
from exchange.gateway.session.limits import Limits
from exchange.gateway.session.permits import refuse_lacking
from exchange.gateway.session.publishing import curve_of
from exchange.gateway.session.purses import Purses
from exchange.gateway.session.reading.recalling import Past
from exchange.gateway.session.safety import Safety
from exchange.gateway.session.subscriptions import Subscriptions
from exchange.tally import DoorTally
from exchange.wire import codec, commands
from exchange.wire.codec import Request, RequestId
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.account import GetStatement
from exchange.wire.requests.common import Nothing, Params
from exchange.wire.requests.provision import PublishForwardCurve
from exchange.wire.requests.session import Auth, Channels, SetHeartbeat

NORMAL = 1000
_US = 1000
# Answers that must count every order the client sent before.
_AFTER_ORDERS = frozenset({*reading.PRIVATE, *trading.AFTER_ORDERS, "private/get_statement"})


class Session:
    """Sans-I/O. Every method returns effects, to be carried out in order."""

    __slots__ = (
        "_allowance", "_flight", "_gatekeeper", "_heart", "_identity", "_leaving", "_limits", "_mirror", "_safety",
        "_subscriptions", "_tally", "_waiting",
    )  # fmt: skip

    def __init__(
        self,
        mirror: Mirror,
        gatekeeper: Gatekeeper,
        limits: Limits,
        now_ns: int,
        tally: DoorTally | None = None,
        purses: Purses | None = None,
        address: str = "",
        key: Key | None = None,
        safety: Safety | None = None,
    ) -> None:
        """purses: of all who share an account or an address; ``address`` is whose this connection is.

        key: what a request over HTTP has shown, which is then the only one of its session.
        """
        self._mirror = mirror
        self._tally = tally or DoorTally()
        self._gatekeeper = gatekeeper
        self._safety = safety or Safety()
        self._leaving = Leaving(mirror, self._safety)
        self._limits = limits
        self._allowance = Allowance(purses or Purses(limits), address, now_ns)
        self._identity = Identity(mirror, gatekeeper, address, key, now_ns)
        self._subscriptions = Subscriptions(mirror, self._allowance, limits.subscriptions_max)
        self._flight = Flight(mirror, self._leaving, self._tally)
        # Made when it is needed, as even an empty one takes a kilobyte.
        self._waiting: deque[tuple[Request, int]] | None = None
        self._heart = Heart(now_ns)

    def receive(self, frame: bytes, now_ns: int) -> list[Effect]:
        """One frame from the client."""
        self._heart.heard_ns = now_ns
        try:
            request = codec.decode_request(frame)
        except Refusal as refusal:
            return self._refuse_nonsense(codec.find_id(frame), refusal, now_ns)
        try:
            self._allowance.pay(request.method, request.params, now_ns)
        except Refusal as refusal:
            return self._slow_down(request.id, refusal, now_ns)
        # Public answers never wait; private ones come in the order of their requests.
        if self._flight.requests and (_after_orders(request) or (self._waiting and _private(request))):
            return self._wait(request, now_ns)
        return self._serve(request, now_ns, now_ns)

    def answer(self, request: Request, now_ns: int) -> list[Effect]:
        """One request that was read, judged and paid for elsewhere."""
        return self._serve(request, now_ns, now_ns)

    def complete(self, outcome: Outcome, now_ns: int) -> list[Effect]:
        """A command of this session is durable; this is what it came to."""
        return self._go_on(self._flight.complete(outcome, now_ns), now_ns)

    def complete_alone(self, outcome: Outcome, now_ns: int) -> list[Undo]:
        """The same when the client has gone: nobody is answered, but nothing stays half done."""
        return self._flight.complete_alone(outcome, now_ns)

    def leave(self) -> Iterator[Undo]:
        """The connection is lost: what goes with it."""
        return self._leaving.leave()

    def refuse_busy(self, origin: Origin, now_ns: int, refusal: Refusal | None = None) -> list[Effect]:
        """The inbox had no room for a command of this session, or ``refusal`` says why it was not taken."""
        advice = "the venue has more commands than it can take; wait a moment and send this again"
        refusal = refusal or Refusal(Code.MATCHING_ENGINE_QUEUE_FULL, advice)
        return self._go_on(self._flight.refuse(origin, refusal, now_ns), now_ns)

    def tell(self, origin: Origin, answer: object, now_ns: int) -> list[Effect]:
        """What an inquiry came to: an answer, or the Refusal of it."""
        return [tell(self._tally, origin, answer, now_ns)]

    def tick(self, now_ns: int) -> list[Effect]:
        """Time passed: heartbeats, and whether the key still counts."""
        if self.authenticated and not self._identity.counts(now_ns):
            return [Close(POLICY_VIOLATION, "this API key was revoked or has expired; authenticate with another")]
        if self._silent(now_ns):
            return [Close(POLICY_VIOLATION, "nothing was asked; connect again when there is something to ask")]
        return self._heart.tick(now_ns)

    def end(self) -> None:
        """The connection is gone."""
        self._allowance.end()

    @property
    def key(self) -> Key | None:
        """Whose it is."""
        return self._identity.key

    @property
    def payer(self) -> str:
        """Who answers for what it asks: the account, or the address while there is none."""
        return self.key.account if self.key is not None else self.address

    @property
    def address(self) -> str:
        return self._identity.address

    @property
    def authenticated(self) -> bool:
        return self._identity.key is not None

    def _silent(self, now_ns: int) -> bool:
        idle = not self.authenticated and not len(self._subscriptions) and not self._heart.beats
        return idle and 0 < self._limits.silent_ns < now_ns - self._heart.heard_ns

    def _wait(self, request: Request, now_ns: int) -> list[Effect]:
        waiting = self._waiting = self._waiting or deque()
        if len(waiting) >= self._limits.waiting_max:
            advice = "too many requests wait for orders before them; await their replies first"
            return [self._failure(request.id, Refusal(Code.TOO_MANY_REQUESTS, advice), now_ns, now_ns)]
        waiting.append((request, now_ns))
        return []

    def _go_on(self, effects: list[Effect], now_ns: int) -> list[Effect]:
        """And whatever waited for what has just been answered."""
        while self._waiting and not (self._flight.requests and _after_orders(self._waiting[0][0])):
            request, received_ns = self._waiting.popleft()
            effects += self._serve(request, received_ns, now_ns)
        return effects

    def _serve(self, request: Request, received_ns: int, now_ns: int) -> list[Effect]:
        method, params = request.method, request.params
        try:
            read = reading.PUBLIC.get(method)
            if read is not None:
                return self._told(request, read(self._mirror, params, now_ns), received_ns, now_ns)
            key = self._identity.holder(params, now_ns) if _private(request) else None
            refuse_lacking(method, () if key is None else key.scopes)
            control = _CONTROLS.get(method)
            if control is not None:
                return control(self, request, params, now_ns)
            assert key is not None
            read_own = reading.PRIVATE.get(method)
            if read_own is not None:
                account = self._identity.account_of(key, SCOPE_READ)
                return self._told(request, read_own(self._mirror, account, params, now_ns), received_ns, now_ns)
            return self._trade(request, key, received_ns, now_ns)
        except Refusal as refusal:
            return [self._failure(request.id, refusal, received_ns, now_ns)]

    def _trade(self, request: Request, key: Key, received_ns: int, now_ns: int) -> list[Effect]:
        account = self._identity.account_of(key, SCOPE_TRADE)
        commands.refuse_late(getattr(request.params, "valid_until", None), now_ns)
        wanted = trading.COMMANDS[request.method](self._mirror, account, request.params, now_ns)
        return self._flight.send(self, request, wanted, received_ns, now_ns)

    def _auth(self, request: Request, params: Auth, now_ns: int) -> list[Effect]:
        key, answer = self._gatekeeper.admit(params, now_ns, self.address)
        self._allowance.belong(key.account, now_ns)
        effects: list[Effect] = []
        if self.key is not None and self.key.account != key.account:
            effects += self._subscriptions.leave(self._subscriptions.all(only_private=True))
        self._identity.become(key, now_ns)
        self._leaving.read_scope(params.scope)
        return [*effects, reply(request.id, answer, now_ns, now_ns)]

    def _logout(self, request: Request, params: Nothing, now_ns: int) -> list[Effect]:
        self._identity.key = None
        self._leaving.stay()
        self._allowance.forgo(now_ns)
        effects = self._subscriptions.leave(self._subscriptions.all(only_private=True))
        return [*effects, reply(request.id, "ok", now_ns, now_ns), Close(NORMAL, "logged out")]

    def _subscribe(self, request: Request, params: Channels, now_ns: int) -> list[Effect]:
        wanted = self._subscriptions.wanted(params.channels, now_ns)
        account = 0
        if _private(request) or any(channel.private for channel in wanted.values()):
            account = self._identity.account(params, SCOPE_READ, now_ns).number
        joined = self._subscriptions.join(wanted)
        # The reply first: some clients take a snapshot that comes before it for a stranger's.
        answer = reply(request.id, list(wanted), now_ns, now_ns)
        return [answer, Join(joined, account)] if joined else [answer]

    def _unsubscribe(self, request: Request, params: Channels, now_ns: int) -> list[Effect]:
        left = self._subscriptions.named(params.channels, now_ns)
        names = [channel.name for channel in left]
        return [*self._subscriptions.leave(left), reply(request.id, names, now_ns, now_ns)]

    def _unsubscribe_all(self, request: Request, params: Nothing, now_ns: int) -> list[Effect]:
        left = self._subscriptions.all(only_private=_private(request))
        return [*self._subscriptions.leave(left), reply(request.id, "ok", now_ns, now_ns)]

    def _get_statement(self, request: Request, params: GetStatement, now_ns: int) -> list[Effect]:
        account = self._identity.account(params, SCOPE_READ, now_ns)
        return [Inquire(account.name, params, Origin(self, request.id, request.method, now_ns // _US, ""))]

    def _set_heartbeat(self, request: Request, params: SetHeartbeat, now_ns: int) -> list[Effect]:
        self._heart.set(params.interval, now_ns)
        return [reply(request.id, "ok", now_ns, now_ns)]

    def _disable_heartbeat(self, request: Request, params: Nothing, now_ns: int) -> list[Effect]:
        self._heart.set(0, now_ns)
        return [reply(request.id, "ok", now_ns, now_ns)]

    def _publish_forward_curve(self, request: Request, params: PublishForwardCurve, now_ns: int) -> list[Effect]:
        self._identity.account(params, SCOPE_TRADE, now_ns)
        curve = curve_of(self._mirror, params, now_ns)
        return [reply(request.id, "ok", now_ns, now_ns), Relay(curve)]

    def _be_silent(self, request: Request, params: Params, now_ns: int) -> list[Effect]:
        account = self._identity.account(params, SCOPE_READ, now_ns)
        answer = silence.ANSWERS[request.method](self._safety, self._leaving, account, params, now_ns)
        return [reply(request.id, answer, now_ns, now_ns)]

    def _refuse_nonsense(self, request_id: RequestId, refusal: Refusal, now_ns: int) -> list[Effect]:
        try:
            self._allowance.pay_for_nonsense(now_ns)
        except Refusal as too_many:
            return self._slow_down(request_id, too_many, now_ns)
        return [self._failure(request_id, refusal, now_ns, now_ns)]

    def _slow_down(self, request_id: RequestId, refusal: Refusal, now_ns: int) -> list[Effect]:
        if self._allowance.exhausted(now_ns):
            return [Close(POLICY_VIOLATION, "too many requests after being told to slow down", hard=True)]
        return [self._failure(request_id, refusal, now_ns, now_ns)]

    def _told(self, request: Request, answer: object, received_ns: int, now_ns: int) -> list[Effect]:
        if isinstance(answer, Past):
            return [Recall(answer, Origin(self, request.id, request.method, received_ns // _US, ""))]
        return [reply(request.id, answer, received_ns, now_ns)]

    def _failure(self, request_id: RequestId, refusal: Refusal, received_ns: int, now_ns: int) -> Send:
        return failure(self._tally, request_id, refusal, received_ns, now_ns)


_CONTROLS: dict[str, Callable[[Session, Request, Any, int], list[Effect]]] = {
    "public/auth": Session._auth,
    "public/disable_heartbeat": Session._disable_heartbeat,
    "public/set_heartbeat": Session._set_heartbeat,
    "public/subscribe": Session._subscribe,
    "public/unsubscribe": Session._unsubscribe,
    "public/unsubscribe_all": Session._unsubscribe_all,
    **dict.fromkeys(silence.ANSWERS, Session._be_silent),
    "private/get_statement": Session._get_statement,
    "private/logout": Session._logout,
    "private/publish_forward_curve": Session._publish_forward_curve,
    "private/subscribe": Session._subscribe,
    "private/unsubscribe": Session._unsubscribe,
    "private/unsubscribe_all": Session._unsubscribe_all,
}


def _after_orders(request: Request) -> bool:
    return request.method in _AFTER_ORDERS or trading.names_what_may_be_coming(request.method, request.params)


def _private(request: Request) -> bool:
    return request.method.startswith("private/")
