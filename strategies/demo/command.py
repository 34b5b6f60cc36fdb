"""``gpux demo``: options in, a living market on the screen, a summary out."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from exchange.domain.errors import GpuxError
from strategies.demo.totals import Totals
from strategies.live import Snapshot

_PLAIN_EVERY = 10  # boards between two lines where there is no terminal to draw on
_EXIT_FAILED = 1


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Stop after this long; without it, Ctrl-C stops.")
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="Play real prices from a tidy price file.")] = None,
    directory: Annotated[Path, typer.Option("--dir", help="Where the exchange keeps its journal.")] = Path(
        "gpux-data/demo"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for feed and page; 0 takes a free one.")] = 8700,
    seed: Annotated[int, typer.Option(min=0, help="Draws prices and characters.")] = 1,
    speed: Annotated[float, typer.Option(min=1, max=86400, help="Seconds of price history a second.")] = 600.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
) -> None:
    """Run an exchange with a market maker, providers and buyers, and watch it live."""
    # Late, because the other commands should not wait for what only this one needs.
    from strategies.demo.run import Plan

    plan = Plan(directory, port, seconds, str(prices) if prices else None, seed, speed)
    stage = _Stage(Console(stderr=True, highlight=False))
    try:
        figures = asyncio.run(_play(plan, stage))
    except GpuxError as error:
        stage.console.print(f"gpux: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(_EXIT_FAILED) from None
    if as_json:
        print(json.dumps(figures))
    else:
        from strategies.demo.screen import summary

        Console(highlight=False).print(summary(figures), soft_wrap=True)


async def _play(plan: Any, stage: "_Stage") -> dict[str, Any]:
    from strategies.demo.run import Show, play

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with stage:
        return await play(plan, Show(stage.waiting, stage.open, stage.board), stop)


class _Stage:
    """A terminal that draws over itself, or lines where there is none."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True)
        self._page = ""
        self._boards = 0

    def __enter__(self) -> "_Stage":
        if self.console.is_terminal:
            self._live.__enter__()
        else:
            self.console.print("starting the exchange (the first start compiles its kernel, half a minute)")
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._live.__exit__(None, None, None)

    def waiting(self, seconds: float) -> None:
        """The exchange is starting."""
        if self.console.is_terminal:
            hint = "" if seconds < 3 else ": compiling its kernel, which the first start does for half a minute"
            self._live.update(f"{'|/-'[int(seconds * 8) % 3]} starting the exchange, {seconds:.0f} s{hint}")

    def open(self, page: str, played: dict[str, Any]) -> None:
        self._page = page
        feed = page.replace("http", "ws", 1) + "ws/api/v2"
        self.console.print(f"page {page}   feed {feed}")
        for source in dict.fromkeys(each.source for each in played.values()):
            places = ", ".join(place for place, each in played.items() if each.source == source)
            self.console.print(f"prices of {places}: {escape(source)}", soft_wrap=True)

    def board(self, leg: Snapshot, totals: Totals, events_per_second: float) -> None:
        from strategies.demo.screen import board, line

        self._boards += 1
        if self.console.is_terminal:
            self._live.update(board(leg, totals, events_per_second, self._page))
        elif self._boards % _PLAIN_EVERY == 0:
            self.console.print(line(totals, events_per_second), soft_wrap=True)
