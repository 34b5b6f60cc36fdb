"""What happened in one run, as tables; ``docs/backtest/results.md`` describes every column.

Money is whole micro-dollars, prices are ticks, sizes are lots and times are nanoseconds: nothing
is a float, so sums are exact and two runs are the same or they are not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

import polars as pl

SIDES = ("buy", "sell")


class State(StrEnum):
    """Where an order has ended, in the order of the numbers that stand for them while it is recorded."""

    SENT = "sent"
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REFUSED = "refused"


_INT = pl.Int64()
_SIDE = pl.Enum(SIDES)
# The columns of each table. ``str`` stands for the names of the run's own contracts.
SCHEMAS: dict[str, dict[str, pl.DataType | type[str]]] = {
    "contracts": {
        "symbol": str, "gate_ns": _INT, "delivery_ns": _INT, "gpu_hours_per_lot": _INT, "tick_value_micros": _INT,
        "delivered_micros": _INT, "bought_in_micros": _INT,
    },
    "orders": {
        "order": _INT, "client_id": pl.String(), "symbol": str, "side": _SIDE, "post_only": pl.Boolean(),
        "sent_ns": _INT, "price_ticks": _INT, "lots": _INT, "joined_ns": _INT, "lots_ahead": _INT,
        "amends": _INT, "filled_lots": _INT, "state": pl.Enum([str(state) for state in State]),
        "ended_ns": _INT, "reason": pl.String(),
    },
    "stays": {
        "order": _INT, "symbol": str, "side": _SIDE, "joined_ns": _INT, "left_ns": _INT, "price_ticks": _INT,
        "lots": _INT, "lots_ahead": _INT, "filled_lots": _INT,
    },
    "standing": {
        "time_ns": _INT, "order": _INT, "symbol": str, "side": _SIDE, "price_ticks": _INT, "open_lots": _INT,
    },
    "fills": {
        "time_ns": _INT, "traded_ns": _INT, "order": _INT, "symbol": str, "side": _SIDE, "price_ticks": _INT,
        "lots": _INT, "is_maker": pl.Boolean(), "fee_micros": _INT, "cash_micros": _INT, "fair_micros": _INT,
        "spread_micros": _INT, "bid_ticks": _INT, "ask_ticks": _INT,
    },
    "positions": {"time_ns": _INT, "symbol": str, "change_lots": _INT, "position_lots": _INT},
    "pnl": {
        "time_ns": _INT, "symbol": str, "position_lots": _INT, "fair_micros": _INT, "cash_micros": _INT,
        "fees_micros": _INT, "spread_micros": _INT, "pnl_micros": _INT,
    },
    "quotes": {
        "time_ns": _INT, "symbol": str, "bid_ticks": _INT, "bid_lots": _INT, "ask_ticks": _INT, "ask_lots": _INT,
        "own_bid_ticks": _INT, "own_bid_lots": _INT, "own_ask_ticks": _INT, "own_ask_lots": _INT,
    },
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Frames:
    contracts: pl.DataFrame
    orders: pl.DataFrame
    stays: pl.DataFrame
    standing: pl.DataFrame
    fills: pl.DataFrame
    positions: pl.DataFrame
    pnl: pl.DataFrame
    quotes: pl.DataFrame

    def named(self) -> dict[str, pl.DataFrame]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


assert [field.name for field in fields(Frames)] == list(SCHEMAS)


def schema_of(name: str, symbols: list[str]) -> dict[str, pl.DataType]:
    """The columns of one table in a run of these contracts."""
    symbol = pl.Enum(symbols)
    return {column: symbol if isinstance(kind, type) else kind for column, kind in SCHEMAS[name].items()}
