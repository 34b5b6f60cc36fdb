"""The runner notices: what is written but not so, what is so but not written, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exchange.domain.enums import EventKind, Reason
from exchange.domain.records import Rows
from exchange.engine import AccountView, Engine
from exchange.scenario import venue
from exchange.scenario.actions import VERBS
from exchange.scenario.outcomes import Outcome
from exchange.scenario.parse import BadScenario, Look, Scenario, Step, parse
from exchange.scenario.questions import FACTS, TOPICS
from exchange.scenario.run import play
from strategies.cli import app
from tests.kernel.modes import FAST
from tests.scenarios.files import SCENARIOS, name

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"
_OPENING = """\
list H100 gate 1h
open alice cash 100 fees 2 5 capacity 10
open bob cash 100

scenario Two trade
"""


def _failure(lines: str) -> str:
    """What the runner says to one scenario with these lines."""
    (scenario,) = parse(_OPENING + lines, "two.txt")
    return play(scenario).failure


def _broken_outcome(outcome: Outcome) -> list[Outcome]:
    """The same with each fact that it says wrong, one at a time."""
    broken = [replace(outcome, word="rests" if outcome.word != "rests" else "fill")]
    broken.append(replace(outcome, subject="somebody"))
    if outcome.lots is not None:
        broken.append(replace(outcome, lots=outcome.lots + 1))
    if outcome.price is not None:
        broken.append(replace(outcome, price=outcome.price + Decimal("0.01")))
    if outcome.reason:
        broken.append(replace(outcome, reason="gate" if outcome.reason != "gate" else "gtd"))
    if outcome.fee is not None:
        broken.append(replace(outcome, fee=outcome.fee + Decimal("0.000001")))
    if outcome.maker_fee is not None:
        broken.append(replace(outcome, maker_fee=outcome.maker_fee + Decimal("0.000001")))
    return broken


def _broken_line(line: Step | Look) -> list[Step | Look]:
    """The same line with its expectation broken in every way there is."""
    if isinstance(line, Look):
        return [replace(line, expected=expected) for expected in _broken_answer(line)]
    said = line.expected or ()
    ways = [(*said[:place], *said[place + 1 :]) for place in range(len(said))]
    ways.append((*said, Outcome("done")))
    for place, outcome in enumerate(said):
        ways += [(*said[:place], wrong, *said[place + 1 :]) for wrong in _broken_outcome(outcome)]
    if len(said) > 1 and said[0] != said[1]:
        ways.append((said[1], said[0], *said[2:]))
    return [replace(line, expected=expected) for expected in ways]


def _broken_answer(look: Look) -> list[tuple[str, ...]]:
    told = look.expected
    if look.question.topic in FACTS:
        return [(*told[:place], f"{fact}9", *told[place + 1 :]) for place, fact in enumerate(told)]
    wrong = [(*told[:place], "9 @ 99.99", *told[place + 1 :]) for place in range(len(told))]
    short = [(*told[:place], *told[place + 1 :]) for place in range(len(told))]
    turned = [told[::-1]] if told != told[::-1] else []
    return [*wrong, *short, *turned, (*told, "and one more")]


def test_every_expectation_of_every_scenario_matters() -> None:
    """Broken in any one place, each line is reported, and nothing but that line."""
    unnoticed = []
    for scenario in SCENARIOS:
        for place, line in enumerate(scenario.lines):
            if line.expected is None or line.number < scenario.number:
                continue
            ways = _broken_line(line)
            # Uncompiled, one way a line, another each time: all of them would take minutes.
            turn = (line.number + len(scenario.title)) % len(ways)
            for way in ways if FAST else ways[turn : turn + 1]:
                lines = (*scenario.lines[:place], way, *scenario.lines[place + 1 :])
                failure = play(replace(scenario, lines=lines)).failure
                if not failure.startswith(f"{scenario.file}:{line.number}:"):
                    unnoticed.append(f"{name(scenario)}: {line.text}: {way.expected}: {failure}")
    assert unnoticed == []


class _Liar(Engine):
    """An engine that does everything right and reports something else."""

    lie: Callable[[Rows], Rows]

    def apply(self, commands: Rows) -> Rows:
        return type(self).lie(super().apply(commands))


def _add_to(column: str, kind: EventKind) -> Callable[[Rows], Rows]:
    def lie(events: Rows) -> Rows:
        events[column][events["kind"] == kind] += 1
        return events

    return lie


_LIES: dict[str, Callable[[Rows], Rows]] = {
    "no fill is reported": lambda events: events[events["kind"] != EventKind.FILLED],
    "no cancel of a resting order is reported": lambda events: events[events["kind"] != EventKind.CANCELLED],
    "no expiry is reported": lambda events: events[events["kind"] != EventKind.EXPIRED],
    "nothing is said to rest": lambda events: events[events["kind"] != EventKind.RESTED],
    "an order rests a tick off its price": _add_to("price_ticks", EventKind.RESTED),
    "another order rests": _add_to("order_id", EventKind.RESTED),
    "no gate is reported": lambda events: events[events["kind"] != EventKind.PHASE],
    "a tick off the price": _add_to("price_ticks", EventKind.FILLED),
    "a lot too many": _add_to("lots", EventKind.FILLED),
    "another maker": _add_to("maker_order_id", EventKind.FILLED),
    "a micro-dollar off the fee": _add_to("fee", EventKind.FILLED),
    "another lot stays open": _add_to("open_lots", EventKind.RESTED),
    "the next reason": _add_to("reason", EventKind.REJECTED),
    "the place is kept if it is lost, and lost if it is kept": lambda events: _turned(events),
}


def _turned(events: Rows) -> Rows:
    events["resting"][events["kind"] == EventKind.AMENDED] ^= 1
    return events


@pytest.mark.parametrize("lie", _LIES)
def test_an_engine_that_errs_does_not_pass(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to err breaks a scenario, many of them several."""
    monkeypatch.setattr(venue, "Engine", type("Liar", (_Liar,), {"lie": staticmethod(_LIES[lie])}))
    failures = [failure for scenario in SCENARIOS if (failure := _played(scenario))]
    assert failures


