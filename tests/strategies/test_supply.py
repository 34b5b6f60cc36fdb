"""Many price lists as one pool, and the cheapest hours for a job."""

from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import hour_contract
from exchange.domain.units import NS_PER_HOUR
from strategies.base import BookView
from strategies.curves.prices import BadPrices
from strategies.supply import Pool, StandingOffer, Workload, route
from strategies.supply.router import cost_usd
from tests.strategies.world import HOUR, START_NS

HEADER = "ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind\n"


def price_list(directory: Path, *rows: str) -> str:
    path = directory / "prices.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return str(path)


def offer(price_usd: float, provider: str, region: str = "USE", is_firm: bool = True) -> StandingOffer:
    return StandingOffer(price_usd, provider, "H100SXM", region, is_firm, START_NS)


def test_a_pool_holds_the_newest_price_of_each_offer(tmp_path: Path) -> None:
    """Old prices are replaced, forgotten offers go, foreign names become SKUs and regions, the rest is left out."""
    path = price_list(
        tmp_path,
        "2026-05-01T00:00:00Z,acme,NVIDIA H100 SXM,us-east-1,3.00,on_demand",
        "2026-05-02T00:00:00Z,acme,NVIDIA H100 SXM,us-east-1,2.80,on_demand",
        "2026-05-02T00:00:00Z,acme,NVIDIA H100 SXM,us-east-1,1.10,spot",
        "2026-05-02T00:00:00Z,bolt,H100 PCIe,eu-west-3,2.10,on_demand",
        "2026-04-01T00:00:00Z,gone,H100 SXM,us-east-1,0.50,on_demand",
        "2026-05-02T00:00:00Z,acme,Abacus 9000,us-east-1,0.01,on_demand",
        "2026-05-02T00:00:00Z,vast,H100 SXM,,2.00,offer_median",
    )
    pool = Pool.read(path)
    assert pool.skus == ["H100PCIE", "H100SXM"]
    assert [found.price_usd for found in pool.cheapest("H100SXM", "USE", count=9)] == [2.80]
    assert [found.price_usd for found in pool.cheapest("H100SXM", is_firm=False)] == [1.10]
    assert pool.cheapest("H100SXM", "EUW") == []
    assert len(pool) == 3


def test_a_broken_price_list_is_refused_with_the_row(tmp_path: Path) -> None:
    """Nothing of it is used."""
    path = price_list(
        tmp_path, "2026-05-01T00:00:00Z,acme,H100 SXM,us-east-1,3.00,on_demand", "yesterday,a,H100 SXM,x,-1,spot"
    )
    with pytest.raises(BadPrices, match="row 2"):
        Pool.read(path)


@settings(deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from(["USE", "EUW"]), st.integers(0, 4)), st.floats(1.0, 5.0)),
    st.lists(st.tuples(st.sampled_from(["USE", "EUW", ""]), st.floats(1.0, 5.0)), max_size=3),
    st.integers(1, 3),
    st.booleans(),
)
def test_a_route_is_the_cheapest_of_all(
    asks: dict[tuple[str, int], float], standing: list[tuple[str, float]], hours: int, is_unbroken: bool
) -> None:
    """Against trying every choice of hours and places."""
    sku = CATALOGUE.sku("H100SXM")
    books = {
        hour_contract(sku, CATALOGUE.region(region), HOUR + hour).symbol: BookView(asks=((round(price * 1000), 2),))
        for (region, hour), price in asks.items()
    }
    pool = Pool([offer(price, f"p{number}", region) for number, (region, price) in enumerate(standing)])
    workload = Workload("H100SXM", 2, hours, START_NS, START_NS + 5 * NS_PER_HOUR, is_unbroken=is_unbroken)
    prices: dict[tuple[str, int], float] = {key: round(price * 1000) / 1000 for key, price in asks.items()}
    for (region, price), hour in product(standing, range(5)):
        prices[region, hour] = min(price, prices.get((region, hour), 9.0))
    costs = [float("inf")]
    for chosen in combinations(sorted(prices), hours):
        starts = sorted(hour for _, hour in chosen)
        is_run = starts == list(range(starts[0], starts[0] + hours)) and len({place for place, _ in chosen}) == 1
        if len(set(starts)) == hours and (is_run or not is_unbroken):
            costs.append(sum(prices[key] for key in chosen))
    legs = route(workload, pool, books)
    assert bool(legs) == (min(costs) < float("inf"))
    if legs:
        assert cost_usd(workload, legs) == pytest.approx(min(costs) * 8 * 2)
        assert len({leg.start_ns for leg in legs}) == hours


def test_a_route_minds_depth_price_limit_and_firmness() -> None:
    """Two nodes do not fit where one is offered; a limit excludes; what may be taken back is asked for expressly."""
    sku = CATALOGUE.sku("H100SXM")
    symbol = hour_contract(sku, CATALOGUE.region("USE"), HOUR).symbol
    books = {symbol: BookView(asks=((1000, 1), (3000, 1)))}
    window = (START_NS, START_NS + NS_PER_HOUR)
    empty = Pool([])
    (leg,) = route(Workload("H100SXM", 2, 1, *window), empty, books)
    assert leg.source == "exchange"
    assert leg.price_usd == pytest.approx(2.0)
    assert route(Workload("H100SXM", 3, 1, *window), empty, books) == []
    assert route(Workload("H100SXM", 2, 1, *window, price_usd_max=1.9), empty, books) == []
    shaky = Pool([offer(0.5, "shaky", is_firm=False)])
    assert route(Workload("H100SXM", 1, 1, *window), shaky) == []
    assert route(Workload("H100SXM", 1, 1, *window, takes_interruptible=True), shaky)[0].source == "shaky"


def test_real_price_lists_become_a_pool(data_dir: Path) -> None:
    """One day of AWS, Google and the marketplaces: every SKU sold by several, firm dearer than spot at one provider."""
    pool = Pool.read(str(data_dir / "prices" / "cross_section_2025-10-24.parquet"))
    assert len(pool) > 300
    assert {"H100SXM", "A100SXM80", "L40S"} <= set(pool.skus)
    cheap = pool.cheapest("H100SXM", count=5)
    assert len({found.provider for found in cheap}) > 1
    assert [found.price_usd for found in cheap] == sorted(found.price_usd for found in cheap)
    legs = route(Workload("H100SXM", 1, 4, START_NS, START_NS + 8 * NS_PER_HOUR, is_unbroken=True), pool)
    assert len(legs) == 4
