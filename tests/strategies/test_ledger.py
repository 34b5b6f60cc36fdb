"""Positions, profit and its split, and the time on both sides of the book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.enums import Side
from strategies.base import Fill, Ledger
from strategies.base.uptime import Uptime
from tests.strategies.world import contracts

HOUR = contracts()[0]  # 8 GPUs a lot, $0.001 a tick


def fill(side: Side, price_ticks: int, lots: int, fee_usd: float = 0.0) -> Fill:
    return Fill(HOUR, "a", side, price_ticks, lots, fee_usd, True, 0)


def test_spread_and_inventory_of_a_round_trip() -> None:
    """Bought 1 cent under fair and sold 1 cent over it, while fair value rose by 5 cents in between."""
    ledger = Ledger()
    ledger.fill(fill(Side.BUY, 2490, 1, 0.01), fair_usd=2.50)
    result = ledger.of(HOUR)
    result.mark_usd = 2.55
    assert result.spread_usd == pytest.approx(0.08)
    assert result.inventory_usd == pytest.approx(0.40)
    ledger.fill(fill(Side.SELL, 2560, 1, 0.01), fair_usd=2.55)
    assert result.position_lots == 0
    assert ledger.spread_usd == pytest.approx(0.16)
    assert ledger.inventory_usd == pytest.approx(0.40)
    assert ledger.pnl_usd == pytest.approx(0.16 + 0.40 - 0.02)
    assert ledger.volume_gpu_hours == 16


Drawn = tuple[Side, int, int, float, float]
fills = st.tuples(
    st.sampled_from(Side), st.integers(1, 5000), st.integers(1, 50), st.floats(0.001, 5.0), st.floats(0.0, 1.0)
)


@given(st.lists(fills, min_size=1, max_size=30), st.floats(0.001, 5.0))
def test_spread_and_inventory_add_up_to_the_profit(drawn: list[Drawn], mark: float) -> None:
    """Inventory is the sum of every later move of fair value on what was held, whatever the fills."""
    ledger, held, fair_before, revalued = Ledger(), 0, 0.0, 0.0
    for side, price_ticks, lots, fair_usd, fee_usd in drawn:
        revalued += held * 8 * (fair_usd - fair_before)
        ledger.fill(fill(side, price_ticks, lots, fee_usd), fair_usd)
        held += lots if side == Side.BUY else -lots
        fair_before = fair_usd
    revalued += held * 8 * (mark - fair_before)
    ledger.of(HOUR).mark_usd = mark
    assert ledger.inventory_usd == pytest.approx(revalued, abs=1e-6)
    assert ledger.pnl_usd == pytest.approx(ledger.spread_usd + ledger.inventory_usd - ledger.fees_usd, abs=1e-6)


def test_a_position_carried_over_starts_without_profit() -> None:
    """What an earlier run left is worth what it is worth now, and moves with fair value from here."""
    ledger = Ledger()
    ledger.carry(HOUR, -10, 2.5)
    assert ledger.pnl_usd == 0.0
    ledger.of(HOUR).mark_usd = 2.6
    assert ledger.inventory_usd == pytest.approx(-8.0)


def test_uptime_counts_two_sided_time_until_the_gate() -> None:
    """Two stretches, the second cut off by the gate; the time after it does not count against the maker."""
    uptime = Uptime(start_ns=0, gate_ns=100)
    uptime.observe(10, True)
    uptime.observe(30, False)
    uptime.observe(60, True)
    assert uptime.total_ns(70) == 30
    uptime.observe(150, False)
    assert uptime.total_ns(200) == 60
    assert uptime.elapsed_ns(200) == 100
