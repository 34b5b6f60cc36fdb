"""One strategy on one recording, through the ordinary loop and through the compiled one."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.compiled import CompiledBacktest
from strategies.backtest.recording import Recording
from strategies.backtest.runner import Backtest, BacktestSettings
from strategies.backtest.synthetic import zero_intelligence
from strategies.base import Amend, Fill, Message, Participant, Place
from strategies.fast import FastStrategy
from strategies.fast.memory import AMEND, PLACE, PULL
from tests.strategies import fast_makers

Row = tuple[int, ...]


class Written(Backtest):
    """Writes down what its desk sends and is told of fills, in the rows of the compiled loop."""

    def __init__(self, *arguments: object) -> None:
        self.sent: list[Row] = []
        self.heard: list[Row] = []
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._sides: dict[str, int] = {}
        self._places = {contract.symbol: place for place, contract in enumerate(self.desk.participant.contracts)}
        told = self.desk.fill
        self.desk.fill = self._hearing(told)  # type: ignore[method-assign]

    def _hearing(self, told: Callable[..., list[Message]]) -> Callable[..., list[Message]]:
        def fill(now_ns: int, one: Fill, filled_lots: int = 0) -> list[Message]:
            self.heard.append(
                (
                    now_ns, int(one.client_id), round(one.fee_usd * 1e6), self._places[one.contract.symbol],
                    one.price_ticks, one.lots, int(one.side), int(one.is_maker),
                )
            )  # fmt: skip
            return told(now_ns, one, filled_lots)

        return fill

    def _send(self, messages: list[Message]) -> None:
        for message in messages:
            kind, price_ticks, lots = PULL, 0, 0
            if isinstance(message, Place):
                self._sides[message.client_id] = int(message.side)
                kind, price_ticks, lots = PLACE, message.price_ticks, message.lots
            elif isinstance(message, Amend):
                kind, price_ticks, lots = AMEND, message.price_ticks, message.lots
            place, side = self._places[message.contract.symbol], self._sides[message.client_id]
            self.sent.append((self.now_ns, int(message.client_id), place, price_ticks, lots, side, kind))
        super()._send(messages)


def sent(backtest: CompiledBacktest) -> list[Row]:
    names = ["time_ns", "number", "contract", "price_ticks", "lots", "side", "kind"]
    return [row[names].item() for row in backtest.messages]


def heard(backtest: CompiledBacktest) -> list[Row]:
    names = ["heard_ns", "number", "fee_micros", "contract", "price_ticks", "lots", "side", "is_maker"]
    return [row[names].item() for row in backtest.fills]


def recorded(requests: int, seed: int, books: int, gate_s: float | None = None) -> Recording:
    """A market of chance; with ``gate_s`` the first contract closes so many seconds after its beginning.

    Nothing is asked around the gate, so that only the participant is there when it falls.
    """
    made = zero_intelligence(requests, seed, books)
    if gate_s is None:
        return made
    flow = np.concatenate(list(made.chunks()))
    shift_ns = made.contracts[0].gate_ns - int(gate_s * NS_PER_SECOND) - int(flow["time_ns"][0])
    flow["time_ns"] += shift_ns
    flow = flow[abs(flow["time_ns"] - made.contracts[0].gate_ns) > NS_PER_SECOND // 5]
    return replace(made, flow=flow, start_ns=made.start_ns + shift_ns)


def compiled(
    strategy: FastStrategy, recording: Recording, settings: BacktestSettings | None = None
) -> CompiledBacktest:
    me = Participant("me", strategy, recording.contracts, capacity_lots=100)
    backtest = CompiledBacktest(me, recording, np.random.default_rng(1), settings)
    backtest.run()
    return backtest


def ordinary(strategy: FastStrategy, recording: Recording, settings: BacktestSettings | None = None) -> Written:
    me = Participant("me", strategy, recording.contracts, capacity_lots=100)
    backtest = Written(me, recording, np.random.default_rng(1), settings)
    backtest.run()
    return backtest


def digest(requests: int) -> str:
    """Of everything that every test strategy sends and leaves behind."""
    text = hashlib.blake2b(digest_size=16)
    for kind in fast_makers.ALL:
        done = compiled(kind(), recorded(requests, 5, 2))
        text.update(repr((sent(done), heard(done), done.engine.state_hash())).encode())
        text.update(done.world.me.tobytes() + done.world.books.tobytes())
    return text.hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1])))
