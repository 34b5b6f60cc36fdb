"""Where the profit of a run came from. The parts add up to the whole exactly: they are whole micro-dollars.

    profit = spread + inventory - fees + rebates + delivery + imbalance

At each fill the distance between fair value and price is **spread**; each later move of fair value on
what is held is **inventory**. What is held after the gate is worth what it settled at: for hours that were
received the difference from the last fair value is **delivery**, for hours that were owed **imbalance**.
"""

import polars as pl

from strategies.results.frames import Frames

PARTS = ("spread", "inventory", "fees", "rebates", "delivery", "imbalance", "pnl")


def split_by_contract(frames: Frames, end_ns: int) -> pl.DataFrame:
    """One row a contract, in the run's order.

    Columns: symbol, delivery_ns, gate_ns, position_lots, unsettled_lots (held past the gate, at the last
    fair value because nobody said what it was worth), trades, volume_lots, traded_micros, and one of
    micro-dollars for each of PARTS.
    """
    return (
        frames.contracts.select("symbol", "delivery_ns", "gate_ns", "delivered_micros", "bought_in_micros")
        .join(_held(frames.pnl), on="symbol", how="left", maintain_order="left")
        .join(_traded(frames.fills), on="symbol", how="left", maintain_order="left")
        .with_columns(pl.col(pl.Int64).exclude("delivered_micros", "bought_in_micros").fill_null(0))
        .with_columns(*_settlement(end_ns))
        .with_columns(pnl_micros=pl.col("pnl_micros") + pl.col("delivery_micros") + pl.col("imbalance_micros"))
        .select(
            "symbol", "delivery_ns", "gate_ns", "position_lots", "unsettled_lots",
            "trades", "volume_lots", "traded_micros", *(f"{part}_micros" for part in PARTS),
        )
    )  # fmt: skip


def split_by_hour(by_contract: pl.DataFrame) -> pl.DataFrame:
    """The same parts by the hour in which delivery begins, over all SKUs and regions."""
    return by_contract.group_by("delivery_ns").agg(pl.col(f"{part}_micros").sum() for part in PARTS).sort("delivery_ns")


def _held(pnl: pl.DataFrame) -> pl.DataFrame:
    before = pl.col("position_lots").shift(1).over("symbol")
    move = pl.col("fair_micros") - pl.col("fair_micros").shift(1).over("symbol")
    return (
        pnl.with_columns(inventory_micros=(before * move).fill_null(0))
        .group_by("symbol")
        .agg(
            pl.col("position_lots", "fair_micros", "spread_micros", "pnl_micros").last(),
            pl.col("inventory_micros").sum(),
        )
    )


def _traded(fills: pl.DataFrame) -> pl.DataFrame:
    return fills.group_by("symbol").agg(
        trades=pl.len().cast(pl.Int64),
        volume_lots=pl.col("lots").sum(),
        traded_micros=pl.col("cash_micros").abs().sum(),
        fees_micros=pl.col("fee_micros").clip(lower_bound=0).sum(),
        rebates_micros=-pl.col("fee_micros").clip(upper_bound=0).sum(),
    )


def _settlement(end_ns: int) -> list[pl.Expr]:
    held, is_over = pl.col("position_lots"), pl.col("gate_ns") <= end_ns
    worth = pl.when(held > 0).then(pl.col("delivered_micros")).otherwise(pl.col("bought_in_micros"))
    change = (pl.when(is_over).then(held * (worth - pl.col("fair_micros"))).otherwise(0)).fill_null(0)
    return [
        pl.when(held > 0).then(change).otherwise(0).alias("delivery_micros"),
        pl.when(held < 0).then(change).otherwise(0).alias("imbalance_micros"),
        pl.when(is_over & worth.is_null()).then(held).otherwise(0).alias("unsettled_lots"),
    ]
