"""What is to be reached, and what others reach."""

from __future__ import annotations

from benchmarks.isolated import CORE, FULL

# What each workload file stresses.
WORKLOADS = {
    "w1": "one book: 45% add, 45% cancel, 5% modify, 5% marketable; 100,000 orders rest",
    "w2z": "the same over 1,000 books (Zipf)",
    "w2r": "the same over 1,000 books (round robin)",
    "w3": "sweeps across tens of levels",
    "w4a": "adds only",
    "w4c": "cancels only",
}
NS_PER_EVENT = {
    CORE: {"w1": 15, "w2z": 22, "w2r": 25, "w3": 22, "w4a": 9, "w4c": 20},
    FULL: {"w1": 50, "w2z": 75, "w2r": 85, "w3": 65, "w4a": 45, "w4c": 70},
}
P99_OVER_P50 = 3.0
IDLE_CONTRACTS_MB = 64.0
TEN_MILLION_ORDERS_MB = 1000.0
TEN_MILLION_ORDERS_SLOWDOWN = 2.0
WARM_START_SECONDS = 1.5
COLD_START_SECONDS = 60.0

# Published figures for ``w1``, ns an event on this kind of machine. They were not measured in this project.
PEERS_W1 = {
    "QuantCup's winner": (27, 32),
    "cpp-orderbook": (116, 133),
    "CppTrader": (141, 154),
    "exchange-core, its book": (140, 181),
    "liquibook": (3500, 3500),
}
