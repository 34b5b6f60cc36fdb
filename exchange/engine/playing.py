"""An engine that plays FLOW natively: what others asked, until it is one's own turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

import numpy as np

from exchange.domain.enums import CommandKind, Reject, Side
from exchange.domain.errors import GpuxError
from exchange.domain.flow import FLOW, FlowKind, Stop
from exchange.domain.records import COMMAND, EVENT, Command, Rows, command_rows
from exchange.domain.text import text_columns
from exchange.domain.units import LOTS_MAX, NEVER_NS, TOTAL_MAX
from exchange.engine.machine import Engine
from exchange.jit import by_reference, direct
from exchange.kernel import inspect, sound
from exchange.kernel.asked import COMMANDS_EACH
from exchange.kernel.play import look_at, play, top
from exchange.kernel.state import BOOKS_EACH
from exchange.kernel.tape import CONTROL, KINDS, NAMED, REASONS, SHADOW, WATCH, Tape

__all__ = ["SHADOW", "BadFlow", "Divergence", "Played", "Player"]

_EVENT_ROWS = 1 << 14
_LOG_ROWS = 1 << 13
_ROWS_AT_ONCE = 1 << 14  # for which room is made at a time
_NO_EVENTS = np.zeros(0, EVENT)
_NEEDS_ROOM = int(Stop.ROOM)
# Where it stopped, from the end of CONTROL: the engine's time, the last row's contract, its best bid and ask.
_WHERE = Struct("<q3i4x")
_WHERE_AT = CONTROL.itemsize - _WHERE.size
_CASH_MICROS = TOTAL_MAX // 4


class BadFlow(GpuxError):
    """Rows of FLOW that cannot be played; names the first and why."""


class Played(NamedTuple):
    """``why``: bits of Stop, 0 at the end of what was loaded. ``events``: (n,) of EVENT, the caller's.

    ``contract``: of the last row that was played.
    """

    why: int
    events: Rows
    contract: int


@dataclass(frozen=True)
class Divergence:
    """How far the market that was played is from the one that was recorded.

    ``orphans``: rows about an order that was gone. ``trimmed_lots``: executed in the place of the order that the
    recording names. ``outlived``: orders still open when the recording used their number again. ``own_lots``:
    of orders that are not the flow's, filled by the flow.
    """

    rows: int
    own_lots: int
    trimmed_lots: int
    outlived: int
    orphans: Mapping[FlowKind, int]
    refusals: Mapping[Reject, int]


class Player(Engine):
    """Contracts are numbered as in the flow. Account 1 buys in its name and account 2 sells, with means for any day.

    Whoever else takes part opens an account later: what happens to his orders stops the play.
    """

    BUYER, SELLER, OWN_FIRST = 1, 2, 3

    def __init__(self, keeps_events: bool = False, keeps_commands: bool = False, event_rows: int = _EVENT_ROWS) -> None:
        """``keeps_events``: give out those of the flow, too. ``keeps_commands``: for ``take_commands``.

        ``event_rows``: how many events and commands are held natively; it changes nothing but the speed.
        """
        super().__init__()
        self._control = np.zeros(1, CONTROL)
        self._control["buyer"], self._control["seller"] = self.BUYER, self.SELLER
        # Read and written at every stop: columns of their own, because finding them by name takes longer than the play.
        self._until, self._why = self._control["until_ns"], self._control["why"]
        self._control["own_first"] = self.OWN_FIRST
        self._control["keeps_all"], self._control["logs"] = keeps_events, keeps_commands
        self._logs = keeps_commands
        self._logged: list[Rows] = []
        logged = np.zeros(min(_LOG_ROWS, event_rows) if keeps_commands else 1, COMMAND)
        counts = (np.zeros(KINDS, np.int64), np.zeros(REASONS, np.int64))
        scratch = (np.zeros(1, COMMAND), logged, np.zeros(1, SHADOW))
        self._tape = Tape(self._control, np.zeros(1, NAMED), np.zeros(1, WATCH), *counts, *scratch)
        self._tape_reference = by_reference(self._tape)
        # Whoever reads what stands in the engine only when he needs it may be told that it is about to change.
        self.before_change: Callable[[], None] = _nobody
        # Of the last play: what happened, and where it stopped.
        self.events = _NO_EVENTS
        self.stopped_ns = self.contract_played = self.bid_ticks = self.ask_ticks = 0
        self._where = memoryview(self._control.view(np.uint8))  # type: ignore[arg-type]
        self._flow = self._part = np.zeros(0, FLOW)  # all of it, and as far as there is room for it
        self._place = self._end = 0  # the next row, and the first for which there is no room
        self._played = np.empty(event_rows, EVENT)
        self._levels = np.zeros((2, 2), np.int64)
        self._play = direct(play, self._reference, self._tape_reference, self._flow, 0, self._played)
        self._look = direct(look_at, self._reference, self._tape_reference, 0)
        self._top = direct(top, self._reference, 0, 0, self._levels)

    def open_market(self, listings: list[Command], time_ns: int) -> None:
        """List contracts (LIST commands, in the flow's order) and open the accounts of the flow."""
        commands = [Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(name)) for name in ("buyer", "seller")]
        commands += [Command(kind=CommandKind.CASH, account=self.BUYER, amount=_CASH_MICROS), *listings]
        for account in (self.BUYER, self.SELLER):
            commands += [
                Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=LOTS_MAX)
                for contract in range(len(listings))
            ]
        first = self.sequence + 1
        self.apply(
            command_rows(
                [command._replace(sequence=first + place, time_ns=time_ns) for place, command in enumerate(commands)]
            )
        )
        self._remember(self._tape._replace(watches=np.zeros(len(listings), WATCH)))

    def load(self, flow: Rows) -> None:
        """What is to be played next, (n,) of FLOW; what is left of the last is played no more.

        Raises BadFlow at the first row that cannot be.
        """
        flow = np.ascontiguousarray(flow)
        _check(flow, len(self._tape.watches), int(self._flow["time_ns"][-1]) if len(self._flow) else 0)
        orders = int(flow["order"].max(initial=0)) + 1
        if orders > len(self._tape.named):
            named = np.zeros(max(orders, 2 * len(self._tape.named)), NAMED)
            named[: len(self._tape.named)] = self._tape.named
            self._remember(self._tape._replace(named=named))
        self._flow, self._place, self._end = flow, 0, 0

    @property
    def rows_left(self) -> int:
        """Of what was loaded."""
        return len(self._flow) - self._place

    def play(self, until_ns: int = NEVER_NS) -> Played:
        """Play rows before ``until_ns`` until something happens that stops it (see ``watch``)."""
        return Played(self.play_on(until_ns), self.events.copy(), self.contract_played)

    def play_on(self, until_ns: int) -> int:
        """As ``play``, and says only why it stopped. The rest is in ``events``, which are there until the next play,

        and in ``stopped_ns``, ``contract_played``, ``bid_ticks`` and ``ask_ticks`` of the last row that was played.
        """
        self.before_change()
        self._until[0] = until_ns
        if self._place >= self._end:
            self._find_room()
        consumed, kept = self._play(self._reference, self._tape_reference, self._part, self._place, self._played)
        self._room -= COMMANDS_EACH * consumed
        self._place += consumed
        why: int = self._why.item()
        if why == 0 or why & _NEEDS_ROOM:
            why = self._finish(why, kept)
        else:
            self.events = self._played[:kept] if kept else _NO_EVENTS
        self.stopped_ns, self.contract_played, self.bid_ticks, self.ask_ticks = _WHERE.unpack_from(
            self._where, _WHERE_AT
        )
        return why

    def _finish(self, why: int, kept: int) -> int:
        """Keep what happened, and go on where it was only room that lacked."""
        parts = [self._played[:kept].copy()]
        while why & _NEEDS_ROOM or (why == 0 and self._place < len(self._flow)):
            if why:
                self._room = 0
                self._drain()
            self._find_room()
            consumed, kept = self._play(self._reference, self._tape_reference, self._part, self._place, self._played)
            self._room -= COMMANDS_EACH * consumed
            self._place += consumed
            parts.append(self._played[:kept].copy())
            why = self._why.item()
        self.events = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return why

    def _find_room(self) -> None:
        """For many rows to come."""
        rows, left = self._room // COMMANDS_EACH, len(self._flow) - self._place
        if rows < min(left, _ROWS_AT_ONCE):
            rows = min(left, _ROWS_AT_ONCE)
            self._make_room(COMMANDS_EACH * rows)
            self._room += COMMANDS_EACH * rows
        self._part = self._flow if rows >= left else self._flow[: self._place + rows]
        self._end = len(self._part)

    def watch(self, contract: int, stops: int) -> None:
        """Stop when any of ``stops`` (bits of Stop) happens in ``contract``. OWN always stops."""
        self._tape.watches["stops"][contract] = stops
        self.look(contract)

    def look(self, contract: int) -> int:
        """What of the best prices changed since the last look: Stop.PRICE and Stop.BEST, or Stop.BEST, or 0."""
        return self._look(self._reference, self._tape_reference, contract)

    def top(self, contract: int, depth: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
        """As ``levels`` of both sides, and faster."""
        if 2 * depth > len(self._levels):
            self._levels = np.zeros((2 * depth, 2), np.int64)
        bids, asks = self._top(self._reference, contract, depth, self._levels)
        prices, lots = self._levels.T.tolist()
        end = depth + asks
        return tuple(zip(prices[:bids], lots[:bids], strict=True)), tuple(
            zip(prices[depth:end], lots[depth:end], strict=True)
        )

    def lots_at(self, contract: int, side: Side, price_ticks: int) -> int:
        """What stands at a price."""
        level = inspect.level_at(self._state, contract * BOOKS_EACH + side, price_ticks)
        return int(self._state.levels["lots"][level]) if level else 0

    @property
    def shadows(self) -> Rows:
        """(n,) of SHADOW: the orders that stand beside the book, which playing changes in place."""
        return self._tape.shadows[: int(self._control["shadows"][0])]

    def stand_beside(self, orders: Rows) -> None:
        """From now on these are the shadows: (n,) of SHADOW, of each side the better price first, then the older."""
        if len(orders) > len(self._tape.shadows):
            self._remember(self._tape._replace(shadows=np.zeros(2 * len(orders), SHADOW)))
        self._tape.shadows[: len(orders)] = orders
        self._control["shadows"] = len(orders)

    def tick_value_micros(self, contract: int) -> int:
        """Micro-dollars a tick a lot."""
        return int(self._state.contracts["tick_value"][contract])

    def last_price_ticks(self, contract: int) -> int:
        """Of the last trade, 0 before the first."""
        return self._last_prices.item(contract)  # type: ignore[no-any-return]

    def best_ticks(self, contract: int, side: Side) -> int:
        """The best price of a side, 0 where nobody stands."""
        return self._bests.item(BOOKS_EACH * contract + side)  # type: ignore[no-any-return]

    def apply(self, commands: Rows) -> Rows:
        """As of any engine; with ``keeps_commands`` they are kept, too."""
        self.before_change()
        self._end = 0
        events = super().apply(commands)
        if self._logs:
            self._drain()
            self._logged.append(commands.copy())
        return events

    def take_commands(self) -> Rows:
        """All commands since the last call, the flow's and others': applied to an engine they make it this one."""
        self._drain()
        taken = np.concatenate([np.zeros(0, COMMAND), *self._logged])
        self._logged = []
        return taken

    @property
    def divergence(self) -> Divergence:
        control = self._control[0]
        return Divergence(
            int(control["rows"]),
            int(control["own_lots"]),
            int(control["trimmed_lots"]),
            int(control["outlived"]),
            {FlowKind(int(kind)): int(self._tape.orphans[kind]) for kind in np.flatnonzero(self._tape.orphans)},
            {Reject(int(why)): int(self._tape.refusals[why]) for why in np.flatnonzero(self._tape.refusals)},
        )

    def _remember(self, tape: Tape) -> None:
        self._tape = tape
        self._tape_reference = by_reference(tape)

    def _keep_columns(self) -> None:
        super()._keep_columns()
        self._bests, self._last_prices = self._state.books["best_ticks"], self._state.contracts["last_price"]

    def _drain(self) -> None:
        """Make room in the log of commands."""
        logged = int(self._control["logged"][0])
        if logged:
            self._logged.append(self._tape.commands[:logged].copy())
            self._control["logged"] = 0


def _nobody() -> None:
    """Is told."""


def _check(flow: Rows, contracts: int, time_ns: int) -> None:
    """Raise BadFlow at the first row that cannot be played."""
    if flow.dtype != FLOW or flow.ndim != 1:
        raise BadFlow(f"expected rows of FLOW, found {flow.shape} of {flow.dtype}")
    place, fault = sound.first_fault(flow, contracts, time_ns)
    if fault != sound.SOUND:
        why = {
            sound.NO_CONTRACT: f"its contract is none of {contracts}",
            sound.NO_KIND: "its kind is no FlowKind",
            sound.OUT_OF_TIME: "its time is before the row above",
            sound.NO_SIDE: "its side is no Side",
            sound.NO_ORDER: "it names no order",
        }[fault]
        raise BadFlow(f"row {place} of the flow: {why}: {flow[place]}")
