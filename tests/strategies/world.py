"""A small world to test participants in: four kinds of hours, a spot index, a maker and a population."""

import numpy as np

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.agents import PricePath, SpotIndex, place_of, population
from strategies.base import Participant
from strategies.curves.model import Parameters
from strategies.curves.simulate import simulate
from strategies.making import AvellanedaStoikov
from strategies.simulator import Market

HOUR = 494_000
START_NS = HOUR * NS_PER_HOUR
LEVELS_USD = {"H100SXM": 2.5, "A100SXM80": 1.3}
PATH_STEP_NS = 60 * NS_PER_SECOND


def contracts(hours: int = 6) -> list[Contract]:
    """The next ``hours`` of two SKUs in two regions."""
    return [
        hour_contract(CATALOGUE.sku(sku), CATALOGUE.region(region), HOUR + 1 + hour)
        for sku in LEVELS_USD
        for region in ("USE", "EUW")
        for hour in range(hours)
    ]


def parameters(level_usd: float) -> Parameters:
    return Parameters(
        level_usd=level_usd,
        half_life_hours=5.0,
        volatility=0.02,
        jumps_per_day=0.5,
        jump_deviation=0.3,
        jump_half_life_hours=3.0,
    )


def spot_index(listed: list[Contract], seed: int = 1, speed: float = 360.0) -> SpotIndex:
    """One simulated path for each SKU and region."""
    rng = np.random.default_rng(seed)
    paths = {}
    for contract in listed:
        if place_of(contract) not in paths:
            model = parameters(LEVELS_USD[contract.sku.code])
            _, prices = simulate(model, START_NS, 200.0, 60.0, rng)
            paths[place_of(contract)] = PricePath(model, prices.tolist(), START_NS, PATH_STEP_NS)
    return SpotIndex(paths, listed, START_NS, speed)


def maker(listed: list[Contract], index: SpotIndex) -> Participant:
    """The market maker, who hears of prices half a second late."""
    curves = index.seen_late(NS_PER_SECOND // 2)
    return Participant("maker", AvellanedaStoikov(), tuple(listed), capacity_lots=1000, curves=curves)


def market(seed: int = 7, hours: int = 6) -> Market:
    """A maker and a population on a fresh venue; nothing has happened yet but the listing."""
    listed = contracts(hours)
    index = spot_index(listed)
    people = population(listed, index, np.random.default_rng(seed))
    return Market(listed, [maker(listed, index), *people], np.random.default_rng(seed + 1), START_NS)
