"""At the gate: lots that nobody can deliver are bought in, and then the others get their nodes."""

from __future__ import annotations

from exchange.clearing.imbalance import Penalty, imbalance_ticks, scarcity_at_gate
from exchange.clearing.netting import Pair, pair
from exchange.domain.enums import CLOSED, CommandKind, Phase
from exchange.domain.instruments import Contract
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import LOTS_MAX, TOTAL_MAX
from exchange.engine import Engine
from exchange.settlement.nodes import node_name
from exchange.settlement.planning import plan
from exchange.settlement.positions import neighbour, open_lots, pairs_of, served, shortfalls


def at_gate(engine: Engine, penalty: Penalty, number: int, contract: Contract) -> list[Command]:
    """BUY_IN for lots beyond what their sellers declared; where there are none, NOMINATE for lots without a node.

    Nothing while the hour before has lots without a node: who serves whom there comes first.
    """
    lots = open_lots(engine, number)
    before = neighbour(engine, contract, -1)
    if not lots or (before is not None and _waits(engine, before)):
        return []
    # A buyer who has this seller already, here or in the hour before, keeps him.
    earlier = served(engine, before)
    earlier.subtract(served(engine, number))
    pairs = pair(lots, pairs_of(earlier)).pairs
    short = shortfalls(engine, number, lots)
    if short:
        return _buy_ins(engine, penalty, number, short, sorted(pairs, key=lambda one: (earlier[one[:2]] > 0, one[1])))
    return [_nomination(engine, number, *assigned) for assigned in plan(engine, number, contract, pairs)]


def _waits(engine: Engine, number: int) -> bool:
    return engine.phase(number) in CLOSED - {Phase.SETTLED} and bool(open_lots(engine, number))


def _buy_ins(engine: Engine, penalty: Penalty, number: int, short: dict[int, int], pairs: list[Pair]) -> list[Command]:
    """From the first of ``pairs`` on, as far as each seller cannot deliver."""
    view = engine.contract(number)
    positions = engine.holders(number)
    scarcity = scarcity_at_gate(positions)
    price_ticks = imbalance_ticks(view, engine.fixing(number), positions, scarcity, penalty)
    most = min(LOTS_MAX, TOTAL_MAX // (price_ticks * view.tick_value_micros))
    commands = []
    for seller, buyer, paired in pairs:
        lots = min(paired, short.get(seller, 0), most)
        if lots:
            short[seller] -= lots
            commands.append(
                Command(
                    kind=CommandKind.BUY_IN,
                    account=seller,
                    order_id=buyer,
                    contract=number,
                    lots=lots,
                    price_ticks=price_ticks,
                )
            )
    return commands


def _nomination(engine: Engine, number: int, seller: int, node: int, buyer: int) -> Command:
    name = text_columns(node_name(seller, engine.account(seller).name, node))
    return Command(kind=CommandKind.NOMINATE, account=seller, order_id=buyer, contract=number, **name)
