"""The end of a day: fees by volume, rebates for makers, the index; once, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from exchange.almanac import BadPage
from exchange.bookkeeper import schedule_of
from exchange.clearing.fees import BadTiers, Rebate, Tier
from exchange.clearing.obligation import Obligation
from exchange.config import Settings, load_settings
from exchange.daily.plan import paid_commands
from exchange.daily.sheet import sheet
from exchange.domain.enums import Side
from exchange.journal.format import CorruptJournal
from exchange.journal.recovery import replay
from exchange.replaying.questions import OfDays
from tests.cli.test_cli import assert_refused
from tests.daily.house import DAY, House, at, open_house
from tests.node.serving import run

HOUR_NS = 3_600 * 10**9
HOUR = "H100SXM_USE_H23-1DEC26"
OTHER = "H100SXM_USE_H22-1DEC26"
NEXT = "H100SXM_USE_H20-2DEC26"
VENUE: dict[str, Any] = {
    "maker_fee_bps": 2,
    "taker_fee_bps": 10,
    "fee_tiers": ({"volume_usd": 204, "maker_fee_bps": 1, "taker_fee_bps": 5},),
    "makers": {"spread_bps": 500, "lots": 1, "rebates": ({"share": 0.5, "bps": 8}, {"share": 0.75, "bps": 20})},
    "accounts": (
        {"name": "maker", "cash_usd": 10_000, "capacity_lots": 100},
        {"name": "rival", "cash_usd": 10_000, "capacity_lots": 100},
        {"name": "buyer", "cash_usd": 10_000},
        {"name": "friend", "cash_usd": 10_000, "taker_fee_bps": 7},
    ),
}


async def quote(house: House, name: str, symbol: str, lots: int = 10) -> None:
    """A bid and an offer, 4% apart."""
    await house.order(name, Side.BUY, symbol, 2_450, lots)
    await house.order(name, Side.SELL, symbol, 2_550, lots)


async def busy_day(house: House) -> None:
    """From 12:00 the maker quotes H23, from 18:00 the rival H22; $204 and $40.80 are traded."""
    await quote(house, "maker", HOUR)
    await house.go_to(at(18))
    await quote(house, "rival", OTHER)
    await house.order("buyer", Side.BUY, HOUR, 2_550, 10)
    await house.order("maker", Side.SELL, HOUR, 2_550, 1)
    await house.order("friend", Side.BUY, OTHER, 2_550, 2)
    await house.go_to(at(22))
    await house.go_to(at(23))
    await house.go_to(at(0.1, DAY + 1))


def fees(house: House, *names: str) -> list[tuple[int, int]]:
    found = []
    for name in names:
        number = house.engine.find_account(name)
        assert number is not None
        view = house.engine.account(number)
        found.append((view.maker_fee_bps, view.taker_fee_bps))
    return found


async def test_a_day_is_closed_with_rebates_fees_and_the_index(tmp_path: Path) -> None:
    """By hand: the rival was there for 4 hours of 10, which is worth nothing; a tier begins at exactly its volume."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        # $204 at 2 + 10 hundredths of a percent, $40.80 at 2 + 7.
        assert house.cash("venue") == [0.28152]
        await house.bookkeeper.close_days()
        page = house.page("2026-12-01")
        assert page["fees_usd"] == "0.28152"
        volumes = {"maker": "204.00", "rival": "40.80", "buyer": "204.00", "friend": "40.80"}
        assert page["volumes_30_days_usd"] == volumes
        scores = {row["account"]: (row["met_ns"] / HOUR_NS, row["open_ns"] / HOUR_NS) for row in page["makers"]}
        assert scores == {"maker": (11, 11), "rival": (4, 10)}
        # 20 hundredths of a percent of $204 would be $0.408: there were only so many fees.
        assert house.cash("venue", "maker") == [0, 10_204 - 0.0408 + 0.28152]
        assert fees(house, "maker", "rival", "buyer", "friend") == [(1, 5), (2, 10), (1, 5), (2, 7)]
        (index,) = page["indexes"]
        # Nothing was traded in the last hour before a gate: two middles of 2.50, and of 2.45 and 2.55.
        assert (index["price"], index["method"], index["lots"], index["hours"]) == (2.5, "equal", 0, 2)
        assert house.told == [index]
    assert replay(tmp_path).state_hash() == house.engine.state_hash()


