"""The end of a day: fees by volume, rebates for makers, the index; once, whatever happens in between."""

from __future__ import annotations

from pathlib import Path

from exchange.domain.enums import Side
from exchange.journal.recovery import replay
from tests.daily.house import DAY, House, at, open_house

HOUR = "H100SXM_USE_H23-1DEC26"
NEXT = "H100SXM_USE_H20-2DEC26"
VENUE = {
    "maker_fee_bps": 2,
    "taker_fee_bps": 10,
    "fee_tiers": ({"volume_usd": 200, "maker_fee_bps": 1, "taker_fee_bps": 5},),
    "makers": {"spread_bps": 1_000, "lots": 1, "rebates": ({"share": 0.5, "bps": 1},)},
    "accounts": (
        {"name": "maker", "cash_usd": 10_000, "capacity_lots": 100},
        {"name": "buyer", "cash_usd": 10_000},
        {"name": "friend", "cash_usd": 10_000, "taker_fee_bps": 7},
    ),
}


async def quote(house: House, symbol: str) -> None:
    """A bid and an offer of the maker, 4% apart."""
    await house.order("maker", Side.BUY, symbol, 2_450, 5)
    await house.order("maker", Side.SELL, symbol, 2_550, 5)


def fees(house: House, name: str) -> tuple[int, int]:
    number = house.engine.find_account(name)
    assert number is not None
    view = house.engine.account(number)
    return view.maker_fee_bps, view.taker_fee_bps


async def test_a_day_is_closed_with_rebates_fees_and_the_index(tmp_path: Path) -> None:
    """The maker stood two-sided in the one hour that it quoted; $204 were traded, a tier begins at $200."""
    async with open_house(tmp_path, at(12), **VENUE) as house:
        await quote(house, HOUR)
        await house.go_to(at(18))
        await house.order("buyer", Side.BUY, HOUR, 2_550, 10)
        # 5 lots of 8 GPU-hours at $2.55; the maker pays 2 hundredths of a percent, the buyer 10.
        assert house.cash("venue", "maker", "buyer") == [0.1224, 10_101.9796, 9_897.898]
        await house.go_to(at(19))
        await house.trade("maker", "buyer", HOUR, 2_550, 5)
        await house.go_to(at(0.1, DAY + 1))
        await house.bookkeeper.close_days()
        page = house.page("2026-12-01")
        assert page["volumes_30_days_usd"] == {"maker": "204.00", "buyer": "204.00"}
        assert (fees(house, "maker"), fees(house, "buyer"), fees(house, "friend")) == ((1, 5), (1, 5), (2, 7))
        (maker, *_) = page["makers"]
        assert (maker["account"], maker["open_ns"] > 0) == ("maker", True)
        assert page["fees_usd"] == "0.2448"
        assert house.told == page["indexes"]
