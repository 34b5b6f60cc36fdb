"""The commands as an operator uses them: in processes of their own, judged by what they print and how they end."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import apsw
import pytest

from exchange.client import ApiError, ApiKey, Client
from exchange.domain.enums import CommandKind
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from exchange.journal.format import FILE_NAME
from exchange.journal.recovery import recover
from exchange.journal.writer import JournalWriter
from exchange.keys import KeyStore
from tests.journal.market import write_market
from tests.node.serving import Serving, run
from tests.node.test_kill import SETTINGS, Auditor, Trader

SMALL = """
skus = ["H100SXM"]
regions = ["USE"]
hours_ahead = 2
newcomer_cash_usd = 1000
stages.closing_minutes = 0
"""


def settings_file(directory: Path, text: str = SMALL) -> Path:
    file = directory / "gpux.toml"
    file.write_text(text)
    return file


def stopped_venue(directory: Path, turns: int = 5) -> Engine:
    engine, journal = Engine(), JournalWriter(directory)
    write_market(engine, journal, 1, turns)
    journal.close()
    return engine


def damage(directory: Path, statement: str) -> None:
    connection = apsw.Connection(str(directory / FILE_NAME))
    connection.execute(statement)
    connection.close()


def assert_refused(result: tuple[int, str, str], *words: str) -> None:
    """Exit code 2 and one clear line with these words on standard error."""
    code, out, err = result
    assert code == 2, err
    *before, line = err.splitlines()
    assert all("ing the engine" in earlier for earlier in before), err
    assert line.startswith("gpux: ")
    for word in words:
        assert word in line
    assert [json.loads(line)["event"] for line in out.splitlines()] in ([], ["compiling"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_venue_that_is_stopped_says_the_hash_that_replay_finds(tmp_path: Path, number: signal.Signals) -> None:
    """From start to proof, with nothing but the commands."""
    async with await Serving.start(tmp_path / "venue", settings_file(tmp_path)) as venue:
        assert venue.ready["pid"] == venue.process.pid
        async with Client(venue.url) as client:
            assert len(await client.instruments()) >= 1
        stopped = await venue.stop(number)
        assert stopped["journal"] == str(tmp_path / "venue" / FILE_NAME)
        code, out, err = await run("replay", str(tmp_path / "venue"), "--json")
        assert (code, err) == (0, "")
        replayed = json.loads(out)
        assert (replayed["sequence"], replayed["state_hash"]) == (stopped["sequence"], stopped["state_hash"])
        code, out, _ = await run("verify", str(tmp_path / "venue"))
        assert code == 0
        assert stopped["state_hash"] in out


async def test_a_venue_stops_with_its_parent(tmp_path: Path) -> None:
    """When standard input ends, as cleanly as when it is asked."""
    async with await Serving.start(tmp_path / "venue", settings_file(tmp_path)) as venue:
        assert venue.process.stdin is not None
        venue.process.stdin.close()
        stopped = await venue.ended()
        assert recover(tmp_path / "venue").state_hash() == stopped["state_hash"]


async def test_only_one_process_has_the_directory(tmp_path: Path) -> None:
    """A second copy, verify and replay are refused, and the first serves on."""
    async with await Serving.start(tmp_path / "venue", settings_file(tmp_path)) as venue:
        directory = str(tmp_path / "venue")
        assert_refused(await run("serve", "--dir", directory, "--port", "0"), directory, "in use")
        assert_refused(await run("verify", directory), directory, "in use")
        assert_refused(await run("replay", directory), directory, "in use")
        async with Client(venue.url) as client:
            assert await client.instruments()
        await venue.stop()


async def test_what_cannot_be_served_is_refused_in_one_line(tmp_path: Path) -> None:
    """A port in use, a directory that cannot be one, settings that do not fit, a journal that is broken."""
    directory = str(tmp_path / "venue")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_refused(await run("serve", "--dir", directory, "--port", port), f"127.0.0.1 port {port}", "in use")
    assert not (tmp_path / "venue").exists()
    (tmp_path / "file").touch()
    assert_refused(await run("serve", "--dir", str(tmp_path / "file"), "--port", "0"), str(tmp_path / "file"))
    bad = str(settings_file(tmp_path, "hours_ahead = -1"))
    assert_refused(await run("serve", "--dir", directory, "--settings", bad, "--json"), bad, "hours_ahead: ")
    assert_refused(await run("serve"), "directory: Field required")
    stopped_venue(tmp_path / "venue")
    damage(tmp_path / "venue", "DELETE FROM frames WHERE number = 3")
    result = await run("serve", "--dir", directory, "--port", "0", "--json")
    assert_refused(result, "gap: expected frame 3", "found frame 4")


async def test_verify_and_replay_say_where_a_journal_is_broken(tmp_path: Path) -> None:
    """Exit code 1 and the place; 2 if there is nothing to verify."""
    stopped_venue(tmp_path)
    damage(tmp_path, "UPDATE frames SET frame = substr(frame, 1, 100) WHERE number = 4")
    for command in ("verify", "replay"):
        code, _, err = await run(command, str(tmp_path))
        assert code == 1
        assert "frame 4 (expected first sequence" in err
        assert len(err.splitlines()) == 1
    for command in ("verify", "replay"):
        assert_refused(await run(command, str(tmp_path / "nowhere")), "holds no journal")


async def test_a_key_works_while_the_venue_runs_until_it_is_revoked(tmp_path: Path) -> None:
    """Its account comes into being with a newcomer's cash."""
    directory = str(tmp_path / "venue")
    async with await Serving.start(tmp_path / "venue", settings_file(tmp_path)) as venue:
        _, out, _ = await run("keys", "create", "newcomer", "--dir", directory, "--json")
        made = json.loads(out)
        key = ApiKey(made["client_id"], made["client_secret"])
        async with asyncio.timeout(10):
            # The venue looks for new keys four times a second.
            while True:
                try:
                    async with Client(venue.url, key) as client:
                        summary = await client.account_summary()
                        break
                except ApiError:
                    await asyncio.sleep(0.1)
        assert summary.balance == 1000
        _, out, _ = await run("keys", "list", "--dir", directory)
        assert key.client_id in out
        assert "newcomer" in out
        assert key.client_secret not in out
        assert (await run("keys", "revoke", key.client_id, "--dir", directory))[0] == 0
        with pytest.raises(ApiError):
            async with Client(venue.url, key):
                pass
        assert_refused(await run("keys", "revoke", "nobody", "--dir", directory), "has no key 'nobody'")
        assert_refused(await run("keys", "list", "--dir", str(tmp_path)), "holds no keys")
        assert_refused(await run("keys", "create", "a b", "--dir", directory), "'a b'")
        await venue.stop()


