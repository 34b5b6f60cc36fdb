"""Supply from many clouds: price lists become one pool of standing offers, and work goes to the cheapest hours."""

from strategies.supply.pool import Pool, StandingOffer
from strategies.supply.router import Leg, Workload, route

__all__ = ["Leg", "Pool", "StandingOffer", "Workload", "route"]
