"""The market in virtual time. The same seed gives the same state hash, in every process.

Participants act when they hear something; ``Latencies`` say how long a message takes to reach the venue
and the news to come back. Everything in between is the engine's own doing: queue
position, partial fills, fees, gates and refusals are not modelled, they happen.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from exchange.domain.enums import EventKind, Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from exchange.engine import Engine
from exchange.wire.events import Event
from strategies.base import BookView, Desk, Message, Participant, Recorder, TradeView
from strategies.simulator.latency import Latencies, Path
from strategies.simulator.news import NewsDesk, Tell
from strategies.simulator.schedule import Inbound, Schedule
from strategies.simulator.translate import (
    account_command,
    capacity_command,
    cash_command,
    list_command,
    order_command,
)
from strategies.simulator.venue import Venue

FEED_DEPTH = 10
# What may change a book, or close it, besides the orders that enter it.
_BOOK_KINDS = frozenset({EventKind.FILLED, EventKind.AMENDED, EventKind.PARKED, EventKind.PHASE})
_JOINING = frozenset({EventKind.ACCEPTED, EventKind.RESTED, EventKind.AMENDED})


class Market:
    """``contracts`` are listed, accounts opened and endowed, and every strategy started, at ``start_ns``.

    ``recorders``, by participant's name, are told what their desks do and see samples every ``sample_ns``.
    """

    def __init__(
        self,
        contracts: Sequence[Contract],
        participants: Sequence[Participant],
        rng: np.random.Generator,
        start_ns: int,
        latency: Latencies | None = None,
        maker_fee_bps: int = 0,
        taker_fee_bps: int = 5,
        recorders: Mapping[str, Recorder] | None = None,
        sample_ns: int = NS_PER_SECOND,
    ) -> None:
        self.engine = Engine()
        self.books: dict[str, BookView] = {}
        self.trades = 0
        self.desks = [
            Desk(participant, self.books, own_rng, recorder=(recorders or {}).get(participant.name))
            for participant, own_rng in zip(participants, rng.spawn(len(participants)), strict=True)
        ]
        ways = latency or Latencies()
        # Each has ways of his own to the venue and back; the feed is the same for everybody.
        self._feed_path = Path(ways.feed, rng.spawn(1)[0])
        self._compute, self._entry, self._response = (
            [Path(delay, chance) for chance in rng.spawn(len(participants))]
            for delay in (ways.compute, ways.entry, ways.response)
        )
        self._venue = Venue(self.engine)
        self._schedule = Schedule(start_ns)
        self._news = NewsDesk(self._venue.contracts)
        self._recorded = {number for number, desk in enumerate(self.desks) if desk.recorder}
        self._sample_every_ns = sample_ns
        self._sample_ns = start_ns + sample_ns if self._recorded else NEVER_NS
        self._alarm_ns = [NEVER_NS] * len(self.desks)
        self._tick_ns = NEVER_NS
        self._numbers: dict[str, int] = {}
        self._accounts: list[int] = []
        self._book_watchers = self._watchers(contracts, [desk.watches_best for desk in self.desks])
        self._trade_watchers = self._watchers(contracts, [desk.watches_trades for desk in self.desks])
        self._open_venue(contracts, maker_fee_bps, taker_fee_bps)
        for number, desk in enumerate(self.desks):
            self._send(number, desk.start(start_ns))

    @property
    def now_ns(self) -> int:
        return self._schedule.now_ns

    def desk(self, name: str) -> Desk:
        """The desk of the participant with this name."""
        return next(desk for desk in self.desks if desk.participant.name == name)

    def run(self, seconds: float) -> None:
        """Let ``seconds`` of virtual time pass, then value what everybody holds."""
        self.advance(self.now_ns + int(seconds * NS_PER_SECOND))
        for desk in self.desks:
            desk.mark(self.now_ns)

    def advance(self, end_ns: int) -> None:
        """Let virtual time pass until ``end_ns``; in how many steps makes no difference."""
        while self._schedule.next_ns <= end_ns:
            self._sample(self._schedule.next_ns)
            job = self._schedule.take()
            if isinstance(job, list):
                self._arrive(job)
            else:
                job()
        self._sample(end_ns)
        self._schedule.now_ns = end_ns

    def _sample(self, until_ns: int) -> None:
        """Show the recorders what their desks hold. No job of the schedule: it would part what arrives together."""
        while self._sample_ns <= until_ns:
            for number in sorted(self._recorded):
                self.desks[number].sample(self._sample_ns)
            self._sample_ns += self._sample_every_ns

    def _watchers(self, contracts: Sequence[Contract], watches: list[bool]) -> dict[str, list[int]]:
        """By symbol, the numbers of the desks that take part in the contract and watch."""
        watchers: dict[str, list[int]] = {contract.symbol: [] for contract in contracts}
        for number, desk in enumerate(self.desks):
            for contract in desk.participant.contracts if watches[number] else ():
                watchers[contract.symbol].append(number)
        return watchers

    def _open_venue(self, contracts: Sequence[Contract], maker_fee_bps: int, taker_fee_bps: int) -> None:
        now_ns = self.now_ns
        self._venue.apply([list_command(contract) for contract in contracts], now_ns)
        self._venue.contracts.extend(contracts)
        self._numbers = {contract.symbol: number for number, contract in enumerate(contracts)}
        people = [desk.participant for desk in self.desks]
        self._venue.apply([account_command(who.name, maker_fee_bps, taker_fee_bps) for who in people], now_ns)
        self._accounts = list(range(1, len(people) + 1))
        for account, who in zip(self._accounts, people, strict=True):
            endowment = [cash_command(account, who.cash_usd)] if who.cash_usd else []
            if who.capacity_lots:
                numbers = (self._numbers[contract.symbol] for contract in who.contracts)
                endowment += [capacity_command(account, number, who.capacity_lots) for number in numbers]
            self._venue.apply(endowment, now_ns)
        self._watch_deadline()

    def _arrive(self, batch: list[Inbound]) -> None:
        """Messages reach the venue; the news of what they did goes out."""
        commands = [
            order_command(inbound.message, self._accounts[inbound.desk], self._numbers[inbound.message.contract.symbol])
            for inbound in batch
        ]
        first, events = self._venue.apply(commands, self.now_ns)
        causes = {first + place: inbound for place, inbound in enumerate(batch)}
        self._publish(events, causes)

    def _publish(self, events: list[Event], causes: dict[int, Inbound]) -> None:
        for event in events:
            if self._recorded:
                self._tell_place(event, causes.get(event.sequence))
            for number, tell in self._news.tell(event, causes.get(event.sequence), self.now_ns):
                self._inform(number, tell)
        touched = {event.contract for event in events if event.resting or event.kind in _BOOK_KINDS}
        trades = [self._trade_view(event) for event in events if event.kind == EventKind.FILLED]
        self.trades += len(trades)
        if touched:
            views = [(number, self._venue.book(number, FEED_DEPTH, self.now_ns)) for number in sorted(touched)]
            self._schedule.add(self._feed_path.arrival_ns(self.now_ns), lambda: self._feed(views, trades))
        self._watch_deadline()

    def _tell_place(self, event: Event, inbound: Inbound | None) -> None:
        """A recorded desk's order has joined a queue: say how many lots stand before it."""
        if inbound is None or inbound.desk not in self._recorded or event.kind not in _JOINING or not event.resting:
            return
        recorder = self.desks[inbound.desk].recorder
        if recorder is not None:
            recorder.joined(self.now_ns, inbound.message.client_id, self._venue.lots_ahead(event))

    def _trade_view(self, event: Event) -> TradeView:
        contract = self._venue.contracts[event.contract]
        return TradeView(contract, Side(event.side), event.price_ticks, event.lots, self.now_ns)

    def _inform(self, number: int, tell: Tell) -> None:
        heard_ns = self._response[number].arrival_ns(self.now_ns)
        self._schedule.add(heard_ns, lambda: self._send(number, tell(self.desks[number], self.now_ns)))

    def _feed(self, views: list[tuple[int, BookView]], trades: list[TradeView]) -> None:
        """Everybody sees the new books, then the trades."""
        changes: list[tuple[Contract, BookView, bool]] = []
        for number, view in views:
            contract = self._venue.contracts[number]
            before = self.books.get(contract.symbol, BookView())
            self.books[contract.symbol] = view
            changes.append((contract, view, before.bids[:1] != view.bids[:1] or before.asks[:1] != view.asks[:1]))
        for contract, view, is_best_changed in changes:
            for number in self._book_watchers[contract.symbol]:
                self._send(number, self.desks[number].book(self.now_ns, contract, view, is_best_changed))
        for trade in trades:
            for number in self._trade_watchers[trade.contract.symbol]:
                self._send(number, self.desks[number].trade(self.now_ns, trade))

    def _send(self, number: int, messages: list[Message]) -> None:
        """What a desk wants to send goes on its way; its next timer is noted."""
        for message in messages:
            leaves_ns = self._compute[number].arrival_ns(self.now_ns, message)
            self._schedule.add(self._entry[number].arrival_ns(leaves_ns, message), Inbound(number, message))
        wanted_ns = self.desks[number].next_timer_ns
        if wanted_ns < self._alarm_ns[number]:
            self._alarm_ns[number] = wanted_ns
            self._schedule.add(max(wanted_ns, self.now_ns), lambda: self._alarm(number, wanted_ns))

    def _alarm(self, number: int, time_ns: int) -> None:
        if time_ns == self._alarm_ns[number]:
            self._alarm_ns[number] = NEVER_NS
            self._send(number, self.desks[number].timer(self.now_ns))

    def _watch_deadline(self) -> None:
        deadline_ns = self.engine.next_deadline_ns()
        if deadline_ns < self._tick_ns:
            self._tick_ns = deadline_ns
            self._schedule.add(max(deadline_ns, self.now_ns), lambda: self._tick(deadline_ns))

    def _tick(self, time_ns: int) -> None:
        if time_ns == self._tick_ns:
            self._tick_ns = NEVER_NS
            _, events = self._venue.apply([], self.now_ns)
            self._publish(events, {})
