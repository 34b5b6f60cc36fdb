"""Our own journals as flow: played again, it makes the market that the journal holds."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from exchange import history
from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.errors import GpuxError
from exchange.domain.records import Command
from exchange.engine import Engine
from exchange.journal.writer import JournalWriter
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.journal import read_journal
from tests.journal.market import SYMBOLS, limit, opening, orders, write_turn
from tests.reading.flows import Standing, numbers_are_dense, on_engine, played, said, standing


def _journal(directory: Path, turns: list[list[Command]]) -> Engine:
    engine = Engine()
    journal = JournalWriter(directory)
    for turn in [opening(), *turns]:
        write_turn(engine, journal, turn)
    journal.close()
    return engine


def _standing(engine: Engine) -> Standing:
    return on_engine(engine)


def _mixed(chance: random.Random, first: int, count: int) -> list[Command]:
    """Orders of two people who never meet themselves: alice buys and bob sells; and what becomes of them."""
    commands: list[Command] = []
    for command in orders(chance, count):
        command = command._replace(account=1 + command.side, text_0=first + len(commands))
        draw = chance.random()
        if draw < 0.15:
            command = command._replace(time_in_force=TimeInForce.IOC)
        elif draw < 0.2:
            command = command._replace(time_in_force=TimeInForce.IOC, order_type=OrderType.MARKET, price_ticks=0)
        elif draw < 0.25:
            command = command._replace(time_in_force=TimeInForce.FOK)
        elif draw < 0.4:
            command = command._replace(
                text_0=chance.randint(1, first), kind=CommandKind.REPLACE, order_type=0, time_in_force=0
            )
        elif draw < 0.6:
            old = chance.randint(1, first)
            command = Command(kind=CommandKind.CANCEL, account=command.account, text_0=old)
        commands.append(command)
    return commands


@pytest.mark.parametrize("seed", [1, 2])
def test_the_flow_of_a_journal_makes_its_market(tmp_path: Path, seed: int) -> None:
    """What stands at the end, and how much was traded: orders, takes, changes, cancels, refusals."""
    chance = random.Random(seed)
    engine = _journal(tmp_path, [_mixed(chance, 1 + 20 * turn, chance.randint(1, 20)) for turn in range(150)])
    recording = read_journal(tmp_path)
    assert [contract.symbol for contract in recording.contracts] == list(SYMBOLS)
    assert standing(recording) == _standing(engine) != {}
    volumes = [[view.volume_lots for view in market.contracts()] for market in (played(recording), engine)]
    assert volumes[0] == volumes[1]
    assert min(volumes[0]) > 500
    assert isinstance(recording.flow, np.ndarray)
    assert numbers_are_dense(recording.flow)


def test_rows_say_what_was_asked(tmp_path: Path) -> None:
    """Everything in its turn: what is refused is no row, and a sweep of cancels is one row an order."""
    engine = _journal(
        tmp_path,
        [
            [limit(1, Side.BUY, 100, 5), limit(1, Side.BUY, 99, 4), limit(9, Side.BUY, 99, 4)],
            [limit(2, Side.SELL, 100, 7)],
            [Command(kind=CommandKind.CANCEL_ALL, account=1, contract=-1)],
            [limit(2, Side.SELL, 100, 3, contract=1)._replace(time_in_force=TimeInForce.IOC)],
        ],
    )
    recording = read_journal(tmp_path)
    assert [row[1:] for row in said(recording)] == [
        ("ADD", 0, 0, 100, 5),
        ("ADD", 1, 0, 99, 4),
        ("ADD", 2, 1, 100, 7),
        ("DELETE", 1, 0, 99, 4),
        ("TAKE", -1, 1, 100, 3),
    ]
    assert engine.levels(0, Side.SELL, 5) == [(100, 2)]


def test_orders_of_an_account_can_be_left_out(tmp_path: Path) -> None:
    """So that another maker can take its place."""
    _journal(tmp_path, [[limit(1, Side.BUY, 100, 5), limit(2, Side.BUY, 99, 4), limit(1, Side.SELL, 99, 9)]])
    recording = read_journal(tmp_path, without=["alice"])
    assert [row[1:] for row in said(recording)] == [("ADD", 0, 0, 99, 4)]
    assert any("alice" in note for note in recording.notes)


def test_a_directory_without_a_market_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GpuxError, match="holds no journal"):
        history.follow(tmp_path, lambda engine, commands, events: None)
    _journal(tmp_path, [])
    with pytest.raises(BadSource, match="nobody asked for anything"):
        read_journal(tmp_path)
