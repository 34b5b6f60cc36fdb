"""What the README shows works as it stands there."""

import asyncio
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from exchange.client import ApiError, ApiKey, Client
from exchange.keys import FILE_NAME, KeyStore
from strategies.base import Participant, Strategy
from strategies.simulator import Market
from tests.node.serving import Serving, run
from tests.strategies.world import START_NS, contracts, maker, spot_index

_SETTINGS = """
skus = ["RTX4090"]
regions = ["USE"]
hours_ahead = 3
newcomer_cash_usd = 1000

[[accounts]]
name = "provider"
cash_usd = 1000
capacity_lots = 100
"""


@pytest.fixture(scope="module")
def snippets() -> list[str]:
    readme = Path(__file__).resolve().parents[1] / "README.md"
    return re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)


async def _opened(url: str, key: ApiKey) -> None:
    """Wait for the account of a new key: the server looks for keys some times a second."""
    async with asyncio.timeout(30), Client(url, key) as client:
        while True:
            try:
                await client.account_summary()
                return
            except ApiError as refusal:
                assert refusal.reason == "unknown_account"
                await asyncio.sleep(0.05)


async def test_the_order_of_the_readme_is_filled(snippets: list[str], tmp_path: Path) -> None:
    """A newcomer makes a key, pastes it into the ten lines, and owns GPU-hours."""
    settings = tmp_path / "settings.toml"
    settings.write_text(_SETTINGS)
    serving = await Serving.start(tmp_path / "venue", settings)
    try:
        with KeyStore(serving.directory / FILE_NAME) as keys:
            provider = keys.create("provider")
        async with Client(serving.url, provider) as client:
            for instrument in await client.instruments():
                await client.sell(instrument.instrument_name, instrument.min_trade_amount, 0.31)
        code, made, _ = await run("keys", "create", "me", "--dir", str(serving.directory))
        assert code == 0
        key = dict(line.split() for line in made.splitlines())
        await _opened(serving.url, ApiKey(key["client_id"], key["client_secret"]))
        program = snippets[0].replace("DEFAULT_URL, ApiKey(", f'"{serving.url}", ApiKey(')
        for name in ("client_id", "client_secret"):
            program = program.replace(name.upper(), key[name])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        assert out.decode().splitlines()[-1] == "filled [(1.0, 0.31)]"
    finally:
        await serving.stop()


def test_the_strategy_of_the_readme_quotes_and_trades(snippets: list[str]) -> None:
    """Among simulated participants it is two-sided in the next hour of every book it was given."""
    namespace: dict[str, type[Strategy]] = {}
    exec(snippets[1], namespace)
    listed = contracts(hours=2)
    index = spot_index(listed)
    steady = Participant("steady", namespace["Steady"](), tuple(listed), capacity_lots=100, curves=index.seen_late(0))
    market = Market(listed, [maker(listed, index), steady], np.random.default_rng(1), START_NS)
    market.run(60)
    engine = market.engine
    account = engine.find_account("steady")
    assert account is not None
    orders = engine.open_orders(account)
    assert {order.side for order in orders} == {0, 1}
    assert {engine.contract(order.contract).symbol for order in orders} == {listed[0].symbol}
