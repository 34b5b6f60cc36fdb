"""The same is asked, the same comes back: in whatever order it is said, and in whatever process."""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import pytest

from exchange.clearing.netting import Pair, pair
from exchange.clearing.nomination import nominate
from exchange.clearing.program import Answer, Program
from exchange.clearing.terms import Need, Node
from tests.clearing.market import day

# Nodes come and go and nearly all is sold, so that the program has to choose.
HOURS = 12


def asked() -> tuple[list[Need], list[Node]]:
    return day(3, nodes=40, hours=HOURS, buyers=8, missing=0.1, busy=0.95)


def answers() -> str:
    """What comes of a pairing and of a nomination."""
    random = Random(3)
    positions = {account: (-7 if account < 30 else 3) for account in range(100)}
    earlier = [Pair(random.randrange(30), buyer, 2) for buyer in range(30, 100)]
    return repr((pair(positions, earlier), nominate(0, HOURS, *asked())))


def test_another_process_answers_the_same() -> None:
    """With another seed of hashes, to which the order of sets would answer."""
    here = answers()
    for seed in ("1", "2"):
        process = subprocess.run(
            [sys.executable, "-c", "from tests.clearing.test_determinism import answers; print(answers())"],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert process.stdout.strip() == here


def test_the_program_answers_the_same_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small cases hardly ever ask it."""
    times = 0
    relaxed = Program.relaxed

    def counted(program: Program) -> Answer:
        nonlocal times
        times += 1
        return relaxed(program)

    monkeypatch.setattr(Program, "relaxed", counted)
    needs, nodes = asked()
    nominated = nominate(0, HOURS, needs, nodes)
    for seed in range(5):
        random = Random(seed)
        shuffled = random.sample(needs, len(needs)), random.sample(nodes, len(nodes))
        assert nominate(0, HOURS, *shuffled) == nominated
    assert times == 6


def test_pairs_are_the_same_in_any_order() -> None:
    """There is one best pairing, and which comes first is a matter of account numbers alone."""
    random = Random(4)
    positions = {account: (-7 if account < 30 else 3) for account in range(100)}
    earlier = [Pair(seller, buyer, 1) for seller in range(30) for buyer in random.sample(range(30, 100), 6)]
    netted = pair(positions, earlier)
    for _ in range(20):
        items = random.sample(sorted(positions.items()), len(positions))
        assert pair(dict(items), random.sample(earlier, len(earlier))) == netted
