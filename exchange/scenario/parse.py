"""The text of a file of scenarios as scenarios: no engine, no files."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.domain.errors import GpuxError
from exchange.scenario.actions import Action
from exchange.scenario.outcomes import Outcome, read_outcomes
from exchange.scenario.questions import TOPICS, Question, read_answer, read_question
from exchange.scenario.verbs import VERBS, read_action
from exchange.scenario.words import Misread, Words

_TITLE = "scenario"
_ARROW = "->"


class BadScenario(GpuxError):
    """A file that is not in the language; the message begins with the file and the line."""


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    text: str  # as written, before the arrow
    action: Action
    expected: tuple[Outcome, ...] | None  # None: nothing is written, so no surprise is expected


@dataclass(frozen=True, slots=True)
class Look:
    number: int
    text: str
    question: Question
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    number: int
    title: str
    lines: tuple[Step | Look, ...]  # those above the first scenario of the file come first


def parse(text: str, file: str) -> list[Scenario]:
    """The scenarios of a file, in order. Raises BadScenario at the first line that is wrong."""
    opening: list[Step | Look] = []
    found: list[tuple[int, str, list[Step | Look]]] = []
    for number, written in enumerate(text.splitlines(), 1):
        said = written.partition("#")[0].strip()
        word, _, rest = said.partition(" ")
        try:
            if word == _TITLE:
                found.append((number, _title(rest.strip(), [title for _, title, _ in found]), []))
            elif said:
                (found[-1][2] if found else opening).append(_line(number, said))
        except Misread as misread:
            raise BadScenario(f"{file}:{number}: {misread}\n    {said}") from None
    if not found:
        raise BadScenario(f"{file}:1: expected a line 'scenario TITLE', found none")
    for number, title, lines in found:
        if not any(line.expected is not None for line in lines):
            raise BadScenario(f"{file}:{number}: {title!r} asserts nothing: expected a line with {_ARROW!r}")
    return [Scenario(file, number, title, (*opening, *lines)) for number, title, lines in found]


def _title(title: str, others: list[str]) -> str:
    if not title:
        raise Misread("expected a title after 'scenario'")
    if title in others:
        raise Misread(f"expected a new title, found {title!r} again")
    return title


def _line(number: int, said: str) -> Step | Look:
    before, arrow, after = (part.strip() for part in said.partition(_ARROW))
    words = Words(before)
    first = words.take("an action or a question")
    if first in VERBS:
        return Step(number, before, read_action(first, words), read_outcomes(after) if arrow else None)
    if first in TOPICS:
        question = read_question(first, words)
        if not arrow:
            raise Misread(f"expected {_ARROW!r} and an answer after a question")
        return Look(number, before, question, read_answer(first, after))
    raise Misread(f"expected one of {', '.join((*VERBS, *TOPICS, _TITLE))}; found {first!r}")
