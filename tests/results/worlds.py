"""A small market of agents with a recorded maker in it."""

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.agents import population
from strategies.results import RunRecorder
from strategies.simulator import Market
from tests.strategies.world import START_NS, contracts, maker, spot_index

SECONDS = 4.0


def recorded(is_recorded: bool = True) -> tuple[Market, RunRecorder]:
    """Four contracts, everybody in it, four seconds; sampled four times a second."""
    listed = contracts(1)
    index = spot_index(listed)
    recorder = RunRecorder()
    people = [maker(listed, index), *population(listed, index, np.random.default_rng(7))]
    market = Market(
        listed, people, np.random.default_rng(8), START_NS,
        recorders={"maker": recorder} if is_recorded else None, sample_ns=NS_PER_SECOND // 4,
    )  # fmt: skip
    market.run(SECONDS)
    return market, recorder
