"""What orders would require of an account on margin, found out without asking the engine to do anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exchange.clearing.errors import BadTerms
from exchange.clearing.requirement import Hour, Stake, requirement
from exchange.domain.enums import Side
from exchange.domain.instruments import parse_symbol
from exchange.domain.units import BPS, LOTS_MAX, PRICE_TICKS_MAX
from exchange.engine import Engine


class Asked(NamedTuple):
    """An order that nobody has sent."""

    side: Side
    contract: int
    lots: int
    price_ticks: int


class Preview(NamedTuple):
    """Micro-dollars. ``*_open`` with the orders standing in the book, ``*_filled`` all traded at their prices."""

    required: int
    free: int
    required_open: int
    free_open: int
    required_filled: int
    free_filled: int


def preview(engine: Engine, account: int, orders: Iterable[Asked]) -> Preview:
    """How ``orders`` would change what ``account`` must keep, and what it may spend. Changes nothing.

    Below 0 is what would be missing, where the engine refuses. Raises BadTerms for an account without
    terms, and for an order that no contract takes.
    """
    view = engine.account(account)
    if view.credit_bps is None:
        raise BadTerms(f"account {view.name} has no terms for margin")
    asked = list(orders)
    for order in asked:
        _check(engine, order)
    stakes, hours = _stakes(engine, account), _Hours(engine)
    cash = view.cash_micros - view.reserved_micros
    required = requirement(stakes, hours, view.credit_bps)
    standing = {number: Stake(*_of(stake)) for number, stake in stakes.items()}
    cost = 0
    for order in asked:
        if order.side == Side.BUY:
            cost += order.lots * _reserve(engine, order, view.reserve_bps)
        else:
            for number in engine.legs(order.contract) or [order.contract]:
                standing.setdefault(number, Stake()).open_sell_lots += order.lots
    open_ = requirement(standing, hours, view.credit_bps)
    traded = {number: Stake(*_of(stake)) for number, stake in stakes.items()}
    spent = 0
    for order in asked:
        sign = 1 if order.side == Side.BUY else -1
        notional = order.lots * order.price_ticks * engine.contract(order.contract).tick_value_micros
        spent += sign * notional + notional * view.reserve_bps // BPS
        for number in engine.legs(order.contract) or [order.contract]:
            traded.setdefault(number, Stake()).lots += sign * order.lots
    filled = requirement(traded, hours, view.credit_bps)
    return Preview(required, cash - required, open_, cash - cost - open_, filled, cash - spent - filled)


def find_account(engine: Engine, name: str) -> int:
    """Raises BadTerms if there is none of this name."""
    number = engine.find_account(name)
    if number is None:
        raise BadTerms(f"there is no account {name[:40]!r}")
    return number


def read_order(engine: Engine, side: Side, symbol: str, lots: int, price: str) -> Asked:
    """An order in words; of a strip the price is the sum over its hours. Raises BadTerms, BadSymbol or BadUnits."""
    number = engine.find_contract(symbol)
    if number is None:
        raise BadTerms(f"there is no contract {symbol[:40]!r}")
    return Asked(side, number, lots, parse_symbol(symbol).price_ticks(price))


class _Hours(dict[int, Hour | None]):
    """Of each contract what a lot may be worth, asked for once; None if nobody has said."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def __missing__(self, contract: int) -> Hour | None:
        ticks = self._engine.scenarios(contract)
        tick_value = self._engine.contract(contract).tick_value_micros
        self[contract] = Hour(tuple(each * tick_value for each in ticks)) if ticks else None
        return self[contract]


def _of(stake: Stake) -> tuple[int, int, int]:
    return stake.lots, stake.capacity_lots, stake.open_sell_lots


def _stakes(engine: Engine, account: int) -> dict[int, Stake]:
    return {
        held.contract: Stake(held.lots, held.capacity_lots, held.open_sell_lots)
        for held in engine.positions(account)
        if not engine.legs(held.contract)
    }


def _check(engine: Engine, order: Asked) -> None:
    if not 0 <= order.contract < len(engine.contracts()):
        raise BadTerms(f"there is no contract {order.contract}")
    if not 1 <= order.lots <= LOTS_MAX:
        raise BadTerms(f"{order.lots} lots are not from 1 to {LOTS_MAX}")
    if not 1 <= order.price_ticks <= PRICE_TICKS_MAX:
        raise BadTerms(f"a price of {order.price_ticks} ticks is not from 1 to {PRICE_TICKS_MAX}")


def _reserve(engine: Engine, order: Asked, reserve_bps: int) -> int:
    """What a lot of a buy holds: its price and the dearer fee, rounded up."""
    notional = order.price_ticks * engine.contract(order.contract).tick_value_micros
    return notional - -notional * reserve_bps // BPS
