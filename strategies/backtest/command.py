"""``gpux import``: recordings of other markets made tidy. One command a format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_SECOND

if TYPE_CHECKING:
    from strategies.backtest.importing import Imported

EXIT_REFUSED = 2
_LONG_MESSAGES = 2_000
_NS_PER_MINUTE = 60 * NS_PER_SECOND

importing = typer.Typer(no_args_is_help=True, help="Prove recordings of other markets on the engine and tidy them.")


@importing.command()
def lobster(
    messages: Annotated[Path, typer.Argument(metavar="MESSAGES", help="Its messages: CSV, also compressed.")],
    book: Annotated[Path, typer.Option(metavar="BOOK", help="The book after each of its messages.")],
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="Write the tidy messages here.")],
) -> None:
    """Replay a LOBSTER recording on the engine, compare every book, and write it as one tidy table."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    # Late, because the other commands need not wait for the engine to load.
    from strategies.backtest.importing import check_writable, import_lobster, write

    try:
        check_writable(out)
        with _progress(errors) as progress:
            imported = import_lobster(messages, book, progress)
        write(imported, out)
    except GpuxError as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
    said = Console(soft_wrap=True, highlight=False)
    for line in _report(messages, imported):
        said.print(line, markup=False)
    said.print(f"Wrote {out}.", markup=False)


@contextmanager
def _progress(errors: Console) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, once the recording proves long."""
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("replaying", total=None, visible=False)

        def show(done: int, messages: int) -> None:
            if messages >= _LONG_MESSAGES:
                bar.update(task, completed=done, total=messages, visible=True)

        yield show


def _report(path: Path, imported: Imported) -> Iterator[str]:
    from strategies.backtest.lobster import MessageKind

    times_ns, depth = imported.messages.frame["time_ns"], imported.books.depth
    yield f"{path}: {len(imported.messages):,} messages from {_clock(times_ns[0])} to {_clock(times_ns[-1])}."
    for kind in MessageKind:
        name = kind.name.lower().replace("_", " ")
        yield f"- {name:<15}{imported.count(kind):>11,}{imported.lots(kind):>15,} lots"
    yield (
        f"The engine met each recorded book at {'its one level' if depth == 1 else f'all {depth} levels'}, "
        "from the first on, which it starts from."
    )
    yield f"Trades on the engine: {imported.trades:,}, of {imported.volume_lots:,} lots."
    hidden = imported.count(MessageKind.EXECUTE_HIDDEN)
    yield f"Executions against hidden orders, which the book never showed: {hidden:,}."
    yield f"Executions of an order that was not the first of its queue: {imported.out_of_turn:,}."
    yield f"Levels that came into view from below, taken as recorded: {imported.opened:,}."
    yield f"Messages about prices out of view: {imported.beyond:,}."


def _clock(time_ns: int) -> str:
    minutes, rest_ns = divmod(time_ns, _NS_PER_MINUTE)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest_ns / NS_PER_SECOND:06.3f}"
