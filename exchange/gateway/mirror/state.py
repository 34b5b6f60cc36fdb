"""What the mirror holds: markets, accounts and orders, and how they begin, from the engine's views."""

from __future__ import annotations

from collections import OrderedDict, deque
from contextlib import suppress

from msgspec import UNSET

from exchange.domain import calendar
from exchange.domain.enums import FixingMethod, Phase, Side
from exchange.domain.errors import BadSchedule
from exchange.domain.lifecycle import Rules, schedule
from exchange.engine import Engine
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.books import Books
from exchange.gateway.mirror.markets import NS_PER_MS, Market
from exchange.gateway.mirror.nominations import Nominations
from exchange.gateway.mirror.orders import STOPS, OrderRecord
from exchange.wire.contracts import Delivery, Fixing, Method
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import ForwardCurve, Trade

CLOSED_ORDERS_KEPT = 50_000
_BUY = int(Side.BUY)
INDEXES_KEPT = 400
NEWS_KEPT = 1_000
TRADES_KEPT = 10_000
METHODS: dict[FixingMethod, Method] = {
    FixingMethod.NONE: "none",
    FixingMethod.CALL: "call",
    FixingMethod.VOLUME: "volume",
    FixingMethod.MIDDLE: "middle",
}
assert METHODS.keys() == set(FixingMethod)


