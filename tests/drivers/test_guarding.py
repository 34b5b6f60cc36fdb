"""Limits from a file and the kill switch, in the drivers' commands."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exchange.client import ApiKey
from strategies.base import Limits
from strategies.cli import app
from strategies.drivers.guarding import BadLimits, read_limits
from strategies.live.driving import Order, drive
from strategies.live.errors import CannotTrade
from strategies.live.snapshot import Snapshot
from strategies.results.run import Run
from tests.client.running import RunningVenue

ALWAYS = """
from strategies.base import Context, Intents, Quote, Strategy


class Always(Strategy):
    timer_ns = 20_000_000

    def __init__(self, width: int = 10) -> None:
        self.width = width
        self.looks = 0

    def on_timer(self, ctx: Context) -> Intents:
        self.looks += 1
        for contract in ctx.contracts:
            fair = round(ctx.fair_usd(contract) / contract.price_usd(1)) or 2000
            yield Quote(contract, fair - self.width - self.looks % 3, 5, fair + self.width + self.looks % 3, 5)
"""


@pytest.fixture
def always(tmp_path: Path) -> str:
    (tmp_path / "always.py").write_text(ALWAYS)
    return f"{tmp_path / 'always.py'}:Always"


def limits_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text(text)
    return path


def test_limits_are_read_from_a_file(tmp_path: Path) -> None:
    """What is not said is no limit."""
    path = limits_file(tmp_path, "hour_max_lots = 3\nday_loss_max_usd = 250\nflat_factor = 2.0\n")
    assert read_limits(path) == Limits(hour_max_lots=3, day_loss_max_usd=250, flat_factor=2.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hour_lots = 3", "there is no limit 'hour_lots'; there are hour_max_lots"),
        ("hour_max_lots = 3.5", "hour_max_lots is a whole number, found 3.5"),
        ("hour_max_lots = true", "hour_max_lots is a whole number, found True"),
        ('flat_factor = "2"', "flat_factor is a number, found '2'"),
        ("place_max_lots = -1", "place_max_lots must be finite and not below 0"),
        ("place_max_lots", "cannot be read"),
    ],
)
def test_a_file_that_says_no_limits_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """A limit with a slip of the pen must not be no limit."""
    with pytest.raises(BadLimits, match=r"limits\.toml") as refused:
        read_limits(limits_file(tmp_path, text))
    assert complaint in str(refused.value)


def most_held(out: Path) -> int:
    return int(Run.load(out).frames.positions["position_lots"].abs().max())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "command",
    [("simulate", "--hours", "0.003", "--bustle", "600"), ("backtest", "--data", "synthetic:requests=5000,seed=3")],
    ids=["simulate", "backtest"],
)
def test_a_run_stays_within_its_limits(tmp_path: Path, always: str, command: tuple[str, ...]) -> None:
    """Which it passes without; what they held back is said."""
    name, *words = command
    limits = limits_file(tmp_path, "hour_max_lots = 3\n")
    free, held = tmp_path / "free", tmp_path / "held"
    gpux = CliRunner().invoke
    found = gpux(app, [name, always, *words, "--set", "width=2", "--out", str(free)])
    assert found.exit_code == 0, found.stderr
    found = gpux(app, [name, always, *words, "--set", "width=2", "--limits", str(limits), "--out", str(held)])
    assert found.exit_code == 0, found.stderr
    assert most_held(free) > 3
    assert 0 < most_held(held) <= 3
    assert "Guards began to hold back, times: inventory" in found.stdout
    record = Run.load(held).record
    assert record.config["limits"]["hour_max_lots"] == 3  # type: ignore[index, call-overload]
    assert any("inventory" in note for note in record.notes)


@pytest.mark.parametrize("way", ["file", "signal"])
async def test_the_kill_switch_pulls_everything_and_nothing_more_is_quoted(
    tmp_path: Path, always: str, way: str
) -> None:
    """The run goes on without an order; its log replays, the switch included."""
    directory, log, kill_file = tmp_path / "venue", tmp_path / "desk.log", tmp_path / "stop"
    directory.mkdir()
    seen: list[tuple[int, int]] = []
    async with RunningVenue(directory) as venue:

        def pull() -> None:
            if way == "file":
                kill_file.touch()
            else:
                os.kill(os.getpid(), signal.SIGUSR1)

        key = ApiKey(venue.key["alice"].client_id, venue.key["alice"].client_secret)
        order = Order(always, (), venue.url, key, (), 2, 10, 500, 1000, 1, Limits(), kill_file)
        driven = await drive(order, 2.5, log, None, watching(seen, venue, pull))
        assert driven.killed == (f"{kill_file} appeared" if way == "file" else "SIGUSR1")
        assert seen[0][0] > 0
        assert seen[-1] == seen[-2], "no order stands, and no message was sent between two looks"
        assert seen[-1][0] == 0
    assert any("kill" in sentence for sentence in driven.guards)
    found = CliRunner().invoke(app, ["rehearse", str(log)])
    assert found.exit_code == 0, found.stderr


def watching(seen: list[tuple[int, int]], venue: RunningVenue, pull: Callable[[], None]) -> Callable[[Snapshot], None]:
    """Notes the orders in the book and the messages so far; pulls when there are some for the first time."""

    def show(now: Snapshot) -> None:
        orders = len(venue.engine.open_orders())
        if orders and not seen:
            pull()
        if orders or seen:
            seen.append((orders, now.participants[0].messages))

    return show


async def test_nothing_is_traded_while_the_kill_file_is_there(tmp_path: Path, always: str) -> None:
    """Or a run that was stopped would be started again by whoever restarts programs."""
    kill_file = tmp_path / "stop"
    kill_file.touch()
    order = Order(always, (), "ws://127.0.0.1:1/", ApiKey("k", "s"), (), 2, 10, 500, 1000, 1, Limits(), kill_file)
    with pytest.raises(CannotTrade, match=r"the kill file .* is there"):
        await drive(order, 1.0, None, None, lambda now: None)
