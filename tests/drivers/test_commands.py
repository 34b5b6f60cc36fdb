"""One file, three drivers: what an author writes once is simulated, played against a recording, and trades live."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from exchange.client import Client
from exchange.domain.instruments import parse_symbol
from strategies.base import Participant
from strategies.cli import app
from strategies.live import run
from strategies.results.run import Run
from tests.client.running import RunningVenue
from tests.strategies.test_live_log import Taker

MINE = '''
from strategies.base import Context, Intents, Quote, Strategy


class Mine(Strategy):
    """Around what an hour is worth, whoever says so."""

    timer_ns = 100_000_000

    def __init__(self, lots: int = 1, width: float = 0.002) -> None:
        self.lots = lots
        self.width = width

    def on_timer(self, ctx: Context) -> Intents:
        for contract in ctx.contracts:
            fair = ctx.fair_usd(contract) / contract.price_usd(1)
            if fair > 2:
                half = self.width * fair * (1 + ctx.rng.random())
                yield Quote(contract, int(fair - half), self.lots, int(fair + half) + 1, self.lots)
'''
SIMULATE = ("--hours", "0.003", "--bustle", "800", "--latency", "5ms")


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(MINE)
    return f"{tmp_path / 'mine.py'}:Mine"


def gpux(*words: str) -> tuple[int, str, str]:
    """Exit code, what it prints, what it complains of."""
    found = CliRunner().invoke(app, words)
    return found.exit_code, found.stdout, found.stderr


def test_it_is_simulated(mine: str, tmp_path: Path) -> None:
    """Twice the same; kept where it was said, and how to look at it."""
    out = tmp_path / "run"
    code, first, complaint = gpux("simulate", mine, "--set", "lots=2", *SIMULATE, "--json")
    assert code == 0, complaint
    assert json.loads(first)["trades"] > 0
    assert gpux("simulate", mine, "--set", "lots=2", *SIMULATE, "--json")[1] == first
    code, said, complaint = gpux("simulate", mine, "--set", "lots=2", *SIMULATE, "--out", str(out))
    assert code == 0, complaint
    assert "P&L" in said
    assert f"gpux report {out}" in said
    kept = Run.load(out)
    assert kept.record.config["parameters"] == {"lots": "2"}
    assert kept.frames.fills.height == json.loads(first)["trades"]
    other = tmp_path / "again"
    gpux("simulate", mine, "--set", "lots=2", *SIMULATE, "--out", str(other))
    assert Run.load(other).sha256 == kept.sha256


@pytest.mark.parametrize("mode", ["inject", "shadow"])
def test_it_is_played_against_a_recording(mine: str, mode: str) -> None:
    """In both modes, in a window of it, and with rationed messages."""
    words = (
        "backtest",
        mine,
        "--data",
        "synthetic:requests=20000,seed=3",
        "--set",
        "width=0.0005",
        "--mode",
        mode,
        "--json",
    )
    code, said, complaint = gpux(*words)
    assert code == 0, complaint
    whole = json.loads(said)
    assert whole["trades"] > 0
    assert whole["divergence"]["rows"] == 20_000
    assert whole["divergence"]["own_lots"] >= whole["trades"]
    part = json.loads(gpux(*words, "--from", "+2s", "--to", "+4s")[1])
    assert part["seconds"] == pytest.approx(2.0, abs=0.1)
    assert 0 < part["trades"] < whole["trades"]
    rationed = json.loads(gpux(*words, "--rate", "2", "--burst", "2")[1])
    assert rationed["messages"] <= 2 + 2 * rationed["seconds"]


@pytest.mark.parametrize("mode", ["inject", "shadow"])
def test_it_is_played_against_a_day_of_nasdaq(mine: str, mode: str, data_dir: Path) -> None:
    """What LOBSTER recorded of Microsoft, with the strategy in it."""
    source = f"lobster:{data_dir / 'books/MSFT_msgs.csv.gz'},{data_dir / 'books/MSFT_book.csv.gz'}"
    code, said, complaint = gpux("backtest", mine, "--data", source, "--mode", mode, "--set", "width=0.0002", "--json")
    assert code == 0, complaint
    found = json.loads(said)
    assert found["messages"] > 0
    assert found["two_sided_share"] > 0.5


async def test_it_trades_on_a_running_exchange(mine: str, tmp_path: Path) -> None:
    """Started as anybody would, with somebody to trade with; then the log replays, and the journal is played."""
    secret, log, out = tmp_path / "secret", tmp_path / "desk.log", tmp_path / "run"
    directory = tmp_path / "venue"
    directory.mkdir()
    async with RunningVenue(directory) as venue:
        async with Client(venue.url) as client:
            hours = [parse_symbol(one.instrument_name) for one in await client.instruments()]
        bob = Participant("bob", Taker(), tuple(one for one in hours if one.hours == 1)[:4], capacity_lots=1000)
        stop = asyncio.Event()
        trading = asyncio.create_task(run([bob], venue.url, venue.key, np.random.default_rng(1), stop=stop))
        secret.write_text(venue.key["alice"].client_secret + "\n")
        words = ("live", mine, "--url", venue.url, "--key", venue.key["alice"].client_id, "--secret-file", str(secret))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "strategies", *words, "--seconds", "2.5", "--hours", "2", "--json"),
            *("--log", str(log), "--out", str(out)),
            stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        said, complaint = await asyncio.wait_for(process.communicate(), 60)
        stop.set()
        await trading
        assert venue.engine.open_orders() == []
    assert process.returncode == 0, complaint.decode()
    figures = json.loads(said)
    assert figures["trades"] > 0
    assert figures["two_sided_share"] > 0.5
    assert Run.load(out).frames.fills.height == figures["trades"]
    code, played, complaint_now = gpux("backtest", mine, "--data", str(directory), "--json")
    assert code == 0, complaint_now
    assert json.loads(played)["messages"] > 0
    code, proved, complaint_now = gpux("rehearse", str(log))
    assert code == 0, complaint_now
    assert "all the same" in proved
    code, _, complaint_now = gpux("rehearse", str(log), mine, "--set", "width=0.01")
    assert code == 2
    assert "the log has" in complaint_now


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("simulate", "nothing.py"), "there is no file nothing.py"),
        (("simulate", "MINE", "--set", "lots=x"), "Mine.lots takes int, found 'x'"),
        (("simulate", "MINE", "--set", "lots"), "expected name=value"),
        (("simulate", "MINE", "--place", "H100@USE"), "unknown SKU"),
        (("simulate", "MINE", "--latency", "soon"), "'soon' is not a time"),
        (("simulate", "MINE", "--out", "FILE"), "is not a directory"),
        (("backtest", "MINE", "--data", "nowhere.npz"), "nowhere.npz"),
        (("backtest", "MINE", "--data", "synthetic:rows=3"), "synthetic takes requests=NUMBER"),
        (("backtest", "MINE", "--data", "synthetic:", "--mode", "both"), "mode"),
        (("backtest", "MINE", "--data", "synthetic:", "--from", "noon"), "expected a clock"),
        (("backtest", "MINE", "--data", "synthetic:", "--from", "+9s", "--to", "+3s"), "is not before"),
        (("live", "MINE"), "expected --key ID"),
        (("live", "MINE", "--key", "k"), "expected the key's secret"),
        (("live", "MINE", "--key", "k", "--secret-file", "FILE", "--url", "ws://127.0.0.1:1/"), "127.0.0.1"),
        (("rehearse", "FILE"), "expected"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words: tuple[str, ...], complaint: str, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is run, nothing is written."""
    for name in ("GPUX_KEY", "GPUX_SECRET"):
        monkeypatch.delenv(name, raising=False)
    file = mine.rpartition(":")[0]
    code, said, told = gpux(*(word.replace("MINE", mine).replace("FILE", file) for word in words))
    assert code == 2, told
    assert said == ""
    assert complaint in told
    assert told.count("\n") == 1 or "a source is one of" in told
    assert os.listdir(Path(file).parent) == ["mine.py"]
