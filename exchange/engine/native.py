"""The door for machine code that drives the engine itself: where its entries begin, and what they are given."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from exchange.domain.records import COMMAND, Rows
from exchange.engine.playing import Player
from exchange.jit import address
from exchange.kernel import inspect
from exchange.kernel.apply import apply
from exchange.kernel.play import look_at, play, top


class Entries(NamedTuple):
    """Addresses of machine code; uncompiled, the functions.

    ``play(state, tape, flow, first, events)``, ``apply(state, commands, events)`` and ``top(state, contract,
    depth, levels)`` return two int64, ``look_at(state, tape, contract)`` one.
    """

    play: Any
    look_at: Any
    top: Any
    apply: Any


class Native:
    """A player lent to machine code. Between ``lend`` and ``give_back`` nobody else may touch it."""

    def __init__(self, player: Player) -> None:
        self._player = player
        state, tape = player._reference, player._tape_reference
        events, levels = player._played, np.zeros((2, 2), np.int64)
        self.entries = Entries(
            address(play, state, tape, player._flow[:0], 0, events),
            address(look_at, state, tape, 0),
            address(top, state, 0, 0, levels),
            address(apply, state, np.zeros(0, COMMAND), events),
        )

    @property
    def events(self) -> Rows:
        """(m,) of EVENT, for the machine code to write into."""
        return self._player._played

    @property
    def flow(self) -> Rows:
        """(n,) of FLOW, all that was loaded."""
        return self._player._flow

    @property
    def tape(self) -> Any:
        """By reference; made anew by ``load``."""
        return self._player._tape_reference

    def lend(self, commands: int) -> tuple[Any, int]:
        """The state by reference, with room for at least so many commands, and for how many there is room."""
        player = self._player
        player._take(inspect.with_room(player._state, commands))
        player._room = player._end = 0
        return player._reference, inspect.room(player._state)

    def give_back(self, first: int) -> None:
        """The machine code has played the flow up to row ``first``."""
        self._player._place = first
