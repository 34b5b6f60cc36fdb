"""Flows to read and write, and what stands in the book after them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.flow import FLOW, FlowKind
from exchange.domain.records import Rows
from exchange.engine import Engine
from strategies.backtest.reading.contracts import foreign_contract
from strategies.backtest.reading.playing import Played
from strategies.backtest.recording import Recording

Said = tuple[int, str, int, int, int, int]
Standing = Counter[tuple[int, Side, int]]  # lots by contract, side and price
CONTRACT = foreign_contract("ZI", Decimal("0.01"), Decimal(1))


def said(recording: Recording, start_ns: int = 0) -> list[Said]:
    """Time since the start, kind, order, side, price and lots of each row."""
    assert isinstance(recording.flow, np.ndarray)
    flow = recording.flow
    numbers = (flow[name].tolist() for name in ("order", "side", "price_ticks", "lots"))
    kinds = [FlowKind(kind).name for kind in flow["kind"].tolist()]
    return list(zip((flow["time_ns"] - start_ns).tolist(), kinds, *numbers, strict=True))


class Book:
    """What stands of a flow, by a model that knows its rows and nothing else: orders by number."""

    def __init__(self) -> None:
        self.orders: dict[int, list[int]] = {}  # side, price and open lots, oldest first

    def follow(self, rows: list[Said]) -> None:
        """Rows without trades of their own: no TAKE, and no ADD that crosses."""
        for _, kind, number, side, price_ticks, lots in rows:
            if kind == "CLEAR":
                self.orders.clear()
            elif kind == "ADD":
                assert number not in self.orders
                self.orders[number] = [side, price_ticks, lots]
            else:
                order = self.orders[number]
                assert order[:2] == [side, price_ticks]
                order[2] -= lots
                assert order[2] >= 0
                assert (order[2] == 0) == (kind == "DELETE") or kind == "EXECUTE"
                if not order[2]:
                    del self.orders[number]

    def levels(self, side: Side) -> list[tuple[int, int]]:
        """Price and lots, best first."""
        totals: Counter[int] = Counter()
        for at, price_ticks, lots in self.orders.values():
            if at == side:
                totals[price_ticks] += lots
        return sorted(totals.items(), reverse=side == Side.BUY)


def random_recording(seed: int, requests: int, *, changes: bool = True) -> Recording:
    """Limit orders around 1000, that may trade at once, takes, cancels and, with ``changes``, the rest."""
    rng = np.random.default_rng(seed)
    flow = np.zeros(requests, FLOW)
    free: list[int] = []
    live: list[int] = []
    used = 0
    for place in range(requests):
        row = flow[place]
        row["time_ns"] = 1_000 * place
        row["side"] = rng.integers(2)
        row["lots"] = rng.integers(1, 20)
        away = int(rng.integers(-2, 12))
        row["price_ticks"] = 1000 + (away if row["side"] else -away)
        draw = rng.random()
        if draw < 0.55 or not live:
            row["kind"] = FlowKind.ADD
            if free:
                row["order"] = free.pop()
            else:
                row["order"], used = used, used + 1
            live.append(int(row["order"]))
        elif draw < 0.65:
            row["kind"], row["order"] = FlowKind.TAKE, -1
        else:
            chosen = int(rng.integers(len(live)))
            row["order"] = live[chosen]
            if draw < 0.85 or not changes:
                row["kind"] = FlowKind.DELETE
                free.append(live.pop(chosen))
            else:
                row["kind"] = FlowKind.REDUCE if draw < 0.93 else FlowKind.MODIFY
    return Recording(flow, (CONTRACT,), 0, "random")


def standing(recording: Recording) -> Standing:
    """What stands on the engine after a flow."""
    return on_engine(played(recording))


def played(recording: Recording) -> Engine:
    """The engine on which all of it was played."""
    found = Played(recording)
    for _ in found.pieces():
        pass
    return found.engine


def on_engine(engine: Engine) -> Standing:
    return Counter(
        {
            (contract.contract, side, price_ticks): lots
            for contract in engine.contracts()
            for side in Side
            for price_ticks, lots in engine.levels(contract.contract, side, 10_000)
        }
    )


def numbers_are_dense(flow: Rows) -> bool:
    """Whether no number is given to an order while another one has it, and none is left out."""
    numbers = flow["order"][flow["kind"] == FlowKind.ADD]
    return len(numbers) == 0 or set(numbers.tolist()) == set(range(int(numbers.max()) + 1))
