"""What a session wants done, in order; whoever owns the connection does it.

Structs rather than named tuples, which take five times as long to make: every request makes some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from exchange.domain.records import Command
from exchange.gateway.session.reading.recalling import Past
from exchange.wire.channels import Channel
from exchange.wire.codec import RequestId
from exchange.wire.messages import ForwardCurve
from exchange.wire.refusals import Refusal
from exchange.wire.requests.account import GetStatement

if TYPE_CHECKING:
    from exchange.gateway.session.conversation import Session
    from exchange.gateway.session.plans import Progress


class Origin:
    """The request that one command or several came from; the node hands it back with their turn."""

    __slots__ = (
        "label", "left", "method", "opened", "place", "progress", "received_us", "refusal", "request_id",
        "session",
    )  # fmt: skip

    def __init__(self, session: Session, request_id: RequestId, method: str, received_us: int, label: str) -> None:
        self.session = session
        self.request_id = request_id
        self.method = method
        self.received_us = received_us
        self.label = label
        self.left = 1
        # Of several commands that make one order: its id, and why the first of them was refused.
        self.opened = 0
        self.refusal: Refusal | None = None
        # Of one of several commands that are answered together: which of them.
        self.progress: Progress | None = None
        self.place = 0


class Send(Struct, frozen=True):
    """Send this text to the client; ``code`` is that of a refusal, 0 of all else."""

    frame: bytes
    code: int = 0


class Submit(Struct, frozen=True):
    """Put this command into the inbox; if that is full, tell the session with ``refuse_busy``."""

    command: Command
    origin: Origin


class Undo(Struct, frozen=True):
    """Put this command into the inbox, however full that is: without it something stays half done."""

    command: Command


class Join(Struct, frozen=True):
    """From here on the client hears these channels; ``account`` is whose private ones (0: none)."""

    channels: list[Channel]
    account: int


class Leave(Struct, frozen=True):
    channels: list[Channel]


class Relay(Struct, frozen=True):
    """A market maker's curve, for everybody who wants it."""

    curve: ForwardCurve


class Inquire(Struct, frozen=True):
    """Have the statement of an account made from the journal, which takes a while, and send what comes of it."""

    account: str
    params: GetStatement
    origin: Origin


class Recall(Struct, frozen=True):
    """Ask the archive, which takes a moment, and send what comes of it."""

    past: Past
    origin: Origin


class Close(Struct, frozen=True):
    """Close the connection with this WebSocket code, saying why; ``hard`` reads no more of what it sends."""

    code: int
    reason: str
    hard: bool = False


Effect = Send | Submit | Undo | Join | Leave | Relay | Inquire | Recall | Close
