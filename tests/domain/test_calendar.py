"""Which contracts should be listed: counted by hand, at the edges of the horizon, and against every possible name."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.calendar import HOURS_AHEAD, contracts, hours, listing_ns, resolve, spot
from exchange.domain.catalogue import CATALOGUE, Region, Sku
from exchange.domain.errors import BadSymbol
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE

_EPOCH = date(1970, 1, 1)
# 1 December 2026 is a Tuesday.
TUESDAY_NS = (date(2026, 12, 1) - _EPOCH).days * 24 * NS_PER_HOUR
_SKUS = sorted(CATALOGUE.skus.values(), key=lambda sku: sku.code)
_REGIONS = sorted(CATALOGUE.regions.values(), key=lambda region: region.code)
VM, METAL, CLUSTER = (CATALOGUE.sku(code) for code in ("H100SXM", "B200SXM", "H100SXMIB"))
USE, EUW, APN, APS = (CATALOGUE.region(code) for code in ("USE", "EUW", "APN", "APS"))
_NOW = st.integers(TUESDAY_NS - 300 * 24 * NS_PER_HOUR, TUESDAY_NS + 300 * 24 * NS_PER_HOUR)
# On a quarter of an hour, where every gate and every hour is.
_ROUND_NOW = _NOW.map(lambda now_ns: now_ns - now_ns % (15 * NS_PER_MINUTE))


def _possible(sku: Sku, region: Region, now_ns: int) -> list[Contract]:
    """Every contract that has a name and a place in the calendar, from last week to after the horizon."""
    today = _EPOCH + timedelta(days=now_ns // (24 * NS_PER_HOUR))
    terms = [f"H{hour:02d}" for hour in range(24)]
    terms += ["B4H00", "B4H04", "B4H08", "B4H12", "B4H16", "B4H20", "B8H00", "B8H08", "B8H16", "D", "PK", "OP", "W"]
    return [
        parse_symbol(f"{sku.code}_{region.code}_{term}-{day.day}{day.strftime('%b%y').upper()}")
        for day in (today + timedelta(days=offset) for offset in range(-8, 20))
        for term in terms
        if term != "W" or day.weekday() == 0
    ]


@given(st.sampled_from(_SKUS), st.sampled_from(_REGIONS), st.one_of(_NOW, _ROUND_NOW), st.integers(0, HOURS_AHEAD))
def test_listed_is_what_lies_within_the_horizon_and_is_still_open(
    sku: Sku, region: Region, now_ns: int, hours_ahead: int
) -> None:
    """Exactly those of all names there are, once each, earliest gate first; each is found again by its name."""
    listed = contracts([sku], [region], now_ns, hours_ahead)
    horizon_ns = now_ns - now_ns % NS_PER_HOUR + (1 + hours_ahead) * NS_PER_HOUR
    fitting = [each for each in _possible(sku, region, now_ns) if now_ns < each.gate_ns and each.end_ns <= horizon_ns]
    assert Counter(listed) == Counter(fitting)
    assert len(set(listed)) == len(listed)
    assert [contract.gate_ns for contract in listed] == sorted(contract.gate_ns for contract in listed)
    assert all(parse_symbol(contract.symbol) == contract for contract in listed)
    assert list(hours([sku], [region], now_ns, hours_ahead)) == [each for each in listed if each.hours == 1]


def test_two_weeks_ahead_by_hand() -> None:
    """At midnight UTC of a Tuesday, in New York: the hour that begins now is over, and so is what it is part of."""
    listed = contracts([VM], [USE], TUESDAY_NS)
    assert Counter(contract.term.rstrip("0123456789") for contract in listed) == {
        "H": 336,
        "B4H": 83,
        "B8H": 41,
        "D": 13,
        "PK": 14,
        "OP": 13,
        "W": 1,
    }
    symbols = [contract.symbol.removeprefix("H100SXM_USE_") for contract in listed]
    assert symbols[:6] == ["H01-1DEC26", "H02-1DEC26", "H03-1DEC26", "H04-1DEC26", "B4H04-1DEC26", "H05-1DEC26"]
    assert "W-7DEC26" in symbols
    assert symbols[-1] == "H00-15DEC26"


def test_contracts_that_share_a_gate_come_shorter_first() -> None:
    """Then by SKU and region as they were given; a cluster closes before the machine beside it."""
    now_ns = TUESDAY_NS - NS_PER_HOUR
    listed = [contract.symbol for contract in contracts([METAL, CLUSTER, VM], [USE, EUW], now_ns)]
    terms = ("H00", "B4H00", "B8H00", "D")
    both = [
        f"{sku}_{region}_{term}-1DEC26" for sku in ("B200SXM", "H100SXM") for term in terms for region in ("USE", "EUW")
    ]
    assert listed[:8] == both[:8]
    # The cluster's hour from 00:00 closed at this moment; that from 01:00 closes at midnight, after the others.
    assert listed[8:16] == both[8:]
    assert listed[16:18] == ["H100SXMIB_USE_H01-1DEC26", "H100SXMIB_EUW_H01-1DEC26"]
    swapped = [contract.symbol for contract in contracts([VM, METAL], [EUW, USE], now_ns)]
    assert swapped[:2] == ["B200SXM_EUW_H00-1DEC26", "B200SXM_USE_H00-1DEC26"]
    # In Singapore the peak begins with the date of UTC.
    monday_ns = TUESDAY_NS + 6 * 24 * NS_PER_HOUR
    together = [each.term for each in contracts([VM], [APS], monday_ns - NS_PER_HOUR) if each.start_ns == monday_ns]
    assert together == ["H00", "B4H00", "B8H00", "PK", "D", "W"]


def test_hours_come_in_the_order_of_delivery() -> None:
    """Whatever their gates: of one hour, SKUs and regions as they were given."""
    listed = [contract.symbol for contract in hours([CLUSTER, VM], [USE, EUW], TUESDAY_NS, 2)]
    assert listed == [
        "H100SXM_USE_H01-1DEC26",
        "H100SXM_EUW_H01-1DEC26",
        "H100SXMIB_USE_H02-1DEC26",
        "H100SXMIB_EUW_H02-1DEC26",
        "H100SXM_USE_H02-1DEC26",
        "H100SXM_EUW_H02-1DEC26",
    ]


def test_local_dates_come_with_their_region() -> None:
    """In Tokyo a date begins nine hours before that of UTC, in New York five after; 38 hours ahead is 15:00 UTC."""
    listed = contracts([VM], [USE, APN], TUESDAY_NS, 38)
    local = [contract.symbol.removeprefix("H100SXM_") for contract in listed if contract.term in ("PK", "OP")]
    assert local == ["USE_OP-1DEC26", "USE_PK-1DEC26", "APN_OP-2DEC26", "APN_PK-2DEC26"]


@pytest.mark.parametrize(("sku", "minutes"), [(VM, 15), (METAL, 30), (CLUSTER, 60)])
def test_the_gate_closes_what_begins_with_it(sku: Sku, minutes: int) -> None:
    """One nanosecond before it, all that begin at that moment are listed; at the gate none is."""
    gate_ns = TUESDAY_NS + 24 * NS_PER_HOUR - minutes * NS_PER_MINUTE
    opening = {f"{sku.code}_USE_{term}-2DEC26" for term in ("H00", "B4H00", "B8H00", "D")}
    assert opening <= {contract.symbol for contract in contracts([sku], [USE], gate_ns - 1)}
    assert not opening & {contract.symbol for contract in contracts([sku], [USE], gate_ns)}


@given(
    st.sampled_from(["H14", "B4H20", "B8H00", "D", "PK", "OP", "W"]), st.sampled_from(_SKUS), st.sampled_from(_REGIONS)
)
def test_a_contract_is_listed_from_the_moment_that_its_last_hour_is_near(term: str, sku: Sku, region: Region) -> None:
    """Not a nanosecond earlier, and until its gate."""
    contract = parse_symbol(f"{sku.code}_{region.code}_{term}-7DEC26")
    first_ns = listing_ns(contract)
    assert first_ns == contract.end_ns - 337 * NS_PER_HOUR
    listed = [
        contract in contracts([sku], [region], now_ns) for now_ns in (first_ns - 1, first_ns, contract.gate_ns - 1)
    ]
    assert listed == [False, True, True]


def test_without_a_horizon_or_a_place_nothing_is_listed() -> None:
    """A week needs 168 hours ahead, and a day 24."""
    assert contracts([VM], [USE], TUESDAY_NS, 0) == []
    assert contracts([], [USE], TUESDAY_NS) == contracts([VM], [], TUESDAY_NS) == []
    monday_eve_ns = TUESDAY_NS + 6 * 24 * NS_PER_HOUR - NS_PER_HOUR
    terms = [
        {contract.term for contract in contracts([VM], [USE], monday_eve_ns, ahead)} for ahead in (23, 24, 167, 168)
    ]
    assert [["D" in each, "W" in each] for each in terms] == [
        [False, False],
        [True, False],
        [True, False],
        [True, True],
    ]


@given(st.sampled_from(_SKUS), st.sampled_from(_REGIONS), st.one_of(_NOW, _ROUND_NOW))
def test_the_spot_is_the_first_hour_that_is_still_open(sku: Sku, region: Region, now_ns: int) -> None:
    """Whichever gate the SKU has; its alias leads there and any other name to itself."""
    first = next(hours([sku], [region], now_ns))
    assert spot(sku, region, now_ns) == first
    assert resolve(f"{sku.code}_{region.code}:SPOT", now_ns) == first
    assert resolve(first.symbol, now_ns) is parse_symbol(first.symbol)


def test_the_spot_moves_on_at_the_gate() -> None:
    """A quarter of an hour before the hour for a virtual machine."""
    gate_ns = TUESDAY_NS + NS_PER_HOUR - 15 * NS_PER_MINUTE
    moving = [resolve("H100SXM_USE:SPOT", now_ns).term for now_ns in (gate_ns - 1, gate_ns, gate_ns + 1)]
    assert moving == ["H01", "H02", "H02"]


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        ":SPOT",
        "SPOT",
        "H100SXM:SPOT",
        "H100SXM_USE:spot",
        "H100SXM_USE:SPOT ",
        "H100SXM_USE:SPOT\n",
        "H100SXM_USE:SPOT-1DEC26",
        "H100SXM_USE_SPOT",
        "H100SXM_USE_SPOT-1DEC26",
        "H100SXM_USE_H14:SPOT",
        "H999_USE:SPOT",
        "H100SXM_MARS:SPOT",
        "X" * 10_000 + "_USE:SPOT",
    ],
)
def test_what_is_no_alias_and_no_name_is_refused(symbol: str) -> None:
    """As strictly as any name, and shortly."""
    with pytest.raises(BadSymbol) as refusal:
        resolve(symbol, TUESDAY_NS)
    assert 0 < len(str(refusal.value)) < 400