async def test_a_volume_short_of_the_tier_by_a_micro_dollar_changes_nothing(tmp_path: Path) -> None:
    tier = {"volume_usd": "204.000001", "maker_fee_bps": 1, "taker_fee_bps": 5}
    async with open_house(tmp_path, at(12), **VENUE | {"fee_tiers": (tier,)}) as house:
        await busy_day(house)
        await house.bookkeeper.close_days()
        assert fees(house, "maker", "buyer") == [(2, 10), (2, 10)]


async def test_what_was_agreed_with_an_account_stays(tmp_path: Path) -> None:
    """The friend's volume would ask for less, too."""
    tier = {"volume_usd": "40.80", "maker_fee_bps": 1, "taker_fee_bps": 5}
    async with open_house(tmp_path, at(12), **VENUE | {"fee_tiers": (tier,)}) as house:
        await busy_day(house)
        await house.bookkeeper.close_days()
        assert fees(house, "rival", "buyer", "friend") == [(1, 5), (1, 5), (2, 7)]


async def test_fees_rise_again_once_the_volume_is_thirty_days_old(tmp_path: Path) -> None:
    """On the thirtieth day after it still counts, on the thirty-first no more."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        for later, expected in ((1, (1, 5)), (30, (1, 5)), (31, (2, 10))):
            await house.go_to(at(0.2, DAY + later))
            await house.bookkeeper.close_days()
            assert fees(house, "buyer") == [expected]


async def test_an_account_opened_in_the_middle_of_the_day_takes_part(tmp_path: Path) -> None:
    """It pays what its tier says from the next day on."""
    async with open_house(tmp_path, at(12), newcomer_cash_usd=10_000, **VENUE) as house:
        await house.order("maker", Side.SELL, HOUR, 2_550, 10)
        house.keys.create("newcomer")
        await house.go_to(at(15))
        await house.order("newcomer", Side.BUY, HOUR, 2_550, 10)
        await house.go_to(at(0.1, DAY + 1))
        await house.bookkeeper.close_days()
        assert house.page("2026-12-01")["volumes_30_days_usd"] == {"maker": "204.00", "newcomer": "204.00"}
        assert fees(house, "newcomer") == [(1, 5)]


async def test_a_day_that_was_interrupted_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue dies with everything paid and nothing written: the next one pays nothing, and writes the same."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        with monkeypatch.context() as patch:
            patch.setattr("exchange.almanac.Almanac.write", _dies)
            with pytest.raises(RuntimeError, match="power"):
                await house.bookkeeper.close_days()
        paid = house.cash("venue", "maker", "rival")
        assert paid[0] == 0
    async with open_house(tmp_path, at(0.2, DAY + 1), **VENUE) as house:
        await house.bookkeeper.close_days()
        assert house.cash("venue", "maker", "rival") == paid
        page = house.page("2026-12-01")
        sequence = house.engine.sequence
        await house.bookkeeper.close_days()
        assert (house.engine.sequence, house.page("2026-12-01")) == (sequence, page)


def _dies(*_: object) -> None:
    raise RuntimeError("the power is gone")


async def test_between_two_rebates_nothing_is_lost_or_paid_twice(tmp_path: Path) -> None:
    """One of two is paid already: the other is owed the same as if nothing had happened."""
    rebates = {"makers": {"spread_bps": 500, "lots": 1, "rebates": ({"share": 0.1, "bps": 20},)}}
    async with open_house(tmp_path, at(12), **VENUE | rebates) as house:
        await busy_day(house)
        before = house.cash("venue", "maker", "rival")
        (facts,) = await house.replayer.ask(OfDays(DAY, DAY, schedule_of(house.settings).obligation))
        wanted = paid_commands(schedule_of(house.settings), facts, "2026-12-01")
        assert [command.order_id for command in wanted] == [1, 2]
        await house.ask(wanted[0])
    async with open_house(tmp_path, at(0.2, DAY + 1), **VENUE | rebates) as house:
        await house.bookkeeper.close_days()
        after = house.cash("venue", "maker", "rival")
        gained = [round((new - old) * 10**6) for new, old in zip(after, before, strict=True)]
        # $0.28152 of fees for $0.408 and $0.0816.
        assert gained == [-281_520, 234_600, 46_920]


async def test_days_that_ended_while_nobody_was_there_are_closed_one_by_one(tmp_path: Path) -> None:
    """Rebates are of the day on which they were earned, fees of all thirty."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        await quote(house, "maker", NEXT)
        await house.order("buyer", Side.BUY, NEXT, 2_550, 1)
    async with open_house(tmp_path, at(1, DAY + 3), **VENUE) as house:
        await house.bookkeeper.close_days()
        pages = [house.page(f"2026-12-0{day}") for day in (1, 2, 3)]
        assert [page["fees_usd"] for page in pages] == ["0.28152", "0.02448", "0.00"]
        assert [page["volumes_30_days_usd"]["buyer"] for page in pages] == ["204.00", "224.40", "224.40"]
        assert fees(house, "buyer") == [(1, 5)]
        assert house.cash("venue") == [0]
        assert not (tmp_path / "days" / "2026-12-04.json").exists()


