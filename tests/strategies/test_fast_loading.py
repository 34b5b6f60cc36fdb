"""What cannot be compiled is refused when the class is made, with the place and a way out."""

import math
import re
import runpy
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.domain.enums import Side
from exchange.jit import COMPILED, by_reference
from strategies.base import Context, Intents, Participant, Quote, Strategy, Wake
from strategies.fast import BadStrategy, FastStrategy, Record, Records, fast, kept, kept_each
from strategies.fast.compiling import World, compiled, key
from strategies.fast.declaring import ARGUMENTS
from strategies.fast.records import BOOK_NAMES, FILL, TRADE, WANT
from strategies.simulator import Market
from tests.strategies import fast_makers
from tests.strategies.world import START_NS, contracts

LEVELS = [1, 2, 3]
WIDTH = 3


class Mood(IntEnum):
    CALM = 1
    WILD = 4


def unmarked(number: int) -> int:
    return number


@fast
def endless(number: int) -> int:
    return number if number < 1 else endless(number - 1)


def made(handler: Any, name: str = "on_timer", **body: Any) -> type[FastStrategy]:
    """A class with this handler, as if written out."""
    return type("Made", (FastStrategy,), {"__annotations__": {}, "__module__": __name__, name: fast(handler), **body})


def reads_list(me: Record, books: Records, wants: Records) -> None:
    wants[0]["bid_ticks"] = LEVELS[0]


def calls_unmarked(me: Record, books: Records, wants: Records) -> None:
    wants[0]["bid_ticks"] = unmarked(1)


def calls_print(me: Record, books: Records, wants: Records) -> None:
    print(me["now_ns"])


def reads_nothing(me: Record, books: Records, wants: Records) -> None:
    wants[0]["bid_ticks"] = nowhere  # type: ignore[name-defined]  # noqa: F821


def reads_typo(me: Record, books: Records, wants: Records) -> None:
    book = books[0]
    wants[0]["bid_ticks"] = book["best_bit_ticks"]


def reads_attribute(me: Record, books: Records, wants: Records) -> None:
    wants[0]["bid_ticks"] = books[0].best_bid_ticks


def writes_book(me: Record, books: Records, wants: Records) -> None:
    books[0]["position_lots"] = 0


def writes_parameter(me: Record, books: Records, wants: Records) -> None:
    me["timer_ns"] += 1


def two_arguments(me: Record, books: Records) -> None:
    return


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (reads_list, r"reads_list: LEVELS is neither a number"),
        (calls_unmarked, r"unmarked is not compiled; mark it with @fast"),
        (calls_print, r"print cannot be compiled; there are abs, bool"),
        (reads_nothing, r"there is no nowhere"),
        (reads_typo, r"reads_typo, line \d+: book has no column \"best_bit_ticks\"; did you mean best_bid_ticks\?"),
        (reads_attribute, r"works only compiled; write books\[0\]\[\"best_bid_ticks\"\]"),
        (writes_book, r"not yours to write; declare a column with kept or kept_each"),
        (writes_parameter, r"not yours to write"),
        (two_arguments, r"Made.on_timer: expected \(me, books, wants\), found \(me, books\)"),
    ],
)
def test_a_handler_that_cannot_work_is_refused(handler: Any, reason: str) -> None:
    with pytest.raises(BadStrategy, match=reason):
        made(handler)


def idle(me: Record, books: Records, wants: Records) -> None:
    return


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"width": 3}, "expected an int, float or bool with its type"),
        ({"__annotations__": {"width": int}}, "expected a first value"),
        ({"width": 1.5, "__annotations__": {"width": int}}, "expected an int, float or bool with its type"),
        ({"mid_ticks": 1, "__annotations__": {"mid_ticks": int}}, "every strategy has a column of this name"),
        ({"helper": unmarked}, "expected a number, or one of on_start"),
        ({"wakes": Wake.TIMER | Wake.FILL}, "it has no handler for <Wake.FILL"),
        ({"wakes": Wake.TIMER | Wake.CURVE}, "it has no handler for <Wake.CURVE"),
    ],
)
def test_a_body_that_cannot_work_is_refused(body: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadStrategy, match=reason):
        made(idle, **body)


def test_a_handler_that_is_never_called_is_refused() -> None:
    with pytest.raises(BadStrategy, match="on_timer: it is never called"):
        made(idle, wakes=Wake.TRADE, on_trade=fast(lambda me, books, wants, trade: None))


def test_wakes_may_be_left_out() -> None:
    """They are then what there are handlers for; of book changes, those of the best prices."""
    assert fast_makers.ByTimer().wakes == Wake.TIMER | Wake.FILL
    assert made(idle).plan.wakes == Wake.TIMER


class Wide(fast_makers.ByTimer):
    """Another first value, and one more parameter."""

    half_ticks: int = 4
    patience: float = 0.5


