"""Plays a scenario to the engine and says where the two part."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from exchange.domain.enums import Flag, OrderType, Side
from exchange.domain.errors import GpuxError
from exchange.domain.records import Command
from exchange.scenario.actions import Action, Cancel, CancelAll, New, Pass, Quote, Replace, SetPhase, Tick, Wildcard
from exchange.scenario.answers import answer
from exchange.scenario.outcomes import Outcome
from exchange.scenario.parse import Look, Scenario, Step
from exchange.scenario.perform import perform
from exchange.scenario.venue import Venue, member_name, quote_name


@dataclass(frozen=True, slots=True)
class Played:
    history: list[Command]  # stamped, up to where it ended
    failure: str  # what was expected and what was found; "" if all of it held


def play(scenario: Scenario) -> Played:
    """Run ``scenario`` on an engine of its own, up to the first line that does not hold."""
    venue = Venue()
    for line in scenario.lines:
        try:
            difference = (
                compare(venue, line, perform(venue, line.action)) if isinstance(line, Step) else look(venue, line)
            )
        except GpuxError as error:
            difference = [str(error)]
        if difference:
            return Played(venue.history, _report(scenario, line.number, line.text, difference))
    broken = _broken(venue)
    return Played(venue.history, _report(scenario, scenario.number, "at the end", broken) if broken else "")


def compare(venue: Venue, step: Step, found: list[Outcome]) -> list[str]:
    """How ``found`` differs from what the line expects, as lines of a report; nothing if it does not."""
    ways = _plain(venue, step.action) if step.expected is None else [[*step.expected]]
    # What a gate fixes goes without saying where the line does not speak of it.
    if not any(outcome.word == "fixing" for outcome in ways[0]):
        found = [outcome for outcome in found if outcome.word != "fixing"]
    if any(_same(way, found) for way in ways):
        return []
    return _difference(*_as_expected(ways[0], found))


def _plain(venue: Venue, action: Action) -> list[list[Outcome]]:
    """What may follow a line that says nothing: it is done, and nothing else happens."""
    match action:
        case New():
            return [[Outcome("accepted")], *([[Outcome("waits")]] if _may_wait(action) else [])]
        case Wildcard():
            names = [venue.called(action.account, member_name(member)) for member in action.members]
            return [[Outcome("rests", name, action.lots) for name in names]]
        case Cancel():
            return [[Outcome("cancelled")]]
        case Replace():
            return [[Outcome("amended")], [Outcome("moved")], [Outcome("waits")]]
        case Quote():
            sides = ((Side.BUY, action.bid), (Side.SELL, action.ask))
            names = [quote_name(side, action.slot) for side, (lots, _) in sides if lots]
            return [[Outcome("accepted", venue.called(action.account, name)) for name in names], []]
        case SetPhase():
            return [[Outcome(action.phase.name.lower(), action.contract or venue.first_symbol())]]
        case CancelAll() | Pass() | Tick():
            return [[]]
        case _:
            return [[Outcome("done")]]


def _may_wait(action: New) -> bool:
    waiting = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.PEG_BEST, OrderType.PEG_MID)
    return action.kind in waiting or bool(action.flags & (Flag.ALL_OR_NONE | Flag.REDUCE_ONLY))


def _same(expected: list[Outcome], found: list[Outcome]) -> bool:
    pairs = zip(expected, found, strict=False)
    return len(expected) == len(found) and all(said.holds(was) for said, was in pairs)


def _as_expected(expected: list[Outcome], found: list[Outcome]) -> tuple[list[str], list[str]]:
    """Both as text, where what was found says no more than what was expected if it is the same."""
    shown = []
    unused = list(expected)
    for outcome in found:
        same = next((said for said in unused if said.holds(outcome)), None)
        if same:
            unused.remove(same)
        shown.append((same or outcome).text())
    return [outcome.text() for outcome in expected], shown


def look(venue: Venue, line: Look) -> list[str]:
    """The same for a question; it changes nothing."""
    return _difference(list(line.expected), answer(venue, line.question, line.expected))


def _difference(expected: list[str], found: list[str]) -> list[str]:
    """Nothing if they are equal; else ``-`` what was expected, ``+`` what was found, and what both have."""
    if expected == found:
        return []
    lines = []
    for _, old, old_end, new, new_end in SequenceMatcher(None, expected, found, autojunk=False).get_opcodes():
        if expected[old:old_end] == found[new:new_end]:
            lines += [f"  {fact}" for fact in expected[old:old_end]]
        else:
            lines += [f"- {fact}" for fact in expected[old:old_end]]
            lines += [f"+ {fact}" for fact in found[new:new_end]]
    return [*lines, "(- expected, + found)" if lines else ""]


def _broken(venue: Venue) -> list[str]:
    """What must be so after every scenario: the engine's own invariants, and nothing made or lost."""
    try:
        venue.engine.check()
    except AssertionError as broken:
        return [f"the engine's state is broken: {broken}"]
    accounts = venue.engine.accounts()
    cash_micros = sum(account.cash_micros for account in accounts)
    if cash_micros != venue.cash_micros:
        return [f"cash is not conserved: {venue.cash_micros} micro-dollars came in, {cash_micros} are there"]
    held = [position for account in accounts for position in venue.engine.positions(account.account)]
    for contract, symbol in enumerate(venue.ticks):
        lots = sum(position.lots for position in held if position.contract == contract)
        if lots:
            return [f"{symbol}: bought less sold is {lots} lots over all accounts, not 0"]
    return []


def _report(scenario: Scenario, number: int, text: str, lines: list[str]) -> str:
    shown = "".join(f"\n      {line}" for line in lines if line)
    return f"{scenario.file}:{number}: {scenario.title}\n    {text}{shown}"
