"""The demo from start to end: the exchange up, people trading leg by leg, the figures at the close."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from exchange.client import ApiError, Client
from exchange.config import Settings
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.lifecycle import Rules
from exchange.domain.units import NEVER_NS, NS_PER_HOUR, NS_PER_SECOND
from exchange.keys import ApiKey
from strategies.agents import PricePath
from strategies.curves import shipped_curves
from strategies.demo import prices
from strategies.demo.attesting import attest_always
from strategies.demo.cast import cast
from strategies.demo.totals import Totals
from strategies.demo.venue import CASH_USD, Venue
from strategies.live import Snapshot
from strategies.live import run as trade

SKUS = ("H100SXM", "H200SXM")
REGIONS = ("USE", "EUW")
# At any minute of the day there is a whole block of four hours among them.
HOURS_AHEAD = 12
# Orders trade as they come until the gate, so that the demo is the same at any minute of the hour.
STAGES = Rules(closing_minutes=0)
# A new hour is listed on the hour; a little later everybody starts over with the hours there are.
_AFTER_LISTING_NS = 2 * NS_PER_SECOND
_SHOW_EVERY_S = 0.5
_ADMISSION_SECONDS = 10.0


@dataclass(frozen=True)
class Plan:
    """What the demo was asked for. ``speed``: seconds of price history a second."""

    directory: Path
    port: int
    seconds: float | None
    prices: str | None
    seed: int
    speed: float


@dataclass(frozen=True)
class Show:
    """Who is told what happens: while the exchange starts, once it is up, and while people trade."""

    waiting: Callable[[float], None]
    open: Callable[[str, dict[str, prices.Played]], None]
    board: Callable[[Snapshot, Totals, float], None]


async def play(plan: Plan, show: Show, stop: asyncio.Event) -> dict[str, Any]:
    """Run until ``stop`` is set or the time is over. Returns the figures of the summary.

    Raises VenueFailed if the exchange fails, BadPrices if the price file is wrong.
    """
    played = _played(plan)
    settings = Settings(
        directory=plan.directory,
        port=plan.port,
        skus=SKUS,
        regions=REGIONS,
        hours_ahead=HOURS_AHEAD,
        stages=STAGES,
        newcomer_cash_usd=Decimal(CASH_USD),
    )
    venue = Venue(plan.directory, settings)
    await venue.start(show.waiting)
    try:
        show.open(venue.page, played)
        totals = await _trade(plan, venue, {place: each.path for place, each in played.items()}, show, stop)
        ending = await venue.stop()
    finally:
        await venue.kill()
    state = {"sequence": ending["sequence"], "state_hash": ending["state_hash"], "journal": ending["journal"]}
    return {**asdict(totals), **state, "directory": str(plan.directory)}


def _played(plan: Plan) -> dict[str, prices.Played]:
    now_ns = time.time_ns()
    curves = shipped_curves(now_ns)
    places = [(sku, region) for sku in SKUS for region in REGIONS]
    if plan.prices:
        return prices.historic(plan.prices, curves, places)
    return prices.simulated(curves, places, now_ns, np.random.default_rng([plan.seed, 0]))


async def _trade(plan: Plan, venue: Venue, paths: dict[str, PricePath], show: Show, stop: asyncio.Event) -> Totals:
    """Trade until time is up. Raises VenueFailed as soon as the exchange ends by itself."""
    meter = Meter(venue.page)
    failing = asyncio.create_task(venue.ended())
    metering = asyncio.create_task(meter.follow())
    trading = asyncio.create_task(_legs(plan, venue, paths, partial(_metered, show, meter), stop))
    try:
        await asyncio.wait({failing, trading}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            failing.result()
        return trading.result()
    finally:
        tasks = (failing, metering, trading)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _legs(
    plan: Plan,
    venue: Venue,
    paths: dict[str, PricePath],
    board: Callable[[Snapshot, Totals], None],
    stop: asyncio.Event,
) -> Totals:
    """Leg after leg, each with the hours that are open, until time is up."""
    start_ns = time.time_ns()
    end_ns = start_ns + int(plan.seconds * NS_PER_SECOND) if plan.seconds is not None else NEVER_NS
    totals = Totals()
    while not stop.is_set() and time.time_ns() < end_ns:
        contracts = await _open_contracts(venue.url)
        people = cast(contracts, paths, start_ns, plan.speed, np.random.default_rng([plan.seed, 1]))
        keys = venue.keys([person.name for person in people])
        await _admitted(venue.url, keys.values())
        rng = np.random.default_rng([plan.seed, 2])
        show = partial(_show, board, totals)
        providers = {person.name: keys[person.name] for person in people if person.capacity_lots}
        attesting = asyncio.create_task(attest_always(venue.url, providers, plan.seed))
        try:
            leg = await trade(people, venue.url, keys, rng, _leg_seconds(end_ns), stop, show, _SHOW_EVERY_S)
        finally:
            attesting.cancel()
            await asyncio.gather(attesting, return_exceptions=True)
        totals = totals.plus(leg)
    return totals


def _metered(show: Show, meter: "Meter", leg: Snapshot, totals: Totals) -> None:
    show.board(leg, totals, meter.events_per_second)


def _show(board: Callable[[Snapshot, Totals], None], before: Totals, leg: Snapshot) -> None:
    board(leg, before.plus(leg))


def _leg_seconds(end_ns: int) -> float:
    """Until the hours change or the demo ends."""
    now_ns = time.time_ns()
    until_ns = (now_ns // NS_PER_HOUR + 1) * NS_PER_HOUR + _AFTER_LISTING_NS
    return (min(until_ns, end_ns) - now_ns) / NS_PER_SECOND


async def _admitted(url: str, keys: Iterable[ApiKey]) -> None:
    """Wait until the exchange has opened an account for each key, which takes it a moment.

    Raises ApiError if it does not.
    """
    last_s = time.monotonic() + _ADMISSION_SECONDS
    for key in keys:
        while True:
            try:
                async with Client(url, key) as client:
                    await client.account_summary()
                break
            except ApiError:
                if time.monotonic() > last_s:
                    raise
                await asyncio.sleep(0.1)


async def _open_contracts(url: str) -> list[Contract]:
    async with Client(url) as client:
        instruments = await client.instruments()
    contracts = [parse_symbol(instrument.instrument_name) for instrument in instruments if instrument.is_active]
    return sorted(
        contracts, key=lambda contract: (contract.sku.code, contract.region.code, contract.hours, contract.start_ns)
    )


class Meter:
    """Asks the exchange once a second how many events there have been."""

    def __init__(self, page: str) -> None:
        self.events_per_second = 0.0
        self._address = f"{page}healthz"

    async def follow(self) -> None:
        async with aiohttp.ClientSession() as session:
            before, before_s = 0, time.monotonic()
            while True:
                async with session.get(self._address) as answer:
                    events, now_s = int((await answer.json())["events"]), time.monotonic()
                if before:
                    self.events_per_second = (events - before) / (now_s - before_s)
                before, before_s = events, now_s
                await asyncio.sleep(1.0)
