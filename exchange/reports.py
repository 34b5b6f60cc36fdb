"""What the engine says of its state: contracts, fixings, accounts, positions, orders and nominations."""

from __future__ import annotations

from typing import NamedTuple

from exchange.domain.enums import FixingMethod, Flag, OrderType, Phase, SelfTrade, Side, TimeInForce


class ContractView(NamedTuple):
    contract: int
    symbol: str
    phase: Phase
    gate_ns: int
    tick_value_micros: int
    best_bid_ticks: int  # 0 = none
    best_ask_ticks: int  # 0 = none
    last_price_ticks: int  # 0 = none
    last_lots: int
    volume_lots: int
    trades: int
    orders: int
    mark_ticks: int  # 0 = none
    reference_ticks: int  # 0 = none
    floor_ticks: int  # trades stay within; beyond, a volatility auction begins
    ceiling_ticks: int
    phase_end_ns: int  # when collecting ends by itself; 0 = never
    weight: int  # GPU-hours a lot
    sku: int
    region: int


class FixingView(NamedTuple):
    contract: int
    price_ticks: int  # 0 = none
    method: FixingMethod
    corrected_ticks: int  # what the last correction says it should have been; 0 = not corrected
    corrections: int


class AccountView(NamedTuple):
    account: int
    name: str
    cash_micros: int
    reserved_micros: int  # for open buys, and the bond
    maker_fee_bps: int
    taker_fee_bps: int
    orders: int
    group: int
    disabled: bool
    frozen: bool
    bond_micros: int  # of what is reserved
    reserve_bps: int  # the fee for which open buys hold
    credit_bps: int | None  # on margin, how much of a lot held counts; None without terms
    required_micros: int  # on margin, for positions and open orders
    required_alone_micros: int  # for positions alone, which a call is about
    is_called: bool
    # Of its quotes: how many lots or GPU-hours (0: without bound) may be traded against them in the window; 0: any.
    protect_lots: int
    protect_delta: int
    protect_window_ns: int


class PositionView(NamedTuple):
    account: int
    contract: int
    lots: int  # bought less sold
    capacity_lots: int
    open_buy_lots: int
    open_sell_lots: int
    cost_micros: int  # paid for buys less received for sells, fees apart


class NominationView(NamedTuple):
    node: str
    contract: int
    seller: int
    buyer: int
    minutes: int  # delivered of an hour; -1 until they are attested
    compensated_minutes: int


class OrderView(NamedTuple):
    order_id: int
    client_id: str
    account: int
    contract: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    flags: Flag
    self_trade: SelfTrade
    price_ticks: int
    lots: int  # total, fills included
    open_lots: int  # what an iceberg hides included
    expiry_ns: int  # 0 = none
    created_ns: int
    shown_lots: int  # what shows in the visible book
    waits: bool  # for its trigger, its chance or its reference: it does not stand in the visible book
    trigger_ticks: int
    display_lots: int
    offset_ticks: int
    limit_ticks: (
        int  # how far it may go, for which it holds; not where a peg stands; 0 of a member, which holds nothing
    )
    wildcard_id: int  # of a wildcard its own order id, of its members the same, with whom it shares its lots; 0 = none
    quote_slot: int  # of a side of a quote; -1 = it is none
