"""``gpux scenario FILE...``: files of scenarios, run and judged."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from exchange import jit
from exchange.domain.errors import GpuxError
from exchange.scenario.parse import Scenario, parse
from exchange.scenario.run import play

EXIT_BROKEN = 1
EXIT_REFUSED = 2


def run(files: list[Path]) -> None:
    """Print what holds and what does not; raise typer.Exit if anything does not."""
    out = Console(soft_wrap=True, highlight=False, markup=False)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        read = [(file, parse(_text(file), str(file))) for file in files]
    except GpuxError as error:
        errors.print(f"gpux: {error}")
        raise typer.Exit(EXIT_REFUSED) from None
    if not jit.is_warm():
        errors.print("gpux: compiling the engine, once: this takes up to a minute ...")
    failures = [_judge(out, file, scenarios) for file, scenarios in read]
    failed = sum(failures)
    counted = _counted(sum(len(scenarios) for _, scenarios in read))
    out.print(f"{counted}, {failed} failed" if failed else f"{counted}, all as written")
    if failed:
        raise typer.Exit(EXIT_BROKEN)


def _judge(out: Console, file: Path, scenarios: list[Scenario]) -> int:
    """Run those of one file, print a line for it and a report for each that fails, and count these."""
    failures = [failure for scenario in scenarios if (failure := play(scenario).failure)]
    verdict = f"{len(failures)} failed" if failures else "ok"
    out.print(f"{file}: {_counted(len(scenarios))}, {verdict}")
    for failure in failures:
        out.print(f"\n{failure}\n")
    return len(failures)


def _counted(scenarios: int) -> str:
    return f"{scenarios} scenario{'' if scenarios == 1 else 's'}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GpuxError(f"{file} cannot be read: {error}") from None
