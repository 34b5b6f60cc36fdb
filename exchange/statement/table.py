"""A day of an account as a table, for CSV and Parquet."""

from __future__ import annotations

import polars as pl

from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.statement.day import Day
from exchange.statement.entries import Entry


def frame(day: Day) -> pl.DataFrame:
    """The entries as a table: times in UTC, money as exact decimals of dollars."""
    integers = dict.fromkeys(Entry._fields, pl.Int64)
    table = pl.DataFrame(day.entries, schema=integers | {"what": pl.String, "contract": pl.String}, orient="row")
    dollars = [
        (pl.col(f"{name}_micros").cast(pl.Decimal(38, 6)) / MICROS_PER_DOLLAR).alias(f"{name}_usd")
        for name in ("notional", "fee", "cash", "balance", "bond")
    ]
    time = pl.from_epoch("time_ns", time_unit="ns").dt.replace_time_zone("UTC").alias("time")
    return table.select(time, "sequence", "what", "contract", "lots", "gpu_hours", "price_ticks", *dollars)
