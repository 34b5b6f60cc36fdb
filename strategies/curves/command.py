"""``gpux fit FILE``: what a file of prices says, in words and as a page."""

from typing import Annotated

import typer
from rich.console import Console

from exchange.domain.errors import GpuxError
from strategies.curves.fit import fit_file
from strategies.curves.parameter_file import write_parameters
from strategies.curves.prices import FORM
from strategies.curves.report import render

EXIT_REFUSED = 2


def fit(
    file: Annotated[str | None, typer.Argument(help=f"{FORM[0].upper()}{FORM[1:]}.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only prices of this provider.")] = None,
    sku: Annotated[str | None, typer.Option(help="Only this SKU: canonical, or the provider's name.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region: canonical, or the provider's name.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only prices of this kind, such as spot.")] = None,
    series: Annotated[int, typer.Option(min=1, help="Fit at most this many series, the liveliest first.")] = 8,
    step: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="From this day on the level may be another: a launch."),
    ] = None,
    report: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a page with pictures here, as HTML.")
    ] = None,
    write: Annotated[str | None, typer.Option(metavar="FILE", help="Write the parameters here, as JSON.")] = None,
) -> None:
    """Fit price curves to a file of prices and say what they believe."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    if file is None:
        errors.print(f"gpux fit needs a FILE: {FORM}", markup=False)
        raise typer.Exit(EXIT_REFUSED)
    try:
        found = fit_file(
            file, provider=provider, sku=sku, region=region, kind=kind, series_max=series, step_dates=tuple(step or ())
        )
        Console(soft_wrap=True, highlight=False).print(render(found))
        if write is not None and found.is_useful:
            write_parameters(write, found.parameter_file())
        if report is not None:
            # Late, because whoever wants no pictures need not wait for what draws them.
            from strategies.curves.fit_page import report_page
            from strategies.pages import write_page

            write_page(report, report_page(found))
    except GpuxError as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
    if not found.is_useful:
        raise typer.Exit(EXIT_REFUSED)
