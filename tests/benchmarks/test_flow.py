"""The market that the scaling study makes for itself."""

from __future__ import annotations

import numpy as np

from benchmarks.flow import LiveOrders, Shape, built_up, record, replay
from exchange.domain.enums import CommandKind, TimeInForce
from exchange.engine import Engine

_SHAPE = Shape(contracts=3, resting=2000, events=10_000)


def test_the_mix_is_the_promised_one_and_holds_the_size_of_the_book() -> None:
    """45% add, 45% cancel, 5% replace, 5% take; the same commands every time."""
    rows, engine = record(_SHAPE)
    takes = rows["time_in_force"] == TimeInForce.IOC
    shares = {
        "add": ((rows["kind"] == CommandKind.NEW) & ~takes).mean(),
        "cancel": (rows["kind"] == CommandKind.CANCEL).mean(),
        "replace": (rows["kind"] == CommandKind.REPLACE).mean(),
        "take": takes.mean(),
    }
    for name, share in {"add": 0.45, "cancel": 0.45, "replace": 0.05, "take": 0.05}.items():
        assert abs(shares[name] - share) < 0.04, name
    resting = sum(contract.orders for contract in engine.contracts())
    assert abs(resting - _SHAPE.resting) < 0.05 * _SHAPE.resting
    engine.check()
    again, _ = record(_SHAPE)
    assert again.tobytes() == rows.tobytes()


def test_a_replay_does_the_same_trades() -> None:
    """On a fresh engine, in other batches."""
    rows, engine = record(_SHAPE)
    found = replay(_SHAPE, rows, reps=2)
    contracts = engine.contracts()
    assert found["trades"] == sum(contract.trades for contract in contracts) > 0
    assert found["volume"] == sum(contract.volume_lots for contract in contracts)
    assert found["resting_end"] == sum(contract.orders for contract in contracts)


def test_idle_contracts_are_listed_and_nothing_else() -> None:
    """No capacity, no orders."""
    engine = Engine()
    for rows in built_up(Shape(contracts=5, resting=0, events=0)):
        engine.apply(rows)
    assert len(engine.contracts()) == 5
    assert [len(engine.positions(account.account)) for account in engine.accounts()] == [0, 0, 0]


def test_live_orders_are_a_set_of_ids_with_sides() -> None:
    """Against a dictionary, with rows that are used again by later generations."""
    generator = np.random.default_rng(1)
    live, model = LiveOrders(), dict[int, int]()
    for generation in range(1, 200):
        taken = {order_id & 0xFFFFFFFF for order_id in model}
        rows = [row for row in generator.permutation(60)[:20].tolist() if row not in taken]
        ids = np.array([generation << 32 | row for row in rows], np.int64)
        sides = generator.integers(0, 2, len(ids)).astype(np.int8)
        live.add(ids, sides)
        model |= dict(zip(ids.tolist(), sides.tolist(), strict=True))
        gone = generator.permutation(np.array(list(model), np.int64))[: generator.integers(0, 20)]
        unknown = np.array([(generation + 1) << 32 | 5, 7 << 32 | 10**6])
        live.remove(np.concatenate([gone, unknown, gone[:2]]))
        model = {order_id: side for order_id, side in model.items() if order_id not in set(gone.tolist())}
        held = zip(live.ids[: live.count].tolist(), live.sides[: live.count].tolist(), strict=True)
        assert live.count == len(model)
        assert dict(held) == model
