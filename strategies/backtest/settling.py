"""What hours that gated during a run were worth, told to whoever records it."""

from collections.abc import Sequence

from exchange.domain.instruments import Contract
from exchange.engine import Engine
from strategies.base import Recorder
from strategies.results.recorder import RunRecorder


def tell_settlements(recorder: Recorder | None, engine: Engine, contracts: Sequence[Contract], now_ns: int) -> None:
    """The settlement price of each contract past its gate, long and short alike; ``contracts`` by number.

    What is owed is taken as delivered at that price: nobody buys in during a run. A contract without a
    fixing stays unsettled.
    """
    if not isinstance(recorder, RunRecorder):
        return
    for number, contract in enumerate(contracts):
        fixing = engine.fixing(number) if contract.gate_ns <= now_ns else None
        if fixing is not None and fixing.price_ticks:
            recorder.settled(contract, contract.price_usd(fixing.price_ticks))
