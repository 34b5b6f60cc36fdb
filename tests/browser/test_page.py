"""What the page shows is what the engine has, live, and it says so when it is not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Page, WebSocketRoute, expect

from exchange.client import Client
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind, Side
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.engine import Engine
from exchange.wire.messages import CurvePoint
from tests.browser.conftest import WAIT_MS
from tests.client.running import RunningVenue

DASHBOARD = Path(__file__).parents[2] / "exchange" / "gateway" / "dashboard"
BYTES_MAX = 72_000
expect.set_options(timeout=WAIT_MS)


async def symbols_of(client: Client, sku: str) -> list[str]:
    """Earliest delivery first, without the one whose trading might end during the test."""
    listed = [one for one in await client.instruments() if one.instrument_name.startswith(f"{sku}_") and one.hours == 1]
    return [one.instrument_name for one in sorted(listed, key=lambda one: one.expiration_timestamp)][1:]


def rows_of(engine: Engine, symbol: str, side: Side) -> list[list[str]]:
    """The lines that a ladder of this side should have: price, amount, total, best first."""
    number = engine.find_contract(symbol)
    assert number is not None
    contract, total, rows = parse_symbol(symbol), 0, []
    for price_ticks, lots in engine.levels(number, side, 100):
        total += lots * contract.gpu_hours_per_lot
        rows.append([price_text(contract, price_ticks), f"{lots * contract.gpu_hours_per_lot:,}", f"{total:,}"])
    return rows


def price_text(contract: Contract, price_ticks: int) -> str:
    decimals = -int(contract.sku.tick_usd.as_tuple().exponent)
    return f"{contract.price_usd(price_ticks):.{decimals}f}"


async def ladder(page: Page, side: str) -> list[list[str]]:
    rows: list[list[str]] = await page.eval_on_selector_all(
        f"#{side} .level",
        "rows => rows.map(row => [...row.querySelectorAll('b, span')].map(cell => cell.textContent))",
    )
    filled = [row for row in rows if row[0]]
    return filled if side == "bids" else filled[::-1]


async def shows(page: Page, engine: Engine, symbol: str) -> None:
    """Wait until the ladder has exactly the engine's levels."""
    expected = {"bids": rows_of(engine, symbol, Side.BUY), "asks": rows_of(engine, symbol, Side.SELL)}
    best = {side: rows[0][0] if rows else "" for side, rows in expected.items()}
    await page.wait_for_function(
        """([bid, ask, bids, asks]) => {
            const filled = side => [...document.querySelectorAll(`#${side} .level b`)].filter(cell => cell.textContent);
            const [bidRows, askRows] = [filled("bids"), filled("asks")];
            return bidRows.length === bids && askRows.length === asks
                && (bidRows[0]?.textContent ?? "") === bid && (askRows.at(-1)?.textContent ?? "") === ask;
        }""",
        arg=[best["bids"], best["asks"], len(expected["bids"]), len(expected["asks"])],
    )
    assert await ladder(page, "bids") == expected["bids"]
    assert await ladder(page, "asks") == expected["asks"]


async def quote(client: Client, symbol: str, bid: float, ask: float, lot: int) -> None:
    for step in range(4):
        await client.buy(symbol, lot * (step + 1), round(bid - step * 0.01, 4))
        await client.sell(symbol, lot * (step + 2), round(ask + step * 0.01, 4))


