"""What can be asked of an archive: one class a question, answered on a thread that only reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import apsw
import msgspec

from exchange.archive.format import encode, unpack
from exchange.archive.reading import EVER
from exchange.wire.contracts import Fixing

_fixings = msgspec.json.Decoder(Fixing)


class Question(Protocol):
    def answer(self, connection: apsw.Connection) -> Any:
        """Raises CorruptArchive, apsw.Error and TooFar."""


@dataclass(frozen=True)
class Events:
    """``count`` events of an account from number ``from_seq`` on, as JSON of an ``EventList``."""

    account: int
    from_seq: int
    count: int

    def answer(self, connection: apsw.Connection) -> msgspec.Raw:
        ((last,),) = connection.execute("SELECT max(last_seq) FROM events WHERE account = ?", (self.account,))
        texts: list[bytes] = []
        rows = connection.execute(
            "SELECT first_seq, texts FROM events WHERE account = ?1 AND first_seq >= coalesce((SELECT max(first_seq)"
            " FROM events WHERE account = ?1 AND first_seq <= ?2), 0) ORDER BY first_seq",
            (self.account, self.from_seq),
        )
        for first_seq, blob in rows:
            texts += unpack(blob)[max(0, self.from_seq - first_seq) :]
            if len(texts) >= self.count:
                break
        return event_list(texts[: self.count], max(self.from_seq, 1), last or 0)


@dataclass(frozen=True)
class Fixings:
    """Fixings and their corrections, the newest first; ``instruments`` None: of all."""

    count: int
    instruments: frozenset[str] | None = None
    end_ms: int = EVER

    def answer(self, connection: apsw.Connection) -> list[Fixing]:
        rows = connection.execute(
            f"SELECT text FROM fixings WHERE {AMONG} AND ms <= :end ORDER BY number DESC LIMIT :count",
            {"names": names(self.instruments), "end": self.end_ms, "count": self.count},
        )
        return [_fixings.decode(text) for (text,) in rows]


# A condition on the column ``instrument``, whose parameter is ``names``.
AMONG = "(:names IS NULL OR instrument IN (SELECT value FROM json_each(:names)))"


def names(instruments: frozenset[str] | None) -> str | None:
    return None if instruments is None else encode(sorted(instruments)).decode()


def event_list(texts: list[bytes], first_seq: int, last_seq: int) -> msgspec.Raw:
    """JSON of the ``EventList`` of events that begin with ``first_seq``, of an account that has ``last_seq``."""
    has_more = b"true" if first_seq + len(texts) <= last_seq else b"false"
    return msgspec.Raw(b'{"events":[%s],"has_more":%s,"last_seq":%d}' % (b",".join(texts), has_more, last_seq))
