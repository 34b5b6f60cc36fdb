"""The protocol of a strategy. Subclass it and write only the callbacks you need; each returns wants."""

from enum import IntFlag
from typing import Protocol

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base.context import Context
from strategies.base.intents import Intents
from strategies.base.views import Ack, BookView, Fill, TradeView


class Wake(IntFlag):
    """What a strategy asks to be woken for; what it does not ask for costs nothing."""

    TIMER = 1
    FILL = 2
    ACK = 4
    BBO = 8  # on_book when a best price or its size changed
    DEPTH = 16  # on_book whenever anything in view changed
    TRADE = 32
    CURVE = 64
    EVERY = 127
    PRICE = 128  # on_book when a best price changed; seldomer than BBO, which has it within


class Strategy(Protocol):
    """``timer_ns`` is the rhythm of on_timer; 0 leaves it to ``ctx.wake_at``.

    A callback may return a list or yield. What its ``__init__`` takes is what ``--set`` and a sweep can set.
    """

    wakes: Wake = Wake.TIMER | Wake.FILL
    timer_ns: int = NS_PER_SECOND

    def on_start(self, ctx: Context) -> Intents:
        """Called once, before anything else, whatever ``wakes`` says."""
        return ()

    def on_timer(self, ctx: Context) -> Intents:
        """Every ``timer_ns`` (TIMER), and when ``ctx.wake_at`` asked for it. Beats that were missed are skipped."""
        return ()

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        """A book as it is now (BBO, DEPTH); changes that came together are one call."""
        return ()

    def on_trade(self, ctx: Context, trade: TradeView) -> Intents:
        """Anybody's trade, one's own included (TRADE)."""
        return ()

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        """A trade of one's own (FILL); ``ctx.position`` has it already."""
        return ()

    def on_ack(self, ctx: Context, ack: Ack) -> Intents:
        """The venue's answer to a message, or the news that an order is gone (ACK)."""
        return ()

    def on_curve(self, ctx: Context) -> Intents:
        """The forward curve may have moved (CURVE)."""
        return ()
