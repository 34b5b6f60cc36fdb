"""A statement adds up to the micro-dollar, whatever happened, and reads as a trader would check it by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from exchange.domain.dates import NS_PER_DAY, BadDay, parse_day
from exchange.domain.enums import CommandKind, EventKind, Phase, Side, TransferFlag
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from exchange.journal.writer import JournalWriter
from exchange.statement.command import NoStatement, state, write
from exchange.statement.day import day_of
from exchange.statement.entries import Account
from exchange.statement.table import frame
from tests.cli.test_cli import assert_refused
from tests.journal.market import SYMBOLS, limit, opening, write_market, write_turn
from tests.kernel.worlds import every_temper, history
from tests.node.serving import run

_COMMANDS = 1_500
_PARTS = 97  # commands a batch


def _quiet(done: int, frames: int) -> None:
    pass


@pytest.mark.parametrize("seed", every_temper())
def test_every_account_of_a_random_market_adds_up(seed: int) -> None:
    """To the engine's cash and bonds, for all accounts and the venue; and all changes together to what was paid in."""
    commands, engine = history(seed, _COMMANDS), Engine()
    accounts: dict[str, Account] = {}
    paid_in_micros = 0
    for start in range(0, len(commands), _PARTS):
        rows = command_rows(commands[start : start + _PARTS])
        events = engine.apply(rows)
        paid_in_micros += int(events["amount"][events["kind"] == EventKind.CASH].sum())
        for view in engine.accounts():
            # An account that has just been opened has had no earlier events to miss.
            accounts.setdefault(view.name, Account(view.name)).hear(engine, rows, events)
    for view in engine.accounts():
        told = accounts[view.name]
        assert (told.balance_micros, told.bond_micros) == (view.cash_micros, view.bond_micros)
        lots: dict[str, int] = {}
        for entry in told.entries:
            contract = engine.find_contract(entry.contract) if entry.lots else None
            if contract is not None:
                # Two who trade a strip with each other trade its hours.
                for hour in engine.legs(contract) or [contract]:
                    symbol = engine.contract(hour).symbol
                    lots[symbol] = lots.get(symbol, 0) + entry.lots
        held = {engine.contract(row.contract).symbol: row.lots for row in engine.positions(view.account) if row.lots}
        assert {symbol: count for symbol, count in lots.items() if count} == held
    moved = sum(entry.cash_micros for told in accounts.values() for entry in told.entries)
    assert moved == paid_in_micros


def test_a_day_by_hand(tmp_path: Path) -> None:
    """Alice buys two lots at $2.50, pledges $5 and loses $1.25 of it to bob."""
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_turn(engine, journal, opening())
    write_turn(engine, journal, [limit(2, Side.SELL, 2_500, 2), limit(1, Side.BUY, 2_600, 2)])
    pledge = Command(kind=CommandKind.BOND, account=1, amount=5_000_000)
    penalty = Command(kind=CommandKind.TRANSFER, account=1, order_id=2, amount=1_250_000, flags=TransferFlag.FROM_BOND)
    write_turn(engine, journal, [pledge, penalty])
    journal.close()
    day = state(tmp_path, "alice", None, _quiet)
    # Two lots of 8 GPU-hours at $2.50, and a fee of 5 hundredths of a percent of $40.
    assert [(entry.what, entry.gpu_hours, entry.cash_micros) for entry in day.entries] == [
        ("deposit", 0, 10**13),
        ("buy", 16, -40_020_000),
        ("bond", 0, 0),
        ("paid from bond", 0, -1_250_000),
    ]
    assert (day.opening_micros, day.closing_micros) == (0, 10**13 - 41_270_000)
    assert day.entries[-1].bond_micros == 3_750_000
    assert day.entries[1].contract == SYMBOLS[0]
    assert state(tmp_path, "venue", None, _quiet).closing_micros == 20_000
    assert state(tmp_path, "bob", None, _quiet).closing_micros == 10**13 + 40_000_000 + 1_250_000


def test_who_meets_himself_in_an_auction_sees_both_sides(tmp_path: Path) -> None:
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_turn(engine, journal, opening())
    collects = Command(kind=CommandKind.PHASE, option=Phase.PREOPEN)
    write_turn(engine, journal, [collects, limit(1, Side.SELL, 2_500, 2), limit(1, Side.BUY, 2_500, 2)])
    write_turn(engine, journal, [Command(kind=CommandKind.PHASE, option=Phase.CONTINUOUS)])
    journal.close()
    day = state(tmp_path, "alice", None, _quiet)
    assert sorted((entry.what, entry.lots) for entry in day.entries) == [("buy", 2), ("deposit", 0), ("sell", -2)]
    assert day.closing_micros == engine.account(1).cash_micros


def test_days_follow_on_each_other_and_files_sum_to_them(tmp_path: Path) -> None:
    """Each day begins with what the last one ended with; CSV and Parquet hold the same exact dollars."""
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 3, 12)
    journal.close()
    account = Account("alice")
    whole = state(tmp_path, "alice", None, _quiet)
    for place, entry in enumerate(whole.entries):
        account.entries.append(entry._replace(time_ns=entry.time_ns + place % 3 * NS_PER_DAY))
    account.entries.sort(key=lambda entry: entry.time_ns // NS_PER_DAY)
    balance = 0
    for place, entry in enumerate(account.entries):
        balance += entry.cash_micros
        account.entries[place] = entry._replace(balance_micros=balance)
    closing = 0
    for day in range(whole.day - 1, whole.day + 5):
        found = day_of(account.entries, day)
        assert found.opening_micros == closing
        closing = found.closing_micros
    assert closing == whole.closing_micros
    csv, parquet = tmp_path / "day.csv", tmp_path / "day.parquet"
    write(whole, csv, parquet)
    stored = pl.read_parquet(parquet)
    assert stored.equals(frame(whole))
    assert stored["cash_usd"].sum() == Decimal(whole.closing_micros) / 10**6
    rows = csv.read_text().splitlines()
    place = rows[0].split(",").index("cash_usd")
    assert sum(Decimal(row.split(",")[place]) for row in rows[1:]) == Decimal(whole.closing_micros) / 10**6


def test_what_cannot_be_stated_is_refused(tmp_path: Path) -> None:
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 3, 2)
    journal.close()
    with pytest.raises(NoStatement, match="there are venue, alice, bob"):
        state(tmp_path, "nobody", None, _quiet)
    with pytest.raises(NoStatement, match="cannot be written"):
        write(state(tmp_path, "alice", None, _quiet), tmp_path / "no" / "day.csv", None)
    for text in ("2026-13-01", "2026-1-1", "yesterday!", ""):
        with pytest.raises(BadDay):
            parse_day(text)


async def test_the_command_shows_a_day_and_writes_it(tmp_path: Path) -> None:
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 3, 4)
    journal.close()
    file = tmp_path / "day.csv"
    code, out, _ = await run("statement", "alice", "--dir", str(tmp_path), "--csv", str(file))
    assert code == 0
    assert f"{engine.account(1).cash_micros / 10**6:,.6f}".rstrip("0") in out
    assert file.read_text().startswith("time,sequence,what")
    assert_refused(await run("statement", "carol", "--dir", str(tmp_path)), "no account 'carol'")
    assert_refused(await run("statement", "alice", "--dir", str(tmp_path / "nowhere")), "holds no journal")
    assert_refused(await run("statement", "alice", "--dir", str(tmp_path), "--day", "soon"), "not a date")
