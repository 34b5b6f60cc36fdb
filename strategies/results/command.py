"""``gpux report RUN [RUN ...]``: one page about what runs did."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from exchange.domain.errors import GpuxError

EXIT_REFUSED = 2


def report(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN...", help="Directories of runs, as a backtest or a simulation writes them."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the page here; else beside the first run, as report.html."),
    ] = None,
) -> None:
    """Write one page about a run, or about several beside each other."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    if not runs:
        errors.print("gpux report needs a RUN: the directory of a run", markup=False)
        raise typer.Exit(EXIT_REFUSED)
    # Late, because the other commands need not wait for what reads tables and draws.
    from strategies.pages import write_page
    from strategies.results.page import runs_page
    from strategies.results.run import Run

    path = out or runs[0] / "report.html"
    try:
        page = runs_page([Run.load(directory) for directory in runs])
        write_page(str(path), page)
    except GpuxError as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
    Console(soft_wrap=True, highlight=False).print(f"{path}: {len(page.encode()):,} bytes", markup=False)
