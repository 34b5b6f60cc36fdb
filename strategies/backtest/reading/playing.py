"""What comes of a recording when nobody else trades: all that its flow asked, and all that happened."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.domain.records import Rows
from exchange.domain.units import NEVER_NS
from exchange.engine.playing import Player
from strategies.backtest.recording import Recording
from strategies.simulator.translate import list_command


class Played:
    """A recording on an engine of its own, without gates: books are left as its flow leaves them."""

    def __init__(self, recording: Recording) -> None:
        self.engine = Player(keeps_events=True, keeps_commands=True)
        self._recording = recording

    def pieces(self) -> Iterator[tuple[Rows, Rows]]:
        """What was asked, as (n,) of COMMAND, and what happened, as (m,) of EVENT, a piece at a time."""
        listings = [list_command(contract)._replace(expiry_ns=NEVER_NS) for contract in self._recording.contracts]
        self.engine.open_market(listings, 0)
        self.engine.take_commands()
        for piece in self._recording.chunks():
            self.engine.load(piece)
            _, events, _ = self.engine.play()
            commands = self.engine.take_commands()
            if len(commands):
                yield commands, events