def _played(scenario: Scenario) -> str:
    # A lie may be no word of the language: the last reason has no next one.
    try:
        return play(scenario).failure
    except (ValueError, IndexError) as error:
        return str(error)


def test_a_broken_state_is_noticed_though_every_line_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own check runs after the last line."""

    class Broken(Engine):
        def check(self) -> None:
            raise AssertionError("the book is crossed")

    monkeypatch.setattr(venue, "Engine", Broken)
    assert "the engine's state is broken: the book is crossed" in _failure("book -> empty")


def test_cash_from_nowhere_is_noticed_though_every_line_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One micro-dollar more than was deposited is too much."""

    class Generous(Engine):
        def accounts(self) -> list[AccountView]:
            venue_account, *others = super().accounts()
            return [venue_account._replace(cash_micros=venue_account.cash_micros + 1), *others]

    monkeypatch.setattr(venue, "Engine", Generous)
    assert "cash is not conserved: 200000000 micro-dollars came in, 200000001 are there" in _failure("book -> empty")


def test_a_difference_shows_what_was_expected_and_what_was_found() -> None:
    """File, line, title, the line itself, and the outcomes one below the other."""
    assert _failure("sell s1 alice 5 @ 2.50\nbuy b1 bob 8 @ 2.50 ioc -> fill s1 4 @ 2.50 | expired 3") == (
        "two.txt:7: Two trade\n"
        "    buy b1 bob 8 @ 2.50 ioc\n"
        "      - fill s1 4 @ 2.50\n"
        "      + fill s1 5 @ 2.50 fee 0.00 maker_fee 0.0025\n"
        "        expired 3\n"
        "      (- expected, + found)"
    )


