"""The daily index: by hand, and from the events of an engine."""

from __future__ import annotations

from random import Random

import pytest

from exchange.clearing.index_price import Fixing, IndexMethod, TwoFixings, daily_index, fixing_of
from exchange.domain.enums import EventKind, FixingMethod
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import command_rows
from exchange.engine import Engine
from exchange.scenario.parse import Step, parse
from exchange.scenario.perform import perform
from exchange.scenario.venue import Venue
from exchange.wire.events import event_tuples

_HOUR = parse_symbol("H100SXM_USE_H00-1DEC26")
_SKU, _DAY = _HOUR.sku, _HOUR.day
_THREE_REGIONS = """
scenario Three regions
list H100SXM_USE_H14-1DEC26 tick 0.001 lot 8 gate 2h
list H100SXM_EUW_H14-1DEC26 tick 0.001 lot 8 gate 2h
list H100SXM_APN_H14-1DEC26 tick 0.001 lot 8 gate 2h
open alice cash 100_000 capacity 100
open bob   cash 100_000
at 1h
buy  b1 bob   30 @ 2.000 on H100SXM_USE_H14-1DEC26
sell s1 alice 30 @ 2.000 on H100SXM_USE_H14-1DEC26 -> fill b1 30 @ 2.000
buy  b2 bob   10 @ 3.000 on H100SXM_EUW_H14-1DEC26
sell s2 alice 10 @ 3.000 on H100SXM_EUW_H14-1DEC26 -> fill b2 10 @ 3.000
buy  b3 bob   10 @ 3.000 on H100SXM_APN_H14-1DEC26
sell s3 alice 10 @ 5.000 on H100SXM_APN_H14-1DEC26
at 2h
"""


def _fixing(name: str, price_ticks: int, lots: int, method: FixingMethod = FixingMethod.VOLUME) -> Fixing:
    return Fixing(parse_symbol(f"H100SXM_{name}-1DEC26"), price_ticks, method, lots)


def test_every_fixing_weighs_as_much_as_traded() -> None:
    """Over regions and hours alike; a price without a trade weighs nothing beside them."""
    index = daily_index(
        _SKU,
        _DAY,
        [
            _fixing("EUW_H00", 2_000, 10),
            _fixing("USE_H00", 2_600, 30, FixingMethod.CALL),
            _fixing("USE_H23", 3_000, 20),
            _fixing("APN_H05", 9_000, 0, FixingMethod.MIDDLE),
            _fixing("APN_H06", 0, 0, FixingMethod.NONE),
        ],
    )
    assert (index.price_ticks, index.method) == ((20_000 + 78_000 + 60_000 + 30) // 60, IndexMethod.VOLUME)
    assert (index.lots, index.regions, index.hours, len(index.inputs)) == (60, 3, 3, 4)


def test_where_nothing_traded_all_weigh_the_same() -> None:
    """A half goes to the even tick, down and up."""
    for price_ticks, rounded in ((2_001, 2_000), (2_003, 2_002), (2_005, 2_002)):
        fixings = [
            _fixing("EUW_H00", 2_000, 0, FixingMethod.MIDDLE),
            _fixing("USE_H00", price_ticks, 0, FixingMethod.MIDDLE),
        ]
        index = daily_index(_SKU, _DAY, fixings)
        assert (index.price_ticks, index.method) == (rounded, IndexMethod.EQUAL)


def test_without_a_fixing_there_is_none() -> None:
    """Nor if there are fixings, but no prices."""
    for fixings in ([], [_fixing("EUW_H00", 0, 0, FixingMethod.NONE)]):
        index = daily_index(_SKU, _DAY, fixings)
        assert (index.price_ticks, index.method, index.inputs, index.hours) == (0, IndexMethod.NONE, (), 0)


def test_only_the_hours_of_the_sku_and_the_date_count() -> None:
    """Neither blocks nor days, nor other dates, nor what only sounds like the SKU."""
    others = [
        Fixing(parse_symbol(symbol), 9_999, FixingMethod.VOLUME, 50)
        for symbol in (
            "H100SXM_USE_D-1DEC26",
            "H100SXM_USE_B4H00-1DEC26",
            "H100SXM_USE_H00-2DEC26",
            "H100SXM_USE_H23-30NOV26",
            "H100SXMIB_USE_H00-1DEC26",
        )
    ]
    index = daily_index(_SKU, _DAY, [*others, _fixing("USE_H00", 2_000, 1)])
    assert (index.price_ticks, index.lots) == (2_000, 1)


def test_the_order_of_the_events_does_not_matter() -> None:
    """Regions and hours come in any order; the inputs are told in one."""
    fixings = [
        _fixing(f"{region}_H{hour:02d}", 2_000 + hour * 7 + len(region), hour % 3)
        for region in ("USE", "EUW", "APN")
        for hour in range(24)
    ]
    indexes = set()
    for seed in range(5):
        Random(seed).shuffle(fixings)
        indexes.add(daily_index(_SKU, _DAY, fixings))
    assert len(indexes) == 1


def test_a_contract_is_fixed_once() -> None:
    with pytest.raises(TwoFixings, match="H100SXM_USE_H00-1DEC26 is fixed twice"):
        daily_index(_SKU, _DAY, [_fixing("USE_H00", 2_000, 1), _fixing("USE_H00", 2_000, 1)])


def test_from_the_events_of_an_engine() -> None:
    """Two regions trade in their last hour, a third has only a middle."""
    venue = Venue()
    (scenario,) = parse(_THREE_REGIONS, "index")
    for line in scenario.lines:
        assert isinstance(line, Step)
        perform(venue, line.action)
    events = event_tuples(Engine().apply(command_rows(venue.history)))
    fixings = [
        fixing_of(parse_symbol(venue.symbol(event.contract)), event)
        for event in events
        if event.kind == EventKind.FIXING
    ]
    index = daily_index(_SKU, _DAY, fixings)
    assert (index.price_ticks, index.method, index.lots, index.regions) == (2_250, IndexMethod.VOLUME, 40, 3)
