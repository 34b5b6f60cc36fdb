"""Databento's recordings as FLOW: market by order, by price (1 or 10 levels), and trades alone.

Time is that of the matching engine (``ts_event``), of a snapshot the time it was made (``ts_recv``); where it
would go back it stands still. An order of one venue is a contract's own, so a publisher of an
instrument is a contract. Fills (F) change nothing in the book and are executions; the cancel or
change that follows says the same again. What took (T) is told by the fills, and only where there are
no orders it is a trade.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import databento_dbn as dbn
import numpy as np

from exchange.domain.records import Rows
from strategies.backtest.reading import queues as parts
from strategies.backtest.reading.checks import Checks
from strategies.backtest.reading.contracts import foreign_contract, price_note
from strategies.backtest.reading.converter import Converter, Misfit
from strategies.backtest.reading.databento_files import UNDEFINED_PRICE, Columns, columns
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.hftbacktest import level_notes, order_notes
from strategies.backtest.reading.models import QueueModel
from strategies.backtest.reading.pieces import Progress, Reading, recording
from strategies.backtest.reading.queues import Integers
from strategies.backtest.recording import Recording

_NANOS = 10**9
_ACTIONS = "ACMRTFN"
_OF_ORDERS = {"A": parts.ADD, "C": parts.REDUCE, "M": parts.MODIFY, "F": parts.FILL, "R": parts.CLEAR}
_OF_LEVELS = {
    "A": parts.LEVEL,
    "C": parts.LEVEL,
    "M": parts.LEVEL,
    "N": parts.LEVEL,
    "R": parts.CLEAR,
    "T": parts.TRADE,
}

Key = tuple[int, int]  # publisher and instrument


class Survey:
    """What must be known of a file before it is read: how many records, of which instruments, in which form."""

    def __init__(self, file: Path) -> None:
        self.records = 0
        self.names: dict[Key, str] = {}
        self.by_order = self.with_levels = False
        for found in columns(file):
            self.records += len(found.price)
            self.by_order = found.order_id is not None
            self.with_levels = found.levels is not None
            keys = found.publisher_id << 32 | found.instrument_id
            for key, place in zip(*(array.tolist() for array in np.unique(keys, return_index=True)), strict=True):
                name = found.symbol[place] if found.symbol else found.names.get(key % 2**32, "")
                self.names.setdefault(divmod(key, 2**32), name or f"I{key % 2**32}")
        if not self.records:
            raise BadSource(f"{file}: holds no records")


def read_databento(
    file: Path, tick: Decimal, lot: Decimal, model: QueueModel, symbol: str = "", progress: Progress | None = None
) -> Recording:
    """A recording of one or more instruments of the same steps of price and size.

    ``symbol`` chooses one, or names the only one. ``model`` is asked where there are no orders. Raises BadSource.
    """
    survey = Survey(file)
    names = _chosen(file, survey.names, symbol)
    numbers = {key: number for number, key in enumerate(names)}
    nanos = tick * _NANOS
    if nanos % 1:
        raise BadSource(f"{file}: a tick of {tick:f} is no whole number of 1e-9 dollars")

    def pieces(converter: Converter, progress: Progress | None) -> Iterator[Rows]:
        time_ns = 0
        for found in columns(file):
            feed, views, rows = _feed(file, found, numbers, int(nanos), lot, time_ns, survey.by_order)
            time_ns = int(feed["time_ns"][-1]) if len(feed) else time_ns
            try:
                if survey.by_order:
                    yield converter.orders(feed)
                else:
                    yield converter.levels(feed) if views is None else converter.bests(feed, views)
            except Misfit as wrong:
                raise BadSource(f"{file}: row {rows[wrong.place]}: {wrong.reason}") from None
            if progress is not None:
                progress(found.first_row + len(found.price) - 1, survey.records)

    def notes(converter: Converter) -> tuple[str, ...]:
        said = order_notes(converter) if survey.by_order else level_notes(converter, model)
        if not survey.by_order and not survey.with_levels:
            said += ("trades alone, each with an order that comes just before it: there is no book between them",)
        return tuple(note for name in names.values() for note in price_note(name, lot)) + said

    contracts = tuple(foreign_contract(name, tick, lot) for name in names.values())
    reading = Reading(
        file.name,
        contracts,
        lambda: Converter(len(contracts), model),
        pieces,
        notes,
        is_estimate=not survey.by_order,
    )
    return recording(reading, survey.records, progress)


def _chosen(file: Path, names: dict[Key, str], symbol: str) -> dict[Key, str]:
    """The instruments to take, by name; a name that several publishers have gets the publisher's number."""
    if symbol and len(names) > 1:
        names = {key: name for key, name in names.items() if name == symbol}
        if not names:
            raise BadSource(f"{file}: holds no records of {symbol}")
    elif symbol:
        names = dict.fromkeys(names, symbol)
    several = len(set(names.values())) < len(names)
    return {key: f"{name}P{key[0]}" if several else name for key, name in sorted(names.items())}


