"""Hours and strips of several SKUs and regions on the page: found, followed to their gates, and settled."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from exchange.client import Client
from exchange.domain.enums import CommandKind, Phase
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.listing import legs_of
from tests.client.running import RunningVenue
from tests.gateway.venue import listing, text

COUNTDOWN = re.compile(r"(\d+h )?\d\d(m|:\d\d)")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningVenue]:
    """Two SKUs, two regions, thirty hours."""
    async with RunningVenue(tmp_path, ("USE", "EUW"), 30) as venue:
        yield venue


def block(running: RunningVenue) -> Contract:
    """The first four hours of H100SXM_USE whose trading does not end during the test."""
    strips = (parse_symbol(view.symbol) for view in running.engine.contracts())
    late_ns = time.time_ns() + NS_PER_HOUR
    wanted = (strip for strip in strips if strip.symbol.startswith("H100SXM_USE_B4") and strip.gate_ns > late_ns)
    return min(wanted, key=lambda strip: strip.gate_ns)


def hours(running: RunningVenue, strip: Contract) -> list[str]:
    return [running.engine.contract(leg).symbol for leg in legs_of(running.engine, strip)]


async def test_hours_and_strips_can_be_found(page: Page, running: RunningVenue, alice: Client, bob: Client) -> None:
    """By kind and by words; a strip shows what its hours come to, trades like an hour and prints once."""
    strip = block(running)
    for place, symbol in enumerate(hours(running, strip)):
        await alice.sell(symbol, 80, round(2.4 + place / 500, 3))
    await page.goto(running.page)
    rows = page.locator(".row")
    await expect(page.locator(".group-head")).to_have_count(4)
    await expect(rows).to_have_count(4 * 24)
    await expect(page.locator('.row[data-name*="_B4"]')).to_have_count(0)
    more = page.locator('.more[data-more="RTX4090_EUW"]')
    await expect(more).to_have_text(re.compile("^[56] later ones$"))
    await more.click()
    await expect(more).to_have_count(0)

    await page.locator("#kind").select_option("blocks")
    await expect(page.locator('.row[data-name*="_H1"]')).to_have_count(0)
    row = page.locator(f'.row[data-name="{strip.symbol}"]')
    await expect(row.locator(".ask")).to_have_text("2.403")
    await expect(row.locator(".ask")).to_have_class(re.compile("implied"))
    await page.locator("#filter").fill("euw rtx")
    await expect(page.locator('.row:not([data-name^="RTX4090_EUW_B"])')).to_have_count(0)
    await expect(rows.first).to_be_visible()
    # No block is called an hour: the words count for more than the kind.
    await page.locator("#filter").fill("use_h")
    await expect(rows.first).to_be_visible()
    await expect(page.locator('.row:not([data-name*="_USE_H"])')).to_have_count(0)
    await page.locator("#filter").fill("nothing like this")
    await expect(page.locator("#contracts-empty")).to_have_text("No contract is called that.")
    await page.locator("#filter").fill("")

    await row.click()
    await expect(page.locator("#name")).to_have_text(strip.symbol)
    await expect(page.locator("#delivery")).to_contain_text("32 GPU-h a lot")
    await expect(page.locator("#next")).to_contain_text(" · sum $9.612")
    await bob.buy(strip.symbol, 64, 2.41)
    await expect(page.locator("#tape .trade:not([hidden])")).to_have_count(1)
    await expect(page.locator("#tape .trade b").first).to_have_text("2.40300")
    await alice.sell(strip.symbol, 32, 2.40025)
    await expect(row.locator(".ask")).to_have_text("2.400")
    await expect(row.locator(".ask")).not_to_have_class(re.compile("implied"))
    await expect(page.locator("#asks .level b").last).to_have_text("2.40025")


async def test_every_contract_counts_down_and_says_its_stage(page: Page, running: RunningVenue) -> None:
    """A second later it is a second less; a halt shows at once and goes again."""
    strip = block(running)
    symbol = hours(running, strip)[0]
    number = running.engine.find_contract(symbol)
    assert number is not None
    await page.goto(f"{running.page}#{symbol}")
    stage = page.locator(f'.row[data-name="{symbol}"] .stage')
    await expect(stage).to_have_text(COUNTDOWN)
    await expect(page.locator("#stage")).to_have_text("open")
    await expect(page.locator("#next")).to_have_text(re.compile(r"^· closed in \dh \d\dm$|^· closed in \d\d:\d\d$"))
    before = await page.locator("#countdown").text_content()
    await expect(page.locator("#countdown")).not_to_have_text(str(before))
    assert running.node.submit(Command(kind=CommandKind.PHASE, contract=number, option=Phase.HALTED))
    await expect(stage).to_have_text(re.compile("^halted "))
    await expect(page.locator("#stage")).to_have_text("halted")
    assert running.node.submit(Command(kind=CommandKind.PHASE, contract=number, option=Phase.CONTINUOUS))
    await expect(stage).to_have_text(COUNTDOWN)


async def test_fixings_and_deliveries_appear(page: Page, running: RunningVenue, alice: Client, bob: Client) -> None:
    """At the gate the price and how it was made, then nodes and minutes; a reload shows the same."""
    contract = parse_symbol("H100SXM_USE_H14-1DEC30")
    await page.goto(running.page)
    await expect(page.locator("#settled-empty")).to_have_text("Waiting for the first gate.")
    gate_ns = time.time_ns() + 2 * NS_PER_SECOND
    assert running.node.submit(listing(contract)._replace(expiry_ns=gate_ns))
    await running.node.settled()
    await alice.declare_capacity(contract.symbol, 80)
    await alice.sell(contract.symbol, 16, 2.5)
    await bob.buy(contract.symbol, 16, 2.5)
    row = page.locator(f'.settlement[data-name="{contract.symbol}"]')
    await expect(row.locator("b")).to_have_text("2.5")
    await expect(row.locator(".how")).to_contain_text("volume average")
    number, seller = running.engine.find_contract(contract.symbol), running.engine.find_account("alice")
    assert number is not None
    assert seller is not None
    of_node = Command(contract=number, account=seller, **text("n-1"))
    buyer = running.engine.find_account("bob")
    assert buyer is not None
    assert running.node.submit(of_node._replace(kind=CommandKind.NOMINATE, order_id=buyer))
    await expect(row.locator(".how")).to_contain_text("1 node")
    assert running.node.submit(of_node._replace(kind=CommandKind.ATTEST, lots=45))
    await expect(row.locator(".how")).to_contain_text("1 node, 45 of 60 min")
    await page.reload()
    await expect(row.locator(".how")).to_contain_text("volume average · 1 node, 45 of 60 min")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.locator('.tabs [data-tab="settled"]').click()
    await expect(row).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
