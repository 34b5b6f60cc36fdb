"""Every lot ends: delivered, made good, compensated or bought in; whatever fails on the way."""

from __future__ import annotations

import pytest

from exchange.domain.enums import CommandKind, EventKind, Phase
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.stages import survey as survey_stages
from tests.settlement.hall import Hall

_TICK_VALUE = 8_000  # micro-dollars of a tick of a lot of eight GPU-hours


def _phase(hall: Hall, contract: int = 0) -> Phase:
    return hall.engine.contract(contract).phase


def test_what_is_delivered_is_settled_and_nothing_is_paid() -> None:
    hall = Hall()
    prov, alice, bob = hall.open("prov", capacity=[3]), hall.open("alice"), hall.open("bob")
    hall.trade(prov, bob, 1)
    hall.trade(prov, alice, 2)
    hall.at(-15)
    assert _phase(hall) == Phase.GATED
    assert hall.serving() == {"prov-1": alice, "prov-2": alice, "prov-3": bob}
    hall.at(-10)
    assert _phase(hall) == Phase.NOMINATED
    hall.at(60)
    hall.attest_all()
    cash = [account.cash_micros for account in hall.engine.accounts()]
    hall.at(120)
    assert _phase(hall) == Phase.SETTLED
    assert hall.ends() == {"delivered": 3}
    assert [account.cash_micros for account in hall.engine.accounts()] == cash


def test_what_nobody_attests_was_not_delivered() -> None:
    """Nor settled a moment before it is too late to say so. There is no ask, so it is paid."""
    hall = Hall()
    prov, alice = hall.open("prov", bond_micros=10**8, capacity=[1]), hall.open("alice")
    hall.trade(prov, alice)
    hall.at(119)
    assert (_phase(hall), hall.nominations()[0].minutes) == (Phase.DELIVERING, -1)
    hall.at(120)
    assert _phase(hall) == Phase.SETTLED
    assert hall.ends() == {"compensated": 1}
    # All that was declared was sold, and all of it is missing: 10% and 100% on top of the last price.
    assert hall.happened(EventKind.COMPENSATED)[0].price_ticks == 4_200
    assert hall.engine.account(alice).cash_micros == 10**9 + 2_200 * _TICK_VALUE


