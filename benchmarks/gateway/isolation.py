"""What one client can do to the others: their round trips beside those without it, in turns, in the same run.

``python -m benchmarks.gateway.isolation``. The bounds are those that a venue has if nobody sets any.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

from benchmarks.gateway.orders import ORDER, authenticate, instruments
from benchmarks.gateway.servers import Measured, keep_to_client_core, venue
from benchmarks.gateway.socket import Socket, text_frame
from exchange.keys import ApiKey

KINDS = ("bystander", "deaf", "everything", "orders", "questions", "nonsense")
VICTIMS, PER_SECOND = 5, 40
_SETTLE_SECONDS = 0.5


class Pair(NamedTuple):
    """Of round trips p50 and p99 in milliseconds and the server's share of its core, without the attacker and with."""

    calm: tuple[float, float, float]
    harmed: tuple[float, float, float]


class Victim:
    """Sends an order at its time, whether the last was answered or not, so that no wait is overlooked."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sent: dict[int, float] = {}
        self._number = 0
        self.taken_ms: list[float] = []

    async def connect(self, server: Measured, key: ApiKey) -> None:
        self._socket = await Socket.connect(server.port, lambda payload: None)
        await authenticate(self._socket, key)
        self._socket.hear = self._hear

    async def trade(self, seconds: float) -> None:
        self.taken_ms = []
        start = time.perf_counter()
        for turn in range(int(seconds * PER_SECOND)):
            due = start + turn / PER_SECOND
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            self._number += 1
            self._sent[self._number] = due
            side, price = ("buy", 1.0) if self._number % 2 else ("sell", 3.0)
            order = ORDER.format(id=self._number, side=side, name=self._name, amount=8, price=price)
            self._socket.send(text_frame(order.encode()))
        while self._sent:
            assert self._socket.lost is None, self._socket.lost
            await asyncio.sleep(0.001)

    def _hear(self, payload: memoryview) -> None:
        answer = json.loads(bytes(payload))
        self.taken_ms.append((time.perf_counter() - self._sent.pop(answer["id"])) * 1e3)


async def round_trips(server: Measured, victims: list[Victim], seconds: float) -> tuple[float, float, float]:
    """p50 and p99 over all of them, and the server's share."""
    used, began = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(victim.trade(seconds) for victim in victims))
    taken = sorted(ms for victim in victims for ms in victim.taken_ms)
    share = (server.cpu_seconds() - used) / (time.perf_counter() - began)
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100], share


async def measure(rounds: int, seconds: float) -> dict[str, list[Pair]]:
    with venue(VICTIMS + 1, first="", gateway="", door="") as server:
        names = await instruments(server)
        victims = [Victim(names[number]) for number in range(VICTIMS)]
        for victim, key in zip(victims, server.keys, strict=False):
            await victim.connect(server, key)
        await round_trips(server, victims, seconds)
        pairs: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
        for _ in range(rounds):
            for kind, found in pairs.items():
                calm = await round_trips(server, victims, seconds)
                attacker = _attack(kind, server, names)
                await asyncio.sleep(_SETTLE_SECONDS)
                harmed = await round_trips(server, victims, seconds)
                assert attacker.poll() is None, f"{kind} gave up"
                attacker.kill()
                attacker.wait()
                await asyncio.sleep(_SETTLE_SECONDS)
                found.append(Pair(calm, harmed))
        return pairs


def _attack(kind: str, server: Measured, names: list[str]) -> subprocess.Popen[str]:
    key = server.keys[VICTIMS]
    wanted = {"port": server.port, "names": names, "client_id": key.client_id, "client_secret": key.client_secret}
    attacker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gateway.attackers", kind], stdin=subprocess.PIPE, text=True
    )
    assert attacker.stdin is not None
    attacker.stdin.write(json.dumps(wanted) + "\n")
    attacker.stdin.flush()
    return attacker


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway.isolation")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each half of a pair")
    asked = parser.parse_args()
    keep_to_client_core()
    pairs = asyncio.run(measure(asked.rounds, asked.seconds))
    print(f"{VICTIMS} clients, {PER_SECOND} orders a second each; medians of {asked.rounds} pairs.")
    print(f"Load of the machine at the end: {os.getloadavg()}")
    print(
        "| one client more | p50 ms without | with | p99 ms without | with | p99 ratio, median | each "
        "| server's CPU without | with |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, found in pairs.items():
        middle = [statistics.median(values) for half in zip(*found, strict=True) for values in zip(*half, strict=True)]
        ratios = sorted(pair.harmed[1] / pair.calm[1] for pair in found)
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(
            f"| {kind} | {middle[0]:.2f} | {middle[3]:.2f} | {middle[1]:.2f} | {middle[4]:.2f} "
            f"| {statistics.median(ratios):.2f} | {each} | {middle[2]:.0%} | {middle[5]:.0%} |"
        )


if __name__ == "__main__":
    main()
