"""What a reader who fell behind has missed of a book, kept until it can be told in one change."""

from __future__ import annotations

from exchange.views import Touched


class Missed:
    """``said_id`` is the last change that the reader was sent; levels are as they were then."""

    __slots__ = ("said_id", "touched")

    def __init__(self, said_id: int) -> None:
        self.said_id = said_id
        self.touched: Touched = {}

    def add(self, touched: Touched) -> None:
        """The others have been told of these levels."""
        for level, before in touched.items():
            self.touched.setdefault(level, before)
