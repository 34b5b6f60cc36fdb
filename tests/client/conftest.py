"""A scripted exchange for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.client.scripted import ScriptedExchange


@pytest.fixture
async def venue() -> AsyncIterator[ScriptedExchange]:
    async with ScriptedExchange() as running:
        yield running
