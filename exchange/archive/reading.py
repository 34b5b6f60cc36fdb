"""How rows are gone through: from either end, trade by trade, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from exchange.archive.format import unpack
from exchange.domain.errors import GpuxError
from exchange.wire.messages import Trade, UserTrade

# Texts looked at for one question where no index leads to those that are wanted.
LOOKED_MAX = 100_000
EVER = 2**62


class TooFar(GpuxError):
    """A question reaches over more than may be looked at; the message says how to ask it in pieces."""

    def __init__(self, param: str, bound_ms: int) -> None:
        """param: what bounds the first piece, if it is given as ``bound_ms``."""
        super().__init__(f"this reaches over too many events; ask in pieces, the first with {param} {bound_ms}")
        self.param = param


class Span(NamedTuple):
    """So many trades at the most, within bounds, all of which count; the newest first unless ``oldest_first``.

    first, last: by ``trade_seq``, or by ``trade_id`` if ``by_id``.
    """

    most: int
    oldest_first: bool = False
    start_ms: int = 0
    end_ms: int = EVER
    first: int = 0
    last: int = EVER
    by_id: bool = False

    def number(self, trade: Trade | UserTrade) -> int:
        return int(trade.trade_id) if self.by_id else trade.trade_seq

    def fits(self, trade: Trade | UserTrade) -> bool:
        return self.start_ms <= trade.timestamp <= self.end_ms and self.first <= self.number(trade) <= self.last

    @property
    def direction(self) -> str:
        return "ASC" if self.oldest_first else "DESC"


def texts_of(blob: bytes, oldest_first: bool) -> Iterable[bytes]:
    texts = unpack(blob)
    return texts if oldest_first else reversed(texts)


def looked_through(
    rows: Iterable[tuple[int, int, bytes]], oldest_first: bool, most: int, step_ms: int = 1
) -> Iterator[bytes]:
    """The texts of rows of first and last time and blob.

    Raises TooFar if there are more, with a bound between two stretches of ``step_ms``.
    """
    looked = 0
    for first_ms, last_ms, blob in rows:
        texts = unpack(blob)
        if looked and looked + len(texts) > most:
            if oldest_first:
                raise TooFar("end_timestamp", first_ms // step_ms * step_ms - 1)
            raise TooFar("start_timestamp", last_ms + 1)
        looked += len(texts)
        yield from texts if oldest_first else reversed(texts)
