"""What operators look at: alive, ready, counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import parser
from prometheus_client.samples import Sample

from exchange.config import DoorSettings
from exchange.gateway.server import Porch
from exchange.tally import Histogram
from tests.gateway.venue import Venue, running


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


async def scraped(venue: Venue) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    async with aiohttp.ClientSession() as http, http.get(f"{venue.http}/metrics") as response:
        assert response.content_type == "text/plain"
        families = list(parser.text_string_to_metric_families(await response.text()))
    return {_key(sample): sample.value for family in families for sample in family.samples}


def _key(sample: Sample) -> tuple[str, ...]:
    return (sample.name, *sample.labels.values())


async def test_what_clients_do_is_counted(venue: Venue) -> None:
    """Orders, fills, frames, refusals and subscriptions, each by exactly what this test did."""
    before = await scraped(venue)
    order = {"instrument_name": venue.symbol, "amount": 8, "price": 2.4}
    async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        await alice.call("private/sell", **order)
        await bob.call("private/buy", **order)
        await bob.refused("private/buy", **order | {"amount": 9})
        await bob.call("public/subscribe", channels=[f"book.{venue.symbol}.raw", f"quote.{venue.symbol}"])
        after = await scraped(venue)
        assert after["gpux_connections",] == 2
        assert after["gpux_subscriptions",] == 2
        assert after["gpux_ready",] == 1
    gained = {key: value - before.get(key, 0) for key, value in after.items()}
    assert gained["gpux_commands_total", "new"] == 2
    assert gained["gpux_events_total", "filled"] == 1
    assert gained["gpux_refusals_total", "10021", "invalid_amount"] == 1
    assert gained["gpux_connections_opened_total",] == 2
    assert gained["gpux_frames_total", "in"] == 6
    # Six replies, the snapshot of the book and the quote.
    assert gained["gpux_frames_total", "out"] == 8
    assert gained["gpux_journal_sequence",] == 2
    assert gained["gpux_turn_commands_count",] == gained["gpux_journal_frames",]
    assert gained["gpux_turn_commands_sum",] == 2


async def test_the_stages_of_a_turn_add_up(venue: Venue) -> None:
    """Every turn is timed in every stage, and the whole is the sum of them."""
    samples = await scraped(venue)
    stages = ("inbox", "commit", "engine", "publish")
    turns = samples["gpux_turn_commands_count",]
    assert [samples["gpux_stage_seconds_count", stage] for stage in (*stages, "whole")] == [turns] * 5
    parts = sum(samples["gpux_stage_seconds_sum", stage] for stage in stages)
    assert parts == pytest.approx(samples["gpux_stage_seconds_sum", "whole"])
    assert samples["gpux_stage_seconds_bucket", "10.0", "commit"] == turns


async def test_a_journal_that_is_stuck_shows(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a turn cannot become durable its age grows; when it is, nothing waits."""
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(store: object = venue.journal.commit) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        assert callable(store)
        store()

    monkeypatch.setattr(venue.journal, "commit", slow)
    async with venue.caller(venue.alice) as alice:
        await alice.send(id=1, method="private/buy", params={"instrument_name": venue.symbol, "amount": 8, "price": 2})
        await alice.call("public/test")
        aged = (await scraped(venue))["gpux_journal_age_seconds",]
        assert aged > 0
        assert (await scraped(venue))["gpux_journal_age_seconds",] > aged
        release.set()
        await alice.reply(1)
        async with asyncio.timeout(10):
            while (await scraped(venue))["gpux_journal_age_seconds",]:
                await asyncio.sleep(0.01)


async def test_a_venue_that_takes_nothing_is_not_ready(venue: Venue) -> None:
    """Alive all the same, and it says why."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{venue.http}/readyz") as response:
            assert (response.status, await response.json()) == (200, {"ready": True, "reasons": []})
        await venue.node.stop()
        async with http.get(f"{venue.http}/readyz") as response:
            assert (response.status, await response.json()) == (503, {"ready": False, "reasons": ["stopped"]})
            assert response.headers["Retry-After"] == "2"
        async with http.get(f"{venue.http}/healthz") as response:
            assert (response.status, (await response.json())["status"]) == (200, "ok")


async def test_the_porch_says_what_is_going_on_and_leaves_the_address_free() -> None:
    """Before there is a venue: alive, not ready, come back; then another may listen there."""
    porch = Porch("127.0.0.1", 0, DoorSettings())
    port = await porch.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        async with http.get("/healthz") as response:
            assert response.status == 200
        porch.reasons = ["preparing"]
        async with http.get("/readyz") as response:
            assert (response.status, (await response.json())["reasons"]) == (503, ["preparing"])
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await http.ws_connect("/ws/api/v2")
    await porch.stop()
    second = Porch("127.0.0.1", port, DoorSettings())
    assert await second.start() == port
    await second.stop()


def test_a_histogram_counts_up_to_and_with_its_bounds() -> None:
    """A value at a bound is below it, as Prometheus has it; one above all of them is not lost."""
    histogram = Histogram((10, 20))
    for value in (0, 10, 11, 20, 21, 10**9):
        histogram.note(value)
    assert histogram.counts == [2, 2, 2]
    assert histogram.total == 62 + 10**9
