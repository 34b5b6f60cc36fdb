"""Peak and off-peak: by hand where clocks change, and against the law of each region over whole years."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exchange.domain.catalogue import CATALOGUE, Region
from exchange.domain.errors import BadTimeZone
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.local_time import local_day
from exchange.domain.units import NS_PER_HOUR

_EPOCH = date(1970, 1, 1)
_REGIONS = sorted(CATALOGUE.regions.values(), key=lambda region: region.code)
_STANDARD = {"USE": -5, "USC": -6, "USW": -8, "EUW": 1, "EUN": 1, "APN": 9, "APS": 8}


def _utc(text: str) -> int:
    """``8MAR26 05`` as hours since 1970."""
    return int(datetime.strptime(text, "%d%b%y %H").replace(tzinfo=UTC).timestamp()) // 3600


def _spans(*spans: str) -> tuple[int, ...]:
    """``8MAR26 05 - 8MAR26 12``: the hours from the first to before the last, of each span."""
    bounds = [span.split(" - ") for span in spans]
    return tuple(hour for first, end in bounds for hour in range(_utc(first), _utc(end)))


@pytest.mark.parametrize(
    ("place", "day", "peak", "off_peak"),
    [
        # New York is 5 hours behind UTC in winter and 4 in summer.
        ("USE", "7MAR26", "7MAR26 13 - 8MAR26 01", ("7MAR26 05 - 7MAR26 13", "8MAR26 01 - 8MAR26 05")),
        ("USE", "8MAR26", "8MAR26 12 - 9MAR26 00", ("8MAR26 05 - 8MAR26 12", "9MAR26 00 - 9MAR26 04")),
        ("USE", "9MAR26", "9MAR26 12 - 10MAR26 00", ("9MAR26 04 - 9MAR26 12", "10MAR26 00 - 10MAR26 04")),
        ("USE", "1NOV26", "1NOV26 13 - 2NOV26 01", ("1NOV26 04 - 1NOV26 13", "2NOV26 01 - 2NOV26 05")),
        ("USE", "14MAR27", "14MAR27 12 - 15MAR27 00", ("14MAR27 05 - 14MAR27 12", "15MAR27 00 - 15MAR27 04")),
        ("USE", "7NOV27", "7NOV27 13 - 8NOV27 01", ("7NOV27 04 - 7NOV27 13", "8NOV27 01 - 8NOV27 05")),
        # Chicago is 6 and 5 behind, Los Angeles 8 and 7.
        ("USC", "8MAR26", "8MAR26 13 - 9MAR26 01", ("8MAR26 06 - 8MAR26 13", "9MAR26 01 - 9MAR26 05")),
        ("USW", "8MAR26", "8MAR26 15 - 9MAR26 03", ("8MAR26 08 - 8MAR26 15", "9MAR26 03 - 9MAR26 07")),
        ("USW", "7NOV27", "7NOV27 16 - 8NOV27 04", ("7NOV27 07 - 7NOV27 16", "8NOV27 04 - 8NOV27 08")),
        # Paris and Stockholm are 1 ahead in winter and 2 in summer.
        ("EUW", "29MAR26", "29MAR26 06 - 29MAR26 18", ("28MAR26 23 - 29MAR26 06", "29MAR26 18 - 29MAR26 22")),
        ("EUW", "25OCT26", "25OCT26 07 - 25OCT26 19", ("24OCT26 22 - 25OCT26 07", "25OCT26 19 - 25OCT26 23")),
        ("EUW", "28MAR27", "28MAR27 06 - 28MAR27 18", ("27MAR27 23 - 28MAR27 06", "28MAR27 18 - 28MAR27 22")),
        ("EUW", "31OCT27", "31OCT27 07 - 31OCT27 19", ("30OCT27 22 - 31OCT27 07", "31OCT27 19 - 31OCT27 23")),
        ("EUN", "31OCT27", "31OCT27 07 - 31OCT27 19", ("30OCT27 22 - 31OCT27 07", "31OCT27 19 - 31OCT27 23")),
        # Tokyo is 9 ahead and Singapore 8, always.
        ("APN", "29MAR26", "28MAR26 23 - 29MAR26 11", ("28MAR26 15 - 28MAR26 23", "29MAR26 11 - 29MAR26 15")),
        ("APS", "1NOV26", "1NOV26 00 - 1NOV26 12", ("31OCT26 16 - 1NOV26 00", "1NOV26 12 - 1NOV26 16")),
    ],
)
def test_peak_and_off_peak_by_hand(place: str, day: str, peak: str, off_peak: tuple[str, str]) -> None:
    """Also on the days of 23 and of 25 hours; start, end, length and value follow from the hours."""
    peak_contract = parse_symbol(f"H100SXM_{place}_PK-{day}")
    off_contract = parse_symbol(f"H100SXM_{place}_OP-{day}")
    assert peak_contract.delivery_hours == _spans(peak)
    assert off_contract.delivery_hours == _spans(*off_peak)
    for contract in (peak_contract, off_contract):
        assert contract.start_ns == contract.delivery_hours[0] * NS_PER_HOUR
        assert contract.end_ns == (contract.delivery_hours[-1] + 1) * NS_PER_HOUR
        assert contract.gpu_hours_per_lot == 8 * len(contract.delivery_hours)


def _nth_sunday(year: int, month: int, nth: int) -> int:
    """The day of the month; -1 is the last Sunday."""
    first_day = date(year, month, 1)
    sundays = [day for offset in range(31) if (day := first_day + timedelta(offset)).month == month]
    return [day.day for day in sundays if day.weekday() == 6][nth]


def _offset_hours(region: Region, hour: int) -> int:
    """How far the clocks of ``region`` are ahead of UTC, by the law of the land since 2007."""
    standard, now = _STANDARD[region.code], datetime.fromtimestamp(hour * 3600, UTC)
    if region.area == "US":
        begin = datetime(now.year, 3, _nth_sunday(now.year, 3, 1), 2 - standard, tzinfo=UTC)
        end = datetime(now.year, 11, _nth_sunday(now.year, 11, 0), 2 - standard - 1, tzinfo=UTC)
    elif region.area == "EU":
        begin = datetime(now.year, 3, _nth_sunday(now.year, 3, -1), 1, tzinfo=UTC)
        end = datetime(now.year, 10, _nth_sunday(now.year, 10, -1), 1, tzinfo=UTC)
    else:
        return standard
    return standard + (begin <= now < end)


@pytest.mark.parametrize("region", _REGIONS, ids=lambda region: region.code)
def test_local_days_tile_the_years(region: Region) -> None:
    """Peak and off-peak of one date after the other are every hour once, each where its clock says."""
    next_hour = None
    for day in range((date(2026, 1, 1) - _EPOCH).days, (date(2028, 1, 1) - _EPOCH).days):
        local = local_day(region.time_zone, day)
        hours = sorted(local.peak + local.off_peak)
        clocks = [hour + _offset_hours(region, hour) for hour in hours]
        assert next_hour is None or hours[0] == next_hour
        assert hours == list(range(hours[0], hours[0] + len(hours)))
        assert {clock // 24 for clock in clocks} == {day}
        assert local.peak == tuple(hour for hour, clock in zip(hours, clocks, strict=True) if 8 <= clock % 24 < 20)
        assert len(local.peak) == 12
        next_hour = hours[-1] + 1


@given(st.sampled_from(_REGIONS), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_any_local_day_is_its_peak_and_its_off_peak(region: Region, day: date) -> None:
    """In every year that a name can say: one unbroken run of hours, 12 of peak and 11 to 13 around them."""
    sku, number = CATALOGUE.sku("L40S"), (day - _EPOCH).days
    peak, off_peak = (Contract(sku, region, term, number) for term in ("PK", "OP"))
    assert parse_symbol(peak.symbol) == peak
    assert parse_symbol(off_peak.symbol) == off_peak
    hours = sorted(peak.delivery_hours + off_peak.delivery_hours)
    assert hours == list(range(hours[0], hours[-1] + 1))
    assert len(peak.delivery_hours) == peak.hours == 12
    assert off_peak.delivery_hours == tuple(sorted(off_peak.delivery_hours))
    assert 11 <= off_peak.hours <= 13
    assert off_peak.start_ns < peak.start_ns < peak.end_ns < off_peak.end_ns


def test_clocks_that_change_at_midnight_leave_no_hour_out() -> None:
    """In Beirut the hour from midnight is missing on one day, and the last before it comes twice on another."""
    days = [local_day("Asia/Beirut", (date(2026, 1, 1) - _EPOCH).days + day) for day in range(365)]
    hours = [hour for day in days for hour in sorted(day.peak + day.off_peak)]
    assert hours == list(range(hours[0], hours[0] + 365 * 24))
    assert sorted({len(day.off_peak) for day in days}) == [11, 12, 13]


@pytest.mark.parametrize("time_zone", ["", "Europe", "Europe/Lutetia", "../__init__.py", "Europe/Paris\0"])
def test_a_zone_that_nobody_knows_is_refused(time_zone: str) -> None:
    """Already when the catalogue is read."""
    with pytest.raises(BadTimeZone, match="is not a time zone like"):
        local_day(time_zone, 20_000)
    with pytest.raises(ValidationError, match="is not a time zone like"):
        Region(code="XX", area="XX", title="nowhere", time_zone=time_zone)


@pytest.mark.parametrize("time_zone", ["Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_a_zone_whose_hours_begin_between_those_of_utc_is_refused(time_zone: str) -> None:
    """An hour of such a day is no contract; Lord Howe Island is so in winter only."""
    with pytest.raises(ValidationError, match="do not begin with those of UTC"):
        Region(code="XX", area="XX", title="elsewhere", time_zone=time_zone)


def test_the_machines_own_time_zones_do_not_count(tmp_path: Path) -> None:
    """Not even where New York is in Asia."""
    here = tmp_path / "America" / "New_York"
    here.parent.mkdir()
    with resources.as_file(resources.files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo")) as tokyo:
        shutil.copy(tokyo, here)
    ask = "from exchange.domain.local_time import local_day; print(*local_day('America/New_York', 20_000).peak)"
    command = [sys.executable, "-c", ask]
    environment = os.environ | {"PYTHONTZPATH": str(tmp_path), "TZ": "Asia/Tokyo"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert tuple(map(int, told.split())) == local_day("America/New_York", 20_000).peak
