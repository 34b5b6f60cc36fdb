"""A compiled strategy on a recording, with nothing in Python between one of its acts and the next.

The same messages and fills as ``Backtest`` has with the same strategy, to the byte. What the compiled loop
does not know it refuses, and says so.
"""

from __future__ import annotations

import numpy as np

from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import COMMAND, Command, Rows, command_rows
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.engine.native import Native
from exchange.jit import by_reference, keyed_entry
from strategies.backtest.recording import Recording
from strategies.backtest.runner import Backtest, BacktestSettings, CannotRun, Progress
from strategies.backtest.spec import Mode
from strategies.base import Fill, Participant
from strategies.base.uptime import Uptime
from strategies.fast import BadStrategy, FastStrategy, loop, stopping
from strategies.fast.compiling import World, compiled, room_digest
from strategies.fast.memory import (
    HEARD_FILL,
    MESSAGE,
    NEWS,
    NEWS_ROWS,
    PLACE,
    SLOT,
    UPTIME,
    Machine,
    Memory,
    new_seat,
)
from strategies.fast.records import FILL, TRADE, WANT
from strategies.simulator.latency import Constant

_run = keyed_entry(loop.run, room_digest())
_ROOM = 1 << 16  # commands that room is made for at a time
_FILLS = 1 << 10
_MESSAGES = 1 << 12
_BATCH = 64
_CONTRACT_NONE = -1


def why_not(participant: Participant, settings: BacktestSettings, recorder: object | None = None) -> str:
    """Why the compiled loop cannot run this; empty if it can."""
    latency = settings.latency
    delays = (latency.feed, latency.entry, latency.response, latency.compute)
    if not isinstance(participant.strategy, FastStrategy):
        return f"{type(participant.strategy).__name__} is no FastStrategy"
    if settings.mode != Mode.INJECT:
        return f"mode {settings.mode} needs orders beside the book"
    if not all(isinstance(delay, Constant) for delay in delays):
        return "a latency is not constant"
    if latency.response.ns < latency.feed.ns:  # type: ignore[attr-defined]
        return "the response is faster than the feed"
    if participant.curves is not None:
        return "handlers see no forward curve"
    if settings.keeps_commands:
        return "commands are not kept"
    if recorder is not None:
        return "a recorder listens to each event"
    return ""


