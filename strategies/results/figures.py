"""The figures of one run, put together from its tables: what ``run.json`` says and the page shows."""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel, ConfigDict

from exchange.clearing.obligation import Obligation
from strategies.results.equity import drawdowns, equity_of, mean_over_time, sharpe_of
from strategies.results.frames import Frames
from strategies.results.markouts import Markout, edge_usd_per_lot, markouts_of
from strategies.results.presence import OBLIGATION, obligation_scores, two_sided_ns
from strategies.results.queueing import QueueBin, queue_bins
from strategies.results.split import PARTS, split_by_contract


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")


class Split(_Figures):
    """Micro-dollars. ``pnl`` = ``spread`` + ``inventory`` - ``fees`` + ``rebates`` + ``delivery`` + ``imbalance``."""

    spread_micros: int
    inventory_micros: int
    fees_micros: int
    rebates_micros: int
    delivery_micros: int
    imbalance_micros: int
    pnl_micros: int


class ContractFigures(Split):
    """``open_ns``: from the start to the gate or the end; ``met_ns``: of it, how long the obligation was met."""

    symbol: str
    delivery_ns: int
    gate_ns: int
    position_lots: int
    unsettled_lots: int
    trades: int
    volume_lots: int
    traded_micros: int
    open_ns: int
    two_sided_ns: int
    met_ns: int


class Figures(_Figures):
    """Of one run. What cannot be said, such as a ratio over nothing, is None."""

    total: Split
    contracts: tuple[ContractFigures, ...]
    edge_usd_per_lot: float | None  # from the middle of the book at the fill
    markouts: tuple[Markout, ...]
    queue: tuple[QueueBin, ...]
    trades: int
    orders: int
    messages: int
    refusals: int
    messages_per_fill: float | None
    volume_gpu_hours: int
    traded_micros: int
    turns: float | None  # value traded over the mean value of what was held
    drawdown_micros: int
    sharpe_period_ns: int
    sharpe_periods: int
    sharpe: float | None  # of those periods
    sharpe_yearly: float | None
    two_sided_share: float | None
    obligation_spread_bps: int
    obligation_lots: int
    obligation_share: float | None


def figures_of(
    frames: Frames, start_ns: int, end_ns: int, messages: int, refusals: int, obligation: Obligation = OBLIGATION
) -> Figures:
    """Everything at once; the tables are left as they are."""
    by_contract = split_by_contract(frames, end_ns)
    equity = equity_of(frames, by_contract, end_ns)
    contracts = _contracts(frames, by_contract, start_ns, end_ns, obligation)
    open_ns = sum(contract.open_ns for contract in contracts)
    gross_micros = mean_over_time(equity, "gross_micros", end_ns)
    traded_micros = sum(contract.traded_micros for contract in contracts)
    sharpe = sharpe_of(equity, start_ns, end_ns)
    fallen = drawdowns(equity["equity_micros"].to_numpy())
    return Figures(
        total=Split(**{f"{part}_micros": int(by_contract[f"{part}_micros"].sum()) for part in PARTS}),
        contracts=contracts,
        edge_usd_per_lot=edge_usd_per_lot(frames),
        markouts=markouts_of(frames, end_ns),
        queue=queue_bins(frames),
        trades=frames.fills.height,
        orders=frames.orders.height,
        messages=messages,
        refusals=refusals,
        messages_per_fill=messages / frames.fills.height if frames.fills.height else None,
        volume_gpu_hours=_gpu_hours(frames),
        traded_micros=traded_micros,
        turns=traded_micros / gross_micros if gross_micros else None,
        drawdown_micros=int(fallen.max(initial=0)),
        sharpe_period_ns=sharpe.period_ns,
        sharpe_periods=sharpe.periods,
        sharpe=sharpe.ratio,
        sharpe_yearly=sharpe.yearly,
        two_sided_share=sum(contract.two_sided_ns for contract in contracts) / open_ns if open_ns else None,
        obligation_spread_bps=obligation.spread_bps,
        obligation_lots=obligation.lots,
        obligation_share=sum(contract.met_ns for contract in contracts) / open_ns if open_ns else None,
    )


def _contracts(
    frames: Frames, by_contract: pl.DataFrame, start_ns: int, end_ns: int, obligation: Obligation
) -> tuple[ContractFigures, ...]:
    two_sided = two_sided_ns(frames, end_ns)
    scores = obligation_scores(frames, start_ns, end_ns, obligation)
    return tuple(
        ContractFigures(
            **row,
            open_ns=max(0, min(row["gate_ns"], end_ns) - start_ns),
            two_sided_ns=two_sided.get(row["symbol"], 0),
            met_ns=scores[row["symbol"]].met_ns,
        )
        for row in by_contract.iter_rows(named=True)
    )


def _gpu_hours(frames: Frames) -> int:
    sizes = frames.contracts.select("symbol", "gpu_hours_per_lot")
    return int(frames.fills.join(sizes, on="symbol").select(pl.col("lots") * pl.col("gpu_hours_per_lot")).sum().item())
