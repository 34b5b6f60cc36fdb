"""cryptofeed follows our books, trades and tickers."""

import pytest

from tests.clients.conftest import Findings, visit
from tests.clients.venue import Address

CHECKS = ("symbols", "book", "best prices", "trades", "ticker")


@pytest.fixture(scope="module")
def found(secure_venue: Address) -> Findings:
    return visit(secure_venue, "cryptofeed", "with_cryptofeed.py")


@pytest.mark.parametrize("check", CHECKS)
def test_cryptofeed(found: Findings, check: str) -> None:
    assert found[check] == ""
