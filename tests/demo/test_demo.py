"""The demo as a newcomer runs it: the real command, the real exchange, real time."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exchange.domain.instruments import parse_symbol
from exchange.journal.recovery import replay

GPUX = (sys.executable, "-m", "strategies")
START_SECONDS = 300.0


def run(*arguments: str, seconds: float = START_SECONDS) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GPUX, *arguments], capture_output=True, text=True, timeout=seconds, check=False)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo that runs; ended, whatever happens."""
    demo = subprocess.Popen([*GPUX, "demo", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield demo
    finally:
        if demo.poll() is None:
            demo.kill()
        demo.communicate()


def wait_until_open(demo: subprocess.Popen[str]) -> None:
    """Return once the demo has said where its page is."""
    assert demo.stderr is not None
    for line in demo.stderr:
        if line.startswith("page http"):
            return
    raise AssertionError(f"the demo ended with exit code {demo.wait()} before it was open")


def exchange_pid(directory: Path) -> int:
    """The process that serves ``directory``."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"serve" in words and str(directory).encode() in words:
                return int(entry.name)
    raise AssertionError(f"nothing serves {directory}")


def replayed(directory: Path) -> dict[str, Any]:
    done = run("replay", str(directory), "--json")
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_twenty_seconds_make_a_market_whose_hash_the_journal_reproduces(tmp_path: Path) -> None:
    """A thousand trades, a maker on both sides nearly always, and figures that add up and replay."""
    done = run("demo", "--seconds", "20", "--json", "--port", "0", "--dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["trades"] >= 1_000
    assert figures["orders"] > figures["trades"] / 2
    assert figures["volume_gpu_hours"] >= figures["trades"]
    assert figures["average_spread_usd"] > 0
    maker = figures["maker"]
    assert maker["two_sided_share"] >= 0.95
    parts = maker["spread_earned_usd"] + maker["inventory_usd"] - maker["fees_usd"]
    assert maker["pnl_usd"] == pytest.approx(parts, abs=0.01)
    assert Path(figures["journal"]).is_file()
    found = replayed(tmp_path)
    assert (found["sequence"], found["state_hash"]) == (figures["sequence"], figures["state_hash"])
    listed = [(parse_symbol(view.symbol), view) for view in replay(tmp_path).contracts()]
    assert len({(contract.sku.code, contract.region.code) for contract, _ in listed}) >= 4
    strips = [view for contract, view in listed if contract.is_strip]
    assert sum(view.trades for view in strips) >= 10


def test_real_prices_drive_the_demo(tmp_path: Path, data_dir: Path) -> None:
    """Fair values come from the price history, each place from the series it says."""
    file = data_dir / "prices" / "vast_runpod_lambda_2026.parquet"
    done = run("demo", "--seconds", "4", "--port", "0", "--dir", str(tmp_path), "--prices", str(file))
    assert done.returncode == 0, done.stderr
    assert "prices of H100SXM_USE, H100SXM_EUW: vast" in done.stderr
    assert "two-sided" in done.stdout


def test_a_broken_price_file_is_refused_with_its_row_before_anything_starts(tmp_path: Path) -> None:
    """The file, the row and the reason in one line, and no exchange directory left behind."""
    file = tmp_path / "prices.csv"
    file.write_text(
        "ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind\n"
        "2026-01-01 00:00:00,vast,H100 SXM,,2.1,spot\n"
        "2026-01-01 01:00:00,vast,H100 SXM,,-3,spot\n"
    )
    done = run("demo", "--seconds", "4", "--dir", str(tmp_path / "venue"), "--prices", str(file))
    assert done.returncode == 1
    assert "row 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "venue").exists()


def test_ctrl_c_stops_cleanly_with_a_summary(tmp_path: Path) -> None:
    """SIGINT ends trading, then the exchange; the journal replays to the hash that was told."""
    with started("--json", "--port", "0", "--dir", str(tmp_path)) as demo:
        wait_until_open(demo)
        time.sleep(2.0)
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=60)
    assert demo.returncode == 0, err
    assert replayed(tmp_path)["state_hash"] == json.loads(out)["state_hash"]


def test_an_exchange_that_dies_ends_the_demo_with_the_reason(tmp_path: Path) -> None:
    """kill -9 of the exchange: exit code 1, one clear line, and a journal that still replays."""
    with started("--port", "0", "--dir", str(tmp_path)) as demo:
        wait_until_open(demo)
        time.sleep(2.0)
        os.kill(exchange_pid(tmp_path), signal.SIGKILL)
        _, err = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "the exchange stopped" in err
    assert "Traceback" not in err
    assert replayed(tmp_path)["sequence"] > 0


def test_a_demo_that_dies_takes_its_exchange_along(tmp_path: Path) -> None:
    """kill -9 of the demo: the exchange sees its parent gone, and the directory is free again."""
    with started("--port", "0", "--dir", str(tmp_path)) as demo:
        wait_until_open(demo)
        pid = exchange_pid(tmp_path)
        demo.kill()
        demo.wait()
    until = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not Path(f"/proc/{pid}").exists()
    assert replayed(tmp_path)["sequence"] > 0


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    """The demo passes on what the exchange says, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("demo", "--seconds", "4", "--port", port, "--dir", str(tmp_path))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    """The directory and the reason, before anything starts."""
    (tmp_path / "file").write_text("not a directory")
    done = run("demo", "--seconds", "4", "--port", "0", "--dir", str(tmp_path / "file" / "venue"))
    assert done.returncode == 1
    assert "cannot be written: Not a directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_demo_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    """One writer: the second is told so, and nothing else; the first goes on and replays."""
    with started("--port", "0", "--dir", str(tmp_path), "--json") as first:
        wait_until_open(first)
        second = run("demo", "--seconds", "4", "--port", "0", "--dir", str(tmp_path))
        first.send_signal(signal.SIGINT)
        out, _ = first.communicate(timeout=60)
    assert second.returncode == 1
    assert "is in use" in second.stderr
    assert "account opened" not in second.stderr
    assert first.returncode == 0
    assert replayed(tmp_path)["state_hash"] == json.loads(out)["state_hash"]
