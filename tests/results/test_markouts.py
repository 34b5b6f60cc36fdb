"""Where the middle went after fills: signs, horizons, and which fills cannot be counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.enums import Side
from exchange.domain.units import NS_PER_SECOND
from strategies.base import BookView
from strategies.results.markouts import HORIZONS_S, edge_usd_per_lot, markouts_of
from strategies.results.tables import frames_of
from tests.results.told import Told, around

USD_A_TICK = 0.008  # of a lot


def test_a_rise_is_good_for_who_bought_and_bad_for_who_sold() -> None:
    """Bought 3 and sold 1 at the same middle; it is 10 ticks higher a second later."""
    told = Told()
    told.fill(1.0, Side.BUY, 2_495, 3, 2.5, book=around(2_500))
    told.fill(1.0, Side.SELL, 2_505, 1, 2.5, book=around(2_500))
    told.sample(2.0, 2.5, around(2_510))
    found = markouts_of(frames_of(told.recorder), told.at(2.0))
    assert (found[0].fills, found[0].lots, found[0].beyond, found[0].unseen) == (2, 4, 0, 0)
    assert found[0].usd == pytest.approx((3 - 1) * 10 * USD_A_TICK)
    assert found[0].usd_per_lot == pytest.approx((3 - 1) * 10 * USD_A_TICK / 4)
    assert [markout.beyond for markout in found[1:]] == [2] * 4
    assert [markout.usd_per_lot for markout in found[1:]] == [None] * 4
    assert edge_usd_per_lot(frames_of(told.recorder)) == pytest.approx(5 * USD_A_TICK)


def test_a_middle_counts_only_when_seen_near_its_time() -> None:
    """Within half the horizon, and of the two sides of a book that both are there."""
    told = Told()
    told.fill(10.0, Side.BUY, 2_495, 1, 2.5, book=around(2_500))
    told.sample(10.4, 2.5, around(2_600))
    told.sample(11.0, 2.5, BookView(bids=((2_490, 1),)))
    told.sample(11.6, 2.5, around(2_700))
    assert markouts_of(frames_of(told.recorder), told.at(60.0))[0].unseen == 1
    told.sample(11.7, 2.5, around(2_900))
    told.fill(12.0, Side.SELL, 2_515, 1, 2.5)
    found = markouts_of(frames_of(told.recorder), told.at(60.0))
    assert (found[0].fills, found[0].unseen) == (0, 2)


def test_a_horizon_past_the_gate_is_left_out() -> None:
    """Though the run goes on and other hours are still quoted."""
    told = Told()
    gate_s = 45 * 60.0
    told.fill(gate_s - 5.0, Side.BUY, 2_495, 1, 2.5, book=around(2_500))
    told.sample(gate_s - 4.0, 2.5, around(2_500))
    found = markouts_of(frames_of(told.recorder), told.at(9_000.0))
    assert [(markout.fills, markout.beyond) for markout in found] == [(1, 0), (0, 1), (0, 1), (0, 1), (0, 1)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(Side), st.integers(1, 9), st.integers(50, 99)), max_size=12
    ),
    st.lists(st.tuples(st.integers(0, 400), st.integers(50, 99)), max_size=40),
)
def test_markouts_are_those_of_a_search_by_hand(
    fills: list[tuple[int, Side, int, int]], seen: list[tuple[int, int]]
) -> None:
    """Every horizon, with fills and samples at any quarter of a second; ties may go either way, so none are made."""
    told = Told()
    steps = [(at + 0.25, side, lots, mid) for at, side, lots, mid in fills]
    samples = {at + 0.5: mid for at, mid in seen}
    for at, side, lots, mid in sorted(steps):
        told.fill(at, side, mid, lots, 2.5, book=around(mid, 1))
    for at, mid in sorted(samples.items()):
        told.sample(at, 2.5, around(mid, 1))
    told.recorder.end_ns = told.at(400.75)
    middles = [*samples.items(), *((at, mid) for at, _, _, mid in sorted(steps))]
    found = markouts_of(frames_of(told.recorder), told.recorder.end_ns)
    for horizon_s, markout in zip(HORIZONS_S, found, strict=True):
        usd, counted, beyond, ambiguous = 0.0, 0, 0, False
        for at, side, lots, mid in steps:
            if at + horizon_s > 400.75:
                beyond += 1
                continue
            near = [(abs(time - at - horizon_s), then) for time, then in middles]
            near = [each for each in near if each[0] <= horizon_s / 2]
            if not near:
                continue
            nearest = min(near)[0]
            ambiguous |= len({then for away, then in near if away == nearest}) > 1
            counted += 1
            usd += lots * (min(near)[1] - mid) * USD_A_TICK * (1 if side == Side.BUY else -1)
        assert (markout.fills, markout.beyond) == (counted, beyond)
        assert markout.unseen == len(fills) - counted - beyond
        if not ambiguous:
            assert markout.usd == pytest.approx(usd)


def test_the_horizons_are_those_of_the_page() -> None:
    """A second to an hour."""
    assert [horizon * NS_PER_SECOND for horizon in HORIZONS_S] == [10**9 * s for s in (1, 10, 60, 600, 3600)]
