"""The servers that are measured, each in a process of its own on the first core; this process keeps to the second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from exchange.keys import FILE_NAME, ApiKey, KeyStore

SERVER_CORE, CLIENT_CORE = 0, 1
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SETTINGS = """{first}
log_level = "error"
skus = ["H100SXM", "RTX4090"]
regions = ["USE"]
hours_ahead = 24
stages.closing_minutes = 0
newcomer_cash_usd = 1000000000
orders_reserved = 2000000

[gateway]
{gateway}

[[accounts]]
name = "seller"
cash_usd = 1000000000
capacity_lots = 100000000
"""


# The door lets everything in: what is measured is what comes after it.
OPEN = """
connections_max = 20000
rate_per_second = 1000000
rate_burst = 10000000
account_rate_per_second = 1000000
account_rate_burst = 10000000
door.sockets_max = 20000
door.sockets_per_address_max = 20000
door.sockets_per_second = 20000
door.sockets_burst = 20000
door.connections_per_address_max = 20000
door.connections_per_account_max = 20000
door.unauthenticated_max = 20000
door.silent_seconds = 3600
"""


class Measured(NamedTuple):
    """A server that runs; what it has used so far is read from the operating system."""

    pid: int
    port: int
    keys: tuple[ApiKey, ...] = ()

    def cpu_seconds(self) -> float:
        """Of all its threads, in user and system mode."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def keep_to_client_core() -> None:
    os.sched_setaffinity(0, {CLIENT_CORE % (os.cpu_count() or 1)})


@contextmanager
def venue(accounts: int, *, first: str = "", gateway: str = "", door: str = OPEN) -> Iterator[Measured]:
    """An exchange, with keys of so many accounts that have cash and of the seller, who comes last.

    first, gateway: more lines of its settings, and of that part of them; door: those that bound its clients.
    """
    with TemporaryDirectory(prefix="gpux-bench-") as name:
        directory = Path(name)
        file = directory / "gpux.toml"
        file.write_text(_SETTINGS.format(first=first, gateway=gateway + door))
        with KeyStore(directory / FILE_NAME) as keys:
            made = [keys.create(f"account{number}") for number in range(accounts)]
            made.append(keys.create("seller"))
        options = ("serve", "--dir", name, "--port", "0", "--json", "--settings", str(file), "--stop-with-parent")
        with _process("exchange", *options) as process:
            yield Measured(process.pid, _until_ready(process), tuple(made))


@contextmanager
def echo() -> Iterator[Measured]:
    """A bare echo server of the library that the gateway is made with."""
    with _process("benchmarks.gateway.echo") as process:
        yield Measured(process.pid, _until_ready(process))


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _until_ready(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        said = json.loads(line)
        if said["event"] == "ready":
            port: int = said["port"]
            return port
    raise RuntimeError("the server ended before it was ready")
