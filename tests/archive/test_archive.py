"""The archive is derived: whatever becomes of it, the same journal makes the same one."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec
import pytest

from exchange.archive import Archive, ClosedOrders, Events, PublicTrades, Span, UserTrades
from exchange.archive.format import FILE_NAME
from exchange.archive.store import ArchiveFailed
from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import Command
from exchange.wire.private import EventList, HoldingEvent, OrderEvent, TradeEvent
from tests.archive.house import House, content
from tests.gateway.desk import limit


def remade(directory: Path) -> House:
    """Started after the archive was lost."""
    for path in directory.glob(f"{FILE_NAME}*"):
        path.unlink()
    return House(directory)


def test_a_live_archive_and_one_made_from_the_journal_are_the_same(tmp_path: Path) -> None:
    """Byte by byte, through every kind of command that the house knows."""
    house = House(tmp_path)
    house.cross(seed=7, turns=200)
    house.trade(seed=7, turns=250)
    house.close()
    live = content(house.archive)
    assert len(live["events"]) > 800
    assert len(live["trades"]) > 100
    again = remade(tmp_path)
    again.close()
    assert content(again.archive) == live


@pytest.mark.parametrize("snapshot_at", [0, 40, 80])
def test_what_a_crash_took_is_said_again_with_its_numbers(tmp_path: Path, snapshot_at: int) -> None:
    """The last turns were durable and never archived; a snapshot lies before the archive's end, at it, or nowhere."""
    whole, torn = House(tmp_path / "whole"), House(tmp_path / "torn")
    for house in (whole, torn):
        for part in range(2):
            house.trade(seed=part, turns=40)
            if snapshot_at == 40 * (part + 1):
                house.snapshot()
    whole.trade(seed=9, turns=60)
    torn.trade(seed=9, turns=60, archived=False)
    whole.close()
    torn.close()
    again = House(torn.directory)
    again.close()
    assert content(again.archive) == content(whole.archive)


def test_numbers_go_on_over_a_restart_without_a_gap(tmp_path: Path) -> None:
    """Two lives of a venue, one archive."""
    house = House(tmp_path)
    house.trade(seed=1, turns=60)
    house.close()
    house = House(tmp_path)
    house.trade(seed=2, turns=60)
    house.close()
    by_account: dict[int, list[int]] = {}
    for account, seq, text in content(house.archive)["events"]:
        by_account.setdefault(account, []).append(seq)
        assert b'"seq":%d,' % seq in text
    for seqs in by_account.values():
        assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize("harm", ["page", "zeros", "stranger", "version", "ahead"])
def test_an_archive_that_cannot_be_trusted_is_set_aside_and_made_again(tmp_path: Path, harm: str) -> None:
    """Damage, another venue's archive, another version, and one that the journal does not reach."""
    house = House(tmp_path / "one")
    house.trade(seed=3, turns=80)
    house.close()
    expected, file = content(house.archive), house.archive.file
    if harm == "zeros":
        file.write_bytes(bytes(8192))
    elif harm == "page":
        blob = bytearray(file.read_bytes())
        blob[4096:] = b"\xff" * (len(blob) - 4096)
        file.write_bytes(blob)
    elif harm == "stranger":
        other = House(tmp_path / "other")
        other.trade(seed=4, turns=30)
        other.close()
        other.archive.file.replace(file)
    else:
        change = "PRAGMA user_version = 99" if harm == "version" else "UPDATE place SET sequence = sequence + 1"
        connection = apsw.Connection(str(file))
        connection.execute(change)
        connection.close()
    again = House(house.directory)
    again.close()
    assert content(again.archive) == expected
    assert file.with_name(f"{FILE_NAME}.damaged").exists()


