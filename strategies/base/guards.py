"""Risk limits on the strategy's side: a strategy around any other, which lets through what the limits allow.

It stands before the reconciler, so every driver has it by running ``Guarded(strategy, limits)`` instead of the
strategy. Whatever the strategy wants, no inventory limit can be passed even if everything fills that is in the book, in
flight, or wanted. What was cut off because orders before it are still in the book is said again once they are gone.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from exchange.domain.enums import Side, TimeInForce
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from strategies.base.context import Context
from strategies.base.exposure import Exposure, growth, managed_open, own_open
from strategies.base.intents import Cancel, Ceiling, Intent, Intents, Ladder, New, Quote, Replace, Rung
from strategies.base.limits import Limits
from strategies.base.rooms import room, trim
from strategies.base.strategy import Strategy, Wake
from strategies.base.views import Ack, BookView, Fill, TradeView
from strategies.base.watching import EVERYWHERE, Losses, News, Place

BEAT_NS = NS_PER_SECOND
TRIPS_MAX = 1000
SIDES = (Side.BUY, Side.SELL)


class Trip(NamedTuple):
    """A guard that held something back, when it began to; ``symbol`` is empty if it is about everything."""

    time_ns: int
    name: str
    reason: str
    symbol: str = ""


class Mode(IntEnum):
    """What is let through; it only ever gets stricter, but for a day's loss at the next midnight."""

    OPEN = 0
    REDUCING = 1
    FLAT = 2
    KILLED = 3


class Wanted(NamedTuple):
    """What the strategy said last about one side of a contract."""

    contract: Contract
    side: Side
    rungs: tuple[Rung, ...]
    post_only: bool


