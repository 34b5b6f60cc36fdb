"""A small made-up market in commands, for tests that need a journal with something in it."""

from __future__ import annotations

import random

from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.engine import Engine
from exchange.journal.writer import JournalWriter

START_NS = 1_780_000_000 * 10**9
GATE_NS = START_NS + 3_600 * 10**9
SYMBOLS = ("H100SXM_USE_H14-1DEC26", "RTX4090_EUW_H15-1DEC26")


def text(words: str) -> dict[str, int]:
    return dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(words), strict=True))


def open_account(name: str) -> Command:
    return Command(kind=CommandKind.OPEN_ACCOUNT, taker_fee_bps=5, **text(name))


def cash(account: int, micros: int, reference: str) -> Command:
    return Command(kind=CommandKind.CASH, account=account, amount=micros, **text(reference))


def list_contract(symbol: str, gate_ns: int = GATE_NS) -> Command:
    return Command(kind=CommandKind.LIST, amount=8_000, expiry_ns=gate_ns, **text(symbol))


def capacity(account: int, contract: int, lots: int) -> Command:
    return Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=lots)


def limit(account: int, side: Side, price_ticks: int, lots: int, contract: int = 0, expiry_ns: int = 0) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTD if expiry_ns else TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
        expiry_ns=expiry_ns,
    )


def opening() -> list[Command]:
    """Accounts 1 and 2 with cash and capacity in contracts 0 and 1."""
    commands = [open_account("alice"), open_account("bob"), *map(list_contract, SYMBOLS)]
    for account in (1, 2):
        commands.append(cash(account, 10**13, "opening"))
        commands += [capacity(account, contract, 10_000) for contract in (0, 1)]
    return commands


def orders(chance: random.Random, count: int) -> list[Command]:
    """Limit orders around one price, so that about half of them trade."""
    return [
        limit(
            chance.choice((1, 2)),
            chance.choice((Side.BUY, Side.SELL)),
            chance.randint(2_450, 2_550),
            chance.randint(1, 9),
            chance.choice((0, 1)),
        )
        for _ in range(count)
    ]


def stamped(commands: list[Command], sequence: int, time_ns: int) -> Rows:
    """``commands`` as the rows after ``sequence``."""
    return command_rows(
        [
            command._replace(sequence=number, time_ns=time_ns)
            for number, command in enumerate(commands, start=sequence + 1)
        ]
    )


def write_turn(engine: Engine, journal: JournalWriter, commands: list[Command]) -> None:
    """One turn without a node: durable, then applied."""
    rows = stamped(commands, engine.sequence, max(START_NS, engine.time_ns + 1))
    journal.append(rows)
    journal.commit()
    engine.apply(rows)


def write_market(engine: Engine, journal: JournalWriter, seed: int, turns: int) -> None:
    """Some turns of a few orders each, after the opening if there was none."""
    chance = random.Random(seed)
    if not engine.sequence:
        write_turn(engine, journal, opening())
    for _ in range(turns):
        write_turn(engine, journal, orders(chance, chance.randint(1, 20)))
