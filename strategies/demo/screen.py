"""What the demo shows in a terminal: the market as a live table, and the summary at the end."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_SECOND
from exchange.wire.messages import CurvePoint
from strategies.demo.cast import MAKER
from strategies.demo.totals import Totals, by_symbol
from strategies.live import MarketRow, Snapshot

_COLUMNS = (
    "contract", "ends in", "forward ±", "bid", "ask", "spread", "depth", "last", "trades", "maker holds", "maker P&L"
)  # fmt: skip
# Of each SKU and region, so that a terminal has room for all of them.
_HOURS_SHOWN = 4
_STRIPS_SHOWN = 2
_NEWS_SHOWN = 3


def board(leg: Snapshot, totals: Totals, events_per_second: float, page: str) -> RenderableType:
    """The live table. Prices are dollars per GPU-hour, depth and holdings GPU-hours.

    The forward price is the maker's, beside it one standard deviation of it, as the maker believes.
    """
    maker = by_symbol(leg.participant(MAKER))
    forwards = {point.instrument_name: point for point in leg.curve}
    table = Table(title=None, expand=False, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "contract" else "right", no_wrap=True)
    for row in _in_sight(leg):
        held = maker.get(row.symbol)
        table.add_row(
            row.symbol,
            _countdown(parse_symbol(row.symbol).gate_ns - leg.time_ns),
            _forward(forwards.get(row.symbol)),
            *_prices(row),
            f"{row.trades:,}",
            f"{held.position_gpu_hours:+,}" if held else "",
            _money(held.pnl_usd) if held else "",
        )
    return Group(_headline(totals, events_per_second, page), table, *_news(leg))


def line(totals: Totals, events_per_second: float) -> str:
    """The same in one line, for a log."""
    return (
        f"{totals.seconds:5.0f} s  {events_per_second:6,.0f} events/s  {totals.trades:7,} trades  "
        f"{totals.volume_gpu_hours:11,} GPU-hours  maker P&L ${totals.maker.pnl_usd:,.0f}"
    )


def summary(figures: dict[str, Any]) -> RenderableType:
    """The figures of ``--json`` for people."""
    maker = figures["maker"]
    table = Table(show_header=False, title="What happened", title_justify="left", pad_edge=False)
    table.add_column("what", style="bold")
    table.add_column("figure", overflow="fold")
    for what, figure in (
        ("time", f"{figures['seconds']:.1f} s"),
        ("orders", f"{figures['orders']:,}"),
        ("trades", f"{figures['trades']:,}"),
        ("volume", f"{figures['volume_gpu_hours']:,} GPU-hours"),
        ("average spread", f"${figures['average_spread_usd']:.4f} per GPU-hour"),
        ("maker, two-sided", f"{maker['two_sided_share']:.1%} of the time"),
        ("maker, P&L", _money(maker["pnl_usd"])),
        ("  spread earned", _money(maker["spread_earned_usd"])),
        ("  inventory", _money(maker["inventory_usd"])),
        ("  fees", _money(-maker["fees_usd"])),
    ):
        table.add_row(what, figure)
    # Outside the table, which would break lines that are there to be copied.
    proof = (
        f"journal {figures['journal']}\n"
        f"state hash {figures['state_hash']}\n"
        f"prove it: gpux replay {figures['directory']}"
    )
    return Group(table, Text(proof, overflow="ignore", no_wrap=True))


def _in_sight(leg: Snapshot) -> list[MarketRow]:
    """The next hours and strips of each place that can still be traded."""
    room: dict[tuple[str, str, bool], int] = {}
    shown = []
    for row in leg.market:
        contract = parse_symbol(row.symbol)
        place = (contract.sku.code, contract.region.code, contract.is_strip)
        left = room.setdefault(place, _STRIPS_SHOWN if contract.is_strip else _HOURS_SHOWN)
        if left and contract.gate_ns > leg.time_ns:
            room[place] = left - 1
            shown.append(row)
    return shown


def _countdown(left_ns: int) -> str:
    minutes, seconds = divmod(left_ns // NS_PER_SECOND, 60)
    return f"{minutes // 60}h {minutes % 60:02d}m" if minutes >= 60 else f"{minutes:02d}:{seconds:02d}"


def _news(leg: Snapshot) -> list[Text]:
    """The last fixings and deliveries, a line each, the newest first."""
    fixings = [
        f"fixing   {fixing.instrument_name}  {fixing.price:.3f}  by {fixing.method}"
        for fixing in leg.fixings[: -_NEWS_SHOWN - 1 : -1]
    ]
    deliveries = [
        f"delivery {one.instrument_name}  {one.nodes} nodes, {one.minutes} of {60 * one.attested} minutes"
        for one in leg.deliveries[: -_NEWS_SHOWN - 1 : -1]
    ]
    return [Text(line, style="dim", no_wrap=True) for line in (*fixings, *deliveries)]


def _headline(totals: Totals, events_per_second: float, page: str) -> Text:
    maker = totals.maker
    return Text.assemble(
        (f"{page}  ", "bold cyan"),
        f"{totals.seconds:.0f} s   {events_per_second:,.0f} events/s   {totals.trades:,} trades   ",
        f"{totals.volume_gpu_hours:,} GPU-hours   maker {maker.two_sided_share:.0%} two-sided, ",
        (_money(maker.pnl_usd), "green" if maker.pnl_usd >= 0 else "red"),
        "   Ctrl-C stops",
    )


def _forward(point: CurvePoint | None) -> str:
    return f"{point.price:.3f} ±{point.deviation:.3f}" if point else "-"


def _prices(row: MarketRow) -> tuple[str, str, str, str, str]:
    return (
        f"{row.bid_usd:.3f}" if row.bid_usd else "-",
        f"{row.ask_usd:.3f}" if row.ask_usd else "-",
        f"{row.spread_usd:.3f}" if row.spread_usd else "-",
        f"{row.bid_gpu_hours:,} / {row.ask_gpu_hours:,}",
        f"{row.last_usd:.3f}" if row.last_usd else "-",
    )


def _money(usd: float) -> str:
    return f"{'-' if usd < 0 else '+'}${abs(usd):,.2f}"
