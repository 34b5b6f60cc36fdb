"""The page put together: several runs beside each other, then each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from matplotlib.figure import Figure

from strategies.pages import list_of, plain, table_of, text_of
from strategies.results.page import captions
from strategies.results.page.axes import drawn
from strategies.results.page.comparison import DRAWN_MAX, compared_markouts, comparison_figure, comparison_table
from strategies.results.page.money import (
    equity_figure,
    equity_table,
    hours_figure,
    inventory_figure,
    quotes_figure,
    split_figure,
)
from strategies.results.page.quality import markout_figure, presence_figure, queue_figure
from strategies.results.page.style import STYLE
from strategies.results.page.words import cells, counts, making, sentences
from strategies.results.run import Run

# More would make a page that nobody reads to the end, and a large one.
DETAILED_MAX = 4
_TILES = (
    "profit", "spread", "inventory", "worst drawdown", "Sharpe ratio", "fills", "messages a fill",
    "two-sided", "obligation met",
)  # fmt: skip


def runs_page(runs: Sequence[Run]) -> str:
    """The page of at least one run. The same runs give the same bytes."""
    names = _names(runs)
    equities = [equity_table(run) for run in runs]
    parts = []
    with plain():
        if len(runs) > 1:
            parts.append(_comparison(list(runs), equities, names))
        for place, (run, equity, name) in enumerate(zip(runs, equities, names, strict=True)):
            if place < DETAILED_MAX:
                parts.append(_run(run, equity, name if len(runs) > 1 else "", place))
    if len(runs) > DETAILED_MAX:
        parts.append(f"<p>The other {len(runs) - DETAILED_MAX} runs are in the comparison only.</p>")
    title = names[0] if len(runs) == 1 else f"{len(runs)} runs"
    return _document(title, "\n".join(parts))


def _names(runs: Sequence[Run]) -> list[str]:
    """What the runs call themselves, numbered where there are several."""
    labels = [run.record.label for run in runs]
    return labels if len(runs) == 1 else [f"run {place}: {label}" for place, label in enumerate(labels, 1)]


def _comparison(runs: list[Run], equities: list[pl.DataFrame], names: list[str]) -> str:
    most = f" The first {DRAWN_MAX} of {len(runs)} are drawn." if len(runs) > DRAWN_MAX else ""
    cards = _card("Equity", comparison_figure(runs, equities), " compared", captions.COMPARED + most)
    cards += _card("Markouts", compared_markouts(runs), " after", captions.COMPARED_MARKOUTS + most)
    return (
        f'<section>\n<h2>Comparison</h2>\n<div class="grid">{cards}</div>\n'
        f'<div class="wide">{comparison_table(runs, names)}</div>\n</section>'
    )


def _run(run: Run, equity: pl.DataFrame, heading: str, place: int) -> str:
    cards = [
        _card(title, figure, f" {place} {number}", caption)
        for number, (title, figure, caption) in enumerate(_figures(run, equity))
    ]
    said = cells(run.figures)
    tiles = "".join(
        f"<div><span>{text_of(label)}</span><strong>{text_of(value)}</strong></div>"
        for label, value in said
        if label in _TILES
    )
    return "\n".join(
        [
            "<section>",
            f"<h2>{text_of(heading)}</h2>" if heading else "",
            list_of(sentences(run)),
            f'<div class="tiles">{tiles}</div>',
            f'<div class="grid">{"".join(cards)}</div>',
            _details("All figures", table_of(["figure", ""], [list(cell) for cell in said + counts(run.figures)])),
            _details("How it was made", table_of(["", ""], making(run))),
            "</section>",
        ]
    )


def _card(title: str, figure: Figure, name: str, caption: str) -> str:
    return f'<div class="card"><h3>{text_of(title)}</h3>\n{drawn(figure, name, caption)}</div>\n'


def _details(title: str, table: str) -> str:
    return f'<details><summary>{text_of(title)}</summary><div class="wide">{table}</div></details>'


def _figures(run: Run, equity: pl.DataFrame) -> Iterator[tuple[str, Figure, str]]:
    """Each with its title and what to see in it, in words."""
    found = run.figures
    yield "Equity and drawdown", equity_figure(run, equity), captions.equity(found)
    yield "Where the profit came from", split_figure(found.total), captions.SPLIT
    yield "Inventory", inventory_figure(run, equity), captions.INVENTORY
    if (symbol := _most_traded(run)) is not None:
        yield "Quotes around the middle", quotes_figure(run, symbol), captions.quotes(symbol)
    yield "Markouts", markout_figure(found), captions.markouts(found)
    yield "Fill ratio by queue position", queue_figure(found), captions.QUEUE
    yield "Uptime and obligation", presence_figure(found.contracts), captions.presence(found)
    figure, unit = hours_figure(run)
    yield f"P&L by delivery {unit}", figure, captions.hours(unit)


def _most_traded(run: Run) -> str | None:
    quoted = set(run.frames.quotes["symbol"].unique().to_list())
    seen = [contract for contract in run.figures.contracts if contract.symbol in quoted]
    return max(seen, key=lambda contract: contract.trades).symbol if seen else None


def _document(title: str, body: str) -> str:
    words = text_of(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<meta name="color-scheme" content="light dark"/><title>{words}</title>\n'
        f"<style>{STYLE}</style></head>\n<body>\n<h1>{words}</h1>\n{body}\n</body>\n</html>\n"
    )
