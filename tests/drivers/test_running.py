"""A run among agents: its spec decides all of it, and what is wrong with a spec is said in a line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.errors import GpuxError
from exchange.domain.instruments import hour_contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.backtest.agents import START_NS, parse_agents
from strategies.backtest.running import Outcome, run
from strategies.backtest.spec import BadRun, Mode, RunSpec
from strategies.results import RunRecorder, run_of

FIRST = str(Path(__file__).resolve().parents[2] / "examples" / "first_strategy.py")
WINDOW = (START_NS, START_NS + 6 * NS_PER_SECOND)


def spec(**changes: object) -> RunSpec:
    given = {"strategy": FIRST, "source": "agents:bustle=800", "window": WINDOW} | changes
    return RunSpec.model_validate(given)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run(spec())


def test_a_first_strategy_trades_among_agents(outcome: Outcome) -> None:
    """It is filled, for all of its time, and its profit is what its parts add up to."""
    found = outcome.statistics
    assert outcome.seconds == 6.0
    assert found.trades > 0
    assert found.two_sided_share > 0.5
    assert found.pnl_usd == pytest.approx(found.spread_usd + found.inventory_usd - found.fees_usd)
    assert outcome.messages > found.messages > 0


def test_the_spec_decides_everything(outcome: Outcome) -> None:
    """Watched or not, here or in another process, the outcome is the same; with another seed it is not."""
    steps: list[tuple[int, int]] = []
    assert run(spec(), progress=lambda done, total: steps.append((done, total))) == outcome
    assert steps[-1] == (6, 6)
    script = "import sys\nfrom strategies.backtest.running import run\nfrom strategies.backtest.spec import RunSpec\n"
    script += "print(run(RunSpec.model_validate_json(sys.argv[1])))"
    there = subprocess.run(
        [sys.executable, "-c", script, spec().model_dump_json()],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "12345"},
    )  # fmt: skip
    assert there.stdout.strip() == str(outcome)
    assert run(spec(seed=2)) != outcome


BUYS = """
from exchange.domain.enums import Side, TimeInForce
from strategies.base import Context, Intents, New, Strategy


class Buys(Strategy):
    timer_ns = 1_000_000_000

    def on_timer(self, ctx: Context) -> Intents:
        hour = ctx.contracts[0]
        ask_ticks = ctx.book(hour).best_ask_ticks
        return [New(hour, Side.BUY, ask_ticks, 1, TimeInForce.IOC)] if ask_ticks else []
"""


def test_what_is_held_past_the_gate_is_settled_at_the_fixing(tmp_path: Path) -> None:
    """Nothing of the profit is left unknown; what settled otherwise than it was last valued at has a name."""
    place = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")
    gate_ns = hour_contract(*place, START_NS // NS_PER_HOUR + 1).gate_ns
    recorder = RunRecorder()
    window = gate_ns - 8 * NS_PER_SECOND, gate_ns + NS_PER_SECOND
    (tmp_path / "buys.py").write_text(BUYS)
    run(spec(strategy=str(tmp_path / "buys.py"), window=window), recorder)
    kept = run_of(recorder)
    (gated,) = recorder.settlements
    assert hour_contract(*place, START_NS // NS_PER_HOUR + 1).symbol == gated
    (found,) = (one for one in kept.figures.contracts if one.symbol == gated)
    assert found.position_lots > 0
    assert found.unsettled_lots == 0
    assert found.delivery_micros != 0


def test_fees_and_latency_matter(outcome: Outcome) -> None:
    """Ten basis points of what was traded are missing; a slow participant sees another market."""
    dear = run(spec(maker_fee_bps=10)).statistics
    assert dear.fees_usd > outcome.statistics.fees_usd
    assert run(spec(latency="500ms")).statistics != outcome.statistics


@pytest.mark.parametrize("words", ["place=H100SXM", "place=X@USE", "bustle=fast", "bustle=nan", "rivals=-1", "what=1"])
def test_a_market_that_cannot_be_is_refused(words: str) -> None:
    """With what it takes instead."""
    with pytest.raises(BadRun):
        parse_agents(f"agents:{words}")


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": Mode.INJECT},
        {"source": "synthetic:rows=5"},
        {"window": (5, 5)},
        {"seed": -1},
        {"sample_s": 0},
        {"cash_usd": -1},
        {"unknown": 1},
    ],
)
def test_a_spec_that_does_not_fit_together_is_refused(changes: dict[str, object]) -> None:
    """Agents react and recordings do not; a window has a length."""
    with pytest.raises(ValidationError):
        spec(**changes)


@pytest.mark.parametrize(
    "changes",
    [{"latency": "1"}, {"latency": "2h"}, {"latency": "lognormal:median=1ms"}, {"window": (0, 10**18)}],
)
def test_what_only_the_run_can_judge_is_refused_by_it(changes: dict[str, object]) -> None:
    """In words."""
    with pytest.raises(GpuxError):
        run(spec(**changes))
