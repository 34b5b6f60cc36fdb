"""The runner itself: what it says of what is not so, of what cannot be read, and of a state that is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from exchange.domain.enums import Reason
from exchange.engine import Engine
from exchange.reports import AccountView
from exchange.scenario import venue
from exchange.scenario.outcomes import WORDS
from exchange.scenario.parse import BadScenario, parse
from exchange.scenario.questions import FACTS, TOPICS
from exchange.scenario.run import play
from exchange.scenario.trading import ORDER_WORDS
from exchange.scenario.verbs import VERBS
from strategies.cli import app

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
        ("sell s1 alice 1 @ 2.50\nbuy b1 bob 1 @ 2.50 all_or_none", "+ fill s1 1 @ 2.50"),
        ("sell s1 alice 1 @ 2.50\nquote bob 1 @ 2.60 / none", "+ refused post_only_would_cross"),
        ("sell s1 alice 1 @ 2.50\nbuy b1 bob 1 stop 2.40 on_mark\nmark 2.40", "+ triggered b1 1 @ 2.52"),
        ("phase gated", "+ refused bad_option"),
        ("phase preopen\ntick", "+ indicative H100 0"),
        ("buy b1 bob 1 @ 2.50\nkill market on", "+ cancelled b1 1 @ 2.50 kill"),
    ],
)
def test_a_line_without_an_arrow_expects_no_surprise(lines: str, surprise: str) -> None:
    """It is done and nothing else happens; else what happened is shown."""
    assert surprise in _failure(f"{lines}\nbook -> empty")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("hold s1 alice -> accepted", "two.txt:6: expected one of buy, sell, wildcard"),
        ("buy b1 bob 8 -> accepted", "two.txt:6: expected '@' and a price, or 'market'"),
        ("buy b1 bob eight @ 2.50 -> accepted", "two.txt:6: expected lots, found 'eight'"),
        ("buy b1 bob 8 @ 2.50 soon -> accepted", "found 'soon'"),
        ("buy b1 bob 8 @ 2.50 -> accepted b1 8 now", "expected a reason: one of auction,"),
        ("buy b1 bob 8 @ 2.50 -> done now", "expected the end, found 'now'"),
        ("buy b1 bob 8 peg best 0 -> waits", "expected '@' and a price, or 'market'"),
        ("buy b1 bob 8 peg top 0 @ 2.50 -> waits", "expected best or mid: one of best, mid; found 'top'"),
        ("cancel all bob twice -> cancelled b1 8", "found 'twice'"),
        ("quote bob 5 @ 2.40 -> accepted bid0", "expected '/', found 'the end'"),
        ("bands ref 2.50 band 10 -> done", "expected a band such as 2.5%, found '10'"),
        ("bands around 2.50 -> done", "found 'around'"),
        ("phase open -> done", "expected a phase: one of cancel_only,"),
        ("limits bob rate 3 -> done", "expected 'every', found 'the end'"),
        ("limits bob height 3 -> done", "found 'height'"),
        ("protect bob forever -> done", "found 'forever'"),
        ("kill entry -> done", "expected on or off, found the end"),
        ("tick -> indicative 5", "expected a contract, found '5'"),
        ("account bob -> frozen maybe", "expected an answer: one of no, yes; found 'maybe'"),
        ("order b1 -> 5 of 5 @ 2.50 hidden", "expected the end, found 'hidden'"),
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
    words = [*VERBS, *TOPICS, *WORDS, *ORDER_WORDS, *(fact for facts in FACTS.values() for fact in facts)]
    words += [reason.name.lower() for reason in Reason]
    assert [word for word in words if f"`{word}" not in page and f" {word}" not in page] == []
