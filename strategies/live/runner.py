"""Many participants on one exchange in one event loop: start together, trade, stop with nothing left in the book."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import numpy as np

from exchange.client import Client, Key
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base import BookView, Desk, Participant, Recorder, TradeView
from strategies.drivers.market_curve import MarketCurve
from strategies.live.kill_switch import KillSwitch
from strategies.live.logbook import Logbook, LoggingDesk
from strategies.live.market import LiveMarket
from strategies.live.seat import Seat
from strategies.live.snapshot import Snapshot

CURVE_EVERY_S = 1.0
SAMPLE_EVERY_S = 0.25


class Live:
    """``keys`` by participant's name. ``async with`` it: trading goes on until the block is left.

    ``rng`` is split between the participants, so their draws do not depend on each other's. ``recorders`` and
    ``logs``, by participant's name, are told what their desks do; see ``logbook``. ``switch`` stops everybody for
    good, who must then be guarded.
    """

    def __init__(
        self,
        participants: Sequence[Participant],
        url: str,
        keys: Mapping[str, Key],
        rng: np.random.Generator,
        clock_ns: Callable[[], int] = time.time_ns,
        recorders: Mapping[str, Recorder] | None = None,
        logs: Mapping[str, Logbook] | None = None,
        switch: KillSwitch | None = None,
    ) -> None:
        self._participants = participants
        self._recorders = recorders or {}
        self._logs = logs or {}
        self._switch = switch
        self._logging: list[LoggingDesk] = []
        self._url = url
        self._keys = keys
        self._rng = rng
        self._wall_ns = clock_ns
        self._last_ns = 0
        self._start_ns = 0
        self._contracts = list({c.symbol: c for who in participants for c in who.contracts}.values())
        self.market = LiveMarket(self._contracts, self._on_book, self._on_trade, self._clock_ns)
        self.seats: list[Seat] = []
        self._book_watchers: dict[str, list[Seat]] = {}
        self._trade_watchers: dict[str, list[Seat]] = {}
        self._stack = AsyncExitStack()
        self._readers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        try:
            await self._open()
        except BaseException:
            await self._stop_reading()
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await asyncio.gather(*(seat.stop() for seat in self.seats))
        finally:
            await self._stop_reading()
            await self._stack.aclose()

    async def ended(self) -> None:
        """Wait until it cannot go on, and raise why: a connection that will not come back, or a bug in a strategy."""
        watched = [*self._readers, *(seat.failed for seat in self.seats)]
        done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def snapshot(self) -> Snapshot:
        now_ns = self._clock_ns()
        rows = self.market.rows()
        return Snapshot(
            now_ns,
            (now_ns - self._start_ns) / NS_PER_SECOND,
            sum(row.trades for row in rows),
            sum(row.volume_gpu_hours for row in rows),
            self.market.average_spread_usd,
            rows,
            tuple(seat.desk.statistics(now_ns) for seat in self.seats),
            tuple(self.market.fixings),
            tuple(self.market.deliveries.values()),
            tuple(point for seat in self.seats for point in seat.published.values()),
        )

    async def _open(self) -> None:
        public = await self._stack.enter_async_context(Client(self._url))
        # A prefix of this run: the venue takes each client order id of an account once for ever.
        prefix = f"{self._clock_ns():x}-"
        generators = self._rng.spawn(len(self._participants))
        for participant, rng in zip(self._participants, generators, strict=True):
            client = await self._stack.enter_async_context(Client(self._url, self._keys[participant.name]))
            self.seats.append(Seat(self._desk(participant, rng, prefix), client, self._clock_ns))
        self._book_watchers = self._watchers(lambda desk: desk.watches_best)
        self._trade_watchers = self._watchers(lambda desk: desk.watches_trades)
        await asyncio.gather(*(seat.prepare() for seat in self.seats))
        await self.market.subscribe(public)
        work = [self.market.follow(public), self._beat(), *(seat.follow() for seat in self.seats)]
        if self._switch is not None:
            work.append(self._die(self._switch))
        self._readers = [asyncio.create_task(reading) for reading in work]
        self._start_ns = self._clock_ns()
        for seat in self.seats:
            seat.start()

    def _desk(self, participant: Participant, rng: np.random.Generator, prefix: str) -> Desk:
        recorder, logbook = self._recorders.get(participant.name), self._logs.get(participant.name)
        if logbook is None:
            desk = Desk(participant, self.market.books, rng, prefix, recorder)
        else:
            desk = LoggingDesk(participant, self.market.books, rng, prefix, recorder, logbook)
            self._logging.append(desk)
        if isinstance(participant.curves, MarketCurve):
            participant.curves.follow(desk.ctx)
        return desk

    def _watchers(self, watches: Callable[[Desk], bool]) -> dict[str, list[Seat]]:
        watchers: dict[str, list[Seat]] = {contract.symbol: [] for contract in self._contracts}
        for seat in self.seats:
            for contract in seat.desk.participant.contracts if watches(seat.desk) else ():
                watchers[contract.symbol].append(seat)
        return watchers

    async def _stop_reading(self) -> None:
        for task in self._readers:
            task.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _beat(self) -> None:
        """Curves are looked at, published, and spreads sampled, in a steady rhythm."""
        looks = 0
        while True:
            await asyncio.sleep(SAMPLE_EVERY_S)
            self.market.sample()
            looks += 1
            if looks % round(CURVE_EVERY_S / SAMPLE_EVERY_S) == 1:
                for seat in self.seats:
                    seat.desk.sample(self._clock_ns())
                    seat.act(seat.desk.curve(self._clock_ns()))
                    if seat.desk.participant.publishes_curve:
                        await seat.publish_curve()

    async def _die(self, switch: KillSwitch) -> None:
        """Once it is pulled nobody wants anything any more; what they hold is watched until the run is stopped."""
        reason = await switch.pulled()
        for seat in self.seats:
            seat.act(seat.desk.kill(self._clock_ns(), reason))
        await asyncio.Event().wait()

    def _clock_ns(self) -> int:
        """The wall clock, but never back: it may be set while we run."""
        self._last_ns = max(self._last_ns, self._wall_ns())
        return self._last_ns

    def _on_book(self, contract: Contract, view: BookView, is_best_changed: bool) -> None:
        for desk in self._logging:
            desk.saw(contract, view)
        for seat in self._book_watchers[contract.symbol]:
            seat.act(seat.desk.book(self._clock_ns(), contract, view, is_best_changed))

    def _on_trade(self, trade: TradeView) -> None:
        for seat in self._trade_watchers[trade.contract.symbol]:
            seat.act(seat.desk.trade(self._clock_ns(), trade))


async def run(
    participants: Sequence[Participant],
    url: str,
    keys: Mapping[str, Key],
    rng: np.random.Generator,
    seconds: float | None = None,
    stop: asyncio.Event | None = None,
    on_snapshot: Callable[[Snapshot], None] | None = None,
    every_s: float = 0.5,
    recorders: Mapping[str, Recorder] | None = None,
    logs: Mapping[str, Logbook] | None = None,
    switch: KillSwitch | None = None,
) -> Snapshot:
    """Run until ``seconds`` have passed or ``stop`` is set; the last snapshot comes back.

    ``on_snapshot`` sees one every ``every_s``. Raises what ended the run early.
    """
    stop = stop or asyncio.Event()
    async with Live(participants, url, keys, rng, recorders=recorders, logs=logs, switch=switch) as live:
        ended = asyncio.create_task(live.ended())
        stopping = asyncio.create_task(stop.wait())
        deadline_s = time.monotonic() + (seconds if seconds is not None else float("inf"))
        try:
            while not stopping.done() and (left_s := deadline_s - time.monotonic()) > 0:
                await asyncio.wait({ended, stopping}, timeout=min(every_s, left_s), return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    ended.result()
                    break
                if on_snapshot:
                    on_snapshot(live.snapshot())
        finally:
            for task in (ended, stopping):
                task.cancel()
            await asyncio.gather(ended, stopping, return_exceptions=True)
    # What was filled until the last order was out of the book counts too.
    return live.snapshot()
