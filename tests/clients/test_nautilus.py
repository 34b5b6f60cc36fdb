"""nautilus_trader hears our data in a trading node and trades through its Deribit client."""

import pytest

from tests.clients.conftest import Findings, visit
from tests.clients.venue import Address

CHECKS = (
    "authenticate", "submit", "modify", "open orders", "query", "cancel", "fill", "cancel all", "reject", "account",
    "fills", "positions", "instruments", "book", "quotes", "trades", "mark prices", "trade history",
)  # fmt: skip


@pytest.fixture(scope="module")
def found(busy_venue: Address) -> Findings:
    return visit(busy_venue, "nautilus", "with_nautilus.py")


@pytest.mark.parametrize("check", CHECKS)
def test_nautilus(found: Findings, check: str) -> None:
    assert found[check] == ""