async def test_the_index_can_be_made_again_by_anybody(tmp_path: Path) -> None:
    """Also of an hour whose gate fell while the venue was down over midnight."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await house.go_to(at(21.5))
        await house.trade("maker", "buyer", OTHER, 2_500, 20)
        await house.go_to(at(22))
        await house.trade("maker", "buyer", HOUR, 2_700, 20)
    async with open_house(tmp_path, at(1, DAY + 1), **VENUE) as house:
        await house.bookkeeper.close_days()
        (index,) = house.page("2026-12-01")["indexes"]
        assert (index["price"], index["method"], index["lots"], index["hours"]) == (2.6, "volume", 40, 2)
    code, out, _ = await run("index", "H100SXM", "--dir", str(tmp_path), "--day", "2026-12-01", "--json")
    assert (code, json.loads(out)) == (0, index)
    code, out, _ = await run("index", "H100SXM", "--dir", str(tmp_path), "--day", "2026-12-01")
    assert code == 0
    assert "$ 2.6 a GPU-hour, by volume" in out
    assert_refused(await run("index", "H100", "--dir", str(tmp_path)), "unknown SKU 'H100'")
    assert_refused(await run("index", "H100SXM", "--dir", str(tmp_path), "--day", "soon"), "not a date")


async def test_pages_that_were_lost_are_made_again(tmp_path: Path) -> None:
    """The same to the byte, with nothing paid; the one between them stays."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        await house.go_to(at(0.1, DAY + 3))
        await house.bookkeeper.close_days()
        first, second, third = (tmp_path / "days" / f"2026-12-0{day}.json" for day in (1, 2, 3))
        pages, cash = (first.read_bytes(), third.read_bytes()), house.cash("venue", "maker")
        first.unlink()
        third.unlink()
        second.write_text('{"indexes": []}')
        await house.bookkeeper.close_days()
        assert ((first.read_bytes(), third.read_bytes()), house.cash("venue", "maker")) == (pages, cash)
        assert second.read_text() == '{"indexes": []}'


@pytest.mark.parametrize("damage", ["none", "torn", "gone", "of another venue", "of later days"])
async def test_where_the_last_replay_ended_is_a_shortcut_and_no_more(tmp_path: Path, damage: str) -> None:
    """Two days in a row have the pages that one replay of both gives, whatever becomes of the shortcut."""
    directory = tmp_path / "venue"
    async with open_house(tmp_path / "other", at(12), regions=("EUW",), **VENUE) as house:
        await house.go_to(at(0.1, DAY + 1))
        await house.bookkeeper.close_days()
    async with open_house(directory, at(12), **VENUE) as house:
        await busy_day(house)
        await house.bookkeeper.close_days()
        shortcut = directory / "days" / "resume"
        await quote(house, "maker", NEXT)
        await house.order("buyer", Side.BUY, NEXT, 2_550, 1)
        await house.go_to(at(20, DAY + 1))
        await house.go_to(at(0.1, DAY + 2))
        if damage == "of later days":
            await house.replayer.ask(OfDays(DAY + 1, DAY + 1, schedule_of(house.settings).obligation))
        elif damage == "torn":
            shortcut.write_bytes(shortcut.read_bytes()[:-1])
        elif damage == "gone":
            shortcut.unlink()
        elif damage == "of another venue":
            shortcut.write_bytes((tmp_path / "other" / "days" / "resume").read_bytes())
            with pytest.raises(CorruptJournal):
                await house.bookkeeper.close_days()
        await house.bookkeeper.close_days()
        pages = {day: (directory / "days" / f"2026-12-0{day}.json").read_text() for day in (1, 2)}
        shortcut.unlink()
        names = [view.name for view in house.engine.accounts()]
        question = OfDays(DAY, DAY + 1, schedule_of(house.settings).obligation)
        for facts in await house.replayer.ask(question):
            assert sheet(facts, schedule_of(house.settings), names) == pages[facts.day - DAY + 1]
        assert json.loads(pages[2])["makers"][0]["met_ns"] > 19 * HOUR_NS


