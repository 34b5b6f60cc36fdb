"""Providers of the demo attest what is over, once, and now and then fail."""

from __future__ import annotations

from typing import Any, cast

from exchange.client import Client
from exchange.domain.instruments import parse_symbol
from exchange.wire.delivery import Nomination
from strategies.demo.attesting import attest, delivered_minutes

_HOUR = parse_symbol("H100SXM_USE_H14-1DEC26")


class _Venue:
    """As much of a client as is asked for."""

    def __init__(self, *nominations: Nomination) -> None:
        self.rows = list(nominations)
        self.said: list[tuple[str, str, int]] = []

    async def nominations(self) -> list[Nomination]:
        return self.rows

    async def attest(self, *said: Any) -> None:
        self.said.append(said)


def _node(node: str, symbol: str = _HOUR.symbol, provider: str = "prov", minutes: int | None = None) -> Nomination:
    return Nomination(symbol, node, provider, "alice", minutes, 0)


async def test_it_is_said_of_own_nodes_when_their_hour_is_over() -> None:
    """Not of those that were attested, that serve oneself, or that still deliver."""
    later = "H100SXM_USE_H15-1DEC26"
    venue = _Venue(_node("prov-1"), _node("prov-2", minutes=3), _node("x-1", provider="x"), _node("prov-1", later))
    assert await attest(cast(Client, venue), "prov", 7, _HOUR.end_ns - 1) == 0
    assert await attest(cast(Client, venue), "prov", 7, _HOUR.end_ns) == 1
    assert venue.said == [(_HOUR.symbol, "prov-1", delivered_minutes(7, _HOUR, "prov-1"))]


def test_most_nodes_deliver_and_some_do_not() -> None:
    """As the seed has it, and nothing else."""
    minutes = [delivered_minutes(7, _HOUR, f"prov-{node}") for node in range(1, 1_001)]
    assert minutes == [delivered_minutes(7, _HOUR, f"prov-{node}") for node in range(1, 1_001)]
    assert 10 <= sum(found < 60 for found in minutes) <= 60
    assert all(0 <= found <= 60 for found in minutes)
    assert minutes != [delivered_minutes(8, _HOUR, f"prov-{node}") for node in range(1, 1_001)]
