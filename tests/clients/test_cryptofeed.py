"""cryptofeed follows our books, trades and tickers."""

from collections.abc import Callable

import pytest

from tests.clients.conftest import Findings

CHECKS = ("symbols", "book", "best prices", "trades", "ticker")


@pytest.fixture(scope="module")
def found(visit: Callable[[str, str], Findings]) -> Findings:
    return visit("cryptofeed", "with_cryptofeed.py")


@pytest.mark.parametrize("check", CHECKS)
def test_cryptofeed(found: Findings, check: str) -> None:
    assert found[check] == ""
