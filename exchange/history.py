"""The journal of a venue that is stopped, for those outside: everything asked and everything that came of it."""

from __future__ import annotations

from pathlib import Path

from exchange.engine import Engine
from exchange.journal.recovery import Hear, Progress, replay

__all__ = ["Hear", "Progress", "follow"]


def follow(directory: Path, hear: Hear, progress: Progress | None = None) -> Engine:
    """Tell ``hear`` of each batch of commands and its events, from the first; returns the engine after the last.

    Raises GpuxError if there is no journal, a server has it open, or it is not exactly what was written.
    """
    return replay(directory, progress=progress, hear=hear)
