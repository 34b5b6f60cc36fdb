"""From growing columns to the tables of a run, with names for numbers and nothing for what is not known."""

from typing import Any

import numpy as np
import polars as pl

from strategies.results.columns import Columns, Ints
from strategies.results.frames import SCHEMAS, Frames, schema_of
from strategies.results.recorder import RunRecorder, micros_of_lot

# Where these stand for nothing.
_NEGATIVE = ("joined_ns", "left_ns", "ended_ns", "lots_ahead", "order")
_ZERO = ("bid_ticks", "ask_ticks", "own_bid_ticks", "own_ask_ticks")


def frames_of(recorder: RunRecorder) -> Frames:
    """Everything it was told so far."""
    holdings = list(recorder.holdings.values())
    symbols = [holding.contract.symbol for holding in holdings]
    orders = recorder.orders.orders.arrays()
    of_order = {"symbol": orders["symbol"], "side": orders["side"]}
    pnl = recorder.pnl.arrays()
    pnl["pnl_micros"] = pnl["cash_micros"] + pnl["position_lots"] * pnl["fair_micros"] - pnl["fees_micros"]
    found: dict[str, dict[str, Any]] = {
        "contracts": _contracts(recorder),
        "orders": {
            **orders,
            "order": np.arange(len(recorder.orders.orders)),
            "client_id": recorder.orders.client_ids,
            "reason": recorder.orders.reasons,
        },
        "stays": _with_order(recorder.orders.stays, of_order),
        "standing": _with_order(recorder.orders.standing, of_order),
        "fills": recorder.fills.arrays(),
        "positions": recorder.positions.arrays(),
        "pnl": pnl,
        "quotes": recorder.quotes.arrays(),
    }
    return Frames(**{name: _frame(name, columns, symbols) for name, columns in found.items()})


def _contracts(recorder: RunRecorder) -> dict[str, Any]:
    contracts = [holding.contract for holding in recorder.holdings.values()]
    settled = [recorder.settlements.get(contract.symbol) for contract in contracts]
    worth = [
        [usd and micros_of_lot(contract, usd[place]) for contract, usd in zip(contracts, settled, strict=True)]
        for place in (0, 1)
    ]
    return {
        "symbol": np.arange(len(contracts)),
        "gate_ns": [contract.gate_ns for contract in contracts],
        "delivery_ns": [contract.start_ns for contract in contracts],
        "gpu_hours_per_lot": [contract.gpu_hours_per_lot for contract in contracts],
        "tick_value_micros": [contract.tick_value_micros for contract in contracts],
        "delivered_micros": worth[0],
        "bought_in_micros": worth[1],
    }


def _with_order(columns: Columns, of_order: dict[str, Ints]) -> dict[str, Ints]:
    """Beside the number of an order, its contract and side."""
    arrays = columns.arrays()
    return arrays | {name: values[arrays["order"]] for name, values in of_order.items()}


def _frame(name: str, columns: dict[str, Any], symbols: list[str]) -> pl.DataFrame:
    kinds = schema_of(name, symbols)
    made = [_series(column, columns[column], kind) for column, kind in kinds.items()]
    assert len(columns) == len(SCHEMAS[name])
    return pl.DataFrame(made)


def _series(name: str, values: Any, kind: pl.DataType) -> pl.Series:
    if isinstance(kind, pl.Enum):
        return pl.Series(name, kind.categories, kind).gather(values)
    if isinstance(kind, pl.Boolean):
        return pl.Series(name, np.asarray(values, np.bool_))
    if isinstance(kind, pl.String):
        return pl.Series(name, values, kind)
    series = pl.Series(name, values, pl.Int64)
    if name in _NEGATIVE:
        return series.set(series < 0, None)
    return series.set(series == 0, None) if name in _ZERO else series
