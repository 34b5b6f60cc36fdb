"""How the commands say what is wrong: one line each on standard error, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from rich.console import Console

from exchange.domain.errors import GpuxError

EXIT_REFUSED = 2


def errors_console() -> Console:
    """Standard error, without the colours and line breaks that would spoil a message."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def refusals(errors: Console) -> Iterator[None]:
    """Ends the command where the block raises what the outside world did wrong."""
    try:
        yield
    except ValidationError as error:
        for wrong in error.errors():
            where = ".".join(map(str, wrong["loc"]))
            what = wrong["msg"].removeprefix("Value error, ")
            errors.print(f"gpux: {where + ': ' if where else ''}{what}", markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
    except GpuxError as error:
        errors.print(f"gpux: {error}", markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
