"""Prepaid credit: so much a day, not a cent more, and what is left goes back to whoever pays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from exchange.bookkeeper import NotOnCredit
from exchange.config import Settings
from exchange.domain.enums import CommandKind, Side
from exchange.domain.records import Command
from exchange.journal.recovery import replay
from tests.daily.house import DAY, House, at, open_house
from tests.node.serving import run

HOUR = "H100SXM_USE_H23-1DEC26"
NEXT = "H100SXM_USE_H05-2DEC26"
VENUE: dict[str, Any] = {
    "taker_fee_bps": 0,
    "accounts": (
        {"name": "acme", "cash_usd": 250},
        {"name": "seller", "capacity_lots": 100},
        {"name": "ann", "credit_usd_a_day": 100, "sponsor": "acme"},
        {"name": "ben", "credit_usd_a_day": "60.5", "sponsor": "acme"},
    ),
}


def free(house: House, name: str) -> float:
    number = house.engine.find_account(name)
    assert number is not None
    view = house.engine.account(number)
    return (view.cash_micros - view.reserved_micros) / 10**6


async def buy(house: House, name: str, lots: int, symbol: str = HOUR) -> None:
    """At $20 a lot."""
    await house.trade("seller", name, symbol, 2_500, lots)


async def next_day(house: House, day: int = 1) -> None:
    """As the bookkeeper does at midnight."""
    await house.go_to(at(0.1, DAY + day))
    await house.bookkeeper.open_day()


async def test_what_is_left_goes_back_and_the_day_begins_with_its_credit(tmp_path: Path) -> None:
    async with open_house(tmp_path, at(12), **VENUE) as house:
        assert house.cash("acme", "ann", "ben") == [89.5, 100, 60.5]
        await buy(house, "ann", 3)
        await buy(house, "ben", 1)
        assert house.cash("acme", "ann", "ben") == [89.5, 40, 40.5]
        await next_day(house)
        assert house.cash("acme", "ann", "ben") == [9.5, 100, 60.5]
    assert replay(tmp_path).state_hash() == house.engine.state_hash()


async def test_an_order_beyond_the_credit_is_refused(tmp_path: Path) -> None:
    """The engine itself stops at zero."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await buy(house, "ann", 4)
        await house.order("ann", Side.BUY, HOUR, 2_500, 2)
        assert (house.cash("ann"), free(house, "ann"), house.engine.account(3).orders) == ([20], 20, 0)
        await buy(house, "ann", 1)
        assert free(house, "ann") == 0


async def test_what_an_open_order_holds_over_midnight_counts_as_granted(tmp_path: Path) -> None:
    """It cannot go back; filled, cancelled or not, the day's spending is the day's credit."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await house.order("ann", Side.BUY, NEXT, 2_500, 2)
        await buy(house, "ann", 1)
        await next_day(house)
        assert (house.cash("ann"), free(house, "ann")) == ([100], 60)
        await house.ask(Command(kind=CommandKind.CANCEL_ALL, account=3, contract=-1))
        assert free(house, "ann") == 100
        await house.order("ann", Side.BUY, NEXT, 2_500, 5)
        await next_day(house, 2)
        # The order went with its gate: nothing was spent.
        assert (house.cash("ann"), free(house, "ann")) == ([100], 100)


async def test_more_held_than_a_smaller_credit_allows_is_left_alone(tmp_path: Path) -> None:
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await house.order("ann", Side.BUY, NEXT, 2_500, 4)
    smaller = VENUE["accounts"][2] | {"credit_usd_a_day": 50}
    accounts = (*VENUE["accounts"][:2], smaller, VENUE["accounts"][3])
    async with open_house(tmp_path, at(0.1, DAY + 1), **VENUE | {"accounts": accounts}) as house:
        assert (house.cash("ann"), free(house, "ann")) == ([80], 0)


async def test_midnight_grants_without_anybody_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And closes the day before."""
    monkeypatch.setattr("exchange.bookkeeper._SLEEP_SECONDS_MAX", 0.01)
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await buy(house, "ann", 2)
        keeping = asyncio.create_task(house.bookkeeper.run())
        await asyncio.sleep(0.05)
        assert house.cash("ann") == [60]
        await house.go_to(at(0, DAY + 1))
        while house.cash("ann") != [100] or not (tmp_path / "days" / "2026-12-01.json").exists():
            await asyncio.sleep(0.01)
        keeping.cancel()


