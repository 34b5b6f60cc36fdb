"""What one turn changed, in the words of the wire, for those who watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Raw, Struct

from exchange.domain.enums import EventKind
from exchange.domain.records import Command
from exchange.gateway.mirror.markets import Market
from exchange.views import Touched
from exchange.wire.channels import Stream
from exchange.wire.contracts import Delivery, Fixing, InstrumentState
from exchange.wire.events import Event
from exchange.wire.messages import Trade, UserTrade

if TYPE_CHECKING:
    from exchange.gateway.mirror.chronicle import Told

# Of a contract itself: where it stands, what it was settled at, how far its delivery has come.
News = InstrumentState | Fixing | Delivery


class Origin(Protocol):
    """Whoever asked for a command; the mirror only wants the label for a new order."""

    @property
    def label(self) -> str: ...


class Moved(Struct, frozen=True):
    """An order as it stands after a command, as JSON of an ``Order``: put into bytes once for all who are told.

    closed: its ids, if somebody sent it and it is open no more; see ``exchange.archive.format.Said``.
    """

    account: int
    market: Market
    text: bytes
    closed: str


class Outcome(Struct, frozen=True):
    """What became of one command that somebody asked for; ``order`` is an ``Order``, the command's own."""

    origin: Origin
    command: Command
    events: list[Event]
    order: Raw | None
    trades: list[UserTrade]

    @property
    def rejected(self) -> Event | None:
        found = self.events[0] if self.events else None
        return found if found is not None and found.kind == EventKind.REJECTED else None


class Changes:
    """Empty at first; the mirror fills it while it applies a turn."""

    # The same to accounts, in bytes and numbered; the mirror adds it last.
    told: Told

    def __init__(self) -> None:
        self.time_ms = 0
        self.touched: dict[int, Touched] = {}
        self.trades: dict[int, list[Trade]] = {}
        self.orders: list[Moved] = []
        self.user_trades: list[tuple[int, Market, UserTrade]] = []
        self.accounts: set[int] = set()
        self.news: list[tuple[Stream, Market, News]] = []
        # How it stands at the end of the turn.
        self.deliveries: dict[int, Delivery] = {}
        self.kills = False  # whether what is stopped for everybody is something else now
        self.outcomes: list[Outcome] = []
