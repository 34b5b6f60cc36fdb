"""What each paper adds to the page: a heading, text and tables, and figures by file name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Section:
    title: str
    parts: tuple[str, ...]  # paragraphs and tables of Markdown, in order
    figures: dict[str, Figure] = field(default_factory=dict)  # each is shown at the end, by its name

    def text(self) -> str:
        shown = [f"![{name}]({name}.svg)" for name in self.figures]
        return "\n\n".join([f"## {self.title}", *self.parts, *shown])


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown; floats as they are formatted by the caller."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
