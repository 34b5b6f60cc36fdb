"""HTTP as browsers, proxies and programs expect it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.gateway.venue import Venue, running


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    async with running(tmp_path) as venue:
        yield venue


@pytest.mark.parametrize(
    ("verb", "path", "status", "code"),
    [
        ("GET", "/api/v2/nothing", 404, -32601),
        ("GET", "/api/v1/public/test", 404, -32601),
        ("GET", "/api/v2/public/test/more", 404, -32601),
        ("PUT", "/api/v2/public/test", 405, -32600),
        ("DELETE", "/api/v2", 405, -32600),
        ("GET", "/api/v2", 405, -32600),
    ],
)
async def test_what_is_not_there_is_told_in_json(venue: Venue, verb: str, path: str, status: int, code: int) -> None:
    """Below /api a program never has to read HTML or prose."""
    async with aiohttp.ClientSession() as http, http.request(verb, f"{venue.http}{path}") as response:
        assert (response.status, response.content_type) == (status, "application/json")
        assert (await response.json())["error"]["code"] == code
        assert ("Allow" in response.headers) == (status == 405)


async def test_every_answer_is_careful(venue: Venue) -> None:
    """Pages, answers, errors and probes: no guessing of types, no library's name, the API out of caches."""
    async with aiohttp.ClientSession() as http:
        for path in ("/", "/api/v2/public/get_time", "/api/v2/nothing", "/nothing", "/healthz", "/metrics"):
            async with http.get(f"{venue.http}{path}", headers={"Accept-Encoding": "gzip"}) as response:
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Server"] == "gpux"
                assert "Content-Encoding" not in response.headers
                assert (response.headers.get("Cache-Control") == "no-store") == path.startswith("/api/")


async def test_public_answers_are_for_any_page_and_need_no_credentials(venue: Venue) -> None:
    """Other sites may read what is public, and never with what a browser remembers."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{venue.http}/api/v2/public/get_time", headers={"Origin": "https://a.b"}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "Access-Control-Allow-Credentials" not in response.headers
        async with http.options(f"{venue.http}/api/v2/public/get_time") as response:
            assert response.status == 405


async def test_head_is_get_without_the_body(venue: Venue) -> None:
    """The same status and type, nothing else."""
    async with aiohttp.ClientSession() as http:
        for path in ("/", "/healthz", "/readyz", "/openapi.json", "/api/v2/public/get_time"):
            async with http.head(f"{venue.http}{path}") as response:
                assert (response.status, await response.read()) == (200, b"")
                assert response.headers["Content-Type"]