async def test_the_book_moves_and_trades_arrive(
    page: Page, running: RunningVenue, alice: Client, bob: Client, tmp_path: Path
) -> None:
    """Ladder, tape and summary follow the engine; the list shows the same best prices."""
    symbol, later = (await symbols_of(alice, "H100SXM"))[:2]
    await page.goto(f"{running.page}#{symbol}")
    await expect(page.locator("#state")).to_have_text("Live")
    await expect(page.locator("#name")).to_have_text(symbol)
    await expect(page.locator("#book-empty")).to_have_text("The book is empty. Waiting for the first order.")
    await expect(page.locator("#tape-empty")).to_have_text("Waiting for the first trade.")
    await quote(alice, symbol, 2.40, 2.45, 8)
    await quote(alice, later, 2.30, 2.36, 8)
    await shows(page, running.engine, symbol)
    await expect(page.locator("#spread")).to_have_text("206 bp")

    await bob.buy(symbol, 24, 2.46)
    await bob.sell(symbol, 8, 2.40)
    await shows(page, running.engine, symbol)
    trades = page.locator("#tape .trade:not([hidden])")
    await expect(trades).to_have_count(3)
    prices = await trades.locator("b").all_text_contents()
    assert prices == ["2.400", "2.460", "2.450"]
    assert await trades.locator("span").all_text_contents() == ["8", "8", "16"]
    await expect(page.locator("#last")).to_have_text("2.400")
    await expect(page.locator("#volume")).to_have_text("32")
    await expect(page.locator("#price .dots circle")).to_have_count(3)
    row = page.locator(f'.row[data-name="{symbol}"]')
    await expect(row.locator(".bid")).to_have_text("2.390")
    await expect(row.locator(".ask")).to_have_text("2.460")
    await expect(page.locator(f'.row[data-name="{later}"] .bid')).to_have_text("2.300")
    await page.screenshot(path=tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 20_000


async def test_the_forward_curve_is_drawn_with_its_band_and_the_market(
    page: Page, running: RunningVenue, alice: Client
) -> None:
    """Before a curve the page says whom it waits for; then line, both bands and a dot for each mid."""
    symbols = await symbols_of(alice, "H100SXM")
    await page.goto(f"{running.page}#{symbols[0]}")
    waiting = "Waiting for a market maker to publish the curve of H100SXM_USE."
    await expect(page.locator("#forward-empty")).to_have_text(waiting)
    points = [CurvePoint(symbol, 2.4 + index / 100, 0.02 * (index + 1)) for index, symbol in enumerate(symbols)]
    await alice.publish_forward_curve("H100SXM_USE", points)
    await quote(alice, symbols[0], 2.40, 2.45, 8)
    await quote(alice, symbols[2], 2.40, 2.46, 8)
    await expect(page.locator("#forward .mids circle")).to_have_count(2)
    await expect(page.locator("#forward-empty")).to_be_hidden()
    await expect(page.locator("#forward-readout")).to_contain_text("2.400 ± 0.020 · mid 2.4250")
    line = await page.get_attribute("#forward .curve path", "d")
    assert line is not None
    assert line.count("L") == len(symbols) - 1
    for band in ("band-1", "band-2"):
        shape = await page.get_attribute(f"#forward .{band} path", "d")
        assert shape is not None
        assert shape.count("L") == 2 * len(symbols) - 1
    # One who comes later sees the same curve at once.
    await page.reload()
    await expect(page.locator("#forward-readout")).to_contain_text("2.400 ± 0.020")


async def test_another_contract_is_a_click_a_key_or_an_address_away(
    page: Page, running: RunningVenue, alice: Client
) -> None:
    """Book, name and address go together; the list can be filtered and walked by keyboard."""
    hours = await symbols_of(alice, "H100SXM")
    cards = await symbols_of(alice, "RTX4090")
    await quote(alice, hours[1], 2.40, 2.45, 8)
    await quote(alice, cards[0], 0.4102, 0.4201, 1)
    await page.goto(f"{running.page}#{cards[0]}")
    await expect(page.locator("#name")).to_have_text(cards[0])
    await shows(page, running.engine, cards[0])

    head = page.locator('.group-head[data-group="H100SXM_USE"]')
    await head.click()
    await expect(head).to_have_attribute("aria-expanded", "false")
    await expect(page.locator(f'.row[data-name="{hours[0]}"]')).to_be_hidden()
    await head.click()
    await page.locator(f'.row[data-name="{hours[0]}"]').click()
    await expect(page.locator("#book-empty")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await shows(page, running.engine, hours[1])
    assert page.url.endswith(f"#{hours[1]}")
    await expect(page.locator('.row[aria-current="true"]')).to_have_attribute("data-name", hours[1])

    await page.keyboard.press("/")
    await page.keyboard.type("rtx")
    await expect(page.locator(f'.row[data-name="{hours[0]}"]')).to_be_hidden()
    await expect(page.locator(f'.row[data-name="{cards[0]}"]')).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator('.group-head[data-group="RTX4090_USE"]')).to_be_focused()


async def test_a_lost_connection_is_obvious_and_mends_itself(page: Page, running: RunningVenue, alice: Client) -> None:
    """The alarm shows while the venue is away; after its restart the book is the recovered engine's."""
    symbol = (await symbols_of(alice, "H100SXM"))[0]
    await quote(alice, symbol, 2.40, 2.45, 8)
    await page.goto(f"{running.page}#{symbol}")
    await shows(page, running.engine, symbol)
    await expect(page.locator("#alarm")).to_be_hidden()
    await running.stop()
    await expect(page.locator("#state")).to_have_text("Connection lost")
    await expect(page.locator("#alarm")).to_contain_text("Everything below is old.")
    assert await page.evaluate("getComputedStyle(document.querySelector('main')).filter") != "none"
    await running.start()
    await expect(page.locator("#state")).to_have_text("Live")
    await expect(page.locator("#alarm")).to_be_hidden()
    await shows(page, running.engine, symbol)
    await alice.wait_connected()
    await alice.buy(symbol, 8, 2.41)
    await shows(page, running.engine, symbol)


def losing_one_change() -> tuple[Callable[[WebSocketRoute], None], list[str]]:
    """A middleman between page and venue that swallows the first book change; and what the page asks for."""
    asked: list[str] = []
    lost: list[bool] = []

    def between(near: WebSocketRoute) -> None:
        far = near.connect_to_server()

        def up(frame: str | bytes) -> None:
            asked.append(json.loads(frame)["method"])
            far.send(frame)

        def down(frame: str | bytes) -> None:
            params = json.loads(frame).get("params", {})
            is_change = params.get("channel", "").startswith("book.") and params["data"]["type"] == "change"
            if is_change and not lost:
                lost.append(True)
            else:
                near.send(frame)

        near.on_message(up)
        far.on_message(down)

    return between, asked


async def test_a_missed_change_is_noticed_and_mended(page: Page, running: RunningVenue, alice: Client) -> None:
    """A change that never arrives makes the page ask for a new snapshot, not show a wrong book."""
    symbol = (await symbols_of(alice, "H100SXM"))[0]
    between, asked = losing_one_change()
    await page.route_web_socket("**/ws/api/v2", between)
    await page.goto(f"{running.page}#{symbol}")
    await expect(page.locator("#book-empty")).to_have_text("The book is empty. Waiting for the first order.")
    await quote(alice, symbol, 2.40, 2.45, 8)
    await shows(page, running.engine, symbol)
    assert "public/unsubscribe" in asked


async def test_it_fits_a_phone(page: Page, running: RunningVenue, alice: Client) -> None:
    """One panel at a time, nothing to scroll sideways, and a choice leads back to the book."""
    symbols = await symbols_of(alice, "H100SXM")
    await quote(alice, symbols[1], 2.40, 2.45, 8)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(running.page)
    for tab, panel in (("charts", "#forward"), ("tape", "#tape"), ("contracts", "#contracts")):
        await page.locator(f'.tabs [data-tab="{tab}"]').click()
        await expect(page.locator(panel)).to_be_visible()
        await expect(page.locator("#book")).to_be_hidden()
    await page.locator(f'.row[data-name="{symbols[1]}"]').click()
    await expect(page.locator("#book")).to_be_visible()
    await shows(page, running.engine, symbols[1])
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_contracts_come_and_go(page: Page, running: RunningVenue, alice: Client) -> None:
    """One that is listed appears by itself; when its trading ends, the page moves on to the next."""
    await page.goto(running.page)
    await expect(page.locator("#name")).to_contain_text("H100SXM_USE_H")
    now_ns = time.time_ns()
    later = hour_contract(CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE"), now_ns // NS_PER_HOUR + 100)
    words = dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(later.symbol), strict=True))
    gate_ns = now_ns + 3 * NS_PER_SECOND
    kind = CommandKind.LIST
    assert running.node.submit(Command(kind=kind, amount=later.tick_value_micros, expiry_ns=gate_ns, **words))
    await page.locator(f'.row[data-name="{later.symbol}"]').click()
    await expect(page.locator("#name")).to_have_text(later.symbol)
    await expect(page.locator(f'.row[data-name="{later.symbol}"]')).to_have_count(0)
    await expect(page.locator("#name")).not_to_have_text(later.symbol)
    await expect(page.locator("#name")).to_contain_text("H100SXM_USE_H")


def test_the_page_is_small_and_cannot_be_written_into() -> None:
    """Under 72 KB all together, no other host, and no way from text to markup."""
    files = list(DASHBOARD.iterdir())
    assert sum(file.stat().st_size for file in files) < BYTES_MAX
    for file in files:
        text = file.read_text(encoding="utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://"):
            assert forbidden not in text, f"{forbidden} in {file.name}"
