"""``gpux statement ACCOUNT``: a day of an account, as a table, as CSV or as Parquet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from exchange.domain.dates import NS_PER_DAY, parse_day
from exchange.domain.errors import GpuxError
from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_HOUR, dollars
from exchange.journal.recovery import Progress, replay
from exchange.statement.day import Day, day_of
from exchange.statement.entries import PURPOSES, SHORT, Account, Entry
from exchange.statement.hours import Hours
from exchange.statement.table import frame

_TRANSFERS = ("paid", "paid from bond", "received", "fees", *PURPOSES.values())


class NoStatement(GpuxError):
    """There is nothing to state, or nowhere to write it."""


def state(directory: Path, name: str, date: str | None, progress: Progress) -> Day:
    """The day ``date`` of the account, or the last of the journal.

    Raises NoStatement or BadDay, or as ``replay`` does.
    """
    wanted = None if date is None else parse_day(date)
    account = Account(name)
    engine = replay(directory, progress=progress, hear=account.hear)
    number = engine.find_account(name)
    if number is None:
        known = ", ".join(view.name for view in engine.accounts())
        raise NoStatement(f"there is no account {name[:40]!r} in {directory}: there are {known}")
    view = engine.account(number)
    assert (account.balance_micros, account.bond_micros) == (view.cash_micros, view.bond_micros)
    return day_of(account.entries, engine.time_ns // NS_PER_DAY if wanted is None else wanted)


def write(day: Day, csv: Path | None, parquet: Path | None) -> None:
    """Write the entries where wanted. Raises NoStatement if a file cannot be written."""
    table = frame(day)
    writers: list[tuple[Path | None, Callable[[Path], None]]] = [(csv, table.write_csv), (parquet, table.write_parquet)]
    for file, write_to in writers:
        if file is not None:
            try:
                write_to(file)
            except OSError as error:
                raise NoStatement(f"{file} cannot be written: {error}") from None


def show(out: Console, name: str, day: Day) -> None:
    """The entries and their sums, for people."""
    table = Table("time", "what", "contract or party", title=f"{name}, {day.date} UTC")
    for heading in ("GPU-hours", "$ a GPU-hour", "fee $", "cash $", "balance $"):
        table.add_column(heading, justify="right")
    table.add_row("", "opening", "", "", "", "", "", _dollars(day.opening_micros))
    for entry in day.entries:
        table.add_row(*_cells(entry))
    table.add_row("", "closing", "", "", "", _dollars(day.fees_micros), "", _dollars(day.closing_micros), style="bold")
    out.print(table)
    out.print(
        f"bought for {_dollars(-day.total_micros('buy'))}, sold for {_dollars(day.total_micros('sell'))}, "
        f"fees {_dollars(day.fees_micros)}, paid in {_dollars(day.total_micros('deposit', 'withdrawal'))}, "
        f"transfers {_dollars(day.total_micros(*_TRANSFERS))}, "
        f"for undelivered hours {_dollars(day.total_micros('penalty', 'compensation'))}"
    )


def show_hours(out: Console, name: str, hours: Hours) -> None:
    """What was spent on each hour of delivery, for people."""
    table = Table("delivery", "what", title=f"{name}, {hours.day.date} UTC, by hour of delivery")
    for heading in ("lots", "GPU-hours", "spent $", "left $"):
        table.add_column(heading, justify="right")
    table.add_row("", "to spend", "", "", "", _dollars(hours.to_spend_micros))
    for line in hours.lines:
        hour = str(np.datetime64(line.hour * NS_PER_HOUR, "ns"))[: len("2026-12-01T14:00")].replace("T", " ")
        cells = (f"{line.lots:+,}", f"{line.gpu_hours:+,}", _dollars(line.spent_micros), _dollars(line.left_micros))
        table.add_row(hour, line.what, *cells)
    out.print(table)
    for entry in hours.day.entries:
        if entry.what == SHORT:
            out.print(f"{entry.contract} had too little to grant {_dollars(entry.notional_micros)}")
    if hours.has_credit:
        spent, granted = _dollars(hours.spent_micros), _dollars(hours.to_spend_micros)
        out.print(f"used {spent} of {granted} granted ({hours.used:.1%})")
    if hours.other_micros:
        out.print(f"beside trades and credit {_dollars(hours.other_micros)}")


def _cells(entry: Entry) -> tuple[str, ...]:
    time = str(np.datetime64(entry.time_ns, "ns"))[len("2026-12-01T") : len("2026-12-01T14:00:00")]
    traded = entry.gpu_hours != 0
    return (
        time,
        entry.what,
        entry.contract,
        f"{entry.gpu_hours:+,}" if traded else "",
        f"{entry.notional_micros / MICROS_PER_DOLLAR / abs(entry.gpu_hours):.4f}" if traded else "",
        _dollars(entry.fee_micros) if traded else "",
        _dollars(entry.cash_micros),
        _dollars(entry.balance_micros),
    )


def _dollars(micros: int) -> str:
    whole, point, part = dollars(micros).partition(".")
    sign, digits = ("-", whole[1:]) if micros < 0 else ("", whole)
    return f"{sign}{int(digits):,}{point}{part}"
