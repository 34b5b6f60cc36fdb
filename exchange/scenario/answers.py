"""What the engine's state says to a question, in the form in which the expected answer is kept."""

from __future__ import annotations

from exchange.domain.enums import Side
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from exchange.reports import PositionView
from exchange.scenario.observe import dollars
from exchange.scenario.questions import CLOSED, NEVER, NONE, Question
from exchange.scenario.venue import START_NS, Venue
from exchange.scenario.words import Misread, duration, money

_SIDES = ((Side.BUY, "bid"), (Side.SELL, "ask"))


def answer(venue: Venue, question: Question, expected: tuple[str, ...]) -> list[str]:
    """One fact a line. Where only some facts are expected, the others are left out. Raises GpuxError."""
    match question.topic:
        case "order":
            return [_order(venue, question.subject)]
        case "account":
            return _asked(_account(venue, question.subject), expected)
    contract = venue.contract(question.contract)
    if contract not in range(len(venue.ticks)):
        raise Misread(f"no contract {question.contract!r} was listed")
    match question.topic:
        case "book":
            return _book(venue, contract)
        case "top":
            return _top(venue, contract)
        case "queue":
            return _queue(venue, contract, question.subject)
        case "position":
            return _asked(_position(venue, _known(venue, question.subject), contract), expected)
        case _:
            return _asked(_market(venue, contract), expected)


def _asked(facts: dict[str, str], expected: tuple[str, ...]) -> list[str]:
    names = [fact.partition(" ")[0] for fact in expected]
    return [f"{name} {facts[name]}" for name in names]


def _known(venue: Venue, name: str) -> int:
    number = venue.engine.find_account(name)
    if number is None:
        raise Misread(f"no account {name!r} was opened")
    return number


def _order(venue: Venue, name: str) -> str:
    order = venue.engine.order(venue.find_order(name))
    if order is None:
        return CLOSED
    said = f"{order.open_lots} of {order.lots} @ {_price(venue, order.contract, order.price_ticks)}"
    if order.waits and order.trigger_ticks:
        return f"{said} stop {_price(venue, order.contract, order.trigger_ticks)}"
    if order.waits:
        return f"{said} waits"
    return said if order.shown_lots == order.open_lots else f"{said} shows {order.shown_lots}"


def _account(venue: Venue, name: str) -> dict[str, str]:
    view = venue.engine.account(_known(venue, name))
    return {
        "cash": money(dollars(view.cash_micros)),
        "reserved": money(dollars(view.reserved_micros)),
        "bond": money(dollars(view.bond_micros)),
        "free": money(dollars(view.cash_micros - view.reserved_micros - view.required_micros)),
        "orders": str(view.orders),
        "group": str(view.group),
        "disabled": "yes" if view.disabled else "no",
        "frozen": "yes" if view.frozen else "no",
        "required": money(dollars(view.required_micros)),
        "called": "yes" if view.is_called else "no",
    }


def _position(venue: Venue, account: int, contract: int) -> dict[str, str]:
    held = [view for view in venue.engine.positions(account) if view.contract == contract]
    view = held[0] if held else PositionView(account, contract, 0, 0, 0, 0, 0)
    return {
        "lots": str(view.lots),
        "capacity": str(view.capacity_lots),
        "buying": str(view.open_buy_lots),
        "selling": str(view.open_sell_lots),
        "paid": money(dollars(view.cost_micros)),
    }


def _market(venue: Venue, contract: int) -> dict[str, str]:
    view = venue.engine.contract(contract)
    fixing = venue.engine.fixing(contract)
    return {
        "phase": view.phase.name.lower(),
        "until": duration(view.phase_end_ns - START_NS) if view.phase_end_ns else NEVER,
        "last": _price(venue, contract, view.last_price_ticks),
        "last_lots": str(view.last_lots),
        "volume": str(view.volume_lots),
        "trades": str(view.trades),
        "orders": str(view.orders),
        "mark": _price(venue, contract, view.mark_ticks),
        "reference": _price(venue, contract, view.reference_ticks),
        "floor": _price(venue, contract, view.floor_ticks),
        # A ceiling at the highest price there is bounds nothing.
        "ceiling": _price(venue, contract, view.ceiling_ticks % PRICE_TICKS_MAX),
        "fixing": _price(venue, contract, fixing.price_ticks if fixing else 0),
        "corrected": _price(venue, contract, fixing.corrected_ticks if fixing else 0),
    }


def _book(venue: Venue, contract: int) -> list[str]:
    return [
        f"{word} {lots} @ {_price(venue, contract, price_ticks)}"
        for side, word in _SIDES
        for price_ticks, lots in venue.engine.levels(contract, side, LOTS_MAX)
    ]


def _top(venue: Venue, contract: int) -> list[str]:
    """As the engine remembers it, which is not how it finds the levels of the book."""
    view = venue.engine.contract(contract)
    best = {Side.BUY: view.best_bid_ticks, Side.SELL: view.best_ask_ticks}
    return [f"{word} {_price(venue, contract, best[side])}" for side, word in _SIDES]


def _queue(venue: Venue, contract: int, price: str) -> list[str]:
    ticks = [view for side, _ in _SIDES for view in venue.engine.levels(contract, side, LOTS_MAX)]
    wanted = [price_ticks for price_ticks, _ in ticks if _price(venue, contract, price_ticks) == price]
    orders = [order for side, _ in _SIDES for at in wanted for order in venue.engine.queue(contract, side, at)]
    return [f"{venue.label(order.order_id)} {order.shown_lots}" for order in orders]


def _price(venue: Venue, contract: int, price_ticks: int) -> str:
    return money(price_ticks * venue.tick(contract)) if price_ticks else NONE
