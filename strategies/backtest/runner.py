"""One strategy on a recording: the same desk as live, on the real engine, in virtual time.

Between the moments at which anything of one's own is due, the engine plays the recording natively. The
clock is the venue's: what a participant does at ``T``, when all he sees is as old as the feed, is done while
the engine stands at ``T - feed``. So books need not be kept: they are read where they are, when he looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from exchange.domain.enums import EventKind, Side
from exchange.domain.errors import GpuxError
from exchange.domain.flow import Stop
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS
from exchange.engine.playing import Divergence, Player
from exchange.wire.events import Event, event_tuples
from strategies.backtest.books import LiveBooks, view_of
from strategies.backtest.recording import Recording
from strategies.backtest.shadow import ShadowVenue
from strategies.backtest.spec import Mode
from strategies.base import BookView, Desk, Message, Participant, Recorder, TradeView
from strategies.base.views import EMPTY_BOOK
from strategies.simulator.latency import Constant, Latencies, Path
from strategies.simulator.news import NewsDesk, Tell
from strategies.simulator.schedule import Inbound, Schedule
from strategies.simulator.translate import account_command, capacity_command, cash_command, list_command, order_command
from strategies.simulator.venue import Venue

_TIME, _DEADLINE, _TRADE = int(Stop.TIME), int(Stop.DEADLINE), int(Stop.TRADE)
_OWN = int(Stop.OWN)
_FILLED, _SIDES = int(EventKind.FILLED), tuple(Side)
_BOOK_CHANGED = int(Stop.PRICE | Stop.BEST | Stop.DEPTH | Stop.ROW)
_JOINING = frozenset({EventKind.ACCEPTED, EventKind.RESTED, EventKind.AMENDED})
_SHOWN = _BOOK_CHANGED | _TRADE
_BEST_CHANGED = int(Stop.PRICE | Stop.BEST)
Progress = Callable[[int, int], None]


class CannotRun(GpuxError):
    """A backtest that makes no sense; says why."""


@dataclass(frozen=True)
class BacktestSettings:
    """``mode``: one of those for recordings.

    ``sample_ns``: how often the recorder is shown what the desk holds, 0 for never.
    """

    mode: Mode = Mode.INJECT
    latency: Latencies = field(default_factory=Latencies)
    maker_fee_bps: int = 0
    taker_fee_bps: int = 5
    sample_ns: int = 0
    keeps_commands: bool = False  # so that ``engine.take_commands`` gives a log to replay
    start_ns: int = 0  # the strategy starts then, if that is later than the recording
    end_ns: int = NEVER_NS


def is_read_where_it_is(latency: Latencies) -> bool:
    """Whether all that is heard is at least as old as the feed, which is always equally late."""
    feed, response = latency.feed, latency.response
    return isinstance(feed, Constant) and isinstance(response, Constant) and response.ns >= feed.ns


def stops_of(desk: Desk) -> int:
    """What the desk wants to see of its contracts: bits of Stop."""
    stops = Stop(0)
    if desk.watches_best:
        stops = Stop.PRICE if desk.watches_only_prices else Stop.BEST
    stops |= Stop.DEPTH if desk.watches_depth else Stop(0)
    stops |= Stop.TRADE if desk.watches_trades else Stop(0)
    return int(stops)


class Backtest:
    """The venue is open and endowed, and nothing has happened yet."""

    def __init__(
        self,
        participant: Participant,
        recording: Recording,
        rng: np.random.Generator,
        settings: BacktestSettings | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.settings = settings or BacktestSettings()
        self.recording = recording
        if self.settings.mode is Mode.AGENTS:
            raise CannotRun(f"{recording.label}: a recording reacts to nobody: mode {Mode.INJECT} or {Mode.SHADOW}")
        strangers = [contract.symbol for contract in participant.contracts if contract not in recording.contracts]
        if strangers:
            raise CannotRun(f"{recording.label}: not recorded: {', '.join(strangers[:3])}")
        own, *ways = rng.spawn(5)
        latency = self.settings.latency
        self._feed_path, self._entry, self._response, self._compute = (
            Path(delay, chance)
            for delay, chance in zip(
                (latency.feed, latency.entry, latency.response, latency.compute), ways, strict=True
            )
        )
        self.engine = Player(keeps_commands=self.settings.keeps_commands)
        # Where news may come before the feed would, what the feed showed must be kept.
        is_read_late = is_read_where_it_is(latency)
        self._lag_ns = latency.feed.ns if is_read_late and isinstance(latency.feed, Constant) else 0
        self._seen: dict[str, BookView] | None = None if is_read_late else {}
        self.books: Mapping[str, BookView] = LiveBooks(self.engine, recording.contracts)
        if self._seen is not None:
            self.books = self._seen
        self.desk = Desk(participant, self.books, own, recorder=recorder)
        self._recorder = recorder
        self._stops = stops_of(self.desk) | (0 if is_read_late else int(Stop.BEST))
        self._numbers = {contract.symbol: number for number, contract in enumerate(recording.contracts)}
        self._is_shadow = self.settings.mode is Mode.SHADOW
        self._venue = self._venue_of(self.settings)
        self._venue.contracts = list(recording.contracts)
        self._news = NewsDesk(self._venue.contracts)
        self._schedule = Schedule(recording.start_ns)
        self._alarm_ns = NEVER_NS
        self._begin_ns = max(recording.start_ns, self.settings.start_ns - self._lag_ns)
        self._sample_ns = NEVER_NS
        if recorder is not None and self.settings.sample_ns:
            self._sample_ns = self._begin_ns + self.settings.sample_ns
        self._open_venue(participant)

    @property
    def now_ns(self) -> int:
        """As it is for the participant."""
        return self._schedule.now_ns + self._lag_ns

    @property
    def divergence(self) -> Divergence:
        return self.engine.divergence

    def run(self, progress: Progress | None = None) -> None:
        """Play all of the recording, then value what is held."""
        schedule, engine, total = self._schedule, self.engine, self.recording.rows
        schedule.add(self._begin_ns, self._begin)
        played = 0
        for chunk in self.recording.chunks():
            engine.load(chunk)
            self._play_chunk()
            played += len(chunk)
            if progress is not None:
                progress(played, total)
            if engine.rows_left:
                break
        end_ns = self.settings.end_ns if engine.rows_left else engine.time_ns
        while self._due_ns <= end_ns:
            self._next_job()
        schedule.now_ns = max(schedule.now_ns, end_ns)
        self.desk.mark(self.now_ns)

    @property
    def _due_ns(self) -> int:
        next_ns, sample_ns = self._schedule.next_ns, self._sample_ns
        return next_ns if next_ns <= sample_ns else sample_ns

    def _play_chunk(self) -> None:
        """Until the rows that are loaded are played, or the end has come."""
        engine, schedule, end_ns = self.engine, self._schedule, self.settings.end_ns
        while True:
            due_ns = self._due_ns
            why = engine.play_on(due_ns + 1 if due_ns < end_ns else end_ns)
            if why == 0:
                return
            if not why & ~_BOOK_CHANGED:
                if engine.stopped_ns > schedule.now_ns:
                    schedule.now_ns = engine.stopped_ns
                self._show(engine.contract_played, why)
            elif why & _TIME:
                if due_ns > end_ns:
                    return
                self._next_job()
            elif why & _DEADLINE:
                self._tick(engine.next_deadline_ns())
            else:
                schedule.now_ns = max(schedule.now_ns, engine.stopped_ns)
                happened = event_tuples(engine.events) if len(engine.events) else []
                # The feed first, everywhere: then books that are kept and books that are read agree.
                if why & _SHOWN:
                    self._feed(engine.contract_played, why, happened)
                if why & _OWN:
                    self._publish(happened, {})

    def _next_job(self) -> None:
        """What is due first: a gate or an expiry, a look by the recorder, a job of the schedule."""
        due_ns = self._due_ns
        if self.engine.next_deadline_ns() <= due_ns:
            self._tick(self.engine.next_deadline_ns())
        elif self._sample_ns == due_ns:
            # No job of the schedule: it would part what arrives together.
            self._schedule.now_ns = due_ns
            self.desk.sample(self.now_ns)
            self._sample_ns += self.settings.sample_ns
        else:
            job = self._schedule.take()
            if isinstance(job, list):
                self._arrive(job)
            else:
                job()

    def _tick(self, deadline_ns: int) -> None:
        self._schedule.now_ns = max(self._schedule.now_ns, deadline_ns)
        self._publish(self._venue.apply([], self._schedule.now_ns)[1], {})
        for contract in self.desk.participant.contracts:
            self.engine.look(self._numbers[contract.symbol])

    def _venue_of(self, settings: BacktestSettings) -> Venue:
        if settings.mode is Mode.SHADOW:
            return ShadowVenue(self.engine, settings.maker_fee_bps, settings.taker_fee_bps)
        return Venue(self.engine)

    def _open_venue(self, participant: Participant) -> None:
        now_ns = self._schedule.now_ns
        self.engine.open_market([list_command(contract) for contract in self.recording.contracts], now_ns)
        account = self.engine.OWN_FIRST
        settings = self.settings
        opening = [account_command(participant.name, settings.maker_fee_bps, settings.taker_fee_bps)]
        if participant.cash_usd:
            opening.append(cash_command(account, participant.cash_usd))
        if participant.capacity_lots:
            numbers = (self._numbers[contract.symbol] for contract in participant.contracts)
            opening += [capacity_command(account, number, participant.capacity_lots) for number in numbers]
        if not self._is_shadow:
            self._venue.apply(opening, now_ns)

    def _begin(self) -> None:
        """From here on the feed shows what happens; the desk starts when it has shown how things stand."""
        for contract in self.desk.participant.contracts:
            self.engine.watch(self._numbers[contract.symbol], self._stops)
        if self._seen is None:
            self._send(self.desk.start(self.now_ns))
            return
        views = {symbol: view_of(self.engine, number) for symbol, number in self._numbers.items()}

        def start(books: dict[str, BookView] = self._seen) -> None:
            books.update(views)
            self._send(self.desk.start(self.now_ns))

        self._schedule.add(self._feed_path.arrival_ns(self._schedule.now_ns), start)

    def _arrive(self, batch: list[Inbound]) -> None:
        """Messages reach the venue; the news of what they did goes out."""
        commands = [
            order_command(inbound.message, self.engine.OWN_FIRST, self._numbers[inbound.message.contract.symbol])
            for inbound in batch
        ]
        first, events = self._venue.apply(commands, self._schedule.now_ns)
        if self._stops and not self._is_shadow:
            self._feed_own(batch, events)
        self._publish(events, {first + place: inbound for place, inbound in enumerate(batch)})

    def _publish(self, events: list[Event], causes: dict[int, Inbound]) -> None:
        now_ns = self._schedule.now_ns
        for event in events:
            inbound = causes.get(event.sequence)
            if self._recorder is not None and inbound is not None and event.resting and event.kind in _JOINING:
                self._recorder.joined(now_ns, inbound.message.client_id, self._venue.lots_ahead(event))
            for _, tell in self._news.tell(event, inbound, now_ns):
                self._inform(tell)

    def _inform(self, tell: Tell) -> None:
        heard_ns = self._response.arrival_ns(self._schedule.now_ns)
        self._schedule.add(
            max(heard_ns - self._lag_ns, self._schedule.now_ns), lambda: self._send(tell(self.desk, self.now_ns))
        )

    def _feed_own(self, batch: list[Inbound], events: list[Event]) -> None:
        """What the feed says of what one's own messages did."""
        for number in sorted({self._numbers[inbound.message.contract.symbol] for inbound in batch}):
            changed = self.engine.look(number) & self._stops
            if self._stops & (Stop.DEPTH | Stop.TRADE):
                about = [event for event in events if event.contract == number]
                changed |= int(any(event.kind != EventKind.REJECTED for event in about)) * Stop.DEPTH & self._stops
                changed |= int(any(event.kind == EventKind.FILLED for event in about)) * Stop.TRADE & self._stops
            if changed:
                self._feed(number, changed, events)

    def _feed(self, number: int, why: int, events: Sequence[Event]) -> None:
        """The feed shows a contract that changed (``why``: bits of Stop), then its trades."""
        contract = self.recording.contracts[number]
        trades = self._trades(number, events) if why & _TRADE else ()
        if self._seen is None:
            self._hear(contract, why, trades)
            return
        seen_ns, view = self._feed_path.arrival_ns(self._schedule.now_ns), view_of(self.engine, number)

        def seen(books: dict[str, BookView] = self._seen) -> None:
            books[contract.symbol] = view
            self._hear(contract, why, trades)

        self._schedule.add(seen_ns, seen)

    def _show(self, number: int, why: int) -> None:
        """The feed shows a row of the recording that nobody traded in; what most wakes are."""
        if self._seen is not None:
            self._feed(number, why, ())
            return
        contract, desk, engine = self.recording.contracts[number], self.desk, self.engine
        best_ticks = (engine.bid_ticks, engine.ask_ticks)
        now_ns = self._schedule.now_ns + self._lag_ns
        messages = desk.book(
            now_ns, contract, self.books.get(contract.symbol, EMPTY_BOOK), bool(why & _BEST_CHANGED), best_ticks
        )
        if messages or desk.next_timer_ns < self._alarm_ns:
            self._send(messages)

    def _trades(self, number: int, events: Sequence[Event]) -> list[TradeView]:
        """Of what happened, what the feed says of this contract's trades."""
        contract, now_ns = self.recording.contracts[number], self._schedule.now_ns
        return [
            TradeView(contract, _SIDES[event.side], event.price_ticks, event.lots, now_ns)
            for event in events
            if event.kind == _FILLED
            and event.contract == number
            and not (self._is_shadow and event.maker_account >= Player.OWN_FIRST)  # which nobody saw
        ]

    def _hear(self, contract: Contract, why: int, trades: Sequence[TradeView]) -> None:
        if why & _BOOK_CHANGED and self.desk.watches_best:
            book = self.books.get(contract.symbol, EMPTY_BOOK)
            self._send(self.desk.book(self.now_ns, contract, book, bool(why & _BEST_CHANGED)))
        for trade in trades if self.desk.watches_trades else ():
            self._send(self.desk.trade(self.now_ns, trade))

    def _send(self, messages: list[Message]) -> None:
        """What the desk wants to send goes on its way; its next timer is noted."""
        for message in messages:
            leaves_ns = self._compute.arrival_ns(self.now_ns, message)
            self._schedule.add(self._entry.arrival_ns(leaves_ns, message), Inbound(0, message))
        wanted_ns = self.desk.next_timer_ns
        if wanted_ns < self._alarm_ns:
            self._alarm_ns = wanted_ns
            self._schedule.add(max(wanted_ns - self._lag_ns, self._schedule.now_ns), lambda: self._alarm(wanted_ns))

    def _alarm(self, time_ns: int) -> None:
        if time_ns == self._alarm_ns:
            self._alarm_ns = NEVER_NS
            self._send(self.desk.timer(self.now_ns))
