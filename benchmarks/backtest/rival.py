"""The same maker on the same flow in hftbacktest: ``.venv-bench/bin/python rival.py FILE.npz MODEL REPS``; prints JSON.

It runs in an environment of its own, because hftbacktest wants another NumPy, and so knows nothing of ours.
"""

import json
import statistics
import sys
import time
from typing import Any

import numpy as np
from hftbacktest import BUY, GTX, LIMIT, BacktestAsset, ROIVectorMarketDepthBacktest
from numba import njit

SIZE = 5
LARGEST = 50
LATENCY_NS = 1_000_000
REQUOTE_NS = 100_000_000
MODELS: dict[str, Any] = {
    "l3 fifo": lambda asset: asset.l3_fifo_queue_model(),
    "l2 power 2": lambda asset: asset.power_prob_queue_model(2.0),
    "l2 power 3": lambda asset: asset.power_prob_queue_model3(3.0),
    "l2 log": lambda asset: asset.log_prob_queue_model(),
    "l2 log 2": lambda asset: asset.log_prob_queue_model2(),
    "l2 risk-averse": lambda asset: asset.risk_adverse_queue_model(),
}


@njit
def make(hbt: Any) -> int:
    """Requote until the data ends; returns how many messages were sent."""
    messages = 0
    number = 1
    while hbt.elapse(REQUOTE_NS) == 0:
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid_tick, ask_tick = depth.best_bid_tick, depth.best_ask_tick
        if depth.best_bid_qty <= 0 or depth.best_ask_qty <= 0:
            continue
        held = hbt.position(0)
        bid_lots, ask_lots = max(0.0, min(SIZE, LARGEST - held)), max(0.0, min(SIZE, LARGEST + held))
        has_bid, has_ask = False, False
        orders = hbt.orders(0).values()
        while orders.has_next():
            order = orders.get()
            is_bid = order.side == BUY
            tick, lots = (bid_tick, bid_lots) if is_bid else (ask_tick, ask_lots)
            # An order that fits and has at least half of its lots keeps its place, as with us.
            if order.price_tick == tick and lots * 0.5 <= order.leaves_qty <= lots:
                has_bid |= is_bid
                has_ask |= not is_bid
            elif order.cancellable:
                hbt.cancel(0, order.order_id, False)
                messages += 1
        if not has_bid and bid_lots > 0:
            hbt.submit_buy_order(0, number, bid_tick * depth.tick_size, bid_lots, GTX, LIMIT, False)
            number += 1
            messages += 1
        if not has_ask and ask_lots > 0:
            hbt.submit_sell_order(0, number, ask_tick * depth.tick_size, ask_lots, GTX, LIMIT, False)
            number += 1
            messages += 1
    return messages


def ran(data: Any, model: str) -> tuple[int, dict[str, float]]:
    """CPU nanoseconds, and what came of it."""
    asset = BacktestAsset().data(data).linear_asset(1.0).constant_order_latency(LATENCY_NS, LATENCY_NS)
    asset = MODELS[model](asset)
    # With its partial fills this maker stops early, with error 14 at the first cancel that comes after one.
    asset = asset.no_partial_fill_exchange()
    asset = asset.trading_value_fee_model(0.0, 0.0).tick_size(1.0).lot_size(1.0).roi_lb(1.0).roi_ub(8000.0)
    hbt = ROIVectorMarketDepthBacktest([asset])
    started_ns = time.process_time_ns()
    messages = make(hbt)
    elapsed_ns = time.process_time_ns() - started_ns
    state = hbt.state_values(0)
    found = {"lots": float(state.trading_volume), "trades": int(state.num_trades), "messages": int(messages)}
    hbt.close()
    return elapsed_ns, found


def main() -> None:
    path, model, reps = sys.argv[1:]
    data = np.load(path)["data"]
    ran(data[:1000], model)
    each = []
    for _ in range(int(reps)):
        elapsed_ns, found = ran(data, model)
        each.append(elapsed_ns)
    print(
        json.dumps({"rows": len(data), "ns": statistics.median(each), "least": min(each), "most": max(each), **found})
    )


if __name__ == "__main__":
    main()