def _feed(
    file: Path, found: Columns, numbers: dict[Key, int], nanos: int, lot: Decimal, before_ns: int, by_order: bool
) -> tuple[Rows, Integers | None, Integers]:
    """FEED, the view of each row if there are views, and the rows in the file."""
    rows = np.arange(len(found.price)) + found.first_row
    checks = Checks(str(file), rows)
    checks.refuse(~np.isin(found.action, list(_ACTIONS)), f"an action of {_ACTIONS}", found.action)
    checks.refuse(by_order & (found.flags & dbn.F_TOB > 0), "orders, not the best prices of a venue", found.flags)
    kinds = np.zeros(len(rows), np.int8)
    for action, kind in (_OF_ORDERS if by_order else _OF_LEVELS).items():
        kinds[found.action == action] = kind
    contracts = np.full(len(rows), -1, np.int32)
    for (publisher, instrument), number in numbers.items():
        contracts[(found.publisher_id == publisher) & (found.instrument_id == instrument)] = number
    sided = np.isin(found.side, ("A", "B"))
    # Who took, if that is not known, took from nobody in particular.
    kept = (contracts >= 0) & (kinds != 0) & ~((kinds == parts.TRADE) & ~sided)
    if found.levels is None and not by_order:
        kept &= kinds == parts.TRADE
    place = np.flatnonzero(kept)
    rows, kinds = rows[place], kinds[place]
    checks = Checks(str(file), rows)
    feed = np.zeros(len(rows), parts.FEED)
    feed["kind"], feed["contract"] = kinds, contracts[place]
    feed["time_ns"] = _times(checks, found, place, before_ns)
    feed["side"] = np.where(found.side[place] == "B", 0, np.where(found.side[place] == "A", 1, -1))
    trades = kinds == parts.TRADE  # they say who took
    feed["side"][trades] = 1 - feed["side"][trades]
    checks.refuse(np.isin(kinds, (parts.ADD,)) & ~sided[place], "side A or B", found.side[place])
    priced = np.isin(kinds, (parts.ADD, parts.MODIFY, parts.TRADE))
    feed["price_ticks"] = _ticks(checks, np.where(priced, found.price[place], 0), nanos)
    checks.ticks(feed["price_ticks"], found.price[place], priced)
    sizes = found.size[place]
    counted = np.isin(kinds, (parts.ADD, parts.MODIFY, parts.TRADE, parts.FILL, parts.REDUCE))
    feed["lots"] = checks.whole(np.where(counted, sizes, 0).astype(np.float64), lot, "size")
    checks.lots(feed["lots"], sizes, np.isin(kinds, (parts.ADD, parts.TRADE, parts.FILL)).astype(np.int64))
    if by_order:
        assert found.order_id is not None
        feed["order"] = np.where(found.order_id[place] == 0, -1, found.order_id[place])
    if found.levels is None:
        return feed, None, rows
    return feed, _views(checks, found.levels[place], kinds == parts.LEVEL, nanos, lot), rows


def _times(checks: Checks, found: Columns, place: Integers, before_ns: int) -> Integers:
    is_snapshot = found.flags[place] & dbn.F_SNAPSHOT > 0
    times_ns = np.where(is_snapshot, found.ts_recv[place], found.ts_event[place])
    checks.refuse(times_ns < 0, "a time", times_ns)
    return np.maximum.accumulate(np.maximum(times_ns, before_ns))


def _ticks(checks: Checks, prices: Integers, nanos: int) -> Integers:
    checks.refuse(prices % nanos != 0, f"a price in steps of {Decimal(nanos) / _NANOS:f}", prices / _NANOS)
    return prices // nanos


def _views(checks: Checks, levels: Integers, matters: Rows, nanos: int, lot: Decimal) -> Integers:
    """Prices in ticks and sizes in lots; lots 0 where nobody stands, and for rows that do not matter."""
    views = np.zeros_like(levels)
    for level in range(levels.shape[1]):
        for price, size in ((0, 1), (2, 3)):
            there = matters & (levels[:, level, price] != UNDEFINED_PRICE)
            told, sizes = np.where(there, levels[:, level, price], 0), np.where(there, levels[:, level, size], 0)
            views[:, level, price] = _ticks(checks, told, nanos)
            checks.ticks(views[:, level, price], told, there)
            views[:, level, size] = checks.whole(sizes.astype(np.float64), lot, "size")
            checks.lots(views[:, level, size], sizes, np.zeros_like(sizes))
    return views
