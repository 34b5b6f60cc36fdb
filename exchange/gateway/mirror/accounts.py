"""Accounts as their owners see them: cash, what open orders hold of it, and positions."""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

from exchange.clearing.requirement import Hour, Stake, requirement
from exchange.domain.enums import Side
from exchange.domain.units import BPS, MICROS_PER_DOLLAR
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.wire.messages import AccountSummary, Position, UserTrade
from exchange.wire.private import Held

TRADES_KEPT = 5_000
CLOSED_KEPT = 2_000


class Holding:
    """One account in one contract. ``cost_micros`` is paid for buys less received for sells, fees apart."""

    __slots__ = ("capacity_lots", "cost_micros", "lots", "market")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.lots = 0
        self.capacity_lots = 0
        self.cost_micros = 0

    def average_price(self) -> float:
        """Paid per GPU-hour still held, after what was earned by trading in and out."""
        if not self.lots:
            return 0.0
        return round(self.cost_micros / MICROS_PER_DOLLAR / (self.lots * self.market.contract.gpu_hours_per_lot), 9)

    def held(self) -> Held:
        market = self.market
        return Held(market.symbol, market.amount(self.lots), market.amount(self.capacity_lots), self.average_price())

    def message(self) -> Position:
        market = self.market
        mark = market.mark_price()
        gpu_hours = market.contract.gpu_hours_per_lot
        value = self.lots * gpu_hours * mark
        profit = value - self.cost_micros / MICROS_PER_DOLLAR
        direction: Literal["buy", "sell", "zero"] = "buy" if self.lots > 0 else "sell" if self.lots < 0 else "zero"
        return Position(
            instrument_name=market.symbol,
            kind="future",
            direction=direction,
            size=market.amount(self.lots),
            average_price=self.average_price(),
            mark_price=mark,
            index_price=market.index_price(),
            settlement_price=mark,
            floating_profit_loss=round(profit if self.lots else 0.0, 6),
            realized_profit_loss=round(0.0 if self.lots else profit, 6),
            total_profit_loss=round(profit, 6),
            open_orders_margin=0.0,
            initial_margin=0.0,
            maintenance_margin=0.0,
            delta=market.amount(self.lots),
            size_currency=market.amount(self.lots),
            leverage=1,
            capacity=market.amount(self.capacity_lots),
        )


class Protection(NamedTuple):
    """What may be traded against quotes within the window; 0: without bound."""

    lots: int
    delta: int  # GPU-hours bought less sold
    window_ns: int


class Account:
    """Mutable; only the mirror changes it."""

    def __init__(self, number: int, name: str, maker_fee_bps: int, taker_fee_bps: int) -> None:
        self.number = number
        self.name = name
        self.maker_fee_bps = maker_fee_bps
        self.taker_fee_bps = taker_fee_bps
        self.reserve_bps = max(maker_fee_bps, taker_fee_bps)  # for which open buys hold, whatever is paid later
        self.cash_micros = 0
        self.reserved_micros = 0
        self.credit_bps: int | None = None  # on margin, how much of what is held counts
        self.fees_micros = 0
        self.orders: dict[int, OrderRecord] = {}
        self.holdings: dict[int, Holding] = {}
        self.trades: deque[UserTrade] = deque(maxlen=TRADES_KEPT)
        # What somebody sent and is over, the newest last; and whatever has a client order id, open or closed lately.
        self.closed: deque[OrderRecord] = deque(maxlen=CLOSED_KEPT)
        self.by_client_id: dict[str, OrderRecord] = {}
        # Of its quotes; None without any. And whether it has taken them away.
        self.protection: Protection | None = None
        self.is_frozen = False
        # Holdings that changed since the chronicle told of them.
        self.moved: dict[int, Holding] = {}

    def protect(self, lots: int, delta: int, window_ns: int) -> None:
        self.protection = Protection(lots, delta, window_ns) if lots or delta else None

    def holding(self, market: Market) -> Holding:
        held = self.holdings.get(market.number)
        if held is None:
            held = self.holdings[market.number] = Holding(market)
        return held

    def hold(self, market: Market, lots: int, cost_micros: int) -> None:
        """Take ``lots`` more that cost so much; both below zero for what is given up."""
        held = self.holding(market)
        market.open_interest_lots -= max(held.lots, 0)
        held.lots += lots
        held.cost_micros += cost_micros
        self.moved[market.number] = held
        market.open_interest_lots += max(held.lots, 0)

    def per_lot_micros(self, market: Market, price_ticks: int) -> int:
        """What an open buy reserves for each lot: its price and the greater fee, rounded up."""
        notional = price_ticks * market.tick_value_micros
        return notional - (-notional * self.reserve_bps // BPS)

    def selling_micros(self, market: Market, lots: int) -> int:
        """What selling ``lots`` more would require beyond what is required now: nothing unless on margin."""
        return self.required_micros((market, lots))[0] - self.required_micros()[0]

    def required_micros(self, more: tuple[Market, int] | None = None) -> tuple[int, int]:
        """On margin, what must be kept: with open orders (and with ``more`` lots for sale), and for positions alone."""
        if self.credit_bps is None:
            return 0, 0
        selling: dict[Market, int] = {}
        sells = [(order.market, order.open_lots) for order in self.orders.values() if order.side == Side.SELL]
        for market, lots in sells if more is None else [*sells, more]:
            for hour in market.legs or [market]:
                selling[hour] = selling.get(hour, 0) + lots
        held = {holding.market: holding for holding in self.holdings.values() if not holding.market.legs}
        markets = {market.number: market for market in (*held, *selling) if market.scenarios}
        hours = {
            number: Hour(tuple(ticks * market.tick_value_micros for ticks in market.scenarios))
            for number, market in markets.items()
        }
        alone = {
            number: Stake(held[market].lots, held[market].capacity_lots) if market in held else Stake()
            for number, market in markets.items()
        }
        with_orders = {
            number: Stake(stake.lots, stake.capacity_lots, selling.get(markets[number], 0))
            for number, stake in alone.items()
        }
        return requirement(with_orders, hours, self.credit_bps), requirement(alone, hours, self.credit_bps)

    def summary(self) -> AccountSummary:
        value = cost = delta = 0.0
        for held in self.holdings.values():
            value += held.lots * held.market.contract.gpu_hours_per_lot * held.market.mark_price()
            cost += held.cost_micros / MICROS_PER_DOLLAR
            delta += held.market.amount(held.lots)
        required_micros, alone_micros = self.required_micros()
        cash = self.cash_micros / MICROS_PER_DOLLAR
        initial = (self.reserved_micros + required_micros) / MICROS_PER_DOLLAR
        maintenance = alone_micros / MICROS_PER_DOLLAR
        equity, profit = round(cash + value, 6), round(value - cost, 6)
        free = max(0, self.cash_micros - self.reserved_micros - required_micros) / MICROS_PER_DOLLAR
        return AccountSummary(
            currency="USD",
            system_name=self.name,
            username=self.name,
            balance=cash,
            equity=equity,
            margin_balance=cash,
            available_funds=free,
            available_withdrawal_funds=free,
            initial_margin=initial,
            maintenance_margin=maintenance,
            projected_initial_margin=initial,
            projected_maintenance_margin=maintenance,
            total_pl=profit,
            session_upl=profit,
            session_rpl=0.0,
            futures_pl=profit,
            futures_session_upl=profit,
            futures_session_rpl=0.0,
            delta_total=delta,
            fee_balance=self.fees_micros / MICROS_PER_DOLLAR,
            id=self.number,
        )
