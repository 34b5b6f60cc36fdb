"""``gpux backtest`` and ``gpux simulate``: a strategy's file in, a run in virtual time, its figures out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from strategies.drivers.refusing import errors_console, refusals

if TYPE_CHECKING:
    from strategies.backtest.recording import Recording

Strategy = Annotated[str, typer.Argument(metavar="FILE:CLASS", help="A Python file and the strategy in it.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the strategy. Repeatable.")
]
Rate = Annotated[int | None, typer.Option(min=1, help="At most so many messages a second; else as many as it likes.")]
Burst = Annotated[int, typer.Option(min=1, help="How many at once after a pause, where messages are rationed.")]
Seed = Annotated[int, typer.Option(min=0, help="Draws everything that is drawn.")]
Latency = Annotated[str, typer.Option(help="How long messages and news are under way, such as 1ms or 250us.")]
MakerFee = Annotated[
    int, typer.Option(help="Basis points of what one's resting orders trade; less than 0 is a rebate.")
]
TakerFee = Annotated[int, typer.Option(help="Basis points of what one takes.")]
Cash = Annotated[int, typer.Option(min=0, help="Dollars to begin with.")]
Capacity = Annotated[int, typer.Option(min=0, help="Lots of each contract that one can deliver, so sell short.")]
LimitsFile = Annotated[
    Path | None, typer.Option("--limits", metavar="FILE", help="Risk limits, as TOML; see docs/strategies/guards.md.")
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the run here, for gpux report.")]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")]


def backtest(
    strategy: Strategy,
    data: Annotated[str, typer.Option(metavar="SOURCE", help="A recording, or synthetic:... for a drawn one.")],
    mode: Annotated[
        str, typer.Option(help="inject: in the book, among the others; shadow: without a trace.")
    ] = "inject",
    settings: Settings = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="From 09:30, +90s or a date on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="The same for the end.")] = None,
    latency: Latency = "1ms",
    maker_fee: MakerFee = 0,
    taker_fee: TakerFee = 5,
    rate: Rate = None,
    burst: Burst = 100,
    cash: Cash = 10_000_000,
    capacity: Capacity = 1_000,
    seed: Seed = 1,
    limits: LimitsFile = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Play a recording of a market on the real engine, with a strategy's orders among it."""
    with refusals(errors_console()):
        from strategies.backtest.sources import open_source
        from strategies.backtest.times import parse_window
        from strategies.drivers.guarding import read_limits
        from strategies.drivers.parameters import parse_settings

        held = read_limits(limits) if limits is not None else None
        with _progress("reading") as progress:
            recording = open_source(data, progress)
        given = {
            "strategy": strategy,
            "parameters": parse_settings(settings or ()),
            "source": data,
            "mode": mode,
            "latency": latency,
            "maker_fee_bps": maker_fee,
            "taker_fee_bps": taker_fee,
            "budget": (rate, burst) if rate else None,
            "cash_usd": cash,
            "capacity_lots": capacity,
            "seed": seed,
            "limits": held,
            "window": parse_window(since, until, recording.start_ns, NEVER_NS),
        }
        _drive(given, recording, out, as_json)


def simulate(
    strategy: Strategy,
    hours: Annotated[float, typer.Option(min=0.001, max=300, help="Of virtual time.")] = 1.0,
    place: Annotated[str, typer.Option(metavar="SKU@REGION", help="Where.")] = "H100SXM@USE",
    bustle: Annotated[float, typer.Option(help="How many times as busy as a real cluster it is there.")] = 20.0,
    rivals: Annotated[int, typer.Option(help="How many other market makers there are.")] = 1,
    settings: Settings = None,
    latency: Latency = "1ms",
    maker_fee: MakerFee = 0,
    taker_fee: TakerFee = 5,
    rate: Rate = None,
    burst: Burst = 100,
    cash: Cash = 10_000_000,
    capacity: Capacity = 1_000,
    seed: Seed = 1,
    limits: LimitsFile = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Let a strategy trade among providers, buyers and resellers who react to it, in virtual time."""
    with refusals(errors_console()):
        from strategies.backtest.agents import START_NS
        from strategies.drivers.guarding import read_limits
        from strategies.drivers.parameters import parse_settings

        given = {
            "strategy": strategy,
            "parameters": parse_settings(settings or ()),
            "source": f"agents:place={place},bustle={bustle:g},rivals={rivals}",
            "mode": "agents",
            "latency": latency,
            "maker_fee_bps": maker_fee,
            "taker_fee_bps": taker_fee,
            "budget": (rate, burst) if rate else None,
            "cash_usd": cash,
            "capacity_lots": capacity,
            "seed": seed,
            "limits": read_limits(limits) if limits is not None else None,
            "window": (START_NS, START_NS + round(hours * 3600) * NS_PER_SECOND),
        }
        _drive(given, None, out, as_json)


def _drive(given: dict[str, Any], recording: Recording | None, out: Path | None, as_json: bool) -> None:
    # Late, because the other commands need not wait for the engine to load.
    from strategies.backtest.running import run
    from strategies.backtest.spec import Mode, RunSpec
    from strategies.backtest.words import diverged, for_programs, headline
    from strategies.drivers.closing import closing
    from strategies.drivers.saving import Saving, label_of

    spec = RunSpec.model_validate(given)
    saving = Saving(out)
    with _progress("playing") as progress:
        outcome = run(spec, saving.recorder, progress, recording)
    against = spec.source if spec.mode is Mode.AGENTS else f"{spec.mode}, {spec.source}"
    notes = (f"Against {against}.", *outcome.notes, *outcome.guards, *diverged(outcome.divergence))
    label = label_of(spec.strategy, spec.parameters)
    kept = saving.save(spec.model_dump(mode="json"), spec.seed, label, outcome.is_estimate, notes)
    if as_json:
        print(json.dumps(for_programs(outcome)))
        return
    said = Console(soft_wrap=True, highlight=False)
    for line in headline(spec, outcome):
        said.print(line, markup=False)
    said.print(closing(outcome.statistics))
    for line in (*outcome.guards, *diverged(outcome.divergence)):
        said.print(line, markup=False)
    if kept is not None:
        said.print(saving.said(kept), markup=False)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where somebody can see it."""
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
