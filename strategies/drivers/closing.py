"""How a run ended, for people: what was earned and by what, contract by contract."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from strategies.base import ContractStatistics, DeskStatistics

_CONTRACTS_SHOWN = 12
_COLUMNS = ("contract", "holds", "trades", "volume", "spread", "inventory", "fees", "P&L", "quoted")


def closing(found: DeskStatistics) -> RenderableType:
    """The busiest contracts and the whole: dollars, GPU-hours held and traded, share of time on both sides."""
    table = Table(
        box=None, pad_edge=False, header_style="bold", footer_style="bold", show_footer=True, padding=(0, 0, 0, 1)
    )
    sums = (
        "all",
        f"{sum(one.position_gpu_hours for one in found.contracts):+,}",
        f"{found.trades:,}",
        f"{found.volume_gpu_hours:,}",
        *map(_cents, (found.spread_usd, found.inventory_usd, -found.fees_usd, found.pnl_usd)),
        f"{found.two_sided_share:.0%}",
    )
    for name, total in zip(_COLUMNS, sums, strict=True):
        table.add_column(name, Text(total), justify="left" if name == "contract" else "right", no_wrap=True)
    shown = _busiest(found.contracts)
    for one in shown:
        table.add_row(*_row(one))
    left = sum(one.trades > 0 for one in found.contracts) - len(shown)
    more = [Text(f"and {left} contracts with fewer trades", style="dim")] if left > 0 else []
    return Group(table, *more, Text(_in_words(found)))


def money(usd: float) -> str:
    return f"{'-' if round(usd, 2) < 0 else '+'}${abs(usd):,.2f}"


def _cents(usd: float) -> str:
    # Rounded first, and no zero is less than nothing.
    return f"{round(usd, 2) + 0.0:+,.2f}"


def figures(found: DeskStatistics) -> dict[str, object]:
    """The same for programs; dollars and GPU-hours."""
    return {
        "trades": found.trades,
        "volume_gpu_hours": found.volume_gpu_hours,
        "spread_usd": found.spread_usd,
        "inventory_usd": found.inventory_usd,
        "fees_usd": found.fees_usd,
        "pnl_usd": found.pnl_usd,
        "two_sided_share": found.two_sided_share,
        "orders": found.orders,
        "messages": found.messages,
        "refusals": found.refusals,
    }


def _busiest(contracts: tuple[ContractStatistics, ...]) -> list[ContractStatistics]:
    traded = sorted((one for one in contracts if one.trades), key=lambda one: -one.trades)[:_CONTRACTS_SHOWN]
    return [one for one in contracts if one in traded]


def _row(one: ContractStatistics) -> tuple[str, ...]:
    return (
        one.symbol,
        f"{one.position_gpu_hours:+,}",
        f"{one.trades:,}",
        f"{one.volume_gpu_hours:,}",
        *map(_cents, (one.spread_usd, one.inventory_usd, -one.fees_usd, one.pnl_usd)),
        f"{one.two_sided_share:.0%}",
    )


def _in_words(found: DeskStatistics) -> str:
    each = f", {found.messages / found.trades:.1f} for each fill" if found.trades else ""
    return (
        f"P&L {money(found.pnl_usd)} = spread {money(found.spread_usd)}, inventory {money(found.inventory_usd)}, "
        f"fees {money(-found.fees_usd)}. {found.messages:,} messages{each}; {found.refusals:,} refused."
    )