@pytest.mark.parametrize(
    ("lines", "surprise"),
    [
        ("buy b1 bob 8 @ 2.50 ioc", "+ expired 8 @ 2.50 ioc"),
        ("buy b1 bob 800 @ 2.50", "+ refused insufficient_funds"),
        ("cancel b1 bob", "+ refused unknown_order"),
        ("buy b1 bob 1 @ 2.50 gtd until 1s\nwait 1s", "+ expired b1 1 @ 2.50 gtd"),
        ("buy b1 bob 1 @ 2.50\ncancel all bob", "+ cancelled b1 1 @ 2.50 mass"),
        ("deposit bob 0", "+ refused bad_amount"),
        ("buy b1 bob 1 @ 2.50\nreplace b1 bob 0 @ 2.50", "+ refused bad_lots"),
    ],
)
def test_a_line_without_an_arrow_expects_no_surprise(lines: str, surprise: str) -> None:
    """It is done and nothing else happens; else what happened is shown."""
    assert surprise in _failure(f"{lines}\nbook -> empty")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("hold s1 alice -> accepted", "two.txt:6: expected one of open, list, buy"),
        ("buy b1 bob 8 -> accepted", "two.txt:6: expected '@' and a price, or 'market'"),
        ("buy b1 bob eight @ 2.50 -> accepted", "two.txt:6: expected lots, found 'eight'"),
        ("buy b1 bob 8 @ 2.50 soon -> accepted", "found 'soon'"),
        ("buy b1 bob 8 @ 2.50 -> accepted now", "expected the end, found 'now'"),
        ("buy b1 bob 8 @ 2.50 ->", "expected an outcome, found the end"),
        ("buy b1 bob 8 @ 2.50 -> refused because", "found 'because'"),
        ("buy b1 bob 8 @ 2.50 -> filled s1 8 @ 2.50", "found 'filled'"),
        ("wait 5 -> gated H100", "found '5'"),
        ("book", "expected '->' and an answer after a question"),
        ("book -> 5 @ 2.50", "expected '/', found 'the end'"),
        ("account bob -> wealth 5", "found 'wealth'"),
        ("market -> phase open", "expected a phase such as continuous, found 'open'"),
        ("scenario Two trade\nbook -> empty", "expected a new title, found 'Two trade' again"),
        ("scenario", "expected a title"),
        ("buy b1 bob 8 @ 2.50", "'Two trade' asserts nothing"),
        ("", "'Two trade' asserts nothing"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(lines: str, message: str) -> None:
    """The message says what was expected there and what was found."""
    with pytest.raises(BadScenario) as refused:
        parse(_OPENING + lines, "two.txt")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("buy b1 bob 8 @ 2.505 -> accepted", "price 2.505 is not a multiple of 0.01"),
        ("buy b1 bob 9_999_999_999 @ 2.50 -> refused bad_lots", "too large for any command"),
        ("cancel bob:b9 bob -> refused unknown_order", "bob never had an order b9"),
        ("order b9 -> closed", "expected one that was accepted, found 'b9'"),
        ("book on H200 -> empty", "no contract 'H200' was listed"),
        ("account carol -> cash 5", "no account 'carol' was opened"),
        ("at 0s\nwait 1s\nat 0s -> gated H100", "expected a time that has not passed yet"),
    ],
)
def test_what_cannot_be_asked_of_the_engine_is_a_failure(line: str, message: str) -> None:
    """It is read, but means nothing where it stands."""
    assert message in _failure(f"{line}\nbook -> empty")


def test_a_file_without_a_scenario_is_refused() -> None:
    """It would pass without having said anything."""
    with pytest.raises(BadScenario, match="expected a line 'scenario TITLE', found none"):
        parse("# nothing yet\nlist H100\n", "none.txt")


def test_the_command_ends_with_a_summary_or_a_report(tmp_path: Path) -> None:
    """Exit code 0 if all is as written, 1 if not, 2 if it cannot be read."""
    good, wrong, unreadable = (tmp_path / f"{word}.txt" for word in ("good", "wrong", "unreadable"))
    good.write_text(_OPENING + "book -> empty\n")
    wrong.write_text(_OPENING + "book -> none / 5 @ 2.50\n")
    unreadable.write_text("scenario Nothing\n")
    runner = CliRunner()
    fine = runner.invoke(app, ["scenario", str(good)])
    assert (fine.exit_code, fine.stdout.splitlines()[-1]) == (0, "1 scenario, all as written")
    failed = runner.invoke(app, ["scenario", str(good), str(wrong)])
    assert failed.exit_code == 1
    assert f"{wrong}:6: Two trade\n    book\n      - ask 5 @ 2.50\n" in failed.stdout
    assert failed.stdout.splitlines()[-1] == "2 scenarios, 1 failed"
    refused = runner.invoke(app, ["scenario", str(unreadable), str(good)])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "'Nothing' asserts nothing" in refused.stderr
    assert runner.invoke(app, ["scenario", str(tmp_path / "absent.txt")]).exit_code == 2


def test_the_examples_on_the_page_hold() -> None:
    """What docs/scenarios.md shows can be pasted into a file and run."""
    blocks = [block for block in _PAGE.read_text("utf-8").split("```")[1::2] if "\nscenario " in block]
    assert blocks
    for block in blocks:
        for scenario in parse(block, _PAGE.name):
            assert play(scenario).failure == ""


def test_the_page_names_every_word() -> None:
    """Whoever reads it can write all that can be written."""
    page = _PAGE.read_text("utf-8")
    words = [*VERBS, *TOPICS, *(fact for facts in FACTS.values() for fact in facts)]
    words += [reason.name.lower() for reason in Reason]
    assert [word for word in words if f"`{word}" not in page and f" {word}" not in page] == []
