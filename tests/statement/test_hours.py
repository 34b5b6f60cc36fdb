"""A statement by hour of delivery: it sums to the micro-dollar, whatever was traded."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.clearing.references import CREDIT, UNUSED, purpose_of, reference
from exchange.domain.dates import NS_PER_DAY
from exchange.domain.enums import CommandKind, EventKind, Reject, Side
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command, command_rows
from exchange.domain.text import text_columns
from exchange.engine import Engine
from exchange.journal.recovery import replay
from exchange.journal.writer import JournalWriter
from exchange.statement import document
from exchange.statement.day import Day, day_of
from exchange.statement.entries import Account, Entry, TooLong
from exchange.statement.hours import hours_of
from tests.journal.market import START_NS, limit, opening, stamped, write_market, write_turn
from tests.kernel.worlds import every_temper, history

_COMMANDS = 1_500
_DAY = START_NS // NS_PER_DAY


def bought(contract: str, lots: int, cash_micros: int) -> Entry:
    gpu_hours = lots * parse_symbol(contract).gpu_hours_per_lot
    return Entry(START_NS, 1, "buy" if lots > 0 else "sell", contract, lots, gpu_hours, 0, 0, 0, cash_micros, 0, 0)


def a_day(*entries: Entry, opening_micros: int = 0) -> Day:
    balance, told = opening_micros, []
    for entry in entries:
        balance += entry.cash_micros
        told.append(entry._replace(balance_micros=balance))
    return day_of(told, _DAY, opening_micros)


def test_hours_come_in_order_and_regions_apart() -> None:
    hours = hours_of(
        a_day(
            bought("H100SXM_USE_H15-1DEC26", 2, -40_000_000),
            bought("H100SXM_USE_H14-1DEC26", 3, -60_000_000),
            bought("H100SXM_EUW_H15-1DEC26", 1, -10_000_000),
            bought("H100SXM_USE_H15-1DEC26", -1, 21_000_000),
            opening_micros=100_000_000,
        )
    )
    first = parse_symbol("H100SXM_USE_H14-1DEC26").delivery_hours[0]
    assert [tuple(line) for line in hours.lines] == [
        (first, "H100SXM_USE", 3, 24, 60_000_000, 40_000_000),
        (first + 1, "H100SXM_EUW", 1, 8, 10_000_000, 30_000_000),
        (first + 1, "H100SXM_USE", 1, 8, 19_000_000, 11_000_000),
    ]
    assert (hours.to_spend_micros, hours.spent_micros, hours.other_micros) == (100_000_000, 89_000_000, 0)
    assert (hours.has_credit, hours.used) == (False, 0)


def test_a_strip_is_spread_over_its_hours_and_not_a_micro_dollar_is_lost() -> None:
    """Bought and sold; what does not divide falls on the first hours."""
    hours = hours_of(a_day(bought("H100SXM_USE_B4H08-1DEC26", 2, -11), bought("H100SXM_USE_H09-1DEC26", -1, 5)))
    assert [(line.lots, line.gpu_hours, line.spent_micros) for line in hours.lines] == [
        (2, 16, 3),
        (1, 8, 3 - 5),
        (2, 16, 3),
        (2, 16, 2),
    ]
    sold = hours_of(a_day(bought("H100SXM_USE_B4H08-1DEC26", -1, 11)))
    assert [line.spent_micros for line in sold.lines] == [-2, -3, -3, -3]


def test_what_is_to_spend_is_what_credit_made_of_the_opening() -> None:
    """Whatever came beside it is told apart."""
    unused = bought("H100SXM_USE_H14-1DEC26", 0, -30_000_000)._replace(what="unused credit", contract="acme")
    credit = unused._replace(what="credit", cash_micros=90_000_000)
    gift = unused._replace(what="compensation", cash_micros=7)
    hours = hours_of(
        a_day(unused, credit, bought("H100SXM_USE_H14-1DEC26", 1, -25_000_000), gift, opening_micros=40_000_000)
    )
    assert (hours.to_spend_micros, hours.spent_micros, hours.other_micros) == (100_000_000, 25_000_000, 7)
    assert (hours.has_credit, hours.used) == (True, 0.25)
    assert hours.lines[-1].left_micros + hours.other_micros == hours.day.closing_micros


@pytest.mark.parametrize("seed", every_temper())
def test_every_account_of_a_random_market_adds_up(seed: int) -> None:
    """By entry and by the hour, in JSON and in CSV, from the first command and from any state on the way."""
    commands, engine = history(seed, _COMMANDS), Engine()
    half = len(commands) // 2
    engine.apply(command_rows(commands[:half]))
    day = commands[-1].time_ns // NS_PER_DAY
    accounts = [Account(view.name, day) for view in engine.accounts()]
    for account in accounts:
        account.take_over(engine)
    rows = command_rows(commands[half:])
    events = engine.apply(rows)
    for account in accounts:
        account.hear(engine, rows, events)
        stated = day_of(account.entries, day, account.opening_micros)
        number = engine.find_account(account.name)
        assert number is not None
        assert stated.closing_micros == engine.account(number).cash_micros
        hours = hours_of(stated)
        told = document.of_hours(hours)
        spent = sum(Decimal(row["spent"]) for row in told["rows"])
        left = Decimal(told["to_spend"]) - spent + Decimal(told["other"])
        assert left == Decimal(told["closing"]) == Decimal(stated.closing_micros) / 10**6
        lines = csv.DictReader(io.StringIO(document.as_csv(document.of_day(stated))))
        assert (
            sum(Decimal(line["cash"]) for line in lines)
            == Decimal(stated.closing_micros - stated.opening_micros) / 10**6
        )


def test_the_entries_of_one_day_are_kept_and_counted(tmp_path: Path) -> None:
    """What was before it is its opening; too many are refused."""
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_market(engine, journal, 3, 12)
    cash = engine.account(1).cash_micros
    journal.close()
    for day, opening_micros, count in ((_DAY - 1, 0, 0), (_DAY, 0, None), (_DAY + 1, cash, 0)):
        account = Account("alice", day)
        _replayed(tmp_path, account)
        stated = day_of(account.entries, day, account.opening_micros)
        assert stated.opening_micros == opening_micros
        assert len(stated.entries) == count or count is None
        assert stated.closing_micros == (cash if day >= _DAY else 0)
    with pytest.raises(TooLong, match="more than 3 entries"):
        _replayed(tmp_path, Account("alice", _DAY, 3))


def _replayed(directory: Path, account: Account) -> None:
    replay(directory, hear=account.hear)


def test_transfers_of_the_venue_say_what_they_are_for() -> None:
    """And a grant that was refused for want of money says that, on both sides; other refusals say nothing."""
    engine = Engine()
    engine.apply(stamped(opening(), 0, START_NS))
    everything = 10**13

    def moved(purpose: str, payer: int, payee: int, micros: int, day: str = "2026-12-01") -> Command:
        text = text_columns(reference(purpose, day, 2))
        return Command(kind=CommandKind.TRANSFER, account=payer, order_id=payee, amount=micros, **text)

    commands = [
        moved(UNUSED, 2, 1, 50),
        moved(CREDIT, 1, 2, 2 * everything),
        moved(CREDIT, 1, 2, 70),
        moved(CREDIT, 1, 2, 70),
        moved(UNUSED, 2, 1, 2 * everything, "2026-12-02"),
        Command(kind=CommandKind.TRANSFER, account=1, order_id=2, amount=5),
        # An order by such a name is no grant.
        limit(2, Side.BUY, 2_500, 10**6)._replace(**text_columns(reference(CREDIT, "2026-12-03", 2))),
    ]
    told = {}
    for name in ("alice", "bob"):
        told[name] = Account(name)
        told[name].take_over(engine)
    rows = stamped(commands, engine.sequence, START_NS)
    events = engine.apply(rows)
    reasons = [event["reason"] for event in events if event["kind"] == EventKind.REJECTED]
    short = Reject.INSUFFICIENT_FUNDS
    assert reasons == [short, Reject.DUPLICATE_CLIENT_ID, short, short]
    for account in told.values():
        account.hear(engine, rows, events)
    found = {
        name: [(entry.what, entry.contract, entry.cash_micros, entry.notional_micros) for entry in account.entries]
        for name, account in told.items()
    }
    assert found["bob"] == [
        ("unused credit", "alice", -50, 0),
        ("credit short", "alice", 0, 2 * everything),
        ("credit", "alice", 70, 0),
        ("received", "alice", 5, 0),
    ]
    assert found["alice"] == [
        ("unused credit", "bob", 50, 0),
        ("credit short", "bob", 0, 2 * everything),
        ("credit", "bob", -70, 0),
        ("paid", "bob", -5, 0),
    ]


@pytest.mark.parametrize("text", ["", "rebate-2026121-1", "rebate-20261201-", "credit", "xcredit-20261201-1"])
def test_other_references_are_nobodys_purpose(text: str) -> None:
    assert purpose_of(text) == ""
    assert purpose_of(reference("rebate", "2026-12-01", 7)) == "rebate"


def test_a_turn_writes_what_a_statement_reads(tmp_path: Path) -> None:
    """An account on credit, through a journal."""
    engine, journal = Engine(), JournalWriter(tmp_path)
    write_turn(engine, journal, opening())
    text = text_columns(reference(CREDIT, "2026-12-01", 2))
    write_turn(engine, journal, [Command(kind=CommandKind.TRANSFER, account=1, order_id=2, amount=70, **text)])
    journal.close()
    account = Account("bob", _DAY)
    _replayed(tmp_path, account)
    assert hours_of(day_of(account.entries, _DAY, account.opening_micros)).has_credit