def test_minutes_that_are_missing_are_paid_for_by_the_minute() -> None:
    """Less than half an hour makes no other hour good, though there is one."""
    hall = Hall()
    prov, alice, other = (
        hall.open("prov", bond_micros=10**8, capacity=[1]),
        hall.open("alice"),
        hall.open("other", capacity=[0, 0, 9]),
    )
    hall.trade(prov, alice)
    hall.sell(other, 9, 1_000, contract=2)
    hall.at(60)
    hall.attest("prov-1", 31)
    hall.at(120)
    assert hall.ends() == {"compensated": 1}
    paid = hall.happened(EventKind.COMPENSATED)[0]
    # 29 of 60 minutes are scarce.
    assert (paid.lots, paid.price_ticks) == (29, 2_000 * (10_000 + 1_000 + 4_833) // 10_000 + 1)


def test_a_default_is_made_good_by_the_earliest_hour_that_trades() -> None:
    """At two hours past its start the hours that were next are over, too, and the first asks are too dear."""
    hall = Hall(hours=6)
    prov, alice = hall.open("prov", bond_micros=10**8, capacity=[2]), hall.open("alice")
    other = hall.open("other", capacity=[0, 9, 9, 9, 9, 9])
    hall.trade(prov, alice, 2)
    hall.sell(other, 1, 4_201, contract=3)
    hall.sell(other, 1, 4_200, contract=4)
    hall.sell(other, 9, 2_000, contract=5)
    hall.at(60)
    hall.attest("prov-1", 30)
    hall.attest("prov-2", 0)
    hall.at(120)
    assert hall.ends() == {"made good": 2}
    fills = [(event.contract, event.price_ticks) for event in hall.happened(EventKind.FILLED)[1:]]
    # 90 of 120 minutes are scarce, so the cap is 3700: only the last hour is cheap enough.
    assert fills == [(5, 2_000), (5, 2_000)]


def test_an_ask_at_the_cap_is_bought_and_one_serves_once() -> None:
    hall = Hall(hours=6)
    prov, alice = hall.open("prov", bond_micros=10**8, capacity=[2]), hall.open("alice")
    other = hall.open("other", capacity=[0, 0, 0, 1])
    hall.trade(prov, alice, 2)
    hall.sell(other, 1, 4_200, contract=3)
    hall.at(120)
    assert hall.ends() == {"made good": 1, "compensated": 1}
    assert hall.happened(EventKind.MADE_GOOD)[0].price_ticks == 4_200


def test_a_bond_that_is_too_small_pays_what_there_is() -> None:
    """It does not buy another hour; a second node of the same seller gets what the first has left."""
    hall = Hall(hours=6)
    bond_micros = 5_000 * _TICK_VALUE
    prov, alice = hall.open("prov", bond_micros=bond_micros, capacity=[3]), hall.open("alice")
    other = hall.open("other", capacity=[0, 0, 0, 9])
    hall.trade(prov, alice, 3)
    hall.sell(other, 9, 3_000, contract=3)
    hall.at(120)
    assert hall.ends() == {"made good": 1, "compensated": 2}
    assert hall.engine.account(prov).bond_micros == 0
    assert [event.amount // _TICK_VALUE for event in hall.happened(EventKind.COMPENSATED)] == [2_000, 0]


def test_who_sold_without_capacity_is_bought_in_at_the_gate() -> None:
    """A lot that is bought and sold again needs none; what is below zero and not declared is closed in cash."""
    hall = Hall()
    prov, short, alice = hall.open("prov", capacity=[5]), hall.open("short", capacity=[9]), hall.open("alice")
    hall.trade(short, alice, 3)
    hall.trade(prov, alice, 2)
    _withdraw_capacity(hall, short, 1)
    hall.at(-15)
    bought_in = hall.happened(EventKind.BOUGHT_IN)
    assert [(event.account, event.maker_account, event.lots) for event in bought_in] == [(short, alice, 2)]
    # Three of six lots that were declared were sold: 10% and 50% on top.
    assert bought_in[0].price_ticks == 3_200
    assert hall.serving() == {"prov-1": alice, "prov-2": alice, "short-1": alice}
    hall.at(60)
    hall.attest_all()
    hall.at(120)
    assert hall.ends() == {"bought in": 2, "delivered": 3}


def test_two_shorts_are_bought_in_and_who_was_served_before_keeps_his_seller() -> None:
    hall = Hall()
    one, other = hall.open("one", capacity=[1, 9]), hall.open("other", capacity=[1, 9])
    alice, bob, carol = (hall.open(name) for name in ("alice", "bob", "carol"))
    hall.trade(one, alice)
    hall.trade(other, carol)
    for seller in (one, other):
        for buyer in (alice, carol) if seller == one else (bob, carol):
            hall.trade(seller, buyer, contract=1)
        _withdraw_capacity(hall, seller, 1, contract=1)
    hall.at(-15)
    hall.at(-15, contract=1)
    bought_in = [(event.account, event.maker_account) for event in hall.happened(EventKind.BOUGHT_IN)]
    assert bought_in == [(one, bob), (other, carol)]
    assert hall.serving(1) == {"one-1": alice, "other-1": carol}


def test_a_buyer_stays_on_his_node_from_hour_to_hour() -> None:
    """And gets one that will be there, if what is sold of the next hours says which."""
    hall = Hall()
    prov = hall.open("prov", capacity=[3, 2, 1])
    alice, bob, carol = (hall.open(name) for name in ("alice", "bob", "carol"))
    for buyer, hours in ((alice, 1), (bob, 2), (carol, 3)):
        for contract in range(hours):
            hall.trade(prov, buyer, contract=contract)
    hall.at(-15)
    assert hall.serving(0) == {"prov-1": carol, "prov-2": bob, "prov-3": alice}
    hall.at(-15, contract=1)
    assert hall.serving(1) == {"prov-1": carol, "prov-2": bob}
    hall.at(-15, contract=2)
    assert hall.serving(2) == {"prov-1": carol}


def test_unsold_capacity_and_what_was_sold_back_owe_nothing() -> None:
    hall = Hall()
    prov, alice = hall.open("prov", capacity=[5]), hall.open("alice", capacity=[1])
    hall.trade(prov, alice)
    hall.trade(alice, prov)
    hall.at(120)
    assert _phase(hall) == Phase.SETTLED
    assert not hall.nominations()
    assert hall.ends() == {}


def test_an_hour_waits_for_the_nodes_of_the_hour_before() -> None:
    """After a long absence hours are nominated one after the other, so that buyers stay where they were."""
    hall = Hall(hours=3)
    prov, alice, bob = hall.open("prov", capacity=[2, 2, 2]), hall.open("alice"), hall.open("bob")
    hall.trade(prov, bob)
    for contract in (1, 2):
        hall.trade(prov, alice, contract=contract)
        hall.trade(prov, bob, contract=contract)
    hall.at(600)
    assert [hall.serving(contract) for contract in range(3)] == [
        {"prov-1": bob},
        {"prov-1": bob, "prov-2": alice},
        {"prov-1": bob, "prov-2": alice},
    ]
    assert [hall.ends(contract) for contract in range(3)] == [{"compensated": lots} for lots in (1, 2, 2)]


def test_what_the_desk_did_by_hand_is_taken_as_it_is() -> None:
    """Nodes of other names, a compensation that was agreed on: the rest is done."""
    hall = Hall(hours=6)
    prov, alice, other = (
        hall.open("prov", bond_micros=10**9 // 2, capacity=[3]),
        hall.open("alice"),
        hall.open("other", capacity=[0] * 5 + [9]),
    )
    hall.trade(prov, alice, 3)
    hall.sell(other, 9, 2_000, contract=5)
    hall.now_ns = hall.engine.contract(0).gate_ns
    hall.ask(Command(kind=CommandKind.TICK))
    for node in ("rack-7", "prov-1"):
        hall.ask(_about(CommandKind.NOMINATE, node)._replace(account=prov, order_id=alice))
    hall.work()
    assert sorted(hall.serving()) == ["prov-1", "prov-2", "rack-7"]
    hall.at(60)
    for node, minutes in (("rack-7", 0), ("prov-1", 0), ("prov-2", 60)):
        hall.attest(node, minutes)
    hall.ask(_about(CommandKind.COMPENSATE, "prov-1")._replace(lots=10, price_ticks=1))
    hall.at(120)
    assert hall.ends() == {"made good": 1, "compensated": 1, "delivered": 1}


def test_where_the_desk_went_on_by_hand_lots_get_their_nodes_late() -> None:
    hall = Hall()
    prov, alice = hall.open("prov", capacity=[1]), hall.open("alice")
    hall.trade(prov, alice)
    hall.now_ns = hall.engine.contract(0).gate_ns
    hall.ask(Command(kind=CommandKind.TICK))
    for phase in (Phase.NOMINATED, Phase.DELIVERING):
        hall.ask(Command(kind=CommandKind.PHASE, contract=0, option=phase))
    hall.at(60)
    assert hall.serving() == {"prov-1": alice}
    hall.attest_all()
    hall.at(120)
    assert (_phase(hall), hall.ends()) == (Phase.SETTLED, {"delivered": 1})


def test_lots_without_a_node_are_not_settled() -> None:
    """Even if it is late, and the desk went on by hand: they get their nodes, which nobody attests any more."""
    hall = Hall()
    prov, alice = hall.open("prov", capacity=[1]), hall.open("alice")
    hall.trade(prov, alice)
    hall.now_ns = hall.engine.contract(0).gate_ns
    hall.ask(Command(kind=CommandKind.TICK))
    for phase in (Phase.NOMINATED, Phase.DELIVERING):
        hall.ask(Command(kind=CommandKind.PHASE, contract=0, option=phase))
    hall.at(120)
    assert (_phase(hall), hall.ends()) == (Phase.SETTLED, {"compensated": 1})


def test_stages_wait_for_the_lots() -> None:
    """They are asked for a second later, and by nobody else before the lots are where they must be."""
    hall = Hall(hours=1)
    prov, alice = hall.open("prov", capacity=[1]), hall.open("alice")
    hall.trade(prov, alice)
    hall.now_ns = hall.engine.contract(0).gate_ns + 5 * 60 * 10**9
    hall.ask(Command(kind=CommandKind.TICK))
    assert survey_stages(hall.engine, hall.settings, hall.now_ns, [0]) == ([], hall.now_ns + 10**9)
    hall.ask(_about(CommandKind.NOMINATE, "n")._replace(account=prov, order_id=alice))
    (command,) = survey_stages(hall.engine, hall.settings, hall.now_ns, [0]).commands
    assert command.option == Phase.NOMINATED
    hall.at(119)
    hall.now_ns += 60 * 10**9
    assert survey_stages(hall.engine, hall.settings, hall.now_ns, [0]) == ([], hall.now_ns + 10**9)
    hall.attest("n", 60)
    (command,) = survey_stages(hall.engine, hall.settings, hall.now_ns, [0]).commands
    assert command.option == Phase.SETTLED


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_it_goes_on_after_a_crash_between_any_two_commands(at_once: int) -> None:
    """Nothing is remembered: whether all that is asked for happens or only the first of it, all ends the same."""
    whole, broken = _busy(), _busy()
    whole.work()
    while commands := broken.wanted():
        broken.ask(*commands[:at_once])
    assert broken.engine.unsettled_contracts() == whole.engine.unsettled_contracts()
    assert whole.ends() == broken.ends() == {"bought in": 2, "delivered": 2, "made good": 2, "compensated": 2}
    assert whole.engine.accounts() == broken.engine.accounts()
    assert whole.engine.nominations(0) == broken.engine.nominations(0)
    assert sum(account.cash_micros for account in whole.engine.accounts()) == 7 * 10**9
    whole.engine.check()


@pytest.mark.parametrize("done", range(4))
def test_after_a_crash_the_pairs_of_the_hour_before_are_kept_once(done: int) -> None:
    """Alice had one lot of the second seller; that one stays, and her other lot is paired like anybody's."""
    hall = Hall()
    one, other = hall.open("one", capacity=[0, 1]), hall.open("other", capacity=[1, 2])
    alice, bob = hall.open("alice"), hall.open("bob")
    hall.trade(other, alice)
    hall.trade(other, alice, contract=1)
    hall.trade(other, bob, contract=1)
    hall.trade(one, alice, contract=1)
    hall.at(-15)
    hall.now_ns = hall.engine.contract(1).gate_ns
    hall.ask(Command(kind=CommandKind.TICK))
    wanted = [command for command in hall.wanted() if command.kind == CommandKind.NOMINATE]
    hall.ask(*wanted[done : done + 1])
    hall.work()
    assert hall.serving(1) == {"one-1": alice, "other-1": alice, "other-2": bob}


def _busy() -> Hall:
    """An hour that is over and of which nothing has been done but that two nodes delivered."""
    hall = Hall(hours=6)
    sellers = [hall.open(name, bond_micros=10**9, capacity=[4, 4]) for name in ("prov", "rival", "short")]
    buyers = [hall.open(name) for name in ("alice", "bob", "carol")]
    other = hall.open("other", capacity=[0] * 5 + [2])
    for seller in sellers:
        hall.trade(seller, buyers[0])
        hall.trade(seller, buyers[1])
    hall.trade(sellers[0], buyers[2])
    hall.trade(sellers[1], buyers[2])
    _withdraw_capacity(hall, sellers[2], 0)
    hall.sell(other, 2, 2_500, contract=5)
    hall.now_ns = hall.engine.contract(0).gate_ns
    hall.ask(Command(kind=CommandKind.TICK))
    for node in ("prov-1", "rival-3"):
        seller = sellers[0] if node == "prov-1" else sellers[1]
        hall.ask(_about(CommandKind.NOMINATE, node)._replace(account=seller, order_id=buyers[0]))
        hall.attest(node, 60)
    hall.now_ns += 135 * 60 * 10**9
    hall.ask(Command(kind=CommandKind.TICK))
    return hall


def _withdraw_capacity(hall: Hall, account: int, lots: int, contract: int = 0) -> None:
    """As if it had sold without it: the engine lets nobody do so, but a seller may lose what it declared."""
    rows = hall.engine._state.positions
    mine = (rows["account"] == account) & (rows["contract"] == contract)
    rows["capacity_lots"][mine] = lots


def _about(kind: CommandKind, node: str) -> Command:
    return Command(kind=kind, contract=0, **text_columns(node))
