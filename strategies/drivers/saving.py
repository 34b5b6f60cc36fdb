"""``--out DIR``: a recorder where somebody wants the run kept, and the run in its directory at the end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from strategies.results.recorder import RunRecorder
from strategies.results.run import RECORD, BadRun, Run, run_of


def label_of(strategy: str, parameters: Mapping[str, object]) -> str:
    """What a run is called: its strategy without the way to it, and what of it was set."""
    name = Path(strategy).name.rpartition(":")[2]
    return " ".join([name, *(f"{what}={value}" for what, value in parameters.items())])


class Saving:
    """Raises BadRun at once if ``out`` is a directory of something else; None keeps nothing."""

    def __init__(self, out: Path | None) -> None:
        if out is not None and out.exists():
            if not out.is_dir():
                raise BadRun(f"{out} is not a directory")
            if any(out.iterdir()) and not (out / RECORD).exists():
                raise BadRun(f"{out} holds files but no run; name a new or an empty directory")
        self._out = out
        self.recorder = RunRecorder() if out is not None else None

    def save(
        self,
        config: Mapping[str, Any],
        seed: int,
        label: str,
        is_estimate: bool = False,
        notes: tuple[str, ...] = (),
        began: str = "",
        ended: str = "",
    ) -> Run | None:
        """What was recorded, with its figures. Raises BadRun."""
        if self._out is None or self.recorder is None:
            return None
        run = run_of(
            self.recorder,
            config=config, seed=seed, label=label, is_estimate=is_estimate, notes=notes, began=began, ended=ended,
        )  # fmt: skip
        run.save(self._out)
        return run

    def said(self, run: Run | None) -> str:
        """Where it is and how to look at it; empty if it was not kept."""
        if run is None:
            return ""
        return f"Kept in {self._out} (results {run.sha256[:16]}). See it with: gpux report {self._out}"
