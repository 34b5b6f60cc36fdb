"""The profits of periods are those of the desk, cut at the right moments."""

import numpy as np
import pytest

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import hour_contract
from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.agents import START_NS
from strategies.backtest.running import run
from strategies.backtest.spec import Mode, RunSpec
from strategies.base import BookView, ContractResult
from strategies.base.recording import Sample
from strategies.sweeps.equity import Equity
from strategies.sweeps.planning import recording_windows
from strategies.sweeps.task import Base, Task, Window
from strategies.sweeps.trial import StrategyChanged, digest, evaluate, spec_of

MIDDLE = "tests.sweeps.middle:Middle"
MAKER = "strategies.making.avellaneda_stoikov:AvellanedaStoikov"
SECONDS = 16
WINDOW = Window("seed 3", 3, START_NS, START_NS + SECONDS * NS_PER_SECOND)
ONE, OTHER = (hour_contract(CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE"), 494_060 + hour) for hour in range(2))


def sample(cash_usd: float, fees_usd: float = 0.0, lots: int = 0, fair_usd: float = 0.0, first: bool = True) -> Sample:
    contract = ONE if first else OTHER
    result = ContractResult(contract, position_lots=lots, cash_usd=cash_usd, fees_usd=fees_usd, mark_usd=99.0)
    return Sample(contract, result, fair_usd, BookView(), (0, 0), (0, 0))


def test_a_period_is_what_was_won_in_it() -> None:
    """Its end belongs to it; what is held counts at fair value; the last sample of a period counts."""
    equity = Equity(1_000, 5_000, 4)
    assert equity.sample_s * NS_PER_SECOND == pytest.approx(1_000)
    equity.sampled(1_000, sample(0.0))
    equity.sampled(1_500, sample(50.0))
    equity.sampled(2_000, sample(3.0))
    equity.sampled(2_001, sample(4.0, fees_usd=1.0, lots=2, fair_usd=2.5))  # 16 GPU-hours at 2.50
    equity.sampled(3_000, sample(7.0, first=False))
    # Nothing is seen in the third; in the last one the first contract is gone from sight and keeps its worth.
    equity.sampled(5_000, sample(6.0, first=False))
    assert equity.profits_usd() == (3.0, 3.0 + 40.0 - 3.0 + 7.0, 0.0, -1.0)


def test_periods_add_up_to_what_the_desk_earned() -> None:
    """A real run among agents; with other parameters it is another run in the same market."""
    base = Base(RunSpec(strategy=MAKER, source="agents:bustle=400"), 8, digest(MAKER))
    task = Task((("gamma", 0.5), ("quote_lots", 7)), WINDOW, base)
    score = evaluate(task)
    assert score.failure == ""
    outcome = run(spec_of(task, SECONDS / 8))
    assert outcome.statistics.trades == score.trades > 0
    assert outcome.statistics.messages == score.messages
    assert score.profit_usd == pytest.approx(outcome.statistics.pnl_usd)
    assert np.count_nonzero(score.profits_usd) > 4
    assert evaluate(task) == score
    assert evaluate(Task((("gamma", 0.5), ("quote_lots", 9)), WINDOW, base)) != score


@pytest.mark.parametrize("mode", [Mode.INJECT, Mode.SHADOW])
def test_a_slice_of_a_recording_is_played_from_its_start(mode: Mode) -> None:
    """The second of two slices: nothing is held at its beginning, and the periods add up to its own end."""
    spec = RunSpec(strategy=MIDDLE, source="synthetic:requests=8000", mode=mode, parameters={"away": 1})
    windows, _ = recording_windows(spec.source, None, None, 1, 1, 2, 5)
    base = Base(spec, 5, digest(MIDDLE))
    found = [evaluate(Task((("lots", 3),), window, base)) for window in windows]
    assert [score.failure for score in found] == ["", ""]
    assert found[0] != found[1]
    seconds = (windows[1].end_ns - windows[1].start_ns) / NS_PER_SECOND
    outcome = run(spec_of(Task((("lots", 3),), windows[1], base), seconds / 5))
    assert outcome.statistics.trades == found[1].trades > 0
    assert found[1].profit_usd == pytest.approx(outcome.statistics.pnl_usd)
    assert np.count_nonzero(found[1].profits_usd) > 2


def test_what_breaks_is_a_failure_of_the_trial() -> None:
    """With its name and words; but a file that has changed ends the sweep."""
    base = Base(RunSpec(strategy=MAKER), 4, digest(MAKER))
    score = evaluate(Task((("quote_lots", "many"),), WINDOW, base))
    assert score.profits_usd == ()
    assert "quote_lots takes int, found 'many'" in score.failure
    with pytest.raises(StrategyChanged, match="was changed since the sweep began"):
        evaluate(Task((), WINDOW, Base(base.spec, 4, "0" * 64)))
