"""All simple laws of a later price, side by side, at moments of the past or now."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.curves.blend.analog import moved_laws, smooth, went_laws
from strategies.curves.blend.bins import BINS
from strategies.curves.blend.history import History, Looks, Pairs, looks_of, pairs_of, sight_of
from strategies.curves.blend.ordering import order_of, ranks_of
from strategies.curves.blend.recent import best_laws, recent_laws
from strategies.curves.filtering import Floats

RECENT_HOURS = (3.0, 12.0, 48.0, 168.0, 720.0)
LEVEL_HOURS = (6.0, 24.0, 96.0)
ANALOG_HOURS = (96.0, 480.0)
LEVEL_MEMORY_HOURS = 480.0
OFFERS_HOURS = 48.0

# What a model foretells: (m,) hours and (h,) horizons in, (h, m, BINS) rising log prices out.
Model = Callable[[Floats, Floats], Floats]

_RECENT = tuple(f"as it was in {hours:g} hours" for hours in RECENT_HOURS)
_LEVELS = tuple(f"around its mean of {hours:g} hours" for hours in LEVEL_HOURS)
_WENT = tuple(f"where it went after the like in {hours:g} hours" for hours in ANALOG_HOURS)
_MOVED = tuple(f"as far as it moved after the like in {hours:g} hours" for hours in ANALOG_HOURS)
_OFFSETS = tuple(f"{name}, by how far it is off" for name in _LEVELS)
NAMES = (
    "stays",
    *_RECENT,
    "lowest of the offers",
    "highest of the offers",
    *_WENT,
    *_MOVED,
    *_LEVELS,
    *_OFFSETS,
    "model",
)


class Lives(NamedTuple):
    """Mean hours that an offer stays, by whether the lowest or the highest is seen."""

    lowest: float
    highest: float


class _Seen(NamedTuple):
    """What ``recent`` asks for first."""

    hours: Floats
    prices: Floats
    order: NDArray[np.int64]
    standing_hours: float
    at: Floats
    seen: NDArray[np.int64]
    room: Floats


def laws_at(
    history: History, rows: NDArray[np.int64], horizons: Floats, lives: Lives, model: Model | None = None
) -> Floats:
    """(h, NAMES, m, BINS) rising log prices: each simple law at the (m,) rising ``rows`` of the looks.

    Of each look only what was known by then is used, but for the ranks of prices, which are among all
    looks of ``history``. Without a ``model`` its law is that the price stays.
    """
    looks = looks_of(history)
    at, now = looks.hours[rows], looks.logs[rows]
    laws = np.empty((horizons.size, len(NAMES), at.size, BINS))
    named = dict(zip(NAMES, laws.swapaxes(0, 1), strict=True))
    named["stays"][:] = now[:, None]
    recent = np.empty((len(RECENT_HOURS), at.size, BINS))
    seen = _seen(history, at)
    recent_laws(*seen, np.array(RECENT_HOURS), recent)
    for name, law in zip(_RECENT, recent, strict=True):
        named[name][:] = law
    for name, life in zip(("lowest of the offers", "highest of the offers"), lives, strict=True):
        best, ignored = np.empty((horizons.size, at.size, BINS)), np.empty(at.size)
        survivals, is_lowest = np.exp(-horizons / life), name == "lowest of the offers"
        best_laws(*seen, OFFERS_HOURS, np.exp(now), survivals, is_lowest, best, ignored)
        named[name][:] = best
    pairs = [pairs_of(history, looks, float(horizon)) for horizon in horizons]
    _fill_after_the_like(looks, rows, pairs, named)
    for hours, name, offset in zip(LEVEL_HOURS, _LEVELS, _OFFSETS, strict=True):
        levels = np.empty(looks.hours.size)
        smooth(looks.hours, looks.logs, hours, levels)
        _fill_around(levels, looks, rows, pairs, named[name], named[offset])
    named["model"][:] = named["stays"] if model is None else model(at, horizons)
    return laws


def better_offers(history: History, rows: NDArray[np.int64], is_lowest: bool) -> Floats:
    """(m,) how many offers at least as good as the best one there usually are, at the ``rows`` of the looks."""
    looks = looks_of(history)
    better, ignored = np.empty(len(rows)), np.empty((1, len(rows), BINS))
    seen = _seen(history, looks.hours[rows])
    best_laws(*seen, OFFERS_HOURS, np.exp(looks.logs[rows]), np.array([0.5]), is_lowest, ignored, better)
    return better


def _seen(history: History, at: Floats) -> _Seen:
    order = order_of(history.logs)
    seen = np.searchsorted(history.hours, at, side="right")
    room = np.empty((3, history.hours.size))
    return _Seen(history.hours, np.exp(history.logs), order, history.standing_hours, at, seen, room)


def _fill_after_the_like(looks: Looks, rows: NDArray[np.int64], pairs: list[Pairs], named: dict[str, Floats]) -> None:
    ranks = ranks_of(looks.logs)
    for place, pair in enumerate(pairs):
        known = np.searchsorted(pair.hours, looks.hours[rows], side="right")
        before, moves, room = looks.logs[pair.looks], pair.logs - looks.logs[pair.looks], np.empty(pair.hours.size)
        by_price, by_move, prices, ratios = order_of(pair.logs), order_of(moves), np.exp(pair.logs), np.exp(moves)
        for memory, went, moved in zip(ANALOG_HOURS, _WENT, _MOVED, strict=True):
            law = np.empty((len(rows), BINS))
            last = (looks.logs[rows], ranks[rows], known, memory, room, law)
            went_laws(pair.hours, before, pair.logs, prices, ranks[pair.looks], by_price, *last)
            named[went][place] = law
            moved_laws(pair.hours, ratios, ranks[pair.looks], by_move, *last)
            named[moved][place] = _within_sight(law, looks, rows)


def _fill_around(
    levels: Floats, looks: Looks, rows: NDArray[np.int64], pairs: list[Pairs], around: Floats, by_offset: Floats
) -> None:
    ranks = ranks_of(looks.logs - levels)
    for place, pair in enumerate(pairs):
        known = np.searchsorted(pair.hours, looks.hours[rows], side="right")
        moves = pair.logs - levels[pair.looks]
        order, ratios, room = order_of(moves), np.exp(moves), np.empty(pair.hours.size)
        for filled, rank in ((around, np.zeros(ranks.size)), (by_offset, ranks)):
            law = np.empty((len(rows), BINS))
            last = (levels[rows], rank[rows], known, LEVEL_MEMORY_HOURS, room, law)
            moved_laws(pair.hours, ratios, rank[pair.looks], order, *last)
            filled[place] = _within_sight(law, looks, rows)


def _within_sight(law: Floats, looks: Looks, rows: NDArray[np.int64]) -> Floats:
    """A move of the past, made again from another price, stays within sight."""
    low, high = sight_of(looks, rows)
    within: Floats = np.clip(law, low[:, None], high[:, None])
    return within
