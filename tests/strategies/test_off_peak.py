"""A delivery period with a gap: what participants believe it is worth leaves out the hours it does not deliver."""

import numpy as np
import pytest

from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR
from strategies.base import Context, Ledger, Reconciler
from tests.strategies.world import LEVELS_USD, START_NS, contracts, spot_index

_FIRST = contracts(1)[0]
OFF_PEAK = Contract(_FIRST.sku, _FIRST.region, "OP", _FIRST.day + 2)
HOURS = [hour_contract(OFF_PEAK.sku, OFF_PEAK.region, hour) for hour in OFF_PEAK.delivery_hours]


class Clock:
    """A curve that says a dollar more every hour, so that each hour counts."""

    def price(self, hour_start_ns: int) -> float:
        return float(hour_start_ns // NS_PER_HOUR)

    def deviation(self, hour_start_ns: int) -> float:
        return 2.0 * self.price(hour_start_ns)


def test_the_curve_of_an_off_peak_day_leaves_out_the_peak() -> None:
    """Price and deviation are means over twelve hours of twenty-four."""
    ctx = Context([OFF_PEAK], {}, np.random.default_rng(0), lambda contract, time_ns: Clock(), Reconciler(), Ledger())
    mean = float(np.mean(OFF_PEAK.delivery_hours))
    assert mean != np.mean(range(OFF_PEAK.delivery_hours[0], OFF_PEAK.delivery_hours[-1] + 1))
    assert ctx.curve_usd(OFF_PEAK) == pytest.approx((mean, 2.0 * mean))


def test_the_fair_value_of_an_off_peak_day_is_that_of_its_hours() -> None:
    """As if each were valued alone."""
    assert OFF_PEAK.sku.code in LEVELS_USD
    index = spot_index([OFF_PEAK, *HOURS])
    alone = [index(hour, START_NS) for hour in HOURS]
    assert len(set(alone)) > 1
    assert index(OFF_PEAK, START_NS) == pytest.approx(np.mean(alone))
    assert spot_index([OFF_PEAK])(OFF_PEAK, START_NS) == index(OFF_PEAK, START_NS)
