"""Who lives in a market: providers, job buyers and resellers with characters drawn from one seed."""

from collections.abc import Sequence

import numpy as np

from exchange.domain.instruments import Contract
from strategies.agents.buyers import JobBuyer
from strategies.agents.providers import Provider
from strategies.agents.resellers import Reseller
from strategies.base import FairValue, Participant

# What one account may sell short: far more than it will, because market time runs fast in a demo
# while the hours for sale stay the same.
CAPACITY_LOTS = 1_000_000


def population(
    contracts: Sequence[Contract],
    fair: FairValue,
    rng: np.random.Generator,
    speed: float = 3600.0,
    providers: int = 6,
    buyers: int = 8,
    resellers: int = 4,
    jobs_per_hour: float = 80.0,
    sales_per_hour: float = 90.0,
) -> list[Participant]:
    """Everybody but the market maker.

    ``speed``: seconds of market time a second. ``jobs_per_hour`` and ``sales_per_hour`` are for all
    buyers and all resellers together, in market time; a real cluster sees
    about 40 jobs an hour. A job takes one to four hours, so it makes about two orders.
    Each provider has hardware of about half the kinds and places; every kind has a provider.
    """
    hours = tuple(contracts)
    assert hours, "a market needs contracts"
    people = [
        Participant(
            f"provider_{number + 1}",
            _provider(fair, rng),
            _territory(hours, number, rng),
            capacity_lots=CAPACITY_LOTS,
        )
        for number in range(providers)
    ]
    people += [
        Participant(f"buyer_{number + 1}", _buyer(fair, rng, speed, jobs_per_hour / buyers), hours, cash_usd=10**9)
        for number in range(buyers)
    ]
    people += [
        Participant(
            f"reseller_{number + 1}",
            Reseller(fair, sales_per_hour / resellers, speed, discount=rng.uniform(0.0, 0.02)),
            hours,
            capacity_lots=CAPACITY_LOTS,
        )
        for number in range(resellers)
    ]
    return people


def _territory(contracts: tuple[Contract, ...], number: int, rng: np.random.Generator) -> tuple[Contract, ...]:
    """The contracts of the SKUs and regions in which a provider has hardware."""
    places = sorted({(contract.sku.code, contract.region.code) for contract in contracts})
    owned = {place for place in places if rng.random() < 0.5} | {places[number % len(places)]}
    return tuple(contract for contract in contracts if (contract.sku.code, contract.region.code) in owned)


def _provider(fair: FairValue, rng: np.random.Generator) -> Provider:
    return Provider(
        fair,
        margin=rng.uniform(0.01, 0.03),
        step=rng.uniform(0.004, 0.012),
        rungs=int(rng.integers(2, 4, endpoint=True)),
        rung_lots=int(rng.integers(10, 40, endpoint=True)),
        cost_share=rng.uniform(0.5, 0.8),
    )


def _buyer(fair: FairValue, rng: np.random.Generator, speed: float, jobs_per_hour: float) -> JobBuyer:
    return JobBuyer(
        fair,
        jobs_per_hour,
        speed,
        premium=rng.uniform(0.0, 0.02),
        dispersion=rng.uniform(0.02, 0.04),
        patient_share=rng.uniform(0.1, 0.5),
    )
