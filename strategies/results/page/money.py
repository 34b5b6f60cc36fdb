"""The figures of one run over time: what it earned, what it held, where it quoted."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_HOUR
from strategies.results.equity import drawdowns, equity_of
from strategies.results.figures import Split
from strategies.results.page.axes import (
    AMBER,
    BLUE,
    GRAY,
    GREEN,
    INK,
    RED,
    Elapsed,
    dollar_axis,
    framed,
    legend_above,
    short,
    telling,
    zero_line,
)
from strategies.results.run import Run
from strategies.results.split import split_by_contract, split_by_hour

_STRETCH_SAMPLES = 240
_BARS_MAX = 48
_SIGNS = {"spread": 1, "inventory": 1, "fees": -1, "rebates": 1, "delivery": 1, "imbalance": 1}


def equity_table(run: Run) -> pl.DataFrame:
    """Of ``equity.equity_of``, with a row at the start and one at the end."""
    end_ns = run.record.end_ns
    equity = equity_of(run.frames, split_by_contract(run.frames, end_ns), end_ns)
    ends = pl.DataFrame({"time_ns": [run.record.start_ns]}, schema={"time_ns": pl.Int64})
    first = ends.with_columns(pl.lit(0, pl.Int64).alias(name) for name in equity.columns[1:])
    rows = pl.concat([first, equity]) if not equity.height or equity["time_ns"][0] > run.record.start_ns else equity
    last = rows.tail(1).with_columns(time_ns=pl.lit(max(end_ns, int(rows["time_ns"][-1])), pl.Int64))
    return pl.concat([rows, last])


def equity_figure(run: Run, equity: pl.DataFrame) -> Figure:
    """Profit above, how far it is below its highest beneath."""
    elapsed = Elapsed.of(run.record.start_ns, run.record.end_ns)
    micros = equity["equity_micros"].to_numpy()
    times = elapsed(equity["time_ns"].to_numpy())
    fallen = drawdowns(micros)
    figure, (upper, lower) = framed(3.1, 2)
    rows = telling(micros)
    upper.step(times[rows], micros[rows] / MICROS_PER_DOLLAR, where="post", color=BLUE, lw=1.2)
    zero_line(upper)
    dollar_axis(upper, "profit, $")
    rows = telling(fallen)
    lower.fill_between(times[rows], -fallen[rows] / MICROS_PER_DOLLAR, step="post", color=RED, alpha=0.5, lw=0)
    dollar_axis(lower, "below peak, $")
    elapsed.label(lower)
    return figure


def inventory_figure(run: Run, equity: pl.DataFrame) -> Figure:
    """Net GPU-hours above; beneath what is held and owed at fair value, both counted positive."""
    elapsed = Elapsed.of(run.record.start_ns, run.record.end_ns)
    times = elapsed(equity["time_ns"].to_numpy())
    figure, (upper, lower) = framed(3.1, 2)
    net, gross = equity["net_gpu_hours"].to_numpy(), equity["gross_micros"].to_numpy() / MICROS_PER_DOLLAR
    rows = telling(net)
    upper.step(times[rows], net[rows], where="post", color=BLUE, lw=1.2)
    zero_line(upper)
    dollar_axis(upper, "net, GPU-hours")
    rows = telling(gross)
    lower.fill_between(times[rows], gross[rows], step="post", color=GRAY, alpha=0.5, lw=0)
    dollar_axis(lower, "gross, $")
    elapsed.label(lower)
    return figure


def quotes_figure(run: Run, symbol: str) -> Figure:
    """Own bid and ask around the middle of the book, and the fills, where this contract traded most."""
    quotes = run.frames.quotes.filter(pl.col("symbol") == symbol)
    fills = run.frames.fills.filter(pl.col("symbol") == symbol)
    first, last = _busiest(quotes["time_ns"].to_numpy(), fills["time_ns"].to_numpy())
    quotes = quotes.slice(first, last - first)
    from_ns, until_ns = int(quotes["time_ns"][0]), int(quotes["time_ns"][-1])
    fills = fills.filter(pl.col("time_ns").is_between(from_ns, until_ns))
    contract = run.frames.contracts.row(by_predicate=pl.col("symbol") == symbol, named=True)
    usd_a_tick = contract["tick_value_micros"] / contract["gpu_hours_per_lot"] / MICROS_PER_DOLLAR
    elapsed = Elapsed.of(run.record.start_ns, run.record.end_ns)
    figure, (axes,) = framed(3.1)
    times = elapsed(quotes["time_ns"].to_numpy())
    lines = {
        "middle of the book": ((pl.col("bid_ticks") + pl.col("ask_ticks")) / 2, GRAY, 1.0),
        "own ask": (pl.col("own_ask_ticks"), RED, 1.2),
        "own bid": (pl.col("own_bid_ticks"), BLUE, 1.2),
    }
    for label, (expression, color, width) in lines.items():
        ticks = quotes.select(expression.cast(pl.Float64).fill_null(float("nan"))).to_series().to_numpy()
        axes.step(times, ticks * usd_a_tick, where="post", color=color, lw=width, label=label)
    for side, marker, color in (("sell", "v", RED), ("buy", "^", BLUE)):
        own = fills.filter(pl.col("side") == side).head(_STRETCH_SAMPLES)
        axes.plot(
            elapsed(own["time_ns"].to_numpy()), own["price_ticks"].to_numpy() * usd_a_tick, marker, color=color,
            ms=4.5, mec=INK, mew=0.4, label={"sell": "sold", "buy": "bought"}[side],
        )  # fmt: skip
    dollar_axis(axes, "$ per GPU-hour")
    elapsed.label(axes)
    legend_above(axes, 5)
    return figure


def _busiest(times_ns: np.ndarray, fills_ns: np.ndarray) -> tuple[int, int]:
    """Rows (first, after the last) of the stretch of samples in which most fills were."""
    if times_ns.size <= _STRETCH_SAMPLES:
        return 0, times_ns.size
    before = np.searchsorted(fills_ns, times_ns)
    starts = np.arange(0, times_ns.size - _STRETCH_SAMPLES + 1)
    first = int(np.argmax(before[starts + _STRETCH_SAMPLES - 1] - before[starts]))
    return first, first + _STRETCH_SAMPLES


def split_figure(total: Split) -> Figure:
    """From the spread to the profit, each part beginning where the one before ended."""
    figure, (axes,) = framed(2.6, bottom=0.5)
    place, at = 0, 0.0
    names = []
    for part, sign in _SIGNS.items():
        usd = sign * getattr(total, f"{part}_micros") / MICROS_PER_DOLLAR
        axes.bar(place, usd, 0.7, bottom=at, color=GREEN if usd >= 0 else AMBER)
        axes.annotate(
            _signed(usd), (place, max(at, at + usd)), xytext=(0, 2), textcoords="offset points",
            ha="center", fontsize=8, color=INK,
        )  # fmt: skip
        at += usd
        place += 1
        names.append(part)
    total_usd = total.pnl_micros / MICROS_PER_DOLLAR
    axes.bar(place, total_usd, 0.7, color=BLUE)
    axes.annotate(
        _signed(total_usd), (place, max(0.0, total_usd)), xytext=(0, 2), textcoords="offset points",
        ha="center", fontsize=8, color=INK, fontweight="bold",
    )  # fmt: skip
    zero_line(axes)
    axes.set_xticks(np.arange(place + 1), [*names, "profit"], rotation=0, fontsize=8)
    axes.margins(y=0.15)
    axes.grid(visible=False, axis="x")
    dollar_axis(axes)
    return figure


def hours_figure(run: Run) -> tuple[Figure, str]:
    """Profit by the hour in which delivery begins, or by its day where there are many; and which of these it is."""
    by_hour = split_by_hour(split_by_contract(run.frames, run.record.end_ns))
    unit = "hour"
    if by_hour.height > _BARS_MAX:
        day = 24 * NS_PER_HOUR
        by_hour = (
            by_hour.group_by(pl.col("delivery_ns") // day * day).agg(pl.col("pnl_micros").sum()).sort("delivery_ns")
        )
        unit = "day"
    usd = by_hour["pnl_micros"].to_numpy() / MICROS_PER_DOLLAR
    times = by_hour["delivery_ns"].cast(pl.Datetime("ns"))
    form = "%d %b\n%H:%M" if unit == "hour" else "%d %b"
    figure, (axes,) = framed(2.6, bottom=0.62)
    axes.bar(np.arange(usd.size), usd, 0.75, color=np.where(usd >= 0, BLUE, AMBER).tolist())
    zero_line(axes)
    shown: list[int] = np.unique(np.linspace(0, usd.size - 1, min(6, usd.size)).round().astype(np.int64)).tolist()
    axes.set_xticks(shown, [times[place].strftime(form) for place in shown], fontsize=8)
    axes.set_xlabel(f"delivery {unit} (UTC)")
    axes.grid(visible=False, axis="x")
    dollar_axis(axes)
    return figure, unit


def _signed(usd: float) -> str:
    return f"{'+' if usd > 0 else ''}{short(round(usd, 2))}"
