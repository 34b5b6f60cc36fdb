"""A sweep while it runs and when it is done, for people."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from strategies.sweeps import words
from strategies.sweeps.judging import Judgement, Verdict
from strategies.sweeps.plan import Plan
from strategies.sweeps.study import End, Trial
from strategies.sweeps.table import HEADING, best_rows

_STYLES = {Verdict.SKILL: "bold green", Verdict.EDGE: "bold green", Verdict.OPEN: "bold yellow"}


class Bars:
    """Bars on a terminal, a line a round where there is none. It is a context."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console = console
        self._windows = len(plan.windows)
        self._trials = plan.trials
        self._ended: dict[End, int] = dict.fromkeys(End, 0)
        self._best: Trial | None = None
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._trial_bar = self._bars.add_task("trials", total=plan.trials, note="")
        self._run_bar = self._bars.add_task("runs", total=plan.trials * self._windows, note="")

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def ran(self, runs: int) -> None:
        self._bars.advance(self._run_bar, runs)

    def told(self, trials: Sequence[Trial]) -> None:
        spared = 0
        for trial in trials:
            self._ended[trial.end] += 1
            spared += self._windows - len(trial.scores)
            is_best = self._best is None or trial.value > self._best.value
            if trial.end is End.COMPLETE and is_best:
                self._best = trial
        self._bars.advance(self._run_bar, spared)
        self._bars.update(self._trial_bar, advance=len(trials), note=self._note())
        if not self._console.is_terminal:
            self._console.print(f"{sum(self._ended.values())}/{self._trials} trials, {self._note()}", markup=False)

    def _note(self) -> str:
        parts = [f"{count} {end}" for end, count in self._ended.items() if end is not End.COMPLETE and count]
        if self._best is not None:
            parts.insert(0, f"best {self._best.value:.4g} ({words.parameters_text(self._best.parameters)})")
        return ", ".join(parts) or "none yet ran to the end"


def closing(plan: Plan, judgement: Judgement) -> RenderableType:
    """The best trials, the verdict, and what it stands on."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEADING:
        table.add_column(name, justify="left" if name == HEADING[0] else "right")
    for row in best_rows(judgement):
        table.add_row(*map(Text, row))
    style = _STYLES.get(judgement.verdict, "bold red")
    return Group(
        table,
        "",
        Text(words.verdict(judgement), style),
        *(Text(f"- {sentence}") for sentence in words.reasons(plan, judgement)),
    )
