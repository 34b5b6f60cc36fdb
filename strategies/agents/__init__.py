"""Simulated participants: providers who offer capacity, buyers with jobs to run, resellers in between."""

from strategies.agents.arrivals import Arrivals, DailyCycle
from strategies.agents.buyers import JobBuyer
from strategies.agents.filtered import FilteredIndex
from strategies.agents.population import population
from strategies.agents.providers import Provider
from strategies.agents.resellers import Reseller
from strategies.agents.spot import LateIndex, PricePath, SpotIndex, place_of
from strategies.agents.strip_buyers import StripBuyer

__all__ = [
    "Arrivals",
    "DailyCycle",
    "FilteredIndex",
    "JobBuyer",
    "LateIndex",
    "PricePath",
    "Provider",
    "Reseller",
    "SpotIndex",
    "StripBuyer",
    "place_of",
    "population",
]
