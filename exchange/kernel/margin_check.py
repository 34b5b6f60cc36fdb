"""The invariants of margin: every sum is that of its positions as they are, and everybody was judged."""

import numpy as np

from exchange.domain.units import BPS, SCENARIOS, TOTAL_MAX
from exchange.kernel import inspect
from exchange.kernel.holdings import CALLED, IN_LEGS, MARGINED, ON_MARGIN
from exchange.kernel.state import State


def check_margins(state: State) -> None:
    header = state.header[0]
    assert header["touched_first"] == 0, "somebody's margin was not judged"
    values = state.scenarios[: int(header["contracts"]) * SCENARIOS].reshape(-1, SCENARIOS)
    assert (values.max(axis=1, initial=0) == state.listings["highest_ticks"][: len(values)]).all(), (
        "a contract does not know its dearest scenario"
    )
    for account in range(int(header["accounts"])):
        owner = state.accounts[account]
        held = state.positions[1 : int(header["positions"])]
        counted = (held["is_pooled"] & MARGINED != 0) & (held["account"] == account)
        is_on = bool(owner["rules"] & ON_MARGIN)
        hours = (held["account"] == account) & (held["is_pooled"] & IN_LEGS == 0)
        assert (counted == (hours & is_on)).all(), f"account {account} does not count all its positions, or too many"
        seen = state.exposures[1 : int(header["positions"])][(held["account"] == account) & ~counted]
        assert not seen["gross_lots"].any(), f"account {account} remembers positions that do not count"
        _check_sums(state, account, held[counted], values)
        short = inspect.required(state, account)[1] - int(owner["cash"]) + int(owner["bond"])
        assert (is_on and short > 0) == bool(owner["rules"] & CALLED), f"account {account} is {short} short"


def _check_sums(state: State, account: int, held: np.ndarray, values: np.ndarray) -> None:
    """All sums of an account once more, in Python's own integers."""
    margin = int(state.accounts[account]["margin"])
    credit_bps = int(state.margins[margin]["credit_bps"])
    with_orders, alone, gross = [0] * SCENARIOS, [0] * SCENARIOS, 0
    for row in held:
        lots, capacity, selling = (int(row[name]) for name in ("lots", "capacity_lots", "open_sell_lots"))
        tick_value = int(state.contracts["tick_value"][row["contract"]])
        ticks = [int(each) for each in values[row["contract"]]]
        highest = max(ticks) * tick_value
        hold = highest - max(2 * ticks[0] * tick_value - highest, 0)
        gross += highest * (abs(lots) + int(row["open_buy_lots"]) + selling)
        for scenario, each in enumerate(ticks):
            value = each * tick_value
            credit = value * credit_bps // BPS
            owed = max(-lots - capacity, 0) * value
            alone[scenario] += owed - max(lots, 0) * credit
            with_orders[scenario] += owed - max(max(lots, 0) - selling, 0) * credit
            with_orders[scenario] += max(selling - max(lots + capacity, 0), 0) * hold
    found = inspect.requirements(state, account).tolist()
    assert found == [with_orders, alone], f"account {account} requires {[with_orders, alone]}, counts {found}"
    assert gross == state.margins[margin]["gross"] <= TOTAL_MAX, f"account {account} has {gross} at stake"
