"""A market in virtual time: the real engine, the same strategy objects as live, and a latency between them."""

from strategies.simulator.market import Market
from strategies.simulator.schedule import Latency

__all__ = ["Latency", "Market"]