async def test_a_full_disk_stops_the_venue_and_loses_nothing(tmp_path: Path) -> None:
    """One line says what to do; every acknowledged order is in the journal. The process's files may not grow."""
    directory, settings = tmp_path / "venue", settings_file(tmp_path, SETTINGS.replace("700", "0"))
    directory.mkdir()
    with KeyStore(directory / "keys.sqlite") as keys:
        trader = Trader(keys.create("alice"), seed=1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "exchange", "serve", "--dir", str(directory), "--port", "0", "--json"),
        *("--settings", str(settings)),
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout is not None
    assert json.loads(await process.stdout.readline())["event"] == "compiling"
    ready = json.loads(await process.stdout.readline())
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))
    await trader.trade(f"ws://127.0.0.1:{ready['port']}/ws/api/v2")
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert "Make room on the disk" in err.decode().splitlines()[-1]
    assert len(trader.acknowledged) > 20
    auditor = Auditor(directory)
    auditor.follow(hash_at=0)
    auditor.prove(trader)
    assert recover(directory).state_hash() == auditor.engine.state_hash()


async def test_margin_shows_what_must_be_kept_and_what_orders_would_change(tmp_path: Path) -> None:
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 1, 5)
    alice = engine.find_account("alice")
    assert alice is not None
    terms = Command(kind=CommandKind.MARGIN_TERMS, account=alice, maker_fee_bps=5_000, option=1)
    journal.append(command_rows([terms._replace(sequence=engine.sequence + 1, time_ns=engine.time_ns)]))
    journal.commit()
    journal.close()
    symbol = engine.contract(0).symbol
    orders = ("--buy", symbol, "1", "0.01")
    code, out, _ = await run("margin", "alice", "--dir", str(tmp_path), *orders)
    assert code == 0
    assert "with all of them traded" in out
    code, out, _ = await run("margin", "alice", "--dir", str(tmp_path), *orders, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["required"] == 0
    assert found["free"] > found["free_open"] >= found["free_filled"]
    assert_refused(await run("margin", "bob", "--dir", str(tmp_path)), "bob has no terms")
    assert_refused(await run("margin", "nobody", "--dir", str(tmp_path)), "no account 'nobody'")


async def test_score_shows_every_account_that_traded(tmp_path: Path) -> None:
    engine = stopped_venue(tmp_path)
    code, out, _ = await run("score", "--dir", str(tmp_path), "--spread-bps", "1000")
    assert code == 0
    traded = sum(view.volume_lots for view in engine.contracts())
    assert traded > 0
    assert "alice" in out
    assert "bob" in out
    assert "%" in out
    assert_refused(await run("score", "--dir", str(tmp_path / "nowhere")), "holds no journal")