class State:
    """Markets and accounts by number, orders by id; numbers and ids are the engine's."""

    def __init__(self, engine: Engine, rules: Rules, hours_ahead: int) -> None:
        self._rules = rules
        self._hours_ahead = hours_ahead
        # Those made last, the oldest first; and deliveries, those that changed last at the end, by number of market.
        self.fixings: deque[Fixing] = deque(maxlen=NEWS_KEPT)
        self.deliveries: dict[int, Delivery] = {}
        self.books = Books()
        self.markets: list[Market] = []
        self.accounts: list[Account] = []
        self.orders: dict[int, OrderRecord] = {}
        # Of all markets, the last ones, the oldest first.
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        # What is stopped for everybody.
        self.kills = engine.kills
        # Whether the gateway is about to go away.
        self.maintenance = False
        # The ones closed last, the oldest first. A plain dict would look for its first entry among all that have gone.
        self.closed: OrderedDict[int, OrderRecord] = OrderedDict()
        self.curves: dict[str, ForwardCurve] = {}
        # By SKU, the earliest day first.
        self.indexes: dict[str, list[SkuIndex]] = {}
        self.nominations = Nominations()
        self.by_symbol: dict[str, Market] = {}
        self.by_name: dict[str, Account] = {}
        self.events_total = engine.events_total
        # What was before is in the engine's state or not known; 0 if nothing was.
        self.began_ms = engine.time_ns // NS_PER_MS
        self._take_over(engine)

    def _take_over(self, engine: Engine) -> None:
        for opened in engine.accounts():
            account = self.add_account(opened.account, opened.name, opened.maker_fee_bps, opened.taker_fee_bps)
            account.reserve_bps = opened.reserve_bps
            account.protect(opened.protect_lots, opened.protect_delta, opened.protect_window_ns)
            account.is_frozen = opened.frozen
            account.credit_bps = opened.credit_bps
            account.cash_micros = opened.cash_micros
            account.reserved_micros = opened.bond_micros  # the orders come below
        for listed in engine.contracts():
            # When it was listed is not in the state; it was not later than this.
            created_ms = engine.time_ns // NS_PER_MS
            market = self.add_market(
                listed.contract, listed.symbol, listed.gate_ns, listed.tick_value_micros, created_ms
            )
            market.phase = Phase(listed.phase)
            market.numbers = (listed.sku, listed.region)
            market.trade_seq, market.last_ticks = listed.trades, listed.last_price_ticks
            market.mark_ticks = listed.mark_ticks
            market.scenarios = engine.scenarios(listed.contract)
            self._take_over_book(engine, listed.contract)
        for market in self.markets:
            for leg in engine.legs(market.number):
                self.add_leg(market, self.markets[leg])
        for market in sorted(self.markets, key=lambda market: market.gate_ns):
            fixing = engine.fixing(market.number)
            if fixing:
                self.fix(market, fixing.price_ticks, fixing.method, fixing.corrected_ticks, market.gate_ns)
        for market in self.markets:
            if market.is_over and market.phase != Phase.SETTLED:
                self._take_over_delivery(engine, market)
        for account in self.accounts:
            for position in engine.positions(account.number):
                held = account.holding(self.markets[position.contract])
                held.lots, held.capacity_lots = position.lots, position.capacity_lots
                held.cost_micros = position.cost_micros
                held.market.open_interest_lots += max(position.lots, 0)
        self.nominations.take_over(engine, self.markets, self.accounts)
        for view in engine.open_orders():
            order = OrderRecord(
                view.order_id, view.account, self.markets[view.contract], view.side, view.order_type,
                view.time_in_force, view.flags, view.price_ticks, view.lots, view.open_lots, view.expiry_ns,
                view.client_id, "", view.created_ns,
                trigger_ticks=view.trigger_ticks,
                display_lots=view.display_lots,
                is_waiting=view.order_type in STOPS and view.waits,
                offset_ticks=view.offset_ticks,
                quote_slot=view.quote_slot,
            )  # fmt: skip
            order.limit_ticks = view.limit_ticks
            self.open_order(order)
            if view.wildcard_id not in (0, view.order_id):
                self.join(self.orders[view.wildcard_id], order)
                if view.waits:
                    order.lots = order.open_lots = 0  # as _member_came has it

    def _take_over_delivery(self, engine: Engine, market: Market) -> None:
        found = engine.nominations(market.number)
        if found:
            attested = [view for view in found if view.minutes >= 0]
            self.deliveries[market.number] = Delivery(
                market.symbol,
                engine.time_ns // NS_PER_MS,
                len(found),
                len(attested),
                sum(view.minutes for view in attested),
                sum(view.compensated_minutes for view in found),
            )

    def _take_over_book(self, engine: Engine, contract: int) -> None:
        for side in Side:
            for price_ticks, _ in engine.levels(contract, side, 2**31):
                for order in engine.queue(contract, side, price_ticks):
                    self.books.enter(order.order_id, contract, side, price_ticks, order.shown_lots)
        self.books.touched.clear()

    def add_account(self, number: int, name: str, maker_fee_bps: int, taker_fee_bps: int) -> Account:
        assert number == len(self.accounts)
        account = Account(number, name, maker_fee_bps, taker_fee_bps)
        self.accounts.append(account)
        self.by_name[name] = account
        return account

    def add_market(self, number: int, symbol: str, gate_ns: int, tick_value_micros: int, created_ms: int) -> Market:
        assert number == len(self.markets)
        market = Market(number, symbol, gate_ns, tick_value_micros, created_ms, self.books.book(number))
        market.change_id = self.events_total
        with suppress(BadSchedule):  # It was listed at another time than the rules would have it, or by other rules.
            listed_ns = calendar.listed_ns(market.contract, self._hours_ahead)
            market.schedule = schedule(market.contract, listed_ns, self._rules)
            market.created_ms = listed_ns // NS_PER_MS or created_ms
        self.markets.append(market)
        self.by_symbol[symbol] = market
        return market

    def add_leg(self, strip: Market, leg: Market) -> None:
        strip.legs.append(leg)
        leg.strips.append(strip)

    def fix(self, market: Market, price_ticks: int, method: int, corrected_ticks: int, time_ns: int) -> Fixing:
        """Keep the settlement price of a contract, or what it should have been."""
        market.fixing_ticks = price_ticks
        market.fixing = Fixing(
            market.symbol,
            time_ns // NS_PER_MS,
            market.price(price_ticks),
            METHODS[FixingMethod(method)],
            market.sum_price(price_ticks),
            market.price(corrected_ticks) if corrected_ticks else UNSET,
        )
        self.fixings.append(market.fixing)
        return market.fixing

    def open_order(self, order: OrderRecord) -> None:
        self.orders[order.order_id] = order
        account = self.accounts[order.account]
        account.orders[order.order_id] = order
        if order.client_id:
            account.by_client_id[order.client_id] = order
        self.reserve(order)

    def join(self, whole: OrderRecord, member: OrderRecord) -> None:
        """``member``, which is open and reserves nothing, stands for a wildcard."""
        member.whole = whole
        whole.members = [*whole.members, member]

    def close_order(self, order: OrderRecord) -> None:
        if order.whole is not None:
            order.whole.members = [member for member in order.whole.members if member is not order]
        # What never came to stand goes with its wildcard, and nobody hears of it.
        for member in [member for member in order.members if not member.lots]:
            self.close_order(member)
        del self.orders[order.order_id]
        account = self.accounts[order.account]
        del account.orders[order.order_id]
        if order.whole is None:
            account.closed.append(order)
        self.closed[order.order_id] = order
        if len(self.closed) > CLOSED_ORDERS_KEPT:
            _, forgotten = self.closed.popitem(last=False)
            self.accounts[forgotten.account].by_client_id.pop(forgotten.client_id, None)

    @property
    def knows_all_orders(self) -> bool:
        """Whether none was closed before it began, and none of those since is forgotten."""
        return not self.began_ms and len(self.closed) < CLOSED_ORDERS_KEPT

    def reserve(self, order: OrderRecord) -> None:
        if order.side == _BUY:
            account = self.accounts[order.account]
            order.per_lot_micros = account.per_lot_micros(order.market, order.limit_ticks)
            account.reserved_micros += order.per_lot_micros * order.open_lots

    def release(self, order: OrderRecord, lots: int) -> None:
        if order.side == _BUY:
            self.accounts[order.account].reserved_micros -= order.per_lot_micros * lots
