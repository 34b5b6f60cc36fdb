"""Demand for GPU-hours: when jobs come, how long they run, and what the hours to come will ask for."""

from strategies.curves.demand.checks import Checks, checked
from strategies.curves.demand.estimation import UnclearDemand
from strategies.curves.demand.fit import DemandFit, fit_jobs
from strategies.curves.demand.forecast import DemandForecast, Hourly, forecast
from strategies.curves.demand.intensity import Echo, Intensity
from strategies.curves.demand.reading import BadJobs, Jobs, read_jobs
from strategies.curves.demand.season import Season
from strategies.curves.demand.shape import Shape
from strategies.curves.demand.simulate import simulate

__all__ = [
    "BadJobs",
    "Checks",
    "DemandFit",
    "DemandForecast",
    "Echo",
    "Hourly",
    "Intensity",
    "Jobs",
    "Season",
    "Shape",
    "UnclearDemand",
    "checked",
    "fit_jobs",
    "forecast",
    "read_jobs",
    "simulate",
]
