"""Simulated participants: providers who offer capacity, buyers with jobs to run, resellers in between."""

from strategies.agents.arrivals import Arrivals, DailyCycle
from strategies.agents.buyers import JobBuyer
from strategies.agents.fair import PathFair
from strategies.agents.population import population
from strategies.agents.providers import Provider
from strategies.agents.resellers import Reseller

__all__ = ["Arrivals", "DailyCycle", "JobBuyer", "PathFair", "Provider", "Reseller", "population"]
