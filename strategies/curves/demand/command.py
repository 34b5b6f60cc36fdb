"""``gpux demand FILE``: when jobs come and what they will ask for, in words."""

from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from exchange.domain.errors import GpuxError
from strategies.curves.demand.reading import FORM

EXIT_REFUSED = 2
_SEED = 1


def demand(
    file: Annotated[str | None, typer.Argument(help=f"{FORM[0].upper()}{FORM[1:]}.")] = None,
    report: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a page with pictures here, as HTML.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=1000, help="Look so many hours ahead.")] = 48,
    seed: Annotated[int, typer.Option(min=0, help="Of the paths that make the intervals.")] = _SEED,
) -> None:
    """Fit a model of arrivals to a file of jobs and say what it believes of the demand to come."""
    # Late, because the other commands need not wait for it.
    from strategies.curves.demand import checked, fit_jobs, forecast, read_jobs
    from strategies.curves.demand.report import render, sentences

    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    if file is None:
        errors.print(f"gpux demand needs a FILE: {FORM}", markup=False)
        raise typer.Exit(EXIT_REFUSED)
    try:
        fit = fit_jobs(read_jobs(file))
        ahead = forecast(fit, hours, np.random.default_rng(seed))
        checks = checked(fit.fitted)
        Console(soft_wrap=True, highlight=False).print(render(fit, ahead, checks))
        if report is not None:
            from strategies.curves.demand.page import write_page

            write_page(report, fit, ahead, checks, sentences(fit, ahead, checks))
    except GpuxError as error:
        errors.print(f"{error}", markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
