"""Small markets in which each rule of the longer ones can be followed by hand."""

from __future__ import annotations

from itertools import count

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import NEVER_NS
from tests.reference.events import Event
from tests.reference.exchange import ReferenceExchange

ALICE, BOB, CAROL = 1, 2, 3
# kind, order, maker, price, lots, open lots, shown lots
Said = tuple[str, int, int, int, int, int, int]


class Venue:
    """Three rich accounts and one contract; orders are numbered 1, 2, 3, ... as they are accepted."""

    def __init__(self) -> None:
        self.market = ReferenceExchange()
        self.ids = count(1)
        for name in ("alice", "bob", "carol"):
            self.ask(CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0])
        self.ask(CommandKind.LIST, amount=1, expiry_ns=NEVER_NS, text_0=1)
        for account in (ALICE, BOB, CAROL):
            self.ask(CommandKind.CASH, account=account, amount=10**9)
            self.ask(CommandKind.CAPACITY, account=account, lots=10**6)

    def ask(self, kind: CommandKind, **columns: int) -> list[Said]:
        sequence = self.market.sequence + 1
        events = self.market.run([Command(kind=kind, sequence=sequence, **columns)], self.ids)
        return [_said(event) for event in events]

    def buy(self, account: int, price_ticks: int, lots: int, **columns: int) -> list[Said]:
        return self._new(account, Side.BUY, price_ticks, lots, columns)

    def sell(self, account: int, price_ticks: int, lots: int, **columns: int) -> list[Said]:
        return self._new(account, Side.SELL, price_ticks, lots, columns)

    def _new(self, account: int, side: Side, price_ticks: int, lots: int, columns: dict[str, int]) -> list[Said]:
        plain = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, **columns}
        return self.ask(CommandKind.NEW, account=account, side=side, price_ticks=price_ticks, lots=lots, **plain)


def _said(event: Event) -> Said:
    name = EventKind(event.kind).name.lower()
    return (
        name,
        event.order_id,
        event.maker_order_id,
        event.price_ticks,
        event.lots,
        event.open_lots,
        event.shown_lots,
    )


def test_an_iceberg_shows_its_next_slice_at_the_back() -> None:
    venue = Venue()
    assert venue.sell(ALICE, 50, 10, display_lots=4) == [("accepted", 1, 0, 50, 10, 10, 4)]
    venue.sell(BOB, 50, 3)
    assert venue.buy(CAROL, 50, 8) == [
        ("accepted", 3, 0, 50, 8, 8, 0),
        ("filled", 3, 1, 50, 4, 4, 0),
        ("refreshed", 1, 0, 50, 10, 6, 4),
        ("filled", 3, 2, 50, 3, 1, 0),
        ("filled", 3, 1, 50, 1, 0, 3),
    ]


def test_a_stop_triggers_at_the_end_of_the_command_that_traded() -> None:
    venue = Venue()
    stop = {"order_type": OrderType.STOP, "trigger_ticks": 50}
    assert venue.buy(ALICE, 0, 5, **stop) == [("accepted", 1, 0, 52, 5, 5, 0)]
    venue.sell(BOB, 50, 1)
    venue.sell(BOB, 52, 3)
    assert venue.buy(CAROL, 50, 1) == [
        ("accepted", 4, 0, 50, 1, 1, 0),
        ("filled", 4, 2, 50, 1, 0, 0),
        ("triggered", 1, 0, 52, 5, 5, 0),
        ("filled", 1, 3, 52, 3, 2, 0),
        ("expired", 1, 0, 52, 2, 0, 0),
    ]


def test_pegs_follow_those_who_do_not_follow() -> None:
    venue = Venue()
    peg = {"order_type": OrderType.PEG_BEST, "offset_ticks": 1}
    assert venue.buy(ALICE, 45, 2, **peg) == [("accepted", 1, 0, 45, 2, 2, 0)]
    assert venue.buy(BOB, 40, 1) == [("accepted", 2, 0, 40, 1, 1, 1), ("rested", 1, 0, 39, 2, 2, 2)]
    assert venue.buy(BOB, 60, 1) == [
        ("accepted", 3, 0, 60, 1, 1, 1),
        ("amended", 1, 0, 45, 2, 2, 0),
        ("rested", 1, 0, 45, 2, 2, 2),
    ]
    assert venue.ask(CommandKind.CANCEL_ALL, account=BOB, contract=0) == [
        ("cancelled", 2, 0, 40, 1, 0, 0),
        ("cancelled", 3, 0, 60, 1, 0, 0),
        ("parked", 1, 0, 45, 2, 2, 0),
    ]


def test_all_or_none_takes_when_enough_has_come_and_is_offered_what_others_leave() -> None:
    venue = Venue()
    whole = {"flags": int(Flag.ALL_OR_NONE)}
    assert venue.buy(ALICE, 50, 5, **whole) == [("accepted", 1, 0, 50, 5, 5, 0)]
    assert venue.sell(BOB, 49, 3) == [("accepted", 2, 0, 49, 3, 3, 3)]
    assert venue.sell(CAROL, 50, 3) == [
        ("accepted", 3, 0, 50, 3, 3, 3),
        ("filled", 1, 2, 49, 3, 2, 0),
        ("filled", 1, 3, 50, 2, 0, 1),
    ]
    venue.sell(ALICE, 51, 4, **whole)
    assert venue.buy(BOB, 52, 6) == [
        ("accepted", 5, 0, 52, 6, 6, 0),
        ("filled", 5, 3, 50, 1, 5, 0),
        ("filled", 5, 4, 51, 4, 1, 0),
        ("rested", 5, 0, 52, 6, 1, 1),
    ]


