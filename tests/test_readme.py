"""What the README shows works as it stands there."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.client import ApiError, ApiKey, Client
from exchange.domain.enums import Side
from exchange.keys import FILE_NAME, KeyStore
from strategies.base import Participant
from strategies.simulator import Market
from tests.node.serving import Serving, run
from tests.strategies.world import START_NS, contracts, maker, spot_index

_SETTINGS = """
skus = ["RTX4090"]
regions = ["USE"]
hours_ahead = 3
newcomer_cash_usd = 1000
stages.closing_minutes = 0

[[accounts]]
name = "provider"
cash_usd = 1000
capacity_lots = 100
"""


@pytest.fixture(scope="module")
def programs() -> list[str]:
    """The order, another client's (tests/clients runs that), and the strategy."""
    readme = Path(__file__).resolve().parents[1] / "README.md"
    return re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Serving]:
    """A venue where somebody bids and offers one GPU-hour of everything."""
    settings = tmp_path / "settings.toml"
    settings.write_text(_SETTINGS)
    serving = await Serving.start(tmp_path / "venue", settings)
    try:
        with KeyStore(serving.directory / FILE_NAME) as keys:
            provider = keys.create("provider")
        async with Client(serving.url, provider) as client:
            for instrument in await client.instruments():
                await client.buy(instrument.instrument_name, instrument.min_trade_amount, 0.25)
                await client.sell(instrument.instrument_name, instrument.min_trade_amount, 0.31)
        yield serving
    finally:
        await serving.stop()


async def _newcomer(serving: Serving) -> ApiKey:
    """Make a key as the README says, and wait until the server has seen it."""
    code, made, complaint = await run("keys", "create", "me", "--dir", str(serving.directory))
    assert code == 0, complaint
    shown = dict(line.split() for line in made.splitlines())
    key = ApiKey(shown["client_id"], shown["client_secret"])
    async with asyncio.timeout(30), Client(serving.url, key) as client:
        while True:
            try:
                await client.account_summary()
                return key
            except ApiError as refusal:
                if refusal.reason != "unknown_account":
                    raise
                await asyncio.sleep(0.05)


async def _printed(program: str, serving: Serving, key: ApiKey) -> list[str]:
    """What the program prints, with the key filled in and this venue's address."""
    program = program.replace("CLIENT_ID", key.client_id).replace("CLIENT_SECRET", key.client_secret)
    program = program.replace("import DEFAULT_URL, ", "import ").replace("DEFAULT_URL", repr(serving.url))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode().splitlines()


async def test_the_order_of_the_readme_is_filled(programs: list[str], serving: Serving) -> None:
    """A newcomer makes a key, pastes it into ten lines, and owns a GPU-hour."""
    program = programs[0]
    assert len([line for line in program.splitlines() if line]) == 10
    printed = await _printed(program, serving, await _newcomer(serving))
    assert printed[0].endswith(" 0.25 0.31")
    assert printed[1] == "filled [(1.0, 0.31)]"


async def test_the_strategy_of_the_readme_quotes_on_a_live_exchange(
    programs: list[str], serving: Serving, tmp_path: Path
) -> None:
    """Somebody bids and offers; it quotes between them, ends by itself, and leaves nothing behind."""
    key = await _newcomer(serving)
    (tmp_path / "steady.py").write_text(programs[2])
    words = ("live", str(tmp_path / "steady.py"), "--key", key.client_id, "--url", serving.url, "--seconds", "3")
    pipe, environment = asyncio.subprocess.PIPE, os.environ | {"GPUX_SECRET": key.client_secret}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "strategies", *words, stdout=pipe, stderr=pipe, env=environment
    )
    trading = asyncio.create_task(process.communicate())
    async with asyncio.timeout(120), Client(serving.url, key) as client:
        quotes: set[tuple[str, float]] = set()
        while len(quotes) < 2 and not trading.done():
            quotes |= {(order.direction, order.price) for order in await client.open_orders()}
            await asyncio.sleep(0.02)
        said, complaint = await trading
        assert process.returncode == 0, complaint.decode()
        assert "P&L" in said.decode()
        assert quotes == {("buy", 0.2772), ("sell", 0.2829)}
        assert await client.open_orders() == []


def test_the_strategy_of_the_readme_quotes_among_simulated_participants(programs: list[str]) -> None:
    """The same object, in virtual time, is two-sided in the next hour to be delivered and nowhere else."""
    namespace: dict[str, Any] = {"__name__": "readme"}
    exec(programs[2], namespace)
    listed = contracts(hours=2)
    index = spot_index(listed)
    steady = Participant("steady", namespace["Steady"](), tuple(listed), capacity_lots=100, curves=index.seen_late(0))
    market = Market(listed, [maker(listed, index), steady], np.random.default_rng(1), START_NS)
    market.run(60)
    account = market.engine.find_account("steady")
    assert account is not None
    orders = market.engine.open_orders(account)
    assert {order.side for order in orders} == {Side.BUY, Side.SELL}
    assert {market.engine.contract(order.contract).symbol for order in orders} == {listed[0].symbol}
