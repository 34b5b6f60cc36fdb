"""Contracts and their names, both ways, against the calendar of the standard library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.catalogue import CATALOGUE, Region, Sku, load_catalogue
from exchange.domain.errors import BadSymbol, BadUnits
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.text import pack_text, unpack_text
from exchange.domain.units import LOTS_MAX, NS_PER_HOUR, NS_PER_SECOND, PRICE_TICKS_MAX

_SKUS = st.sampled_from(sorted(CATALOGUE.skus.values(), key=lambda sku: sku.code))
_REGIONS = st.sampled_from(sorted(CATALOGUE.regions.values(), key=lambda region: region.code))
_DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
_TERM_HOURS = {f"H{hour:02d}": (hour, 1) for hour in range(24)}
_TERM_HOURS |= {f"B{length}H{hour:02d}": (hour, length) for length in (4, 8) for hour in range(24)}
_TERM_HOURS |= {"D": (0, 24), "W": (0, 168)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS = st.integers(24 * (date(2000, 1, 1) - _EPOCH.date()).days, 24 * (date(2100, 1, 1) - _EPOCH.date()).days - 1)


@given(_SKUS, _REGIONS, st.sampled_from(sorted(_TERM_HOURS)), _DAYS)
def test_a_name_says_what_is_delivered_and_when(sku: Sku, region: Region, term: str, day: date) -> None:
    """Name, start, end and length agree with the calendar, and the name parses back to the same contract."""
    start_hour, hours = _TERM_HOURS[term]
    month = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")[day.month - 1]
    symbol = f"{sku.code}_{region.code}_{term}-{day.day}{month}{day.year % 100:02d}"
    contract = parse_symbol(symbol)
    start = datetime(day.year, day.month, day.day, start_hour, tzinfo=UTC)
    assert contract.symbol == symbol
    assert contract.start_ns == int((start - _EPOCH) / timedelta(seconds=1)) * NS_PER_SECOND
    assert contract.end_ns == contract.start_ns + hours * NS_PER_HOUR
    assert contract.gate_ns == contract.start_ns - sku.gate_minutes * 60 * NS_PER_SECOND
    assert contract.gpu_hours_per_lot == sku.gpus_per_node * hours
    assert unpack_text(pack_text(symbol)) == symbol


@given(_SKUS, _REGIONS, _HOURS)
def test_every_hour_has_its_contract(sku: Sku, region: Region, hour: int) -> None:
    """Counted from 1970, and found again by its name."""
    contract = hour_contract(sku, region, hour)
    assert contract.start_ns == hour * NS_PER_HOUR
    assert parse_symbol(contract.symbol) == contract


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "H100SXM",
        "H100SXM_USE_H14",
        "H100SXM_USE_H24-1DEC26",
        "H100SXM_USE_H1-1DEC26",
        "H100SXM_USE_B5H08-1DEC26",
        "H100SXM_USE_H14-01DEC26",
        "H100SXM_USE_H14-31NOV26",
        "H100SXM_USE_H14-29FEB27",
        "H100SXM_USE_H14-1dec26",
        "H100SXM_USE_H14-1XXX26",
        "H100SXM_USE_H14-1DEC2026",
        "H100SXM_USE_H14-1DEC26 ",
        "H100SXM_USE_H14-1DEC26\n",
        "h100sxm_USE_H14-1DEC26",
        "H999_USE_H14-1DEC26",
        "H100SXM_MARS_H14-1DEC26",
        "H100SXM.USE.H14-1DEC26",
        "X" * 10_000,
    ],
)
def test_a_name_that_is_not_one_is_refused(symbol: str) -> None:
    """And the message is short, whatever was sent."""
    with pytest.raises(BadSymbol) as refusal:
        parse_symbol(symbol)
    assert 0 < len(str(refusal.value)) < 400


def _contract() -> Contract:
    return parse_symbol("H100SXM_USE_H14-1DEC26")


@given(st.integers(1, PRICE_TICKS_MAX), st.integers(1, LOTS_MAX))
def test_prices_and_amounts_are_whole_ticks_and_lots(ticks: int, lots: int) -> None:
    """Any tick and any lot within bounds, said in dollars and GPU-hours, comes back."""
    contract = _contract()
    assert contract.price_ticks(contract.sku.tick_usd * ticks) == ticks
    assert contract.price_ticks(contract.price_usd(ticks)) == ticks
    assert contract.lots(lots * contract.gpu_hours_per_lot) == lots


@pytest.mark.parametrize("price", ["0", "-1", "0.0001", "1e9", "nan", 100_000.001])
def test_a_price_off_the_tick_or_out_of_bounds_is_refused(price: str | float) -> None:
    """Zero is no price."""
    with pytest.raises(BadUnits):
        _contract().price_ticks(price)


@pytest.mark.parametrize("amount", ["0", "-8", "7", "8.5", str(8 * LOTS_MAX + 8)])
def test_an_amount_that_is_no_number_of_lots_is_refused(amount: str) -> None:
    """A node of eight GPUs is the smallest piece."""
    with pytest.raises(BadUnits):
        _contract().lots(amount)


def test_one_tick_on_one_lot_is_worth_its_gpus() -> None:
    """In micro-dollars: a thousandth of a dollar, eight GPUs; of a strip it is a tick of any one of its hours."""
    assert _contract().tick_value_micros == 1000 * 8
    assert parse_symbol("H100SXM_USE_B8H08-1DEC26").tick_value_micros == 1000 * 8
    assert parse_symbol("H100SXM_USE_B8H08-1DEC26").gpu_hours_per_lot == 64


_STRIPS = st.sampled_from(["B4H08", "B8H16", "PK", "OP", "D", "W"])


@given(st.sampled_from(["H100SXM", "RTX4090"]), _STRIPS, st.integers(1, PRICE_TICKS_MAX), st.sampled_from([1, 25]))
def test_the_price_of_a_strip_is_the_sum_shown_as_the_average(sku: str, term: str, ticks: int, day: int) -> None:
    """Every sum comes back from the average as it is said, also as a float; 23 and 25 hour days included."""
    strip = parse_symbol(f"{sku}_EUW_{term}-{day}OCT26")
    said = strip.price(ticks)
    assert abs(said * strip.hours - ticks * strip.sku.tick_usd) <= strip.hours * Decimal("5e-9")
    assert (
        strip.price_ticks(said) == strip.price_ticks(float(said)) == strip.price_ticks(strip.price_usd(ticks)) == ticks
    )


@given(st.sampled_from(["H100SXM", "RTX4090"]), _STRIPS, st.integers(1, 100_000))
def test_a_price_of_an_hour_is_one_of_a_strip_too(sku: str, term: str, ticks: int) -> None:
    """Whoever rounds to the tick of the SKU is always right."""
    strip = parse_symbol(f"{sku}_USE_{term}-1DEC26")
    assert strip.price_ticks(strip.sku.tick_usd * ticks) == ticks * strip.hours


@pytest.mark.parametrize("price", ["2.4001", "0", "-1", "0.00000001", "nan", "1e9", "100000.000001"])
def test_an_average_of_no_whole_sum_is_refused(price: str) -> None:
    """Half a tick for the whole day is no price."""
    with pytest.raises(BadUnits):
        parse_symbol("H100SXM_USE_D-1DEC26").price_ticks(price)


def test_the_catalogue_is_what_the_names_need() -> None:
    """Codes are their own keys, every name fits an id, and money comes in whole micro-dollars."""
    catalogue = load_catalogue()
    assert catalogue == CATALOGUE
    for code, sku in catalogue.skus.items():
        assert sku.code == code
        assert sku.tick_micros * Decimal("0.000001") == sku.tick_usd
    longest = max(catalogue.skus, key=len), max(catalogue.regions, key=len)
    assert len(f"{longest[0]}_{longest[1]}_B8H08-31DEC26") <= 36


@pytest.mark.parametrize(("find", "what"), [(CATALOGUE.sku, "SKU"), (CATALOGUE.region, "region")])
def test_an_unknown_code_is_refused_with_those_that_exist(find: object, what: str) -> None:
    """So that the next try is right."""
    assert callable(find)
    with pytest.raises(BadSymbol, match=f"unknown {what} 'X': one of "):
        find("X")
