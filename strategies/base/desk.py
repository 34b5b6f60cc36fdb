"""The desk of one participant: news from the venue in, messages to the venue out.

The simulator and the live runner both work through it, and it is the only code that calls a
strategy, so a strategy cannot tell them apart.
"""

from collections.abc import Mapping

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS
from strategies.base.budget import Bucket
from strategies.base.context import Context
from strategies.base.guards import Guarded
from strategies.base.intents import Intents
from strategies.base.ledger import Ledger
from strategies.base.messages import Message, Place
from strategies.base.participant import Participant
from strategies.base.reconcile import Reconciler
from strategies.base.recording import Recorder, lots_ahead, sample
from strategies.base.statistics import Counts, DeskStatistics, desk_statistics
from strategies.base.strategy import Wake
from strategies.base.uptime import Uptime
from strategies.base.views import Ack, BookView, Fill, TradeView

_BOTH = len(Side)


class Desk:
    """Every method that takes ``now_ns`` returns what to send, in order; time must not go backwards.

    ``books`` is the driver's map of the books by symbol, read at each callback. ``recorder`` is told all that happens.
    """

    def __init__(
        self,
        participant: Participant,
        books: Mapping[str, BookView],
        rng: np.random.Generator,
        prefix: str = "",
        recorder: Recorder | None = None,
    ) -> None:
        self.participant = participant
        self.strategy = participant.strategy
        self.recorder = recorder
        self._bucket = Bucket(participant.budget) if participant.budget else None
        self.reconciler = Reconciler(prefix, is_rationed=self._bucket is not None)
        self.ledger = Ledger()
        self.counts = Counts()
        self.uptimes: dict[str, Uptime] = {}
        self.ctx = Context(participant.contracts, books, rng, participant.curves, self.reconciler, self.ledger)
        self._next_timer_ns = NEVER_NS
        # Flags are slow to combine, and books change all the time: ask once.
        wakes = self.strategy.wakes
        self.watches_best = bool(wakes & (Wake.BBO | Wake.DEPTH | Wake.PRICE))
        self.watches_only_prices = bool(wakes & Wake.PRICE) and not wakes & (Wake.BBO | Wake.DEPTH)
        self._best_ticks: dict[str, tuple[int, int]] = {}
        self.watches_depth = bool(wakes & Wake.DEPTH)
        self.watches_trades = bool(wakes & Wake.TRADE)
        self._hears_fills = bool(wakes & Wake.FILL)
        self._hears_acks = bool(wakes & Wake.ACK)
        self._hears_curves = bool(wakes & Wake.CURVE)
        self._has_rhythm = bool(wakes & Wake.TIMER) and self.strategy.timer_ns > 0

    @property
    def next_timer_ns(self) -> int:
        """When ``timer`` wants to be called next; NEVER_NS if it does not."""
        timer_ns, wake_ns = self._next_timer_ns, self.ctx.next_wake_ns
        wanted_ns = timer_ns if timer_ns <= wake_ns else wake_ns
        if self._bucket is not None and self.reconciler.is_short:
            return min(wanted_ns, self._bucket.next_ns)
        return wanted_ns

    def start(self, now_ns: int) -> list[Message]:
        if self._has_rhythm:
            self._next_timer_ns = now_ns + self.strategy.timer_ns
        for contract in self.participant.contracts:
            self.uptimes[contract.symbol] = Uptime(now_ns, contract.gate_ns)
        if self.recorder is not None:
            self.recorder.started(now_ns, self.participant)
            for held in self.ledger.results.values():
                self.recorder.carried(now_ns, held.contract, held.position_lots, held.mark_usd)
        self.ctx.now_ns = now_ns
        return self._take(now_ns, self.strategy.on_start(self.ctx))

    def timer(self, now_ns: int) -> list[Message]:
        if now_ns < min(self._next_timer_ns, self.ctx.next_wake_ns):
            return self._resume(now_ns)
        if now_ns >= self._next_timer_ns:
            # Beats that were missed are skipped, not made up for.
            self._next_timer_ns += self.strategy.timer_ns * (
                1 + (now_ns - self._next_timer_ns) // self.strategy.timer_ns
            )
        if now_ns >= self.ctx.next_wake_ns:
            self.ctx.next_wake_ns = NEVER_NS
        self.ctx.now_ns = now_ns
        return self._take(now_ns, self.strategy.on_timer(self.ctx))

    def book(
        self,
        now_ns: int,
        contract: Contract,
        book: BookView,
        is_best_changed: bool,
        best_ticks: tuple[int, int] | None = None,
    ) -> list[Message]:
        """``best_ticks``: bid and ask of ``book``, if the driver knows them without looking into it."""
        if not (self.watches_depth or (self.watches_best and is_best_changed)) or contract.gate_ns <= now_ns:
            return []
        if self.watches_only_prices:
            best_ticks = best_ticks or (book.best_bid_ticks, book.best_ask_ticks)
            if self._best_ticks.get(contract.symbol) == best_ticks:
                return []
            self._best_ticks[contract.symbol] = best_ticks
        self.ctx.now_ns = now_ns
        return self._take(now_ns, self.strategy.on_book(self.ctx, contract, book))

    def trade(self, now_ns: int, trade: TradeView) -> list[Message]:
        if not self.watches_trades:
            return []
        self.ctx.now_ns = now_ns
        return self._take(now_ns, self.strategy.on_trade(self.ctx, trade))

    def curve(self, now_ns: int) -> list[Message]:
        if not self._hears_curves:
            return []
        self.ctx.now_ns = now_ns
        return self._take(now_ns, self.strategy.on_curve(self.ctx))

    def fill(self, now_ns: int, fill: Fill, filled_lots: int = 0) -> list[Message]:
        """``filled_lots``: the order's total so far, if the driver knows it; 0 leaves the order as it is."""
        self.ctx.now_ns = now_ns
        fair_usd = self.ctx.fair_usd(fill.contract) or fill.contract.price_usd(fill.price_ticks)
        if self.recorder is not None:
            self.recorder.fill(now_ns, fill, fair_usd, self.ctx.book(fill.contract))
        self.ledger.fill(fill, fair_usd)
        self.reconciler.filled(fill.client_id, filled_lots)
        messages: list[Message] = []
        if self._hears_fills:
            messages = self._take(now_ns, self.strategy.on_fill(self.ctx, fill))
        return messages + self._settle(now_ns, fill.contract)

    def progressed(self, now_ns: int, client_id: str, filled_lots: int) -> list[Message]:
        """Of an order's lots, ``filled_lots`` are filled by now; the fills themselves are told by ``fill``."""
        order = self.reconciler.orders.get(client_id)
        if order is None or filled_lots <= order.filled_lots:
            return []
        self.reconciler.filled(client_id, filled_lots)
        return self._settle(now_ns, order.contract)

    def answered(
        self, now_ns: int, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool
    ) -> list[Message]:
        """The venue did what the message in flight for this order asked; ``lots`` is the total."""
        order = self.reconciler.orders.get(client_id)
        if order is None:
            return []
        if self.recorder is not None:
            self.recorder.answered(now_ns, client_id, price_ticks, lots, filled_lots, is_open)
        self.reconciler.answered(client_id, price_ticks, lots, filled_lots, is_open)
        return self._acked(now_ns, Ack(order.contract, client_id, order.tag, is_open, ""))

    def refused(self, now_ns: int, client_id: str, reason: str, is_gone: bool) -> list[Message]:
        """The venue refused the message in flight; ``is_gone`` if there is no such order any more."""
        self.counts.refusals += 1
        if self.recorder is not None:
            self.recorder.refused(now_ns, client_id, reason, is_gone)
        order = self.reconciler.orders.get(client_id)
        if order is None:
            return []
        self.reconciler.refused(client_id, is_gone)
        is_open = client_id in self.reconciler.orders
        return self._acked(now_ns, Ack(order.contract, client_id, order.tag, is_open, reason))

    def gone(self, now_ns: int, client_id: str, reason: str) -> list[Message]:
        """The order left the book without being asked: expired, gated, or cancelled by the venue."""
        order = self.reconciler.orders.get(client_id)
        if order is None:
            return []
        if self.recorder is not None:
            self.recorder.gone(now_ns, client_id, reason)
        self.reconciler.gone(client_id)
        return self._acked(now_ns, Ack(order.contract, client_id, order.tag, False, reason))

    def orders_lost(self, now_ns: int) -> list[Message]:
        """Everything in the book and in flight is gone; what is wanted is placed anew."""
        contracts = {order.contract.symbol: order.contract for order in self.reconciler.orders.values()}
        for client_id in list(self.reconciler.orders):
            if self.recorder is not None:
                self.recorder.gone(now_ns, client_id, "lost")
            self.reconciler.gone(client_id)
        contracts |= {contract.symbol: contract for contract in self.ctx.contracts}
        return [message for contract in contracts.values() for message in self._settle(now_ns, contract)]

    def kill(self, now_ns: int, reason: str) -> list[Message]:
        """Pull everything and never call the strategy again; it must be guarded."""
        assert isinstance(self.strategy, Guarded), "only a guarded strategy can be stopped for good"
        self.ctx.now_ns = now_ns
        self.strategy.kill(reason)
        return self._call(now_ns, self.strategy.on_timer)

    def mark(self, now_ns: int) -> None:
        """Value everything held at today's fair value; what is past its gate keeps its last mark."""
        self.ctx.now_ns = now_ns
        for result in self.ledger.results.values():
            if result.contract.gate_ns > now_ns:
                result.mark_usd = self.ctx.fair_usd(result.contract) or result.mark_usd
        self.sample(now_ns)

    def sample(self, now_ns: int) -> None:
        """Show the recorder what is held and quoted; unlike ``mark`` it changes nothing the strategy could see."""
        if self.recorder is None:
            return
        self.ctx.now_ns = now_ns
        contracts = {contract.symbol: contract for contract in self.ctx.contracts}
        contracts |= {symbol: result.contract for symbol, result in self.ledger.results.items()}
        for contract in contracts.values():
            self.recorder.sampled(now_ns, sample(self.ctx, contract))

    def statistics(self, now_ns: int) -> DeskStatistics:
        """What it has done and earned so far, valued now."""
        self.mark(now_ns)
        return desk_statistics(self.participant.name, self.counts, self.ledger, self.uptimes, now_ns)

    def _acked(self, now_ns: int, ack: Ack) -> list[Message]:
        messages: list[Message] = []
        if self._hears_acks:
            self.ctx.now_ns = now_ns
            messages = self._take(now_ns, self.strategy.on_ack(self.ctx, ack))
        return messages + self._settle(now_ns, ack.contract)

    def _take(self, now_ns: int, intents: Intents) -> list[Message]:
        """The messages that follow from what the strategy wants."""
        if self._bucket is None and (intents == () or intents == []):
            return []  # most wakes end here: nothing is wanted anew, and nothing waits for leave
        self._allow(now_ns)
        return self._counted(now_ns, self.reconciler.state(intents))

    def _resume(self, now_ns: int) -> list[Message]:
        """What waited for leave to be sent."""
        if not self.reconciler.is_short:
            return []
        self.ctx.now_ns = now_ns
        self._allow(now_ns)
        return self._counted(now_ns, self.reconciler.resume())

    def _allow(self, now_ns: int) -> None:
        if self._bucket is not None:
            self.reconciler.allow(self._bucket.left(now_ns), now_ns)

    def _settle(self, now_ns: int, contract: Contract) -> list[Message]:
        """What can follow now that an order of this contract has changed."""
        uptime = self.uptimes.get(contract.symbol)
        if uptime is not None:
            sides = {order.side for order in self.reconciler.of_contract(contract) if order.is_live}
            uptime.observe(now_ns, len(sides) == _BOTH)
        if contract.gate_ns <= now_ns:
            return []
        self._allow(now_ns)
        return self._counted(now_ns, self.reconciler.wishes(contract) + self.reconciler.reconcile(contract))

    def _counted(self, now_ns: int, messages: list[Message]) -> list[Message]:
        if not messages:
            return messages
        if self._bucket is not None:
            self._bucket.take(len(messages))
        self.counts.messages += len(messages)
        self.counts.orders += sum(isinstance(message, Place) for message in messages)
        if self.recorder is not None:
            for message in messages:
                self.recorder.sent(now_ns, message, lots_ahead(self.ctx, message))
        return messages
