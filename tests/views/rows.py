"""Events as rows, with only the columns that a test is about."""

from __future__ import annotations

import numpy as np

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.records import EVENT, Rows


def rows(*events: dict[str, int]) -> Rows:
    made = np.zeros(len(events), EVENT)
    for row, event in zip(made, events, strict=True):
        for column, value in event.items():
            row[column] = value
    return made


def order(
    kind: EventKind, order_id: int, side: Side, price_ticks: int, open_lots: int, shown_lots: int = 0, **more: int
) -> dict[str, int]:
    """An event of one order; where it stands, ``shown_lots`` of it show."""
    return {
        "kind": kind,
        "order_id": order_id,
        "side": side,
        "price_ticks": price_ticks,
        "lots": open_lots,
        "open_lots": open_lots,
        "shown_lots": shown_lots,
        "resting": int(shown_lots > 0),
        **more,
    }


def fill(order_id: int, maker_order_id: int, price_ticks: int, lots: int, shown_lots: int) -> dict[str, int]:
    return {
        "kind": EventKind.FILLED,
        "order_id": order_id,
        "maker_order_id": maker_order_id,
        "price_ticks": price_ticks,
        "lots": lots,
        "shown_lots": shown_lots,
    }


def auction_fill(bid_id: int, ask_id: int, price_ticks: int, lots: int, shown_lots: int) -> dict[str, int]:
    return fill(bid_id, ask_id, price_ticks, lots, shown_lots) | {"reason": Reason.AUCTION, "side": Side.BUY}