class CompiledBacktest(Backtest):
    """As ``Backtest``, whose desk has heard and done nothing until the run is over.

    Raises CannotRun, with the reason, for what only the ordinary loop can do, and BadStrategy for handlers
    that cannot be compiled.
    """

    def __init__(
        self,
        participant: Participant,
        recording: Recording,
        rng: np.random.Generator,
        settings: BacktestSettings | None = None,
    ) -> None:
        reason = why_not(participant, settings or BacktestSettings())
        if reason:
            raise CannotRun(f"the compiled loop cannot run this: {reason}; run it as an ordinary strategy")
        super().__init__(participant, recording, rng, settings)
        strategy = participant.strategy
        assert isinstance(strategy, FastStrategy)
        start_ns = self._begin_ns
        self._ours = tuple(one for one in participant.contracts if one.gate_ns > start_ns + self._lag_ns)
        self._world = _new_world(strategy, len(self._ours), strategy.new_books(self._ours))
        self._world_reference = by_reference(self._world)
        self._handle, handle_at = compiled(strategy.plan, self._world_reference)
        self._native = Native(self.engine)
        self._machine = Machine(*self._native.entries, handle_at)
        self._memory = self._new_memory(strategy, start_ns)
        self._start_ns = start_ns + self._lag_ns

    @property
    def messages(self) -> Rows:
        """(n,) of MESSAGE: all that was sent, in order. Its contract is a place in the participant's open ones."""
        return self._memory.messages[: int(self._memory.seat["messages"][0])]

    @property
    def fills(self) -> Rows:
        """(n,) of HEARD_FILL, in the order heard."""
        return self._memory.fills[: int(self._memory.seat["fills"][0])]

    @property
    def world(self) -> World:
        """The records as the handlers left them."""
        return self._world

    def run(self, progress: Progress | None = None) -> None:
        played, total = 0, self.recording.rows
        with np.errstate(all="ignore"):
            for chunk in self.recording.chunks():
                self.engine.load(chunk)
                self._memory.seat["first"] = 0
                why = self._play(is_last=False)
                played += len(chunk)
                if progress is not None:
                    progress(played, total)
                if why == stopping.DONE:
                    break
            else:
                self._play(is_last=True)
        self._tell_desk()

    def _play(self, is_last: bool) -> int:
        """Until the rows that are loaded are played, or the end has come."""
        seat, levels = self._memory.seat, np.zeros((2, 2), np.int64)
        seat["is_last"] = is_last
        self._memory = self._memory._replace(flow=self._native.flow)
        while True:
            state, seat["room"] = self._native.lend(_ROOM)
            memory = by_reference(self._memory)
            why = int(_run(state, self._native.tape, self._world_reference, memory, self._machine, levels))
            self._native.give_back(int(seat["first"][0]))
            if why in (stopping.DONE, stopping.NEEDS_ROWS):
                return why
            self._help(why)

    def _help(self, why: int) -> None:
        """See to it that the loop can go on. Raises BadStrategy where it cannot."""
        memory = self._memory
        if why == stopping.NEEDS_MESSAGES:
            self._memory = memory._replace(messages=_doubled(memory.messages))
        elif why == stopping.NEEDS_FILLS:
            self._memory = memory._replace(fills=_doubled(memory.fills))
        elif why == stopping.NEEDS_NEWS:
            self._memory = memory._replace(news=_doubled(memory.news))
        elif why == stopping.DEADLINE:
            self._pass_deadline()
        elif why == stopping.BAD_WANT:
            contract = self._ours[int(memory.seat["culprit"][0])]
            want = dict(zip(WANT.names or (), memory.wants[int(memory.seat["culprit"][0])].item(), strict=True))
            raise BadStrategy(f"{self.desk.strategy} wants what no book can hold: {contract.symbol} {want}")
        else:
            assert why == stopping.NEEDS_ROOM, f"the loop stopped for {why}"

    def _pass_deadline(self) -> None:
        """What is due at the venue by now happens; the loop hears of it."""
        seat = self._memory.seat
        now_ns = max(int(seat["now_ns"][0]), self.engine.next_deadline_ns())
        seat["now_ns"] = now_ns
        tick = Command(sequence=self.engine.sequence + 1, time_ns=now_ns, kind=CommandKind.TICK)
        events = self.engine.apply(command_rows([tick]))
        for contract in self._ours:
            self.engine.look(self._numbers[contract.symbol])
        memory = self._memory
        if len(events) > len(memory.events):
            self._memory = memory = memory._replace(events=np.zeros(2 * len(events), events.dtype))
        memory.events[: len(events)] = events
        seat["unheard"] = len(events)

    def _new_memory(self, strategy: FastStrategy, start_ns: int) -> Memory:
        ours, latency = self._ours, self.settings.latency
        assert isinstance(latency.entry, Constant)
        assert isinstance(latency.response, Constant)
        assert isinstance(latency.compute, Constant)
        seat = new_seat()
        seat["account"], seat["lag_ns"] = self.engine.OWN_FIRST, self._lag_ns
        seat["entry_ns"], seat["response_ns"] = latency.entry.ns + latency.compute.ns, latency.response.ns
        seat["timer_ns"] = strategy.timer_ns if "on_timer" in strategy.plan.handlers else 0
        seat["hears"], seat["stops"] = int(strategy.plan.wakes), self._stops
        seat["start_ns"], seat["now_ns"], seat["end_ns"] = start_ns, self.recording.start_ns, self.settings.end_ns
        seat["width"] = self._world.books.dtype.itemsize // 8
        rows = np.full(len(self.recording.contracts), _CONTRACT_NONE, np.int64)
        numbers = np.array([self._numbers[contract.symbol] for contract in ours], np.int64)
        rows[numbers] = np.arange(len(ours))
        uptimes = np.zeros(len(ours), UPTIME)
        uptimes["since_ns"] = -1
        return Memory(
            seat,
            np.zeros(2 * len(ours), SLOT),
            np.zeros(_MESSAGES + 16 * len(ours), MESSAGE),
            np.zeros(NEWS_ROWS + 4 * len(self._native.events), NEWS),
            np.zeros(_FILLS, HEARD_FILL),
            uptimes,
            numbers,
            np.array([contract.gate_ns for contract in ours], np.int64),
            rows,
            self._world.me.view(np.int64),
            self._world.books.view(np.int64),
            self._world.books.view(np.float64),
            self._world.wants,
            self._world.fill,
            self._world.trade,
            self._native.flow,
            self._native.events,
            np.zeros(_BATCH, COMMAND),
        )

    def _tell_desk(self) -> None:
        """Let the desk know what was done, so that it can say what was earned."""
        desk, memory, seat = self.desk, self._memory, self._memory.seat
        for contract in self.desk.participant.contracts:
            desk.uptimes[contract.symbol] = Uptime(self._start_ns, contract.gate_ns)
        for contract, uptime in zip(self._ours, memory.uptimes, strict=True):
            told = desk.uptimes[contract.symbol]
            told.two_sided_ns, told.since_ns = int(uptime["two_sided_ns"]), int(uptime["since_ns"])
        desk.counts.messages = len(self.messages)
        desk.counts.orders = int(np.count_nonzero(self.messages["kind"] == PLACE))
        desk.counts.refusals = int(seat["refusals"][0])
        for contract in self._ours:
            desk.ledger.of(contract)  # in their order, as a handler sees them
        for row in self.fills:
            self._tell_fill(row)
        end_ns = self.settings.end_ns if self.engine.rows_left else self.engine.time_ns
        self._schedule.now_ns = max(int(seat["now_ns"][0]), end_ns)
        desk.mark(self.now_ns)

    def _tell_fill(self, row: Rows) -> None:
        contract, price_ticks = self._ours[int(row["contract"])], int(row["price_ticks"])
        fee_usd = int(row["fee_micros"]) / MICROS_PER_DOLLAR
        fill = Fill(
            contract, str(row["number"]), Side(int(row["side"])), price_ticks, int(row["lots"]), fee_usd,
            bool(row["is_maker"]), int(row["time_ns"]),
        )  # fmt: skip
        mid_ticks = float(row["mid_ticks"])
        fair_usd = mid_ticks * contract.price_usd(1) if mid_ticks else self.desk.ledger.of(contract).mark_usd
        self.desk.ledger.fill(fill, fair_usd or contract.price_usd(price_ticks))


def _new_world(strategy: FastStrategy, contracts: int, books: Rows) -> World:
    return World(strategy.new_me(), books, np.zeros(contracts, WANT), np.zeros(1, FILL), np.zeros(1, TRADE))


def _doubled(rows: Rows) -> Rows:
    larger = np.zeros(2 * len(rows), rows.dtype)
    larger[: len(rows)] = rows
    return larger