def test_parameters_are_given_by_name() -> None:
    """Those of the class it extends, too; wrong ones are refused."""
    wide = Wide(lots=9, patience=1)
    assert wide.parameters == {
        "timer_ns": 100_000_000, "half_ticks": 4, "lots": 9, "held_max_lots": 20, "patience": 1.0,
    }  # fmt: skip
    with pytest.raises(BadStrategy, match="has no parameter half; there are timer_ns, half_ticks"):
        Wide(half=1)
    with pytest.raises(BadStrategy, match=r"expected an int for lots, found 1\.5"):
        Wide(lots=1.5)


class Knowing(FastStrategy):
    """Uses all that a handler may use."""

    calm: float = kept(0.0)
    seen: int = kept_each(2)

    @fast
    def on_timer(me: Record, books: Records, wants: Records) -> None:
        me["calm"] = math.sqrt(WIDTH) + Mood.WILD * Side.SELL
        for row in range(len(books)):
            books[row]["seen"] += max(int(me["calm"]), 1)


def world(strategy: FastStrategy, hours: int = 1) -> World:
    listed = contracts(1)[:hours]
    return World(
        strategy.new_me(), strategy.new_books(listed), np.zeros(hours, WANT), np.zeros(1, FILL), np.zeros(1, TRADE)
    )


def test_numbers_enums_and_math_mean_what_they_are() -> None:
    strategy = Knowing()
    records = world(strategy, 2)
    handle, _ = compiled(strategy.plan, by_reference(records))
    handle(by_reference(records), 1, 0)
    assert records.me["calm"][0] == math.sqrt(3) + 4
    assert records.books["seen"].tolist() == [7, 7]


def test_machine_code_is_kept_by_what_it_is_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another constant, or one more column, is other machine code; a new run is not."""
    before = key(Knowing.plan)
    assert key(Knowing.plan) == before
    monkeypatch.setitem(globals(), "WIDTH", 4)
    assert key(Knowing.plan) != before
    assert key(Wide.plan) != key(fast_makers.ByTimer.plan)


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
def test_what_numba_refuses_is_said_in_its_words() -> None:
    def builds(me: Record, books: Records, wants: Records) -> None:
        me["now_ns"] + "text"

    strategy = made(builds)()
    with pytest.raises(BadStrategy, match=r"Made cannot be compiled: (.|\n)*No implementation of function"):
        compiled(strategy.plan, by_reference(world(strategy)))


def test_a_function_that_calls_itself_is_refused() -> None:
    def calls(me: Record, books: Records, wants: Records) -> None:
        wants[0]["bid_ticks"] = endless(3)

    strategy = made(calls)()
    with pytest.raises(BadStrategy, match="endless calls itself"):
        compiled(strategy.plan, by_reference(world(strategy)))


def example() -> Strategy:
    path = Path(__file__).resolve().parents[2] / "examples" / "compiled_strategy.py"
    strategy: Strategy = runpy.run_path(str(path))["Maker"]()
    return strategy


def test_the_example_quotes_in_a_market_of_agents() -> None:
    """As an ordinary strategy, in the simulator: two-sided, once there is a middle."""
    listed = contracts(1)
    people = [
        Participant("first", Opening(), tuple(listed), capacity_lots=10),
        Participant("me", example(), tuple(listed), capacity_lots=100),
    ]
    market = Market(listed, people, np.random.default_rng(1), START_NS)
    market.run(5.0)
    found = market.desk("me").statistics(market.now_ns)
    assert found.two_sided_share > 0.8
    assert found.refusals == 0
    market.engine.check()


class Opening(Strategy):
    """Somebody who gives each book a middle."""

    def on_start(self, ctx: Context) -> Intents:
        return [Quote(contract, 2000, 5, 2100, 5) for contract in ctx.contracts]


def test_the_page_names_every_column() -> None:
    """Whoever reads it knows what a handler sees."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "strategies" / "fast.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", page))
    assert [name for name in (*BOOK_NAMES, *WANT.names, *FILL.names, *TRADE.names) if name not in words] == []  # type: ignore[misc]
    assert [name for name in ARGUMENTS if f"`{name}({', '.join(ARGUMENTS[name])})`" not in page] == []


def test_the_strategy_on_the_page_works(tmp_path: Path) -> None:
    """It can be copied as it stands."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "strategies" / "fast.md").read_text(encoding="utf-8")
    path = tmp_path / "maker.py"
    path.write_text(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0])
    strategy = runpy.run_path(str(path))["Maker"](half_ticks=2)
    records = world(strategy)
    records.books["mid_ticks"] = 2000.5
    handle, _ = compiled(strategy.plan, by_reference(records))
    handle(by_reference(records), 1, 0)
    assert records.wants[0].item() == (1998, 5, 2002, 5, 1)