class Guarded(Strategy):
    """``trips``: the newest thousand. ``kill`` may be called from outside at any time, between callbacks."""

    def __init__(self, strategy: Strategy, limits: Limits) -> None:
        self.strategy = strategy
        self.limits = limits
        self.mode = Mode.OPEN
        self.trips: deque[Trip] = deque(maxlen=TRIPS_MAX)
        self.stale: dict[Place, str] = {}
        self._inner = strategy.wakes
        self._period_ns = strategy.timer_ns if strategy.wakes & Wake.TIMER else 0
        self.wakes = strategy.wakes | Wake.TIMER | Wake.FILL | Wake.ACK | Wake.CURVE
        self.timer_ns = min(self._period_ns or BEAT_NS, BEAT_NS)
        self._next_ns = NEVER_NS  # when the strategy's own rhythm is due
        self._wake_ns = NEVER_NS  # when it asked to be woken
        self._exposure = Exposure()
        self._losses = Losses(limits)
        self._news = News(limits)
        self._wanted: dict[tuple[str, Side], Wanted] = {}
        self._cut: set[tuple[str, Side]] = set()
        self._promised: dict[tuple[str, Side], int] = {}  # lots of single orders let through in this callback
        self._ctx: Context | None = None
        self._killed = ""

    def kill(self, reason: str) -> None:
        """Pull everything and want nothing more, for good. The driver's next look at the timer sends it."""
        self._killed = self._killed or reason
        if self._ctx is not None:
            self._ctx.wake_at(self._ctx.now_ns)

    def on_start(self, ctx: Context) -> Intents:
        self._ctx = ctx
        self._news.heard(ctx.now_ns)
        for contract in ctx.contracts:
            self._exposure.look(ctx, contract)
        if self._period_ns > 0:
            self._next_ns = ctx.now_ns + self._period_ns
        self._watch(ctx)
        return self._through(ctx, self._ask(ctx, self.strategy.on_start(ctx)))

    def on_timer(self, ctx: Context) -> Intents:
        # Not every change of an order comes with a callback, and what is past its gate does not count any more.
        self._exposure.forget_gated(ctx.now_ns)
        for contract in ctx.contracts:
            self._exposure.look(ctx, contract)
        changed = self._watch(ctx)
        is_due = ctx.now_ns >= min(self._next_ns, self._wake_ns)
        if ctx.now_ns >= self._next_ns:
            self._next_ns += self._period_ns * (1 + (ctx.now_ns - self._next_ns) // self._period_ns)
        if ctx.now_ns >= self._wake_ns:
            self._wake_ns = NEVER_NS
        wants: Intents = ()
        if is_due and self.mode is not Mode.KILLED:
            wants = self._ask(ctx, self.strategy.on_timer(ctx))
        return [*changed, *self._through(ctx, wants), *self._closing(ctx)]

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        self._news.heard(ctx.now_ns)
        if self.mode is Mode.KILLED:
            return ()
        return self._through(ctx, self._ask(ctx, self.strategy.on_book(ctx, contract, book)))

    def on_trade(self, ctx: Context, trade: TradeView) -> Intents:
        self._news.heard(ctx.now_ns)
        if self.mode is Mode.KILLED:
            return ()
        return self._through(ctx, self._ask(ctx, self.strategy.on_trade(ctx, trade)))

    def on_curve(self, ctx: Context) -> Intents:
        self._news.heard_curve(ctx.now_ns)
        if self.mode is Mode.KILLED or not self._inner & Wake.CURVE:
            return ()
        return self._through(ctx, self._ask(ctx, self.strategy.on_curve(ctx)))

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        self._exposure.look(ctx, fill.contract)
        # What a fill took is not wanted any more, until the strategy says so.
        key = fill.contract.symbol, fill.side
        if key in self._wanted:
            self._wanted[key] = self._wanted[key]._replace(rungs=ctx.wants(fill.contract, fill.side))
        self._cut.discard(key)
        changed = self._watch(ctx)
        wants: Intents = ()
        if self._inner & Wake.FILL and self.mode is not Mode.KILLED:
            wants = self._ask(ctx, self.strategy.on_fill(ctx, fill))
        return [*changed, *self._through(ctx, wants)]

    def on_ack(self, ctx: Context, ack: Ack) -> Intents:
        self._exposure.look(ctx, ack.contract)
        wants: list[Intent] = []
        if self.mode is not Mode.KILLED:
            if self._inner & Wake.ACK:
                wants = list(self._ask(ctx, self.strategy.on_ack(ctx, ack)))
            wants = [*self._again(ack.contract), *wants]
        return self._through(ctx, wants)

    def _ask(self, ctx: Context, wants: Intents) -> Intents:
        """What the strategy returned, and note when it wants to be woken."""
        found = list(wants)
        self._wake_ns = min(self._wake_ns, ctx.next_wake_ns)
        return found

    def _again(self, contract: Contract) -> Iterator[Intent]:
        """What was cut off of this contract's wants, said once more: there may be room now."""
        for side in SIDES:
            wanted = self._wanted.get((contract.symbol, side))
            if wanted and (contract.symbol, side) in self._cut:
                yield Ladder(contract, side, wanted.rungs, wanted.post_only)

    def _watch(self, ctx: Context) -> list[Intent]:
        """Look at losses and news; what must change at once because of them."""
        before, stale_before = self.mode, self.stale
        share, reason = self._losses.look(ctx)
        mode = Mode.FLAT if share >= self.limits.flat_factor else Mode.REDUCING if share >= 1.0 else Mode.OPEN
        self.mode = Mode.KILLED if self._killed else mode
        if self.mode > before:
            name = "kill" if self._killed else "loss"
            self._trip(ctx, name, self._killed or f"{self.mode.name.lower()}: {reason}")
        self.stale = self._news.stale(ctx)
        for place, why in self.stale.items():
            if place not in stale_before:
                self._trip(ctx, "feed" if place == EVERYWHERE else "curve", why, "_".join(filter(None, place)))
        if (self.mode, self.stale.keys()) == (before, stale_before.keys()) and self.mode < Mode.FLAT:
            return []
        return self._anew(ctx)

    def _anew(self, ctx: Context) -> list[Intent]:
        """Everything judged once more: what may not stand is pulled, what may again is placed."""
        wants: list[Intent] = []
        for contract in ctx.contracts:
            is_pulled = self._is_pulled(contract)
            if is_pulled or self.mode > Mode.OPEN:
                orders = [order for order in ctx.orders(contract) if not order.is_managed and order.tag != "flat"]
                wants += [Cancel(order.client_id) for order in orders]
            for side in SIDES:
                wanted = self._wanted.get((contract.symbol, side))
                if is_pulled and (ctx.wants(contract, side) or managed_open(ctx, contract, side)):
                    wants += [Ceiling(contract, side, 0), Ladder(contract, side)]
                    self._cut.add((contract.symbol, side))
                elif not is_pulled and wanted:
                    wants += self._rungs(ctx, wanted)
        return wants

    def _is_pulled(self, contract: Contract) -> bool:
        if self.mode >= Mode.FLAT or EVERYWHERE in self.stale:
            return True
        return (contract.sku.code, contract.region.code) in self.stale

    def _through(self, ctx: Context, wants: Iterable[Intent]) -> list[Intent]:
        """What of ``wants`` is let through, in their order."""
        passed: list[Intent] = []
        self._promised.clear()
        for want in wants:
            if isinstance(want, Quote):
                bids, asks = Rung(want.bid_ticks, want.bid_lots), Rung(want.ask_ticks, want.ask_lots)
                passed += self._side(ctx, want.contract, Side.BUY, (bids,), True)
                passed += self._side(ctx, want.contract, Side.SELL, (asks,), True)
            elif isinstance(want, Ladder):
                passed += self._side(ctx, want.contract, want.side, want.rungs, want.post_only)
            elif isinstance(want, New):
                passed += self._new(ctx, want)
            elif isinstance(want, Replace):
                passed += self._replaced(ctx, want)
            else:
                passed.append(want)
        return passed

    def _side(
        self, ctx: Context, contract: Contract, side: Side, rungs: tuple[Rung, ...], post_only: bool
    ) -> list[Intent]:
        wanted = Wanted(contract, side, rungs, post_only)
        self._wanted[contract.symbol, side] = wanted
        return [] if self._is_pulled(contract) else self._rungs(ctx, wanted)

    def _rungs(self, ctx: Context, wanted: Wanted) -> list[Intent]:
        contract, side, rungs, post_only = wanted
        managed = managed_open(ctx, contract, side)
        own = own_open(ctx, contract, side) + self._promised.get((contract.symbol, side), 0)
        asked, needed = sum(rung.lots for rung in rungs), sum(managed) + growth(managed, rungs)
        most = self._room(ctx, contract, side, own, needed)
        kept = trim(rungs, side, most)
        self._exposure.set_side(ctx, contract, side, own + max(most, sum(managed)))
        self._note(ctx, contract, side, asked, asked if most == needed else min(asked, most))
        return [Ceiling(contract, side, most), Ladder(contract, side, kept, post_only)]

    def _new(self, ctx: Context, new: New) -> list[Intent]:
        if self._is_pulled(new.contract):
            return []
        present = self._exposure.side(new.contract, new.side)
        lots = self._room(ctx, new.contract, new.side, present, new.lots)
        self._promise(new.contract, new.side, lots)
        self._note(ctx, new.contract, new.side, new.lots, lots)
        return [new._replace(lots=lots)] if lots else []

    def _replaced(self, ctx: Context, act: Replace) -> list[Intent]:
        order = next((o for c in ctx.contracts for o in ctx.orders(c) if o.client_id == act.client_id), None)
        if order is None or self._is_pulled(order.contract):
            return []
        # Either what is open now fills, or what shall be: only what is more counts.
        present = self._exposure.side(order.contract, order.side)
        more = 0 if order.is_managed else max(0, act.lots - order.most_open_lots)
        allowed = self._room(ctx, order.contract, order.side, present, more)
        self._promise(order.contract, order.side, allowed)
        self._note(ctx, order.contract, order.side, more, allowed)
        return [act._replace(lots=act.lots - more + allowed)]

    def _room(self, ctx: Context, contract: Contract, side: Side, present: int, most: int) -> int:
        """Of ``most`` lots beside ``present`` ones, how many the limits allow."""
        self._exposure.set_side(ctx, contract, side, present)
        return room(self.limits, self._exposure, contract, side, most, self.mode is Mode.REDUCING)

    def _promise(self, contract: Contract, side: Side, lots: int) -> None:
        self._promised[contract.symbol, side] = self._promised.get((contract.symbol, side), 0) + lots
        self._exposure.add(contract, side, lots)

    def _closing(self, ctx: Context) -> list[Intent]:
        """When flat: what is held goes to the best price there is, as soon as nothing of one's own is in the way."""
        if self.mode is not Mode.FLAT:
            return []
        found: list[Intent] = []
        for contract in ctx.contracts:
            held = ctx.position(contract)
            side = Side.SELL if held > 0 else Side.BUY
            price_ticks = ctx.best_other(contract, Side.BUY if held > 0 else Side.SELL)
            if held and price_ticks and not list(ctx.orders(contract)):
                found.append(New(contract, side, price_ticks, abs(held), TimeInForce.IOC, tag="flat"))
        return found

    def _note(self, ctx: Context, contract: Contract, side: Side, asked: int, allowed: int) -> None:
        key = contract.symbol, side
        if allowed >= asked:
            self._cut.discard(key)
        elif key not in self._cut:
            self._cut.add(key)
            words = f"{allowed} of {asked} lots to {side.name.lower()}"
            self._trip(ctx, "reducing" if self.mode is Mode.REDUCING else "inventory", words, contract.symbol)

    def _trip(self, ctx: Context, name: str, reason: str, symbol: str = "") -> None:
        self.trips.append(Trip(ctx.now_ns, name, reason, symbol))
