"""Which of three ways a price is made: told from simulated and from real series."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import History, history_of
from strategies.curves.filtering import Floats
from strategies.curves.prices import PriceSeries, read_series
from strategies.curves.regimes import Regime, regimes_of

HOURS = 490_000.0 + np.arange(24.0 * 40)


def auction(rng: np.random.Generator) -> Floats:
    """A floor with noise, and spikes that double the price and more, gone within hours."""
    logs, spike = np.empty(HOURS.size), 0.0
    for row in range(HOURS.size):
        spike = 0.7 * spike + (rng.exponential(1.0) if rng.random() < 0.03 else 0.0)
        logs[row] = np.log(0.1) + 0.02 * rng.standard_normal() + spike
    return logs


def price_list(rng: np.random.Generator) -> Floats:
    """Two or three steps in forty days."""
    logs = np.full(HOURS.size, np.log(2.5))
    for at in rng.integers(100, 900, 3):
        logs[at:] += rng.choice([-1.0, 1.0]) * 0.04
    return logs


def offers(rng: np.random.Generator) -> Floats:
    """The median of a dozen offers that come and go."""
    standing = np.exp(0.2 * rng.standard_normal(12))
    logs = np.empty(HOURS.size)
    for row in range(HOURS.size):
        gone = rng.random(12) < 0.1
        standing = np.where(gone, np.exp(0.2 * rng.standard_normal(12)), standing)
        logs[row] = np.log(np.median(standing))
    return logs


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("made", "regime"),
    [(auction, Regime.AUCTION), (price_list, Regime.ADMINISTERED), (offers, Regime.MARKETPLACE)],
    ids=["auction", "administered", "marketplace"],
)
def test_simulated_series_are_found_out(
    made: Callable[[np.random.Generator], Floats], regime: Regime, seed: int
) -> None:
    """More surely than nine to one, and the probabilities add up."""
    found = regimes_of(history_of(HOURS, made(np.random.default_rng(seed))))
    assert found.likeliest is regime
    assert max(found.auction, found.administered, found.marketplace) > 0.9
    assert found.auction + found.administered + found.marketplace == pytest.approx(1.0)
    assert 0.0 <= found.moving <= 1.0


def test_offers_are_no_auction_even_where_the_dearest_is_far_away() -> None:
    """Where it is known that offers come and go, a spike is a set with few offers."""
    history = history_of(HOURS, auction(np.random.default_rng(1)))
    assert regimes_of(history, of_offers=True).likeliest is Regime.MARKETPLACE


def test_two_prices_have_an_answer_and_the_same_one_each_time() -> None:
    """At the same or another price, at the same or another time."""
    for hours, logs in (([1.0, 2.0], [0.0, 0.0]), ([1.0, 2.0], [0.0, 1.0]), ([1.0, 1.0], [0.0, 1.0])):
        history = history_of(np.array(hours), np.array(logs))
        found = regimes_of(history)
        assert found == regimes_of(history)
        assert np.isfinite(found).all()


def seen_in(series: PriceSeries) -> History:
    return history_of(series.times_ns / NS_PER_HOUR, np.log(series.prices))


def test_real_series_are_found_out(data_dir: Path) -> None:
    """Spot prices that were auctioned, price lists of three clouds, offers of a marketplace."""
    auctioned = read_series(str(data_dir / "prices" / "aws_g2_spot_2015_mar_jun.parquet"))
    found = [regimes_of(seen_in(series)).likeliest for series in auctioned if series.prices.size > 500]
    assert set(found) == {Regime.AUCTION}
    listed = [
        series
        for file in ("gcp_gpu_prices_2022_2025h1.parquet", "vast_runpod_lambda_2026.parquet")
        for series in read_series(str(data_dir / "prices" / file))
        if series.key.provider != "vast" and series.prices.size > 50
    ]
    assert len(listed) > 1_000
    found = [regimes_of(seen_in(series)).likeliest for series in listed[::25]]
    assert set(found) == {Regime.ADMINISTERED}
    offered = [
        series
        for series in read_series(str(data_dir / "prices" / "vast_runpod_lambda_2026.parquet"))
        if series.key.provider == "vast" and series.key.kind == "offer_median" and series.prices.size > 500
    ]
    found = [regimes_of(seen_in(series), of_offers=True).likeliest for series in offered]
    assert set(found) == {Regime.MARKETPLACE}
