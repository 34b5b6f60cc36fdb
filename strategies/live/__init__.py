"""Strategies on a running exchange: the same objects as in the simulator, many in one event loop."""

from strategies.live.runner import Live, run
from strategies.live.snapshot import MarketRow, Snapshot

__all__ = ["Live", "MarketRow", "Snapshot", "run"]
