"""A market in virtual time: the real engine, the same strategy objects as live, and a latency between them."""

from strategies.simulator.latency import Latencies
from strategies.simulator.market import Market

__all__ = ["Latencies", "Market"]
