"""A scripted exchange, or a real one, for each test that asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.client.running import RunningVenue
from tests.client.scripted import ScriptedExchange


@pytest.fixture
async def venue() -> AsyncIterator[ScriptedExchange]:
    async with ScriptedExchange() as running:
        yield running


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningVenue]:
    """A real venue in this event loop."""
    async with RunningVenue(tmp_path) as venue:
        yield venue