async def test_a_shortcut_beyond_the_journal_is_not_believed(tmp_path: Path) -> None:
    """As after a restore of an older copy: the first try says so, the second begins with the first command."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        question = OfDays(DAY, DAY, schedule_of(house.settings).obligation)
        found = await house.replayer.ask(question)
        later = OfDays(DAY + 1, DAY + 1, schedule_of(house.settings).obligation)
        with pytest.raises(CorruptJournal, match="found none"):
            await house.replayer.ask(later)
        assert [facts.day for facts in await house.replayer.ask(later)] == [DAY + 1]
        assert await house.replayer.ask(question) == found


async def test_without_tiers_fees_stay_what_they_are(tmp_path: Path) -> None:
    """Also for those who came when the settings said otherwise."""
    async with open_house(tmp_path, at(12), **VENUE | {"fee_tiers": ()}) as house:
        await busy_day(house)
    async with open_house(tmp_path, at(0.1, DAY + 1), **VENUE | {"fee_tiers": (), "taker_fee_bps": 4}) as house:
        await house.bookkeeper.close_days()
        assert fees(house, "maker", "buyer") == [(2, 10), (2, 10)]


@pytest.mark.parametrize(("name", "text"), [("2026-12-01.json", "{"), ("first", "soon")])
async def test_a_page_that_is_damaged_is_named(tmp_path: Path, name: str, text: str) -> None:
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await house.go_to(at(0.1, DAY + 1))
        await house.bookkeeper.close_days()
        (tmp_path / "days" / name).write_text(text)
        failing = house.bookkeeper.prepare if name.endswith("json") else house.bookkeeper.close_days
        with pytest.raises(BadPage, match=name):
            await failing()


async def test_a_restart_tells_the_indexes_of_the_days_before(tmp_path: Path) -> None:
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        await house.bookkeeper.close_days()
        told = list(house.told)
    async with open_house(tmp_path, at(0.2, DAY + 1), **VENUE) as house:
        assert house.told == told != []


async def test_another_process_finds_the_same(tmp_path: Path) -> None:
    """The page is the same to the byte, whoever replays."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        question = OfDays(DAY, DAY, schedule_of(house.settings).obligation)
        here, there = await asyncio.gather(house.replayer.ask(question), house.other_process.ask(question))
        names = [view.name for view in house.engine.accounts()]
        pages = [sheet(facts, schedule_of(house.settings), names) for (facts,) in (here, there)]
        assert pages[0] == pages[1]


async def test_a_rebate_that_the_venue_cannot_pay_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody took the fees away."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        commands = paid_commands(schedule_of(house.settings), (await _facts(house)), "2026-12-01")
        await house.ask(commands[0]._replace(order_id=2, text_0=1, text_1=0, text_2=0, text_3=0))
        await house.bookkeeper.close_days()
        assert "insufficient_funds" in capsys.readouterr().out


async def _facts(house: House) -> Any:
    (facts,) = await house.replayer.ask(OfDays(DAY, DAY, schedule_of(house.settings).obligation))
    return facts


async def test_days_follow_on_each_other_by_themselves(tmp_path: Path) -> None:
    """At midnight, without anybody asking."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await busy_day(house)
        keeping = asyncio.create_task(house.bookkeeper.run())
        while not (tmp_path / "days" / "2026-12-01.json").exists():
            await asyncio.sleep(0.02)
        keeping.cancel()
        assert house.cash("venue") == [0]


@pytest.mark.parametrize("page", ["fees", "credit"])
def test_the_settings_on_the_pages_are_settings(tmp_path: Path, page: str) -> None:
    """Everything indented that looks like them, put together."""
    text = (Path(__file__).resolve().parents[2] / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    file = tmp_path / "gpux.toml"
    file.write_text("\n".join(block for block in blocks if "[" in block))
    settings = load_settings(file, {"directory": tmp_path})
    schedule = schedule_of(settings)
    if page == "fees":
        assert (schedule.tiers[1], schedule.rebates[1]) == (Tier(10**12, 1, 7), Rebate(0.95, 2))
        assert schedule.obligation == Obligation(300, 5)
    else:
        assert [(account.name, account.credit_micros) for account in settings.accounts] == [("acme", 0), ("ann", 10**8)]


def test_a_schedule_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    tier = {"volume_usd": 1, "maker_fee_bps": 3, "taker_fee_bps": 5}
    settings = {"directory": tmp_path, "maker_fee_bps": 2, "taker_fee_bps": 10, "fee_tiers": (tier,)}
    with pytest.raises(BadTiers, match="must not rise"):
        schedule_of(Settings.model_validate(settings))
