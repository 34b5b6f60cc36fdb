"""``gpux sweep``: a strategy's file and what to try in, the winner and what may be said against it out."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from strategies.backtest.drive_command import (
    Burst,
    Capacity,
    Cash,
    Latency,
    MakerFee,
    Rate,
    Settings,
    Strategy,
    TakerFee,
)
from strategies.drivers.refusing import errors_console, refusals
from strategies.sweeps.choices import Objective, Pruner, Sampler

if TYPE_CHECKING:
    from strategies.sweeps.executors import Executor
    from strategies.sweeps.plan import Plan

EXIT_STOPPED = 130
_AGENTS = "agents"


def sweep(
    strategy: Strategy,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=WHAT", help="To try: LOW:HIGH, LOW:HIGH:log, LOW:HIGH:int or A,B,C. Repeatable."),
    ] = None,
    data: Annotated[str, typer.Option(metavar="SOURCE", help="A recording, synthetic:... or agents, who react.")] = (
        _AGENTS
    ),
    trials: Annotated[int, typer.Option(min=1, help="How many to try.")] = 40,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one for each processor.")] = 0,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on Ray: an address, auto, or local to start it here.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=0, help="Seeds that every trial meets; 0: 8 among agents, else 1.")] = 0,
    folds: Annotated[int, typer.Option(min=0, help="Slices that a recording is cut into; 0: 8.")] = 0,
    periods: Annotated[int, typer.Option(min=1, max=10_000, help="Profits that are looked at in each window.")] = 12,
    hours: Annotated[float, typer.Option(min=0.001, max=300, help="How long a window among agents is.")] = 1.0,
    objective: Annotated[Objective, typer.Option(help="What is best.")] = Objective.SHARPE,
    sampler: Annotated[Sampler, typer.Option(help="How trials are chosen: tpe learns, random does not.")] = (
        Sampler.TPE
    ),
    pruner: Annotated[Pruner, typer.Option(help="What stops bad trials early.")] = Pruner.MEDIAN,
    together: Annotated[
        int, typer.Option("--round", min=1, help="Trials that are chosen together, before any of them has a score.")
    ] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Draws the trials, and is the first of the seeds they meet.")] = 1,
    mode: Annotated[str, typer.Option(help="In a recording: inject or shadow.")] = "inject",
    settings: Settings = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="From 09:30, +90s or a date on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="The same for the end.")] = None,
    latency: Latency = "1ms",
    maker_fee: MakerFee = 0,
    taker_fee: TakerFee = 5,
    cash: Cash = 10_000_000,
    capacity: Capacity = 1_000,
    rate: Rate = None,
    burst: Burst = 100,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")] = Path("gpux-data/sweep"),
    store: Annotated[Path | None, typer.Option(metavar="FILE", help="Keeps every score; by default in DIR.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what the store keeps.")] = False,
) -> None:
    """Try many parameters over the same windows, and say whether the winner is more than luck."""
    errors = errors_console()
    with refusals(errors):
        # Late, because the other commands need not wait for the engine and for Optuna.
        from strategies.backtest.spec import RunSpec
        from strategies.drivers.parameters import parse_settings
        from strategies.sweeps.plan import Plan
        from strategies.sweeps.planning import agents_windows, base_of, recording_windows
        from strategies.sweeps.space import parse_space

        space = parse_space(param or ())
        is_among_agents = data.partition(":")[0] == _AGENTS
        given = {
            "strategy": strategy,
            "parameters": parse_settings(settings or ()),
            "source": data,
            "mode": _AGENTS if is_among_agents else mode,
            "latency": latency,
            "maker_fee_bps": maker_fee,
            "taker_fee_bps": taker_fee,
            "cash_usd": cash,
            "capacity_lots": capacity,
            "budget": (rate, burst) if rate else None,
        }
        base = base_of(RunSpec.model_validate(given), space, periods)
        if is_among_agents:
            windows = agents_windows(hours, seed, seeds, folds, periods)
        else:
            windows, notes = recording_windows(data, since, until, seed, seeds, folds, periods)
            base = replace(base, notes=notes)
        plan = Plan(space, windows, trials, base, seed, objective, sampler, pruner, together)
        _carry_out(plan, jobs or os.cpu_count() or 1, ray, out, store or out / "scores.jsonl", resume, errors)


def _carry_out(
    plan: Plan, jobs: int, ray: str | None, out: Path, store_path: Path, is_resumed: bool, errors: Console
) -> None:
    from strategies.sweeps.judging import judge
    from strategies.sweeps.results import base_json, write_results
    from strategies.sweeps.screen import Bars
    from strategies.sweeps.screen import closing as said
    from strategies.sweeps.store import Store
    from strategies.sweeps.sweep import sweep as run_sweep

    with closing(Store(store_path, base_json(plan.base), is_resumed)) as store:
        try:
            with closing(_executor(jobs, ray)) as executor, Bars(errors, plan) as bars:
                trials = run_sweep(plan, executor, store, bars)
        except KeyboardInterrupt:
            errors.print(f"stopped; {len(store)} runs are kept in {store_path}, and --resume goes on", markup=False)
            raise typer.Exit(EXIT_STOPPED) from None
    judgement = judge(plan, trials)
    write_results(out, plan, judgement, trials)
    console = Console(soft_wrap=True, highlight=False)
    console.print(said(plan, judgement))
    console.print(f"the whole of it: {out / 'sweep.html'} and {out / 'sweep.json'}", markup=False)


def _executor(jobs: int, ray: str | None) -> Executor:
    from strategies.sweeps.executors import Here, Pool
    from strategies.sweeps.on_ray import OnRay
    from strategies.sweeps.trial import evaluate

    if ray is not None:
        return OnRay(evaluate, ray, jobs)
    return Here(evaluate) if jobs == 1 else Pool(evaluate, jobs)
