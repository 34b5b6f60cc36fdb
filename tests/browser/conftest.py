"""A browser, a venue, and the page of the one in the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from exchange.client import Client
from tests.client.running import RunningVenue

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 15_000


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningVenue]:
    async with RunningVenue(tmp_path) as venue:
        yield venue


@pytest.fixture
async def alice(running: RunningVenue) -> AsyncIterator[Client]:
    async with Client(running.url, running.key["alice"]) as client:
        yield client


@pytest.fixture
async def bob(running: RunningVenue) -> AsyncIterator[Client]:
    async with Client(running.url, running.key["bob"]) as client:
        yield client


@pytest.fixture
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, running: RunningVenue) -> AsyncIterator[Page]:
    """A blank page, 1280 by 800; a script that fails, or a request to anybody else, fails the test."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(WAIT_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(running.page) else faults.append(f"asked for {request.url}"),
    )
    yield page
    await page.close()
    assert faults == []