def test_one_that_is_up_to_date_is_opened_without_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start after a clean stop replays nothing."""
    house = House(tmp_path)
    house.trade(seed=3, turns=20)
    house.close()
    monkeypatch.setattr("exchange.archiving._catch_up", None)
    House(tmp_path).close()


async def test_every_page_of_events_holds_what_was_said(tmp_path: Path) -> None:
    """From any number on, in pages of any size, what waits to be written included."""
    house = House(tmp_path)
    house.cross(seed=5, turns=400)
    last = house.mirror.chronicle.last_seq(1)
    assert last > 300
    for count in (1, 7, 1000):
        heard: list[int] = []
        while len(heard) < min(last, 40 * count):
            raw = await house.archive.ask(Events(1, len(heard) + 1, count))
            page = msgspec.json.decode(raw, type=EventList)
            heard += [event.seq for event in page.events]
            assert (page.last_seq, page.has_more) == (last, len(heard) < last)
        assert heard == list(range(1, len(heard) + 1))
    recent = house.mirror.chronicle.recent(1, last - 9, 10)
    raw = await house.archive.ask(Events(1, last - 9, 10))
    assert recent is not None
    assert bytes(raw) == b'{"events":[%s],"has_more":false,"last_seq":%d}' % (b",".join(recent), last)
    house.close()


async def test_history_answers_as_the_events_tell_it(tmp_path: Path) -> None:
    """Closed orders, fills and public trades, held against a walk through everything."""
    house = House(tmp_path)
    house.cross(seed=6, turns=300)
    raw = await house.archive.ask(Events(1, 1, 10**6))
    events = msgspec.json.decode(raw, type=EventList).events
    closed = [one for one in events if isinstance(one, OrderEvent) and one.order_state in ("filled", "cancelled")]
    fills = [one for one in events if isinstance(one, TradeEvent)]
    assert len(closed) > 30
    assert len(fills) > 30
    found = await house.archive.ask(ClosedOrders(1, 20, offset=5))
    assert [order.order_id for order in found.orders] == [order.order_id for order in closed[::-1][5:25]]
    assert found.rest == found.orders[-1].order_id
    symbol = fills[0].instrument_name
    mine = [fill for fill in fills if fill.instrument_name == symbol]
    found = await house.archive.ask(UserTrades(1, Span(1000, oldest_first=True), frozenset({symbol})))
    assert [(trade.trade_id, trade.order_id) for trade in found.trades] == [
        (one.trade_id, one.order_id) for one in mine
    ]
    late = [fill for fill in mine if fill.timestamp >= mine[9].timestamp]
    found = await house.archive.ask(UserTrades(1, Span(5, start_ms=mine[9].timestamp), frozenset({symbol})))
    assert [trade.trade_id for trade in found.trades] == [fill.trade_id for fill in late[: -5 - 1 : -1]]
    assert found.has_more
    traded = house.mirror.by_symbol[symbol].trade_seq
    public = await house.archive.ask(PublicTrades(symbol, Span(1000, oldest_first=True, first=4)))
    assert [trade.trade_seq for trade in public.trades] == list(range(4, traded + 1))
    house.close()


async def test_cash_and_positions_of_the_events_are_the_engines(tmp_path: Path) -> None:
    """The last word about each is how it stands."""
    house = House(tmp_path)
    house.cross(seed=8, turns=200)
    house.trade(seed=8, turns=50)
    house.turn(Command(kind=CommandKind.CAPACITY, account=2, contract=1, lots=77))
    raw = await house.archive.ask(Events(2, 1, 10**6))
    sizes: dict[str, tuple[float, float]] = {}
    balance = 0.0
    for event in msgspec.json.decode(raw, type=EventList).events:
        if isinstance(event, HoldingEvent):
            balance = event.balance
            sizes.update((held.instrument_name, (held.size, held.capacity)) for held in event.positions)
    assert balance == house.engine.accounts()[2].cash_micros / 10**6
    expected = {
        house.mirror.markets[held.contract].symbol: (held.lots * 8.0, held.capacity_lots * 8.0)
        for held in house.engine.positions(2)
    }
    assert sizes == expected
    house.close()


async def test_a_disk_that_fails_stops_the_archive_and_nothing_else(tmp_path: Path) -> None:
    """Turns go on, questions are refused, and the next start makes it good."""
    house = House(tmp_path)
    house.trade(seed=1, turns=10)
    await house.archive.ask(Events(1, 1, 1))
    house.archive._connection.execute("PRAGMA query_only = 1")
    house.trade(seed=2, turns=10)
    with pytest.raises(ArchiveFailed, match="operator"):
        await house.archive.ask(Events(1, 1, 1))
    house.turn(limit(1, Side.BUY, 2_000, 1))
    house.close()
    again = House(tmp_path)
    assert again.archive.place.sequence == again.engine.sequence
    again.close()
    assert isinstance(again.archive, Archive)
