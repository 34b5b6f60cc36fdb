"""One strategy's file on a running exchange: find the hours, take a seat, trade until time is up."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from exchange.client import ApiError, ApiKey, Client
from exchange.domain.instruments import Contract, parse_symbol
from strategies.base import Budget, Guarded, Limits, Participant
from strategies.curves import shipped_curves
from strategies.drivers.guarding import held_back
from strategies.drivers.loading import load_strategy
from strategies.drivers.market_curve import MarketCurve
from strategies.drivers.parameters import parse_settings
from strategies.drivers.saving import Saving, label_of
from strategies.live.errors import CannotTrade
from strategies.live.kill_switch import KillSwitch
from strategies.live.logbook import Logbook
from strategies.live.runner import run
from strategies.live.snapshot import Snapshot

NAME = "me"
_STATES = ("open", "preopen", "closing", "volatility")
_ADMISSION_S = 10.0


class Order(NamedTuple):
    """What was asked for on the command line. ``rate`` and ``burst``: the budget of messages."""

    strategy: str
    settings: Sequence[str]
    url: str
    key: ApiKey
    places: Sequence[str]
    hours: int
    capacity_lots: int
    rate: int
    burst: int
    seed: int
    limits: Limits = Limits()
    kill_file: Path | None = None


class Driven(NamedTuple):
    """The last snapshot; what the guards did and where the run was kept, in words; why it was killed, if it was."""

    final: Snapshot
    guards: tuple[str, ...]
    kept: str
    killed: str


async def drive(
    order: Order, seconds: float | None, log: Path | None, out: Path | None, show: Callable[[Snapshot], None]
) -> Driven:
    """Trade until ``seconds`` have passed, or SIGINT or SIGTERM. Raises GpuxError.

    SIGUSR1 and the kill file pull everything, and the run goes on without a quote.
    """
    parameters = parse_settings(order.settings)
    strategy = Guarded(load_strategy(order.strategy, parameters), order.limits)
    switch = KillSwitch(order.kill_file)
    saving = Saving(out)
    contracts = await _contracts(order)
    curve = MarketCurve(contracts, shipped_curves(time.time_ns()))
    budget = Budget(order.rate, order.burst)
    who = Participant(NAME, strategy, contracts, capacity_lots=order.capacity_lots, curves=curve, budget=budget)
    logs = {NAME: Logbook(log, order.strategy, parameters)} if log else {}
    recorders = {NAME: saving.recorder} if saving.recorder else {}
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A loop that is not in the main thread leaves signals to whoever is.
        with suppress(ValueError, RuntimeError, NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    switch.hear_signal()
    began = _clock()
    try:
        final = await run(
            [who], order.url, {NAME: order.key}, np.random.default_rng(order.seed),
            seconds, stop, show, recorders=recorders, logs=logs, switch=switch,
        )  # fmt: skip
    finally:
        for logbook in logs.values():
            logbook.close()
    guards = held_back(strategy)
    config = {"strategy": order.strategy, "parameters": parameters, "url": order.url, "limits": asdict(order.limits)}
    label = label_of(order.strategy, parameters)
    kept = saving.save(config, order.seed, label, notes=("Live.", *guards), began=began, ended=_clock())
    return Driven(final, guards, saving.said(kept), switch.reason)


async def _contracts(order: Order) -> tuple[Contract, ...]:
    """The next hours of each place, once the exchange knows the account."""
    async with Client(order.url, order.key) as client:
        await _admitted(client)
        listed = [one for one in await client.instruments() if one.state in _STATES]
    hours = sorted(
        (one for one in (parse_symbol(each.instrument_name) for each in listed) if not one.is_strip),
        key=lambda one: one.start_ns,
    )
    places: dict[str, list[Contract]] = {}
    for one in hours:
        places.setdefault(f"{one.sku.code}@{one.region.code}", []).append(one)
    unknown = [place for place in order.places if place not in places]
    if unknown or not places:
        there = ", ".join(sorted(places)) or "nothing"
        raise CannotTrade(f"the exchange at {order.url} trades {there}; asked for {', '.join(unknown) or 'anything'}")
    chosen = [places[place][: order.hours] for place in order.places or sorted(places)]
    return tuple(contract for each in chosen for contract in each)


async def _admitted(client: Client) -> None:
    """Wait until the exchange has opened an account for a key that is new."""
    last_s = time.monotonic() + _ADMISSION_S
    while True:
        try:
            await client.account_summary()
            return
        except ApiError as refusal:
            if refusal.reason != "unknown_account" or time.monotonic() > last_s:
                raise
            await asyncio.sleep(0.1)


def _clock() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
