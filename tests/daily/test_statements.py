"""Statements while the venue runs, from a snapshot or from the first command: the same to the byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchange.domain.dates import NS_PER_DAY
from exchange.journal.recovery import newest_before
from exchange.journal.snapshot import snapshot_paths
from exchange.replaying.questions import OfAccount
from exchange.statement.entries import NoAccount, TooLong
from tests.daily.house import DAY, House, at, open_house
from tests.daily.test_close import HOUR, NEXT, VENUE

_MANY = 1_000


async def _two_days(directory: Path) -> None:
    """With a snapshot in the middle of the first day, and one in the middle of the second."""
    async with open_house(directory, at(12), **VENUE) as house:
        await house.trade("maker", "buyer", HOUR, 2_500, 2)
    async with open_house(directory, at(16), **VENUE) as house:
        await house.trade("maker", "buyer", NEXT, 2_500, 3)
        await house.go_to(at(12, DAY + 1))
        await house.trade("maker", "buyer", NEXT, 2_500, 4)


async def _ask(house: House, day: int, form: str = "day", name: str = "buyer") -> str:
    found: bytes = await house.replayer.ask(OfAccount(name, day, form, _MANY))
    return found.decode()


async def test_a_statement_is_the_same_from_a_snapshot_and_from_the_first_command(tmp_path: Path) -> None:
    """It begins before the day; a snapshot that is damaged is passed over."""
    await _two_days(tmp_path)
    async with open_house(tmp_path, at(13, DAY + 1), **VENUE) as house:
        later, earlier = snapshot_paths(tmp_path)
        begun = newest_before(tmp_path, (DAY + 1) * NS_PER_DAY)[1].sequence
        assert 0 < begun == int(earlier.stem) < int(later.stem)
        told = {(day, form): await _ask(house, day, form) for day in (DAY, DAY + 1) for form in ("day", "csv-hours")}
        earlier.write_bytes(earlier.read_bytes()[:-1])
        assert newest_before(tmp_path, (DAY + 1) * NS_PER_DAY)[1].sequence == 0
        for (day, form), text in told.items():
            assert await _ask(house, day, form) == text
        first, second = (json.loads(told[day, "day"]) for day in (DAY, DAY + 1))
        assert [row["gpu_hours"] for row in first["rows"]] == [0, 16, 24]
        # Nobody attested the hours of the first day.
        assert [(row["what"], row["gpu_hours"]) for row in second["rows"]] == [*[("compensation", 0)] * 2, ("buy", 32)]
        assert first["closing"] == second["opening"]


async def test_nobody_and_too_much_are_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await house.trade("maker", "buyer", HOUR, 2_500, 2)
        with pytest.raises(NoAccount, match="no account 'nobody'"):
            await _ask(house, DAY, name="nobody")
        with pytest.raises(TooLong, match="more than 1 entries"):
            await house.replayer.ask(OfAccount("buyer", DAY, "day", 1))
