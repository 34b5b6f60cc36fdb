"""What desks in the simulator hear of their orders, from event rows written by hand."""

from __future__ import annotations

from typing import cast

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.instruments import parse_symbol
from exchange.wire.events import event_tuples
from strategies.base import Desk, Fill, Message, Place
from strategies.simulator.news import NewsDesk
from strategies.simulator.schedule import Inbound
from tests.views.rows import auction_fill, fill, order, rows

CONTRACT = parse_symbol("H100SXM_USE_H14-1DEC26")
BUY, SELL = Side.BUY, Side.SELL


class Ear:
    """A desk that only remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        self.fills: list[Fill] = []

    def answered(self, now_ns: int, *told: object) -> list[Message]:
        self.heard.append(("answered", *told))
        return []

    def gone(self, now_ns: int, *told: object) -> list[Message]:
        self.heard.append(("gone", *told))
        return []

    def fill(self, now_ns: int, fill: Fill, filled_lots: int) -> list[Message]:
        self.heard.append(("filled", fill.client_id, filled_lots))
        self.fills.append(fill)
        return []


def hear(news: NewsDesk, ear: Ear, *events: dict[str, int], place: Place | None = None) -> list[tuple[object, ...]]:
    """What the desks are told of ``events``; ``place`` caused them."""
    ear.heard = []
    for event in event_tuples(rows(*events)):
        for _, tell in news.tell(event, Inbound(0, place) if place else None, 5):
            tell(cast(Desk, ear), 5)
    return ear.heard


def order_of(client_id: str, side: Side, lots: int) -> Place:
    return Place(client_id, CONTRACT, side, 2_350, lots)


def test_a_desk_hears_what_its_order_has_traded_whatever_else_becomes_of_it() -> None:
    """Accepted into the book at once, shown in slices, made smaller without a trade, parked, filled."""
    news, ear = NewsDesk([CONTRACT]), Ear()
    accepted = order(EventKind.ACCEPTED, 1, SELL, 2_350, 9, 4)
    assert hear(news, ear, accepted, place=order_of("a", SELL, 9)) == [("answered", "a", 2_350, 9, 0, True)]
    taker = order(EventKind.ACCEPTED, 2, BUY, 2_350, 4)
    traded = fill(2, 1, 2_350, 4, 0) | {"maker_open_lots": 5}
    refreshed = order(EventKind.REFRESHED, 1, SELL, 2_350, 5, 4, lots=9)
    assert hear(news, ear, taker, traded, refreshed, place=order_of("b", BUY, 4))[1:] == [
        ("filled", "b", 4),
        ("filled", "a", 4),
    ]
    smaller = order(EventKind.AMENDED, 1, SELL, 2_350, 3, 3, lots=7, reason=Reason.SELF_TRADE)
    assert hear(news, ear, smaller) == [("answered", "a", 2_350, 7, 4, True)]
    assert hear(news, ear, order(EventKind.PARKED, 1, SELL, 2_350, 3), order(EventKind.TRIGGERED, 1, SELL, 0, 3)) == []
    gone = order(EventKind.CANCELLED, 1, SELL, 2_350, 0, reason=Reason.KILL)
    assert hear(news, ear, gone) == [("gone", "a", "KILL")]


def test_both_sides_of_an_auction_are_makers() -> None:
    """As they pay."""
    news, ear = NewsDesk([CONTRACT]), Ear()
    hear(news, ear, order(EventKind.ACCEPTED, 1, BUY, 2_350, 3, 3), place=order_of("a", BUY, 3))
    hear(news, ear, order(EventKind.ACCEPTED, 2, SELL, 2_350, 5, 5), place=order_of("b", SELL, 5))
    traded = auction_fill(1, 2, 2_350, 3, 2) | {"maker_open_lots": 2}
    assert hear(news, ear, traded) == [("filled", "a", 3), ("filled", "b", 3)]
    assert [made.is_maker for made in ear.fills] == [True, True]


def test_what_the_venue_took_for_somebody_is_told_to_its_owner_alone() -> None:
    """A trade that made another hour good: its buyer has no order."""
    news, ear = NewsDesk([CONTRACT]), Ear()
    hear(news, ear, order(EventKind.ACCEPTED, 1, SELL, 2_350, 9, 9), place=order_of("a", SELL, 9))
    taken = fill(0, 1, 2_350, 1, 0) | {"maker_open_lots": 8}
    assert hear(news, ear, taken) == [("filled", "a", 1)]
    assert (ear.fills[-1].side, ear.fills[-1].is_maker) == (SELL, True)
