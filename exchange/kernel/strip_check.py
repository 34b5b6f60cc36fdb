"""The invariants of strips: their legs, who follows whom, and that nothing stands where it could trade."""

import numpy as np

from exchange.domain.enums import Phase, Side
from exchange.domain.units import LEGS_MAX, PRICE_TICKS_MAX
from exchange.kernel import inspect
from exchange.kernel.state import BOOKS_EACH, State


def check_strips(state: State) -> None:
    header = state.header[0]
    followers = np.zeros(max(int(header["contracts"]), 1), np.int64)
    for strip in range(1, int(header["strips"])):
        row = state.strips[strip]
        contract = int(row["contract"])
        assert state.listings[contract]["strip"] == strip, f"strip {strip} is not that of contract {contract}"
        rows = list(inspect.leg_rows(state, contract))
        hours = state.legs["contract"][rows].tolist()
        assert hours == sorted(set(hours)), f"the legs of strip {strip} are out of order"
        assert len(hours) == row["legs"] <= LEGS_MAX, f"strip {strip} has {len(hours)} legs, counts {row['legs']}"
        assert (state.listings["strip"][hours] == 0).all(), f"a leg of strip {strip} is a strip"
        assert row["weight"] == state.listings["weight"][hours].sum(), f"strip {strip} has a wrong weight"
        assert row["gate_ns"] == state.contracts["gate_ns"][hours].min(), f"strip {strip} has a wrong gate"
        is_followed = any(state.books[contract * BOOKS_EACH + side]["best_ticks"] for side in Side)
        assert row["is_followed"] == is_followed, f"strip {strip} does not know whether orders stand in its book"
        followers[hours] += is_followed
        for side in Side:
            _check_sum(state, strip, rows, side)
    listed = state.listings["followers"][: int(header["contracts"])]
    assert (listed == followers[: len(listed)]).all(), "a leg counts wrongly who follows it"


def _check_sum(state: State, strip: int, rows: list[int], side: Side) -> None:
    """Of a strip that is followed the best prices of all legs are known, and no resting order reaches them."""
    row = state.strips[strip]
    known, total, count = [("bid_ticks", "bid_sum", "bids"), ("ask_ticks", "ask_sum", "asks")][side]
    seen = state.legs[known][rows].tolist()
    found = [_best_ticks(state, int(state.legs["contract"][leg]), side) if row["is_followed"] else 0 for leg in rows]
    assert seen == found, f"strip {strip} takes {seen} for the best prices {found} of its legs"
    assert (row[total], row[count]) == (sum(found), sum(map(bool, found))), f"strip {strip} sums its legs wrongly"
    contract = int(row["contract"])
    is_open = state.contracts["phase"][contract] == Phase.CONTINUOUS and state.header["time_ns"][0] < row["gate_ns"]
    best_ticks = int(state.books[contract * BOOKS_EACH + 1 - side]["best_ticks"])
    if is_open and best_ticks and all(found) and sum(found) <= PRICE_TICKS_MAX:
        apart = sum(found) > best_ticks if side == Side.SELL else sum(found) < best_ticks
        assert apart, f"strip {strip} at {best_ticks} reaches its legs at {sum(found)}"


def _best_ticks(state: State, contract: int, side: Side) -> int:
    row = state.contracts[contract]
    ticks = int(state.books[contract * BOOKS_EACH + side]["best_ticks"])
    return ticks if row["phase"] == Phase.CONTINUOUS and row["floor_ticks"] <= ticks <= row["ceiling_ticks"] else 0