async def test_a_day_that_cannot_be_closed_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten minutes later; the log says why, and nobody else notices."""
    monkeypatch.setattr("exchange.bookkeeper._SLEEP_SECONDS_MAX", 0.01)
    async with open_house(tmp_path, at(12), **VENUE) as house:
        days = tmp_path / "days"
        first = (days / "first").read_text()
        (days / "first").write_text("?")
        await house.go_to(at(0, DAY + 1))
        keeping = asyncio.create_task(house.bookkeeper.run())
        await asyncio.sleep(0.05)
        assert "day not closed" in capsys.readouterr().out
        (days / "first").write_text(first)
        await asyncio.sleep(0.05)
        assert not (days / "2026-12-01.json").exists()
        await house.go_to(at(0.2, DAY + 1))
        while not (days / "2026-12-01.json").exists():
            await asyncio.sleep(0.01)
        keeping.cancel()


async def test_a_restart_grants_nothing_twice_and_takes_nothing_back(tmp_path: Path) -> None:
    """Not on the first day either, when nothing has ever gone back; nor with a larger credit."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await buy(house, "ann", 1)
    larger = VENUE["accounts"][2] | {"credit_usd_a_day": 120}
    accounts = (*VENUE["accounts"][:2], larger, VENUE["accounts"][3])
    async with open_house(tmp_path, at(13), **VENUE | {"accounts": accounts}) as house:
        assert house.cash("acme", "ann", "ben") == [89.5, 80, 60.5]
        await house.bookkeeper.open_day()
        assert house.cash("acme", "ann", "ben") == [89.5, 80, 60.5]
    async with open_house(tmp_path, at(13, DAY + 2), **VENUE | {"accounts": accounts}) as house:
        assert house.cash("acme", "ann", "ben") == [49.5, 120, 60.5]


async def test_return_and_grant_of_everybody_are_one_frame_of_the_journal(tmp_path: Path) -> None:
    """So no restart falls between them."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await buy(house, "ann", 1)
        await house.go_to(at(0.1, DAY + 1))
        frames = house.node.frames_durable
        await house.bookkeeper.open_day()
        assert house.node.frames_durable == frames + 1
        assert house.cash("acme", "ann") == [69.5, 100]


async def test_a_sponsor_that_cannot_pay_grants_what_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the settings; log and statement say so; a sponsor that has nothing grants nothing."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await buy(house, "ann", 5)
        await buy(house, "ben", 3)
        assert house.cash("acme", "ann", "ben") == [89.5, 0, 0.5]
        await next_day(house)
        # $89.50 for ann; then ben's $0.50 came back, and is all that there is for ben.
        assert house.cash("acme", "ann", "ben") == [0, 89.5, 0.5]
        assert capsys.readouterr().out.count("credit not granted in full") == 2
        await buy(house, "ann", 4, NEXT)
        await next_day(house, 2)
        assert house.cash("acme", "ann", "ben") == [0, 9.5, 0.5]
    code, out, _ = await run("statement", "ann", "--dir", str(tmp_path), "--day", "2026-12-02", "--hourly")
    assert code == 0
    assert "acme had too little to grant 100.00" in out
    assert "used 80.00 of 89.50 granted (89.4%)" in out


async def test_only_an_account_without_cash_of_its_own_can_live_on_credit(tmp_path: Path) -> None:
    own = ({"name": "acme", "cash_usd": 250}, {"name": "ann", "cash_usd": 7})
    async with open_house(tmp_path, at(12), accounts=own) as house:
        assert house.cash("ann") == [7]
    later = ({"name": "acme", "cash_usd": 250}, {"name": "ann", "credit_usd_a_day": 10, "sponsor": "acme"})
    house = House(tmp_path, at(13), accounts=later)
    await house.caretaker.prepare()
    sequence = house.engine.sequence
    with pytest.raises(NotOnCredit, match="'ann' was given cash of its own"):
        await house.bookkeeper.prepare()
    assert house.engine.sequence == sequence
    await house.stop()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"credit_usd_a_day": 5}, "go together"),
        ({"sponsor": "acme"}, "go together"),
        ({"credit_usd_a_day": 5, "sponsor": "acme", "cash_usd": 1}, "no cash_usd"),
        ({"credit_usd_a_day": 5, "sponsor": "acme", "capacity_lots": 1}, "no cash_usd"),
        ({"credit_usd_a_day": 5, "sponsor": "nobody"}, "must be an account with cash"),
        ({"credit_usd_a_day": 5, "sponsor": "ann"}, "must be an account with cash"),
        ({"credit_usd_a_day": -5, "sponsor": "acme"}, "greater than or equal"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, entry: dict[str, object], message: str) -> None:
    accounts = ({"name": "acme"}, {"name": "ann", **entry})
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({"directory": tmp_path, "accounts": accounts})


async def test_the_statement_by_the_hour_says_what_the_plan_used(tmp_path: Path) -> None:
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await buy(house, "ann", 1)
        await buy(house, "ann", 2, NEXT)
    code, out, _ = await run("statement", "ann", "--dir", str(tmp_path), "--hourly")
    assert code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "H100SXM_USE" in line]
    assert rows == [
        ["2026-12-01 23:00", "H100SXM_USE", "+1", "+8", "20.00", "80.00"],
        ["2026-12-02 05:00", "H100SXM_USE", "+2", "+16", "40.00", "40.00"],
    ]
    assert "used 60.00 of 100.00 granted (60.0%)" in out
