"""For how long one stood on both sides of each book, and for how long well enough for the venue's obligation.

The obligation is the venue's own rule (``exchange.clearing.obligation``), which hears one's own orders
as one heard of them oneself: the venue, which knows at once, may differ by the way of the news.
"""

from __future__ import annotations

import polars as pl

from exchange.clearing.obligation import Obligation, Obligations, Score
from exchange.domain.enums import EventKind, Phase
from exchange.domain.records import Command
from exchange.wire.events import Event
from strategies.results.frames import SIDES, Frames

OBLIGATION = Obligation(spread_bps=300, lots=1)  # the venue asks this, unless its settings say otherwise
_ACCOUNT = 1


def two_sided_ns(frames: Frames, end_ns: int) -> dict[str, int]:
    """By symbol: nanoseconds with a live order of one's own on each side, up to the gate or ``end_ns``."""
    live = pl.col("open_lots") > 0
    change = live.cast(pl.Int64) - live.shift(1, fill_value=False).over("order").cast(pl.Int64)
    standing = [
        pl.when(pl.col("side") == side).then(pl.col("change")).otherwise(0).cum_sum().over("symbol").alias(side)
        for side in SIDES
    ]
    last = pl.min_horizontal("gate_ns", pl.lit(end_ns, pl.Int64))
    until = pl.col("time_ns").shift(-1).over("symbol").fill_null(last)
    lasted = pl.min_horizontal(until, last) - pl.min_horizontal("time_ns", last)
    found = (
        frames.standing.join(frames.contracts.select("symbol", "gate_ns"), on="symbol", maintain_order="left")
        .with_columns(change=change)
        .with_columns(*standing, lasted=lasted)
        .filter((pl.col("buy") > 0) & (pl.col("sell") > 0))
        .group_by("symbol", maintain_order=True)
        .agg(pl.col("lasted").sum())
    )
    return dict(zip(found["symbol"].to_list(), found["lasted"].to_list(), strict=True))


def obligation_scores(frames: Frames, start_ns: int, end_ns: int, obligation: Obligation) -> dict[str, Score]:
    """By symbol, in the run's order: how long the obligation was met, of how long the contract was open."""
    symbols = frames.contracts["symbol"].to_list()
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    gates = sorted((gate_ns, number) for number, gate_ns in enumerate(frames.contracts["gate_ns"].to_list()))
    kept = Obligations(obligation)
    for number in range(len(symbols)):
        command = Command(time_ns=start_ns, option=Phase.CONTINUOUS)
        kept.hear(command, [Event(kind=EventKind.LISTED, contract=number)])
    stands: dict[int, tuple[int, int]] = {}
    for time_ns, order, symbol, side, price_ticks, lots in frames.standing.iter_rows():
        while gates and gates[0][0] <= time_ns:
            _close(kept, *gates.pop(0))
        events = _events(stands, order, numbers[symbol], SIDES.index(side), price_ticks, lots)
        kept.hear(Command(time_ns=time_ns), events)
    while gates and gates[0][0] <= end_ns:
        _close(kept, *gates.pop(0))
    kept.pass_time(end_ns)
    return {symbol: kept.score(_ACCOUNT, number) for symbol, number in numbers.items()}


def _close(kept: Obligations, gate_ns: int, contract: int) -> None:
    gated = Event(kind=EventKind.PHASE, contract=contract, reason=Phase.GATED)
    kept.hear(Command(time_ns=gate_ns), [gated])


def _events(
    stands: dict[int, tuple[int, int]], order: int, contract: int, side: int, price_ticks: int, lots: int
) -> list[Event]:
    """What an order's new standing is in the venue's words: it left, it entered, it became another size."""
    before_ticks, before_lots = stands.get(order, (0, 0))
    stands[order] = (price_ticks, lots)
    order_id = order + 1  # 0 is nobody's
    if before_lots and lots and price_ticks == before_ticks:
        return [Event(kind=EventKind.AMENDED, order_id=order_id, open_lots=lots, resting=1)]
    events = []
    if before_lots:
        events.append(Event(kind=EventKind.CANCELLED, order_id=order_id))
    if lots:
        entered = Event(
            kind=EventKind.RESTED, order_id=order_id, account=_ACCOUNT, contract=contract, side=side,
            price_ticks=price_ticks, open_lots=lots, resting=1,
        )  # fmt: skip
        events.append(entered)
    return events
