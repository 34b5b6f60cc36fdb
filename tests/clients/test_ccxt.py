"""ccxt over HTTP and ccxt.pro over WebSocket trade here with two addresses changed."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Findings, python_of, visit
from tests.clients.venue import Address

HTTP = (
    "markets", "time and status", "currencies", "book", "ticker", "tickers", "trades", "candles", "create", "edit",
    "open orders", "cancel", "fills", "post only", "my trades", "closed orders", "balance", "positions", "accounts",
    "cancel all", "refusals", "wrong secret",
)  # fmt: skip
WEBSOCKET = (
    "book 100 ms", "book raw", "several books", "trades", "ticker", "tickers", "bids and asks", "candles", "orders",
    "my trades", "balance",
)  # fmt: skip


@pytest.fixture(scope="module")
def over_http(busy_venue: Address) -> Findings:
    return visit(busy_venue, "ccxt", "with_ccxt.py")


@pytest.fixture(scope="module")
def over_websocket(busy_venue: Address) -> Findings:
    return visit(busy_venue, "ccxt", "with_ccxt_pro.py")


@pytest.mark.parametrize("check", HTTP)
def test_ccxt(over_http: Findings, check: str) -> None:
    assert over_http[check] == ""


@pytest.mark.parametrize("check", WEBSOCKET)
def test_ccxt_pro(over_websocket: Findings, check: str) -> None:
    assert over_websocket[check] == ""


def test_the_readme_connects_ccxt(busy_venue: Address) -> None:
    """As it stands there, with the address and the key put in."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    (program,) = (block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "import ccxt" in block)
    for said, meant in (
        ("127.0.0.1:8700", f"{busy_venue.host}:{busy_venue.port}"),
        ("CLIENT_ID", busy_venue.client_id),
        ("CLIENT_SECRET", busy_venue.client_secret),
    ):
        assert said in program
        program = program.replace(said, meant)
    done = subprocess.run([str(python_of("ccxt")), "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("open ")
