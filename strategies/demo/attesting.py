"""What the demo's providers say of their nodes when an hour is over: most were there all the time, some were not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import numpy as np
import structlog

from exchange.client import Client, ClientError
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.units import MINUTES_EACH
from exchange.keys import ApiKey

_LOOK_SECONDS = 30.0
_FAILS = 0.03  # of all nodes, in an hour


log = structlog.get_logger(__name__)


def delivered_minutes(seed: int, contract: Contract, node: str) -> int:
    """How much of its hour a node was there; the same whoever asks and whenever."""
    rng = np.random.default_rng([seed, contract.delivery_hours[0], *node.encode()])
    return int(rng.integers(MINUTES_EACH)) if rng.random() < _FAILS else MINUTES_EACH


async def attest(client: Client, account: str, seed: int, now_ns: int) -> int:
    """Say it of every node of ``account`` whose hour is over and of which it was not said. Returns of how many."""
    waiting = [
        (parse_symbol(nomination.instrument_name), nomination.node)
        for nomination in await client.nominations()
        if nomination.provider == account and nomination.minutes is None
    ]
    over = [(contract, node) for contract, node in waiting if contract.end_ns <= now_ns]
    for contract, node in over:
        await client.attest(contract.symbol, node, delivered_minutes(seed, contract, node))
    return len(over)


async def attest_always(url: str, keys: Mapping[str, ApiKey], seed: int) -> None:
    """Look after the nodes of all these accounts now and then, until cancelled."""
    while True:
        for account, key in sorted(keys.items()):
            try:
                async with Client(url, key) as client:
                    await attest(client, account, seed, time.time_ns())
            except ClientError as error:
                log.warning("nodes were not attested", account=account, error=str(error))
        await asyncio.sleep(_LOOK_SECONDS)
