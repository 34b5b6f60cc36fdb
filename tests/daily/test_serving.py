"""The days of a venue as it is served: credit from the start, statements from its own journal, refusals in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from exchange.journal.recovery import replay
from exchange.keys import FILE_NAME, KeyStore
from tests.cli.test_cli import assert_refused, settings_file
from tests.gateway.venue import Caller
from tests.node.serving import Serving, run

_SETTINGS = """
skus = ["H100SXM"]
regions = ["USE"]
hours_ahead = 2
stages.closing_minutes = 0

[[accounts]]
name = "acme"
cash_usd = 250

[[accounts]]
name = "ann"
"""
_CREDIT = """
credit_usd_a_day = 100
sponsor = "acme"
"""
_OWN = """
cash_usd = 5
"""
_TIERS = """
[[fee_tiers]]
volume_usd = 10
maker_fee_bps = 0
taker_fee_bps = 3
"""


async def test_credit_is_there_from_the_start_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a restart, and over a loss of power; the statement over the API says it."""
    monkeypatch.setattr("tests.gateway.venue.SECONDS", 240.0)
    settings, directory = settings_file(tmp_path, _SETTINGS + _CREDIT), tmp_path / "venue"
    for ends in (Serving.stop, Serving.kill):
        async with await Serving.start(directory, settings) as serving:
            with KeyStore(directory / FILE_NAME) as keys:
                key = keys.create("ann")
            async with connect(serving.url, compression=None, proxy=None) as socket:
                caller = Caller(socket)
                await caller.sign_in(key)
                statement = await caller.call("private/get_statement")
                hourly = await caller.call("private/get_statement", hourly=True)
            assert [(row["what"], row["cash"]) for row in statement["rows"]] == [("credit", "100.00")]
            assert (statement["closing"], hourly["to_spend"], hourly["used"]) == ("100.00", "100.00", 0)
            await ends(serving)
    engine = replay(directory)
    assert [view.cash_micros for view in engine.accounts()] == [0, 150 * 10**6, 100 * 10**6]


async def test_settings_that_do_not_fit_the_venue_are_refused(tmp_path: Path) -> None:
    """Fees that rise; credit for an account that has cash of its own. Nothing is changed."""
    assert_refused(
        await run(
            "serve", "--dir", str(tmp_path / "a"), "--settings", str(settings_file(tmp_path, _SETTINGS + _TIERS))
        ),
        "must not rise",
    )
    directory = tmp_path / "b"
    async with await Serving.start(directory, settings_file(tmp_path, _SETTINGS + _OWN)) as serving:
        await serving.stop()
    command = ("serve", "--dir", str(directory), "--port", "0")
    found = await run(*command, "--settings", str(settings_file(tmp_path, _SETTINGS + _CREDIT)))
    assert_refused(found, "'ann' was given cash of its own")
    assert [view.cash_micros for view in replay(directory).accounts()] == [0, 250 * 10**6, 5 * 10**6]
