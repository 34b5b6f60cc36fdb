"""``gpux live``: a strategy's file on a running exchange; ``gpux rehearse``: its log played to it again."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live as Screen

from exchange.client import DEFAULT_URL, ApiKey
from strategies.drivers.refusing import errors_console, refusals
from strategies.live.errors import CannotTrade

if TYPE_CHECKING:
    from strategies.live import Snapshot

SECRET_VARIABLE = "GPUX_SECRET"
_PLAIN_EVERY_S = 5.0

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the strategy. Repeatable.")
]


def live(
    strategy: Annotated[str, typer.Argument(metavar="FILE:CLASS", help="A Python file and the strategy in it.")],
    key: Annotated[str | None, typer.Option(metavar="ID", envvar="GPUX_KEY", help="The key's client_id.")] = None,
    secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"Where its client_secret is; else ${SECRET_VARIABLE}.")
    ] = None,
    url: Annotated[str, typer.Option(help="The exchange's feed.")] = DEFAULT_URL,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after this long; else Ctrl-C stops.")] = None,
    place: Annotated[list[str] | None, typer.Option(metavar="SKU@REGION", help="Trade only there. Repeatable.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=336, help="How many of the next hours, of each place.")] = 12,
    settings: Settings = None,
    capacity: Annotated[int, typer.Option(min=0, help="Lots of each hour that one can deliver, so sell short.")] = 10,
    rate: Annotated[int, typer.Option(min=1, help="At most so many messages a second ...")] = 500,
    burst: Annotated[int, typer.Option(min=1, help="... and so many at once after a pause.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Draws what the strategy draws.")] = 1,
    limits: Annotated[Path | None, typer.Option(metavar="FILE", help="Risk limits, as TOML.")] = None,
    kill_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="When it appears, as at SIGUSR1, all is pulled for good.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Log every call of the strategy, for gpux rehearse.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the run here, for gpux report.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Trade on a running exchange, from its next hours to the end of them."""
    errors = errors_console()
    # Late, because the other commands need not wait for what only this one needs.
    from strategies.base import Limits
    from strategies.drivers.guarding import read_limits
    from strategies.live.driving import Order, drive

    with refusals(errors):
        held = read_limits(limits) if limits is not None else Limits()
        order = Order(
            strategy, settings or (), url, _key(key, secret_file), place or (), hours, capacity, rate, burst, seed,
            held, kill_file,
        )  # fmt: skip
        with _board(errors) as show:
            driven = asyncio.run(drive(order, seconds, log, out, show))
    from strategies.drivers.closing import closing, figures

    (me,) = driven.final.participants
    if as_json:
        print(json.dumps(figures(me) | {"seconds": driven.final.elapsed_s, "killed": driven.killed or None}))
        return
    said = Console(soft_wrap=True, highlight=False)
    said.print(f"{strategy}: {driven.final.elapsed_s:,.0f} s on {url}.", markup=False)
    said.print(closing(me))
    for sentence in driven.guards if limits is not None or driven.killed else ():
        said.print(sentence, markup=False)
    if log is not None:
        said.print(f"Logged in {log}. Prove it with: gpux rehearse {log}", markup=False)
    if driven.kept:
        said.print(driven.kept, markup=False)


def rehearse(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="What gpux live --log wrote.")],
    strategy: Annotated[
        str | None, typer.Argument(metavar="FILE:CLASS", help="Another strategy than the one that was logged.")
    ] = None,
    settings: Settings = None,
) -> None:
    """Play the log of a live run to its strategy again and say where it does something else, if anywhere."""
    from strategies.base import Limits
    from strategies.drivers.guarding import guarded
    from strategies.drivers.loading import load_strategy
    from strategies.drivers.parameters import parse_settings
    from strategies.live.log_replay import market_curve_of, replay_log
    from strategies.live.logbook import Begun, Full, read_log

    with refusals(errors_console()):
        entries = read_log(log)
        begun = entries[0]
        assert isinstance(begun, Begun), "a log begins with who trades what"
        made = load_strategy(strategy or begun.strategy, parse_settings(settings) if settings else begun.parameters)
        if begun.limits is not None:
            made = guarded(made, Limits(**begun.limits))  # type: ignore[arg-type]
        found = replay_log(entries, made, market_curve_of(begun))
    end = " The log was full before the run ended." if isinstance(entries[-1], Full) else ""
    Console(soft_wrap=True, highlight=False).print(
        f"{found.calls:,} calls, {len(found.messages):,} messages and {len(found.fills):,} fills: all the same.{end}"
    )


def _key(key: str | None, secret_file: Path | None) -> ApiKey:
    if not key:
        raise CannotTrade("expected --key ID or $GPUX_KEY: gpux keys create makes one")
    secret = os.environ.get(SECRET_VARIABLE, "")
    if secret_file is not None:
        try:
            secret = secret_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CannotTrade(f"{secret_file} cannot be read: {error}") from None
    if not secret.strip():
        raise CannotTrade(f"expected the key's secret in --secret-file FILE or ${SECRET_VARIABLE}, found none")
    return ApiKey(key, secret.strip())


@contextmanager
def _board(errors: Console) -> Iterator[Callable[[Snapshot], None]]:
    """A table that draws over itself, or a line now and then where there is no terminal."""
    from strategies.live.screen import board, line

    if not errors.is_terminal:
        shown_s = [0.0]

        def say(now: Snapshot) -> None:
            if now.elapsed_s - shown_s[0] >= _PLAIN_EVERY_S:
                shown_s[0] = now.elapsed_s
                errors.print(line(now), markup=False)

        yield say
        return
    with Screen(console=errors, refresh_per_second=4, transient=True) as screen:
        yield lambda now: screen.update(board(now))
