"""The mirror itself: events in, the public state of the venue kept, and what changed handed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from exchange.archive.format import encode
from exchange.domain.calendar import HOURS_AHEAD
from exchange.domain.enums import CommandKind, EventKind, Kill, OrderType, Phase, Reason, Side, TimeInForce
from exchange.domain.lifecycle import Rules
from exchange.domain.records import Command, Rows
from exchange.domain.scenarios import ticks_of
from exchange.engine import Engine
from exchange.gateway.mirror.changes import Changes, Moved, Origin, Outcome
from exchange.gateway.mirror.chronicle import Chronicle
from exchange.gateway.mirror.clearing import Clearing
from exchange.gateway.mirror.family import Family, NoFamily
from exchange.gateway.mirror.fills import own_trade, public_trade, shares, spread
from exchange.gateway.mirror.markets import NS_PER_MS, Market, Uncrossing
from exchange.gateway.mirror.orders import STOPS, OrderRecord
from exchange.gateway.mirror.state import INDEXES_KEPT
from exchange.wire.channels import Stream
from exchange.wire.contracts import InstrumentState, Leg
from exchange.wire.events import Event, command_tuples, event_tuples, text_of
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import ForwardCurve, Trade, UserTrade
from exchange.wire.rates import AccountLimits

# Members of an enum are slow to look up, and these are needed for every order.
_QUOTE, _WILDCARD, _BUY = int(CommandKind.QUOTE), int(CommandKind.WILDCARD), int(Side.BUY)
# What both sides of a quote are, as orders.
_QUOTED = Command(order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC)


class Mirror(Clearing):
    """Everything the gateway says about the venue comes from here."""

    def __init__(self, engine: Engine, rules: Rules | None = None, hours_ahead: int = HOURS_AHEAD) -> None:
        """``rules`` and ``hours_ahead`` say when stages begin."""
        super().__init__(engine, rules or Rules(), hours_ahead)
        self.chronicle = Chronicle(self.accounts)
        # What the server knows of accounts: who belongs together, and how much each may ask.
        self.family: Family = NoFamily()
        self.rates: AccountLimits | UnsetType = UNSET
        self._changes = Changes()
        self._moved: dict[int, OrderRecord] = {}
        self._fills: list[UserTrade] = []
        # What a strip order has traded in its hours, until it is told as one trade.
        self._legs: list[Leg] = []
        self._label = ""
        self._time_ns = engine.time_ns
        self._apply: dict[int, Callable[[Command, Event], None]] = {
            EventKind.ACCEPTED: self._accepted,
            EventKind.RESTED: self._rested,
            EventKind.FILLED: self._filled,
            EventKind.AMENDED: self._amended,
            EventKind.CANCELLED: self._gone,
            EventKind.EXPIRED: self._gone,
            EventKind.REJECTED: _nothing,
            EventKind.LISTED: self._listed,
            EventKind.PHASE: self._phase,
            EventKind.ACCOUNT_OPENED: self._opened,
            EventKind.CASH: self._cash,
            EventKind.CAPACITY: self._capacity,
            EventKind.REFRESHED: _nothing,
            EventKind.PARKED: self._parked,
            EventKind.TRIGGERED: self._triggered,
            EventKind.INDICATIVE: self._indicative,
            EventKind.CONFIGURED: self._configured,
            EventKind.FROZEN: self._froze,
            EventKind.TRANSFER: self._transfer,
            EventKind.BOND: self._bond,
            EventKind.NOMINATED: self._nominated,
            EventKind.ATTESTED: self._attested,
            EventKind.COMPENSATED: self._compensated,
            EventKind.BOUGHT_IN: self._bought_in,
            EventKind.MADE_GOOD: self._compensated,
            EventKind.FIXING: self._fixed,
            EventKind.CORRECTED: self._corrected,
            EventKind.STRIP: self._strip_traded,
            EventKind.MARGIN_CALL: self._called,
            EventKind.MEMBER: self._member_came,
            EventKind.SHARED: self._shared,
        }
        assert self._apply.keys() == set(EventKind)

    def apply(self, commands: Rows, events: Rows, origins: Sequence[Origin | None], first_event: int) -> Changes:
        """Follow one turn. ``origins[i]`` asked for ``commands[i]``; events are numbered from ``first_event``."""
        changes = self._changes = Changes()
        self.books.touched = changes.touched
        happened = event_tuples(events)
        assert first_event == self.events_total + 1 or not happened
        start = 0
        ends = np.searchsorted(events["sequence"], commands["sequence"], side="right").tolist()
        for command, end, origin in zip(command_tuples(commands), ends, origins, strict=True):
            self._follow(command, happened[start:end], origin)
            start = end
        assert start == len(happened)
        for number, delivery in changes.deliveries.items():
            changes.news.append((Stream.DELIVERY, self.markets[number], delivery))
        changes.time_ms = self._time_ns // NS_PER_MS
        for number, touched in changes.touched.items():
            market = self.markets[number]
            market.updated_ms, market.version = changes.time_ms, market.version + 1
            if touched:
                market.change_id = self.events_total
        changes.told = self.chronicle.tell(changes)
        return changes

    def publish_curve(self, curve: ForwardCurve) -> list[Market]:
        """Keep a market maker's curve; returns the markets whose forward price it sets."""
        self.curves[curve.sku_region] = curve
        priced = [(self.by_symbol[point.instrument_name], point.price) for point in curve.points]
        for market, price in priced:
            market.forward_price = price
            market.version += 1
        return [market for market, _ in priced]

    def publish_index(self, index: SkuIndex) -> None:
        """Keep the index of a day, in place of what there was."""
        others = (kept for kept in self.indexes.get(index.sku, ()) if kept.day != index.day)
        self.indexes[index.sku] = sorted((*others, index), key=lambda kept: kept.day)[-INDEXES_KEPT:]

    def _follow(self, command: Command, events: list[Event], origin: Origin | None) -> None:
        self._time_ns = command.time_ns
        self._label = "" if origin is None else origin.label
        self._moved = {}
        self._fills = []
        for event in events:
            self.events_total += 1
            self.books.follow(event)
            self._apply[event.kind](command, event)
        asked: OrderRecord | None = None
        answer: Raw | None = None
        now_ms = command.time_ns // NS_PER_MS
        for order in self._moved.values():
            order.updated_ms = now_ms
            text = encode(order.message())
            # The command's own order moves first or, with CANCEL and REPLACE, alone or named.
            if asked is None and order.account == command.account:
                asked, answer = order, Raw(text)
            self._changes.orders.append(Moved(order.account, order.market, text, order.ending))
        if origin is not None:
            # Others may have traded in its wake: stops that it triggered, orders that waited for it.
            fills = [fill for fill in self._fills if asked is not None and fill.order_id == str(asked.order_id)]
            self._changes.outcomes.append(Outcome(origin, command, events, answer, fills))

    def _accepted(self, command: Command, event: Event) -> None:
        # Most orders have none, and unpacking it would be a tenth of this method.
        client_id = text_of(command) if command.text_0 else ""
        slot = -1
        if command.kind == _QUOTE:
            slot = command.option
            command = _QUOTED._replace(time_ns=command.time_ns)
        order = OrderRecord(
            event.order_id, event.account, self.markets[event.contract], event.side, command.order_type,
            command.time_in_force, command.flags, event.price_ticks, event.lots, event.open_lots, command.expiry_ns,
            client_id, self._label, command.time_ns, trigger_ticks=command.trigger_ticks,
            display_lots=command.display_lots, is_waiting=command.order_type in STOPS,
            offset_ticks=command.offset_ticks, quote_slot=slot,
        )  # fmt: skip
        if command.kind == _WILDCARD:
            order.limit_ticks = 0  # it reserves for its dearest member, and has none yet
        self.open_order(order)
        self._note(order)

    def _member_came(self, command: Command, event: Event) -> None:
        """Nothing of it is open until it comes to stand, and then it shares what is open of its wildcard."""
        whole = self.orders[event.maker_order_id]
        member = OrderRecord(
            event.order_id, event.account, self.markets[event.contract], event.side, whole.order_type,
            whole.time_in_force, whole.flags, event.price_ticks, 0, 0, whole.expiry_ns, "", whole.label,
            command.time_ns,
        )  # fmt: skip
        member.limit_ticks = 0
        self.open_order(member)
        self.join(whole, member)
        self._fit_reserve(whole)

    def _fit_reserve(self, whole: OrderRecord) -> None:
        self.release(whole, whole.open_lots)
        whole.limit_ticks = max((member.price_ticks for member in whole.members), default=0)
        self.reserve(whole)

    def _rested(self, command: Command, event: Event) -> None:
        order = self._moved[event.order_id] = self.orders[event.order_id]
        order.price_ticks = event.price_ticks
        if order.whole is not None:
            order.lots, order.open_lots = event.lots, event.open_lots

    def _shared(self, command: Command, event: Event) -> None:
        """What traded where a member stood has been told, and paid."""
        self._lose(self.orders[event.order_id], event, event.open_lots)

    def _filled(self, command: Command, event: Event) -> None:
        market = self.markets[event.contract]
        taker = self.orders[event.order_id] if event.order_id else _nobodys(market, event, command.time_ns)
        maker = self.orders[event.maker_order_id]
        self._changes.touched.setdefault(market.number, {})
        # A strip trades in its hours, a wildcard in any of its markets; a trade for nobody has no order to fill.
        is_leg = bool(taker.market.legs) and market is not taker.market
        trade = self._print(market, taker, event, command.time_ns)
        if market is taker.market and event.order_id:
            self._settle(taker, event, event.fee, event.open_lots)
        else:
            self._receive(taker, market, event.lots, event.amount, event.fee)
            if event.order_id and not is_leg:
                self._lose(taker, event, event.open_lots)
        self._settle(maker, event, event.maker_fee, event.maker_open_lots)
        self.accounts[0].cash_micros += event.fee + event.maker_fee
        legs = spread(market, event)
        if is_leg:
            self._legs.append(Leg(market.symbol, trade.price, trade.amount))
        else:
            # In an auction both sides stood in the book, and both pay as makers.
            self._report(taker, trade, event.fee, legs, is_taker=event.reason != Reason.AUCTION)
        self._report(maker, trade, event.maker_fee, legs, is_taker=False)

    def _print(self, market: Market, taker: OrderRecord, event: Event, time_ns: int) -> Trade:
        trade = public_trade(market, taker, event, time_ns, self.events_total)
        self._changes.trades.setdefault(market.number, []).append(trade)
        self.trades.append(trade)
        return trade

    def _settle(self, order: OrderRecord, event: Event, fee_micros: int, open_lots: int) -> None:
        market, legs = order.market, order.market.legs
        if not legs:
            self._receive(order, market, event.lots, event.amount, fee_micros)
        else:
            self.accounts[order.account].cash_micros -= fee_micros
            self.accounts[order.account].fees_micros += fee_micros
            value = market.tick_value_micros * event.lots
            for leg, ticks in zip(legs, shares(event.price_ticks, len(legs)), strict=True):
                self._receive(order, leg, event.lots, ticks * value, 0)
        self._lose(order, event, open_lots)

    def _receive(self, order: OrderRecord, market: Market, lots: int, amount_micros: int, fee_micros: int) -> None:
        account = self.accounts[order.account]
        sign = 1 if order.side == _BUY else -1
        account.cash_micros -= sign * amount_micros + fee_micros
        account.fees_micros += fee_micros
        account.hold(market, sign * lots, sign * amount_micros)

    def _lose(self, order: OrderRecord, event: Event, open_lots: int) -> None:
        self.release(order, event.lots)
        order.fill(event.price_ticks, event.lots, open_lots)
        self._note(order)
        if not open_lots:
            self.close_order(order)

    def _strip_traded(self, command: Command, event: Event) -> None:
        """What traded in each leg has been told, and paid."""
        order = self.orders[event.order_id]
        self._changes.touched.setdefault(event.contract, {})
        trade = self._print(order.market, order, event, command.time_ns)
        self._lose(order, event, event.open_lots)
        legs, self._legs = self._legs, []
        self._report(order, trade, event.fee, legs, is_taker=True)

    def _report(
        self, order: OrderRecord, trade: Trade, fee_micros: int, legs: list[Leg] | UnsetType, *, is_taker: bool
    ) -> None:
        fill = own_trade(order, trade, fee_micros, legs, is_taker)
        self.accounts[order.account].trades.append(fill)
        # A wildcard trades in markets other than the one in whose ticks it counts.
        market = order.market if order.market.legs else self.by_symbol[trade.instrument_name]
        self._changes.user_trades.append((order.account, market, fill))
        self._fills.append(fill)

    def _amended(self, command: Command, event: Event) -> None:
        order = self.orders[event.order_id]
        self.release(order, event.old_open_lots)
        order.price_ticks, order.lots, order.open_lots = event.price_ticks, event.lots, event.open_lots
        asked = not event.reason
        # A peg moves without another limit; only who asks for it gives it one, and that takes it out of the book.
        if order.whole is None and not order.members and (not order.is_peg or (asked and not event.resting)):
            order.limit_ticks = event.price_ticks
        if asked:
            order.replaced = True
            if order.state == "untriggered":
                order.trigger_ticks = command.trigger_ticks or order.trigger_ticks
        self.reserve(order)
        self._note(order)

    def _gone(self, command: Command, event: Event) -> None:
        order = self.orders[event.order_id]
        self.release(order, event.lots)
        order.close(event.reason)
        whole = order.whole
        self.close_order(order)
        if whole is not None and whole.is_open:
            self._fit_reserve(whole)
        self._note(order)

    def _parked(self, command: Command, event: Event) -> None:
        order = self.orders[event.order_id]
        if order.price_ticks != order.limit_ticks:
            order.price_ticks = order.limit_ticks
            self._note(order)

    def _triggered(self, command: Command, event: Event) -> None:
        order = self.orders[event.order_id]
        order.state, order.triggered = "open", True
        self._note(order)

    def _listed(self, command: Command, event: Event) -> None:
        symbol = text_of(command)
        time_ms = command.time_ns // NS_PER_MS
        market = self.add_market(event.contract, symbol, command.expiry_ns, command.amount, time_ms)
        market.phase = Phase(command.option or Phase.CONTINUOUS)
        market.numbers = (command.sku, command.region)
        state = InstrumentState(symbol, time_ms, "created", *market.next_stage(command.time_ns))
        self._changes.news.append((Stream.INSTRUMENT_STATE, market, state))

    def _phase(self, command: Command, event: Event) -> None:
        market = self.markets[event.contract]
        market.phase = Phase(event.reason)
        market.uncrossing = None
        if market.phase == Phase.SETTLED:
            market.scenarios = []
        self._changes.touched.setdefault(market.number, {})
        coming = market.next_stage(command.time_ns)
        state = InstrumentState(market.symbol, command.time_ns // NS_PER_MS, market.state, *coming)
        self._changes.news.append((Stream.INSTRUMENT_STATE, market, state))

    def _fixed(self, command: Command, event: Event) -> None:
        market = self.markets[event.contract]
        fixing = self.fix(market, event.price_ticks, event.reason, 0, command.time_ns)
        self._changes.touched.setdefault(event.contract, {})
        self._changes.news.append((Stream.FIXING, market, fixing))

    def _corrected(self, command: Command, event: Event) -> None:
        market = self.markets[event.contract]
        assert market.fixing is not None, "only what is fixed is corrected"
        price = market.price(event.price_ticks)
        market.fixing = replace(market.fixing, timestamp=command.time_ns // NS_PER_MS, corrected_price=price)
        self.fixings.append(market.fixing)
        self._changes.news.append((Stream.FIXING, market, market.fixing))

    def _indicative(self, command: Command, event: Event) -> None:
        market = self.markets[event.contract]
        market.uncrossing = Uncrossing(event.price_ticks, event.lots, event.amount)
        self._changes.touched.setdefault(market.number, {})

    def _configured(self, command: Command, event: Event) -> None:
        if event.reason == CommandKind.MARK:
            self.markets[event.contract].mark_ticks = event.price_ticks
            self._changes.touched.setdefault(event.contract, {})
        elif event.reason == CommandKind.FEES:
            account = self.accounts[event.account]
            account.maker_fee_bps, account.taker_fee_bps = command.maker_fee_bps, command.taker_fee_bps
        elif event.reason in (CommandKind.PROTECT, CommandKind.RESET):
            account = self.accounts[event.account]
            account.is_frozen = False
            if event.reason == CommandKind.PROTECT:
                account.protect(command.lots, command.amount, command.expiry_ns)
        elif event.reason == CommandKind.MARGIN:
            self.markets[event.contract].scenarios = ticks_of(command)
        elif event.reason == CommandKind.MARGIN_TERMS:
            self.accounts[event.account].credit_bps = command.maker_fee_bps if command.option else None
            self._changes.accounts.add(event.account)
        elif event.reason == CommandKind.KILL and command.option != Kill.ACCOUNT:
            level = {Kill(command.option)}
            self._changes.kills = True
            self.kills = self.kills | level if command.lots == 1 else self.kills - level
        elif event.reason == CommandKind.LEG:
            self.add_leg(self.markets[event.contract], self.markets[event.order_id])

    def _froze(self, command: Command, event: Event) -> None:
        self.accounts[event.account].is_frozen = True

    def _called(self, command: Command, event: Event) -> None:
        self._changes.accounts.add(event.account)

    def _opened(self, command: Command, event: Event) -> None:
        name = text_of(command)
        self.add_account(event.account, name, command.maker_fee_bps, command.taker_fee_bps)

    def _note(self, order: OrderRecord) -> None:
        self._moved[order.order_id] = order
        self._changes.accounts.add(order.account)


def _nobodys(market: Market, event: Event, time_ns: int) -> OrderRecord:
    """An order as it would have been, for a trade that the venue made for somebody."""
    order = OrderRecord(
        0, event.account, market, event.side, OrderType.LIMIT, TimeInForce.IOC, 0, event.price_ticks, event.lots,
        event.lots, 0, "", "", time_ns,
    )  # fmt: skip
    order.fill(event.price_ticks, event.lots, 0)
    return order


def _nothing(command: Command, event: Event) -> None:
    pass
