"""The demo's people in virtual time: what its market maker does with what it believes."""

import numpy as np
import pytest

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR
from strategies.base import Desk
from strategies.curves import shipped_curves
from strategies.demo.cast import MAKER, cast
from strategies.demo.prices import simulated
from strategies.demo.run import HOURS_AHEAD, REGIONS, SKUS
from strategies.simulator import Market

HOUR = 494_000
START_NS = HOUR * NS_PER_HOUR
PLACES = [(sku, region) for sku in SKUS for region in REGIONS]
LISTED = [
    hour_contract(CATALOGUE.sku(sku), CATALOGUE.region(region), HOUR + 1 + ahead)
    for sku, region in PLACES
    for ahead in range(HOURS_AHEAD)
]
SECONDS = 20
Look = tuple[float, float]  # the maker's deviation and its spread, as shares of the price
Played = tuple[Market, dict[str, list[Look]]]


def demo(seed: int = 1) -> Market:
    """Everybody who trades hours in the demo, on a venue in virtual time."""
    rng = np.random.default_rng([seed, 0])
    played = simulated(shipped_curves(START_NS), PLACES, START_NS, rng)
    paths = {place: each.path for place, each in played.items()}
    people = cast(LISTED, paths, START_NS, 600.0, np.random.default_rng([seed, 1]))
    return Market(LISTED, people, np.random.default_rng([seed, 2]), START_NS)


@pytest.fixture(scope="module")
def played() -> Played:
    """After twenty seconds; and once a second what the maker believed and quoted, by symbol."""
    market = demo()
    looks: dict[str, list[Look]] = {contract.symbol: [] for contract in LISTED}
    for _ in range(SECONDS):
        market.run(1.0)
        for contract in LISTED:
            look = looked(market.desk(MAKER), market.now_ns, contract)
            if look:
                looks[contract.symbol].append(look)
    return market, looks


def looked(desk: Desk, now_ns: int, contract: Contract) -> Look | None:
    """None while it does not stand on both sides."""
    desk.ctx.now_ns = now_ns
    priced, orders = desk.ctx.curve_usd(contract), [order for order in desk.ctx.orders(contract) if order.is_live]
    bids = [order.price_ticks for order in orders if order.side == Side.BUY]
    asks = [order.price_ticks for order in orders if order.side == Side.SELL]
    if not (priced and bids and asks):
        return None
    price_usd, deviation_usd = priced
    return deviation_usd / price_usd, (min(asks) - max(bids)) * contract.price_usd(1) / price_usd


def correlation(looks: list[Look]) -> float:
    return float(np.corrcoef(np.array(looks).T)[0, 1])


def test_the_market_is_lively_and_the_maker_stands_on_both_sides(played: Played) -> None:
    """Wide as it is when it is not sure, people trade with it, and what it holds stays far from its limit."""
    market, _ = played
    found = market.desk(MAKER).statistics(market.now_ns)
    assert market.trades >= 1_000
    assert found.trades >= 500
    assert found.two_sided_share >= 0.95
    assert max(abs(contract.position_lots) for contract in found.contracts) <= 200


def test_the_maker_s_spread_widens_with_the_deviation_of_its_curve(played: Played) -> None:
    """Of what stands in the books: over all contracts, and in one and the same contract as time goes by."""
    _, looks = played
    every = [look for found in looks.values() for look in found]
    assert len(every) > 0.9 * SECONDS * len(LISTED)
    assert correlation(every) > 0.7
    assert np.median([correlation(found) for found in looks.values()]) > 0.3


def test_the_same_seed_plays_the_same_demo() -> None:
    """To the byte of the engine's state, what everybody believes included; another seed another one."""
    hashes = []
    for seed in (3, 3, 4):
        market = demo(seed)
        market.run(2.0)
        hashes.append(market.engine.state_hash())
    assert hashes[0] == hashes[1] != hashes[2]
