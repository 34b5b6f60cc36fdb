"""The caretaker settles what was sold, by commands, and goes on where a crash left off."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from exchange.domain.enums import CommandKind, Phase, Side
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE
from exchange.journal.recovery import replay
from tests.node.test_stages import House
from tests.orders import limit

_HOUR = parse_symbol("H100SXM_USE_H14-1DEC26")
_NOON_NS = _HOUR.start_ns - 2 * NS_PER_HOUR
_SETTLED_NS = _HOUR.end_ns + 60 * NS_PER_MINUTE
PROV, ALICE, BOB = 1, 2, 3


class _Crash(Exception):
    """The process ends here."""


def _order(account: int, side: Side, lots: int, contract: int) -> Command:
    return limit(account, side, 2_000, lots, contract)


async def _trading(directory: Path) -> House:
    """Two lots of the hour are sold to each of two buyers; one of four nodes delivered; there is an ask later."""
    house = House(directory, _NOON_NS)
    await house.at(_NOON_NS)
    hour = house.engine.find_contract(_HOUR.symbol)
    assert hour is not None
    for name in ("prov", "alice", "bob"):
        await house.ask(Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(name)))
    for account in (PROV, ALICE, BOB):
        await house.ask(Command(kind=CommandKind.CASH, account=account, amount=10**9))
    await house.ask(Command(kind=CommandKind.BOND, account=PROV, amount=10**8))
    await house.ask(Command(kind=CommandKind.CAPACITY, account=PROV, contract=hour, lots=4))
    await house.ask(_order(PROV, Side.SELL, 4, hour))
    for buyer in (ALICE, BOB):
        await house.ask(_order(buyer, Side.BUY, 2, hour))
    await house.at(_SETTLED_NS - NS_PER_HOUR)
    later = house.engine.find_contract("H100SXM_USE_H17-1DEC26")
    assert later is not None
    await house.ask(Command(kind=CommandKind.CAPACITY, account=BOB, contract=later, lots=4))
    await house.ask(_order(BOB, Side.SELL, 4, later))
    await house.ask(Command(kind=CommandKind.ATTEST, contract=hour, lots=60, **text_columns("prov-1")))
    return house


def _asked(house: House) -> Counter[str]:
    kinds = Counter(CommandKind(int(row["kind"])).name for row in house.commands)
    return Counter({name: kinds[name] for name in ("NOMINATE", "ATTEST", "MAKE_GOOD", "COMPENSATE", "BUY_IN")})


async def test_what_was_sold_is_settled_by_commands(tmp_path: Path) -> None:
    """Alice's node that failed is made good by Bob's ask; he cannot sell to himself, so his are paid."""
    house = await _trading(tmp_path)
    assert (await house.at(_SETTLED_NS - 1))["H14-1DEC26"] == Phase.DELIVERING
    assert (await house.at(_SETTLED_NS))["H14-1DEC26"] == Phase.SETTLED
    assert +_asked(house) == {"NOMINATE": 4, "ATTEST": 4, "MAKE_GOOD": 1, "COMPENSATE": 2}
    await house.stop()
    assert replay(tmp_path).state_hash() == house.engine.state_hash()


@pytest.mark.parametrize("commands", range(10))
async def test_after_a_crash_it_goes_on(tmp_path: Path, commands: int) -> None:
    """Killed after so many commands, whatever they were, it ends as if nothing had been."""
    house = await _trading(tmp_path / "steady")
    await house.at(_SETTLED_NS)
    expected = house.engine.accounts(), house.engine.nominations(2)
    await house.stop()
    house = await _trading(tmp_path / "broken")
    submit, left = house.node.submit, commands

    def crash(command: Command, origin: object | None = None) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Crash
        return submit(command, origin)

    house.node.submit = crash  # type: ignore[method-assign]
    with pytest.raises(_Crash):
        await house.at(_SETTLED_NS)
    await house.stop()
    house = House(tmp_path / "broken", _SETTLED_NS)
    assert (await house.at(_SETTLED_NS))["H14-1DEC26"] == Phase.SETTLED
    assert (house.engine.accounts(), house.engine.nominations(2)) == expected
    await house.stop()


async def test_what_is_refused_is_not_asked_for_without_end(tmp_path: Path) -> None:
    """Somebody else's node has a name that the seller's would have: the desk must see to it, and the stage waits."""
    house = await _trading(tmp_path)
    contract = house.engine.find_contract("H100SXM_USE_H17-1DEC26")
    assert contract is not None
    await house.ask(_order(ALICE, Side.BUY, 2, contract))
    await house.ask(Command(kind=CommandKind.CAPACITY, account=PROV, contract=contract, lots=1))
    await house.ask(_order(PROV, Side.SELL, 1, contract))
    await house.ask(_order(ALICE, Side.BUY, 3, contract))
    house.time_ns = house.engine.contract(contract).gate_ns
    await house.ask(Command(kind=CommandKind.TICK))
    await house.ask(
        Command(kind=CommandKind.NOMINATE, account=BOB, order_id=ALICE, contract=contract, **text_columns("prov-1"))
    )
    phases = await house.at(house.time_ns + 10 * NS_PER_MINUTE)
    assert phases["H17-1DEC26"] == Phase.GATED
    asked = len(house.commands)
    assert asked < 100
    await house.ask(
        Command(kind=CommandKind.NOMINATE, account=PROV, order_id=ALICE, contract=contract, **text_columns("other"))
    )
    assert (await house.at(house.time_ns))["H17-1DEC26"] == Phase.NOMINATED
    await house.stop()
