"""What the venue's commands share: two consoles, one line for what goes wrong, and how they end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from exchange.domain.errors import GpuxError

# What goes wrong before a venue runs, and what breaks it or is found broken.
EXIT_REFUSED = 2
EXIT_BROKEN = 1
_PROGRESS_FRAMES_MIN = 2_000

# Nothing is cut or folded for programs, which read lines of any length.
out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, soft_wrap=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@contextmanager
def refusals() -> Iterator[None]:
    """One line instead of a traceback for what the outside world did wrong."""
    try:
        yield
    except GpuxError as error:
        end(str(error), EXIT_REFUSED)
    except KeyboardInterrupt:
        end("interrupted", 130)


def end(message: str, code: int) -> NoReturn:
    err.print(f"gpux: {escape(message)}")
    raise typer.Exit(code)


@contextmanager
def progress(doing: str) -> Iterator[Any]:
    """A bar on standard error, once the journal proves long."""
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=None, visible=False)

        def show(done: int, frames: int) -> None:
            if frames >= _PROGRESS_FRAMES_MIN:
                bar.update(task, completed=done, total=frames, visible=True)

        yield show


def print_json(value: object) -> None:
    print(json.dumps(value), flush=True)