def test_reduce_only_shrinks_with_the_position_and_goes_with_it() -> None:
    venue = Venue()
    venue.sell(BOB, 50, 5)
    venue.buy(ALICE, 50, 5)
    assert venue.sell(ALICE, 60, 5, flags=int(Flag.REDUCE_ONLY)) == [("accepted", 3, 0, 60, 5, 5, 5)]
    venue.buy(BOB, 40, 5)
    assert venue.sell(ALICE, 40, 3) == [
        ("accepted", 5, 0, 40, 3, 3, 0),
        ("filled", 5, 4, 40, 3, 0, 2),
        ("amended", 3, 0, 60, 2, 2, 2),
    ]
    assert venue.sell(ALICE, 40, 2)[-1] == ("cancelled", 3, 0, 60, 2, 0, 0)


def test_decrement_takes_the_smaller_size_from_both() -> None:
    venue = Venue()
    venue.sell(ALICE, 50, 10, display_lots=6)
    assert venue.buy(ALICE, 50, 3, self_trade=SelfTrade.DECREMENT) == [
        ("accepted", 2, 0, 50, 3, 3, 0),
        ("amended", 1, 0, 50, 7, 7, 6),
        ("cancelled", 2, 0, 50, 3, 0, 0),
    ]
    assert venue.buy(ALICE, 50, 9, self_trade=SelfTrade.DECREMENT) == [
        ("accepted", 3, 0, 50, 9, 9, 0),
        ("cancelled", 1, 0, 50, 7, 0, 0),
        ("amended", 3, 0, 50, 2, 2, 0),
        ("rested", 3, 0, 50, 2, 2, 2),
    ]


def test_an_auction_trades_all_at_the_price_of_most_volume() -> None:
    venue = Venue()
    venue.ask(CommandKind.PHASE, option=Phase.PREOPEN)
    venue.buy(ALICE, 52, 4)
    venue.buy(ALICE, 50, 4)
    venue.sell(BOB, 49, 3, display_lots=2)
    venue.sell(CAROL, 51, 3)
    # At 51 four could trade with two asks over, at 52 the same: all are short of bids, so the lowest.
    assert venue.ask(CommandKind.TICK) == [("indicative", 0, 0, 51, 4, 0, 0)]
    assert venue.ask(CommandKind.TICK) == []
    assert venue.ask(CommandKind.PHASE, option=Phase.CONTINUOUS) == [
        ("filled", 1, 3, 51, 2, 2, 0),
        ("refreshed", 3, 0, 49, 3, 1, 1),
        ("filled", 1, 3, 51, 1, 1, 0),
        ("filled", 1, 4, 51, 1, 0, 2),
        ("phase", 0, 0, 0, 0, 0, 0),
    ]
    assert venue.market.contracts[0].reference_ticks == 51


def test_a_trade_too_far_from_the_reference_collects_orders_first() -> None:
    venue = Venue()
    venue.ask(CommandKind.BANDS, price_ticks=50, taker_fee_bps=1000, amount=7)
    venue.sell(BOB, 55, 1)
    venue.sell(BOB, 56, 1)
    venue.buy(ALICE, 60, 1, order_type=OrderType.PEG_BEST)
    venue.buy(CAROL, 40, 1)
    assert venue.buy(CAROL, 56, 5) == [
        ("accepted", 5, 0, 56, 5, 5, 0),
        ("filled", 5, 1, 55, 1, 4, 0),
        ("parked", 3, 0, 40, 1, 1, 0),
        ("phase", 0, 0, 0, 0, 0, 0),
        ("rested", 5, 0, 56, 5, 4, 4),
    ]
    assert venue.market.next_deadline_ns() == 7
    assert venue.ask(CommandKind.TICK, time_ns=7) == [
        ("indicative", 0, 0, 56, 1, 0, 0),
        ("filled", 5, 2, 56, 1, 3, 0),
        ("phase", 0, 0, 0, 0, 0, 0),
        ("rested", 3, 0, 56, 1, 1, 1),
    ]


def test_a_market_maker_hit_too_often_has_its_quotes_withdrawn() -> None:
    venue = Venue()
    venue.ask(CommandKind.PROTECT, account=ALICE, lots=3, expiry_ns=100)
    quote = {"price_ticks": 48, "lots": 5, "trigger_ticks": 52, "display_lots": 5}
    assert venue.ask(CommandKind.QUOTE, account=ALICE, **quote) == [
        ("accepted", 1, 0, 48, 5, 5, 5),
        ("accepted", 2, 0, 52, 5, 5, 5),
    ]
    assert venue.buy(BOB, 52, 2)[1:] == [("filled", 3, 2, 52, 2, 0, 3)]
    assert venue.sell(BOB, 48, 1)[1:] == [
        ("filled", 4, 1, 48, 1, 0, 4),
        ("frozen", 0, 0, 0, 3, 0, 0),
        ("cancelled", 1, 0, 48, 4, 0, 0),
        ("cancelled", 2, 0, 52, 3, 0, 0),
    ]


def test_a_smaller_quote_at_the_same_price_keeps_its_place() -> None:
    venue = Venue()
    venue.ask(CommandKind.QUOTE, account=ALICE, price_ticks=48, lots=5, trigger_ticks=52, display_lots=5)
    venue.ask(CommandKind.QUOTE, account=ALICE, option=1, price_ticks=47, lots=5)
    again = {"price_ticks": 48, "lots": 4, "trigger_ticks": 51, "display_lots": 5}
    assert venue.ask(CommandKind.QUOTE, account=ALICE, flags=2, **again) == [
        ("cancelled", 3, 0, 47, 5, 0, 0),
        ("amended", 1, 0, 48, 4, 4, 4),
        ("cancelled", 2, 0, 52, 5, 0, 0),
        ("accepted", 4, 0, 51, 5, 5, 5),
    ]
