"""ccxt over HTTP and ccxt.pro over WebSocket trade here with two addresses changed."""

import pytest

from tests.clients.conftest import Findings, visit
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
