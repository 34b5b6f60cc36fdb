"""The example of a taker: it gets whole jobs, and no more than them."""

import runpy
from pathlib import Path

import numpy as np

from exchange.domain.units import NS_PER_HOUR
from strategies.agents import population
from strategies.base import Participant, Strategy
from strategies.simulator import Market
from tests.strategies.world import START_NS, contracts, maker, spot_index

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cheapest_run.py"


def _bought(seconds: float, **parameters: float) -> list[tuple[int, int]]:
    """(hour since the start, lots) of what a job got among the agents."""
    listed = contracts(8)
    index = spot_index(listed)
    job: Strategy = runpy.run_path(str(EXAMPLE))["CheapestRun"](**parameters)
    people = [Participant("job", job, tuple(listed)), maker(listed, index)]
    people += population(listed, index, np.random.default_rng(1))
    market = Market(listed, people, np.random.default_rng(2), START_NS)
    market.run(seconds)
    results = market.desk("job").ledger.results.values()
    held = [result for result in results if result.position_lots]
    assert len({(result.contract.sku, result.contract.region) for result in held}) <= 1
    return sorted(((r.contract.start_ns - START_NS) // NS_PER_HOUR, r.position_lots) for r in held)


def test_a_job_gets_its_hours_in_a_row_and_every_node() -> None:
    """Three nodes for five hours of one place."""
    found = _bought(10.0, hours=5, lots=3)
    first = found[0][0]
    assert found == [(first + hour, 3) for hour in range(5)]


def test_a_job_that_is_not_worth_the_price_buys_nothing() -> None:
    """Nobody sells an H100 for a dollar here."""
    assert _bought(5.0, hours=2, lots=1, most_usd=1.0) == []
