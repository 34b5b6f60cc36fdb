"""The figures of a run as words and cells of tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_HOUR, NS_PER_SECOND
from strategies.results.figures import Figures
from strategies.results.run import Run

NONE = "–"  # noqa: RUF001


def usd_text(micros: int) -> str:
    """Dollars with their sign before them."""
    return f"{'-' if micros < 0 else ''}${abs(micros) / MICROS_PER_DOLLAR:,.2f}"


def share_text(share: float | None) -> str:
    return NONE if share is None else f"{share:.1%}"


def count_text(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def number_text(number: float | None, form: str = ",.2f") -> str:
    return NONE if number is None else format(number, form)


def time_text(time_ns: int) -> str:
    """To the second, UTC."""
    return str(np.datetime64(time_ns, "ns").astype("datetime64[s]")).replace("T", " ")


def span_text(span_ns: int) -> str:
    """How long, in the unit that suits."""
    for unit_ns, unit in ((24 * NS_PER_HOUR, "days"), (NS_PER_HOUR, "hours"), (60 * NS_PER_SECOND, "minutes")):
        if span_ns >= 2 * unit_ns:
            return f"{span_ns / unit_ns:.4g} {unit}"
    return f"{span_ns / NS_PER_SECOND:.4g} seconds"


def fill_ratio(figures: Figures) -> float | None:
    """Of all lots that stood in a queue, the share that was filled there."""
    lots = sum(each.lots for each in figures.queue)
    return sum(each.filled_lots for each in figures.queue) / lots if lots else None


def period_text(period_ns: int) -> str:
    for unit_ns, unit in ((24 * NS_PER_HOUR, "d"), (NS_PER_HOUR, "h"), (60 * NS_PER_SECOND, "min")):
        if period_ns >= unit_ns:
            return f"{period_ns / unit_ns:.4g} {unit}"
    return f"{period_ns / NS_PER_SECOND:.4g} s"


def sharpe_text(found: Figures) -> str:
    return NONE if found.sharpe is None else f"{found.sharpe:.2f} ({period_text(found.sharpe_period_ns)})"


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("profit", lambda found: usd_text(found.total.pnl_micros)),
    ("spread", lambda found: usd_text(found.total.spread_micros)),
    ("inventory", lambda found: usd_text(found.total.inventory_micros)),
    ("fees", lambda found: usd_text(found.total.fees_micros)),
    ("rebates", lambda found: usd_text(found.total.rebates_micros)),
    ("delivery", lambda found: usd_text(found.total.delivery_micros)),
    ("imbalance", lambda found: usd_text(found.total.imbalance_micros)),
    ("worst drawdown", lambda found: usd_text(found.drawdown_micros)),
    ("Sharpe ratio", sharpe_text),
    ("Sharpe ratio, a year", lambda found: number_text(found.sharpe_yearly, ".2f")),
    ("fills", lambda found: f"{found.trades:,}"),
    ("GPU-hours traded", lambda found: f"{found.volume_gpu_hours:,}"),
    ("value traded", lambda found: usd_text(found.traded_micros)),
    ("turns of inventory", lambda found: number_text(found.turns, ",.1f")),
    ("lots filled of those that stood", lambda found: share_text(fill_ratio(found))),
    ("edge at the fill, $ a lot", lambda found: number_text(found.edge_usd_per_lot, ".4f")),
    ("messages", lambda found: f"{found.messages:,}"),
    ("messages a fill", lambda found: number_text(found.messages_per_fill)),
    ("refusals", lambda found: f"{found.refusals:,}"),
    ("two-sided", lambda found: share_text(found.two_sided_share)),
    ("obligation met", lambda found: share_text(found.obligation_share)),
)


def cells(figures: Figures) -> list[tuple[str, str]]:
    """Name and value of everything that one number can say, in the order of reading."""
    return [
        *((name, say(figures)) for name, say in ROWS),
        *(
            (f"markout after {horizon_text(found.horizon_s)}, $ a lot", number_text(found.usd_per_lot, ".4f"))
            for found in figures.markouts
        ),
    ]


def counts(figures: Figures) -> list[tuple[str, str]]:
    """Which fills the markouts are of."""
    return [
        (
            f"fills with a markout after {horizon_text(found.horizon_s)}; past the end; unseen",
            f"{found.fills:,}; {found.beyond:,}; {found.unseen:,}",
        )
        for found in figures.markouts
    ]


def horizon_text(seconds: int) -> str:
    return period_text(seconds * NS_PER_SECOND)


def sentences(run: Run) -> list[str]:
    """What there is to know before one believes the figures."""
    record, found = run.record, run.figures
    said = [
        f"{record.participant}, {span_text(record.end_ns - record.start_ns)} from {time_text(record.start_ns)} UTC"
        f"{'' if record.seed is None else f', seed {record.seed}'}: "
        f"{count_text(found.orders, 'order')}, {count_text(found.messages, 'message')}, "
        f"{count_text(found.trades, 'fill')}."
    ]
    if record.is_estimate:
        said.append("The place in the queue is an estimate: the data does not say who stood before whom.")
    if not found.trades:
        said.append("Nothing was filled, so there is nothing to say about fills.")
    unsettled = [contract for contract in found.contracts if contract.unsettled_lots]
    if unsettled:
        lots = sum(abs(contract.unsettled_lots) for contract in unsettled)
        said.append(
            f"{count_text(lots, 'lot')} in {count_text(len(unsettled), 'contract')}: held past the gate, and nobody "
            "said what that was worth; it counts at the last fair value."
        )
    return said + list(record.notes)


def making(run: Run) -> list[list[str]]:
    """What it takes to get this run again, and how to tell that it is the same."""
    record = run.record
    config = [[key, str(value)] for key, value in sorted(record.config.items())]
    versions = [[key, value] for key, value in record.versions.model_dump().items()]
    times = [[key, value] for key, value in (("began", record.began), ("ended", record.ended)) if value]
    return [*config, *versions, *times, ["SHA-256 of the results", run.sha256]]
