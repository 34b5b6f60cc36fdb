"""Each strategy that a newcomer finds in examples/ trades as it stands."""

from pathlib import Path

import pytest

from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.agents import START_NS
from strategies.backtest.running import run
from strategies.backtest.spec import RunSpec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STRATEGIES = {
    "first_strategy.py": "FirstStrategy",
    "avellaneda_stoikov.py": "NearTheGate",
    "perishable.py": "Desk",
    "cheapest_run.py": "CheapestRun",
    "compiled_strategy.py": "Maker",
}


def test_none_is_forgotten() -> None:
    """All but those that use the client alone."""
    found = {path.name for path in EXAMPLES.glob("*.py")}
    assert found - {"place_order.py", "watch_book.py"} == STRATEGIES.keys()


@pytest.mark.parametrize("file", STRATEGIES)
def test_it_trades_among_agents(file: str) -> None:
    window = (START_NS, START_NS + 10 * NS_PER_SECOND)
    spec = RunSpec(strategy=f"{EXAMPLES / file}:{STRATEGIES[file]}", source="agents:bustle=800", window=window)
    found = run(spec).statistics
    assert found.trades > 0
    assert found.messages > 0
