"""What ``gpux live`` shows while it trades: one's own part in each book."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_SECOND
from strategies.drivers.closing import money
from strategies.live.snapshot import Snapshot

_ROWS = 24
_COLUMNS = ("contract", "ends in", "bid", "ask", "last", "trades", "mine", "holds", "P&L")


def board(now: Snapshot) -> RenderableType:
    """The next hours. Dollars per GPU-hour; held are GPU-hours."""
    (me,) = now.participants
    mine = {one.symbol: one for one in me.contracts}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "contract" else "right", no_wrap=True)
    for row in now.market[:_ROWS]:
        own = mine.get(row.symbol)
        left_s = (parse_symbol(row.symbol).gate_ns - now.time_ns) // NS_PER_SECOND
        table.add_row(
            row.symbol,
            f"{left_s // 3600}:{left_s % 3600 // 60:02d}:{left_s % 60:02d}" if left_s > 0 else "over",
            *(f"{usd:.3f}" if usd else "-" for usd in (row.bid_usd, row.ask_usd, row.last_usd)),
            f"{row.trades:,}",
            f"{own.trades:,}" if own else "",
            f"{own.position_gpu_hours:+,}" if own else "",
            f"{own.pnl_usd:+,.2f}" if own else "",
        )
    return Group(Text(line(now) + "   Ctrl-C stops", style="bold"), table)


def line(now: Snapshot) -> str:
    """The same in one line, for a log."""
    (me,) = now.participants
    return (
        f"{now.elapsed_s:5.0f} s  {me.trades:,} trades  {me.volume_gpu_hours:,} GPU-hours  "
        f"{me.two_sided_share:.0%} two-sided  {me.messages:,} messages  P&L {money(me.pnl_usd)}"
    )
