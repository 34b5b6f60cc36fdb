"""Between turns and the archive: what was said goes there, and what somebody asks is answered from there."""

from __future__ import annotations

from collections import Counter

from exchange.archive import Archive, ArchiveBusy, ArchiveFailed, Place, Question, TooFar
from exchange.gateway.mirror.changes import Changes
from exchange.gateway.mirror.chronicle import page_of
from exchange.gateway.mirror.remembering import remember
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.recalling import Past
from exchange.node import Turn
from exchange.wire.refusals import Code, Refusal

# Of one account, or one address without a key, that wait for the archive.
QUESTIONS_MAX = 8


class Archivist:
    """Of one venue; without an archive nothing is kept, and nothing is remembered."""

    def __init__(self, archive: Archive | None, mirror: Mirror) -> None:
        self._archive = archive
        self._asking: Counter[str] = Counter()
        if archive is not None:
            mirror.chronicle.go_on(archive.last_seqs())
            remember(mirror, archive.answer)

    def note(self, turn: Turn, changes: Changes) -> None:
        """Called when the turn has been told to everybody."""
        if self._archive is not None:
            self._archive.note(page_of(changes, place_of(turn)))

    async def answer(self, past: Past, payer: str) -> object:
        """What is to be told, or the Refusal that stands for it."""
        if self._asking[payer] >= QUESTIONS_MAX:
            advice = f"at most {QUESTIONS_MAX} questions about the past at a time; await the answers"
            return past.told(Refusal(Code.TOO_MANY_REQUESTS, advice, reason="questions_of_account"))
        self._asking[payer] += 1
        try:
            return past.told(await self._found(past.question))
        finally:
            self._asking[payer] -= 1
            if not self._asking[payer]:
                del self._asking[payer]

    async def _found(self, question: Question) -> object:
        if self._archive is None:
            return Refusal(Code.NOT_FOUND, "this venue keeps no archive; ask for what is recent", reason="no_archive")
        try:
            return await self._archive.ask(question)
        except ArchiveBusy as error:
            return Refusal(Code.TOO_MANY_REQUESTS, str(error))
        except ArchiveFailed as error:
            return Refusal(Code.OTHER_REJECT, str(error), reason="archive_failed")
        except TooFar as error:
            return Refusal(Code.INVALID_ARGUMENTS, str(error), reason="too_far", param=error.param)


def place_of(turn: Turn) -> Place:
    last = turn.commands[-1]
    return Place(int(last["sequence"]), turn.first_event + len(turn.events) - 1, int(last["time_ns"]))
