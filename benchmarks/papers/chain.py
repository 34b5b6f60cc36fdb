"""What the tables of Cont, Stoikov and Talreja (2010) must be, without an engine, a simulation or a transform.

The two best queues until the mid price moves are a Markov chain. The chance of an end is the average over the next
moves of the chances from there, which is one linear equation a state; queues are cut where they hardly ever get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from benchmarks.papers.many_books import Floats
from benchmarks.papers.queues import ARRIVALS, CANCELS, MARKET_ORDERS

State = tuple[int, ...]
# At what rate, and to which state; or to an end, with this chance of what is asked.
Move = tuple[float, State | float]

SIZES = range(1, 6)
_ARRIVAL, _CANCEL, _MARKET = ARRIVALS[0], CANCELS[0], MARKET_ORDERS
_QUEUE_MAX = 30
_BEHIND_MAX = 18


def chances(states: Iterable[State], moves: Callable[[State], list[Move]]) -> dict[State, float]:
    """The chance from each of ``states``; moves to other states than these do not happen."""
    numbers = {state: number for number, state in enumerate(states)}
    ends = np.zeros(len(numbers))
    rows, columns, entries = list(range(len(numbers))), list(range(len(numbers))), [0.0] * len(numbers)
    for state, number in numbers.items():
        for rate, after in moves(state):
            if isinstance(after, float):
                ends[number] += rate * after
            elif after in numbers:
                rows.append(number)
                columns.append(numbers[after])
                entries.append(-rate)
            else:
                continue
            entries[number] += rate
    solved = spsolve(csr_matrix((entries, (rows, columns))), ends)
    return dict(zip(numbers, solved.tolist(), strict=True))


def mid_up() -> Floats:
    """Table 3, (5, 5): the chance that the mid price goes up, by orders at the bid and at the ask."""

    def moves(state: State) -> list[Move]:
        bids, asks = state
        return [
            (_ARRIVAL, (bids + 1, asks)),
            (_ARRIVAL, (bids, asks + 1)),
            (_MARKET + bids * _CANCEL, (bids - 1, asks) if bids > 1 else 0.0),
            (_MARKET + asks * _CANCEL, (bids, asks - 1) if asks > 1 else 1.0),
        ]

    return _table(chances(_pairs(), moves))


def bid_filled() -> Floats:
    """Table 4, (5, 5): the chance that the last order at the bid is filled before the mid price moves."""

    def moves(state: State) -> list[Move]:
        place, asks = state
        return [
            (_ARRIVAL, (place, asks + 1)),
            (_MARKET + (place - 1) * _CANCEL, (place - 1, asks) if place > 1 else 1.0),
            (_MARKET + asks * _CANCEL, (place, asks - 1) if asks > 1 else 0.0),
        ]

    return _table(chances(_pairs(), moves))


def spread_made() -> Floats:
    """Table 5, (5, 5): the chance that the last orders at the bid and at the ask are both filled before it moves."""
    second = chances(_pairs(), _second_fill)

    def moves(state: State) -> list[Move]:
        bid_place, bids_behind, ask_place, asks_behind = state
        second_ask = second[bids_behind, ask_place] if bids_behind else 0.0
        second_bid = second[asks_behind, bid_place] if asks_behind else 0.0
        return [
            (_ARRIVAL, (bid_place, bids_behind + 1, ask_place, asks_behind)),
            (_ARRIVAL, (bid_place, bids_behind, ask_place, asks_behind + 1)),
            (bids_behind * _CANCEL, (bid_place, bids_behind - 1, ask_place, asks_behind)),
            (asks_behind * _CANCEL, (bid_place, bids_behind, ask_place, asks_behind - 1)),
            (
                _MARKET + (bid_place - 1) * _CANCEL,
                (bid_place - 1, bids_behind, ask_place, asks_behind) if bid_place > 1 else second_ask,
            ),
            (
                _MARKET + (ask_place - 1) * _CANCEL,
                (bid_place, bids_behind, ask_place - 1, asks_behind) if ask_place > 1 else second_bid,
            ),
        ]

    behind = range(_BEHIND_MAX)
    found = chances([(b, m, a, n) for b in SIZES for m in behind for a in SIZES for n in behind], moves)
    return np.array([[found[bids, 0, asks, 0] for asks in SIZES] for bids in SIZES])


def _second_fill(state: State) -> list[Move]:
    """One's first order is filled and ``left`` others stand where it stood: the second one, at ``place``, is next."""
    left, place = state
    return [
        (_ARRIVAL, (left + 1, place)),
        (_MARKET + left * _CANCEL, (left - 1, place) if left > 1 else 0.0),
        (_MARKET + (place - 1) * _CANCEL, (left, place - 1) if place > 1 else 1.0),
    ]


def _pairs() -> list[State]:
    return [(one, other) for one in range(1, _QUEUE_MAX) for other in range(1, _QUEUE_MAX)]


def _table(found: dict[State, float]) -> Floats:
    return np.array([[found[bids, asks] for asks in SIZES] for bids in SIZES])
