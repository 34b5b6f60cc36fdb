"""Nominations as providers and buyers see them, attestations, and remedies in the mirror."""

from __future__ import annotations

import json

from exchange.domain.enums import CommandKind, EventKind, Phase, Side
from exchange.domain.records import Command
from exchange.gateway.mirror.venue import Mirror
from exchange.keys import ApiKey
from exchange.wire.events import event_tuples
from tests.gateway.desk import Desk, limit
from tests.gateway.house import ALICE, READER, House, code, reason
from tests.gateway.test_feed import assert_mirrors
from tests.gateway.venue import text

BOB, CAROL = ApiKey("b", "bob's secret", "bob"), ApiKey("c", "carol's secret", "carol")


def _about(kind: CommandKind, node: str, **columns: int) -> Command:
    return Command(kind=kind, contract=0, **text(node), **columns)


def _sold(desk: Desk) -> None:
    """Alice owes Bob three lots of the first contract, whose gate has fallen; she has a bond."""
    desk.turn(
        Command(kind=CommandKind.BOND, account=1, amount=10**8),
        limit(1, Side.SELL, 2_350, 3),
        limit(2, Side.BUY, 2_350, 3),
        limit(3, Side.SELL, 2_400, 2, contract=1),
    )
    desk.now_ns = desk.contracts[0].gate_ns
    desk.turn()
    desk.turn(*(_about(CommandKind.NOMINATE, node, account=1, order_id=2) for node in ("alice-1", "alice-2")))


def _house() -> House:
    house = House()
    house.keys |= {key.client_id: key for key in (BOB, CAROL)}
    _sold(house.desk)
    house.now_ns = house.desk.contracts[0].end_ns
    return house


def test_both_sides_see_their_nodes_and_nobody_else_does() -> None:
    house = _house()
    alice, bob, carol = (house.session(key) for key in (ALICE, BOB, CAROL))
    expected = {
        "instrument_name": house.symbol,
        "node": "alice-1",
        "provider": "alice",
        "buyer": "bob",
        "minutes": None,
        "compensated_minutes": 0,
    }
    for session in (alice, bob):
        rows = house.ask(session, "private/get_nominations")["result"]
        assert rows == [expected, expected | {"node": "alice-2"}]
        assert house.ask(session, "private/get_nominations", instrument_name=house.symbol)["result"] == rows
    assert house.ask(carol, "private/get_nominations")["result"] == []
    other = house.desk.contracts[1].symbol
    assert house.ask(alice, "private/get_nominations", instrument_name=other)["result"] == []


def test_what_is_settled_is_shown_only_to_who_asks_for_it() -> None:
    house = _house()
    desk, alice = house.desk, house.session(ALICE)
    for phase in (Phase.NOMINATED, Phase.DELIVERING, Phase.SETTLED):
        assert len(house.ask(alice, "private/get_nominations")["result"]) == 2
        desk.turn(Command(kind=CommandKind.PHASE, contract=0, option=phase))
    assert house.ask(alice, "private/get_nominations")["result"] == []
    assert len(house.ask(alice, "private/get_nominations", instrument_name=house.symbol)["result"]) == 2


def test_a_provider_attests_once_and_only_what_is_over() -> None:
    house = _house()
    alice, bob = house.session(ALICE), house.session(BOB)
    wish = {"instrument_name": house.symbol, "node": "alice-1", "minutes": 45}
    house.now_ns -= 1
    assert reason(house.ask(alice, "private/attest", **wish)) == "not_over"
    house.now_ns += 1
    assert reason(house.ask(bob, "private/attest", **wish)) == "unknown_node"
    assert reason(house.ask(alice, "private/attest", **(wish | {"node": "alice-3"}))) == "unknown_node"
    assert code(house.ask(alice, "private/attest", **(wish | {"minutes": 61}))) == -32602
    assert code(house.ask(house.session(READER), "private/attest", **wish)) == 13021
    assert house.ask(alice, "private/attest", **wish)["result"]["minutes"] == 45
    assert reason(house.ask(alice, "private/attest", **(wish | {"minutes": 60}))) == "attested_before"
    assert [row["minutes"] for row in house.ask(bob, "private/get_nominations")["result"]] == [45, None]


def test_an_agent_attests_for_its_provider() -> None:
    house = _house()
    house.desk.mirror.nominations.agents = {"alice": "carol"}
    carol = house.session(CAROL)
    assert len(house.ask(carol, "private/get_nominations")["result"]) == 2
    wish = {"instrument_name": house.symbol, "node": "alice-2", "minutes": 60}
    assert house.ask(carol, "private/attest", **wish)["result"]["provider"] == "alice"
    assert house.desk.engine.nominations(0)[1].minutes == 60


def test_the_mirror_follows_what_is_owed_instead() -> None:
    """A lot bought in, one made good out of the bond by a trade of no order, one compensated."""
    desk = Desk()
    _sold(desk)
    mirror = desk.mirror
    desk.turn(Command(kind=CommandKind.BUY_IN, account=1, order_id=2, lots=1, price_ticks=2_000))
    assert_mirrors(desk, mirror)
    desk.turn(*(_about(CommandKind.ATTEST, node, lots=10) for node in ("alice-1", "alice-2")))
    rows, events = desk.apply(_about(CommandKind.MAKE_GOOD, "alice-1", account=1, order_id=1, price_ticks=2_400))
    assert [event.kind for event in event_tuples(events)] == [EventKind.MADE_GOOD, EventKind.FILLED]
    changes = mirror.apply(rows, events, [None], desk.engine.events_total - 1)
    assert_mirrors(desk, mirror)
    assert {1, 2} <= changes.accounts
    assert [(account, fill.order_id, fill.direction, fill.state) for account, _, fill in changes.user_trades] == [
        (2, "0", "buy", "filled"),
        (3, changes.user_trades[1][2].order_id, "sell", "open"),
    ]
    assert [json.loads(order.text)["order_id"] for order in changes.orders] == [changes.user_trades[1][2].order_id]
    desk.turn(_about(CommandKind.COMPENSATE, "alice-2", lots=50, price_ticks=2_350))
    assert_mirrors(desk, mirror)
    late = Mirror(desk.engine)
    for found in (mirror, late):
        records = [record.message() for record in found.nominations.of(found.accounts[2], None)]
        assert [(record.minutes, record.compensated_minutes) for record in records] == [(10, 50), (10, 50)]
