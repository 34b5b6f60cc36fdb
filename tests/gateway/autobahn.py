"""Autobahn's fuzzing client against the gateway's own sockets: ``python -m tests.gateway.autobahn COMMAND...``

The suite wants a server that echoes, so the sessions here answer each text with itself; door, guard,
library, connection and close are the venue's. COMMAND is how ``wstest`` is run. Left out: binary
echoes (1.2; the venue answers in text), messages beyond 16 KB (9) and compression (12, 13), which are not offered.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

from exchange.config import DoorSettings, GatewaySettings
from exchange.gateway.server import application
from exchange.gateway.session.conversation import Session
from exchange.gateway.session.effects import Effect, Send
from exchange.logs import log_to_stderr
from tests.gateway.venue import running

CASES = ["1.1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
# One case is a message of 64 KB, and one sends a thousand fragments.
GATEWAY = GatewaySettings(
    frame_bytes_max=2**20, door=DoorSettings(fragments_max=2_000, sockets_burst=10**6, controls_per_second=1_000)
)
FINE = ("OK", "NON-STRICT", "INFORMATIONAL")


class Echo(Session):
    """Says what it hears, if it is text."""

    def receive(self, frame: bytes, now_ns: int) -> list[Effect]:
        try:
            frame.decode()
        except UnicodeDecodeError:
            return []
        return [Send(bytes(frame))]


async def verdicts(command: list[str], directory: Path, cases: list[str]) -> dict[str, dict[str, Any]]:
    """What the suite says of each case: ``behavior``, ``behaviorClose``."""
    vars(application)["Session"] = Echo
    async with running(directory / "venue", GATEWAY) as venue:
        wish = {
            "outdir": str(directory / "reports"),
            "servers": [{"agent": "gpux", "url": venue.url}],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        spec = directory / "spec.json"
        spec.write_text(json.dumps(wish))
        # Its Python is another than ours.
        surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        run = [*command, "-m", "fuzzingclient", "-s", str(spec)]
        process = await asyncio.create_subprocess_exec(*run, cwd=directory, stdout=subprocess.DEVNULL, env=surroundings)
        if await process.wait():
            raise SystemExit(f"{command[0]} failed: run it by hand to see why")
    found: dict[str, dict[str, Any]] = json.loads((directory / "reports" / "index.json").read_text())["gpux"]
    return found


def main(command: list[str]) -> int:
    """Prints how many cases came out how, and each that is not fine."""
    log_to_stderr("error")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "venue").mkdir()
        found = uvloop.run(verdicts(command, directory, CASES))
    print(f"{len(found)} cases:", dict(Counter(case["behavior"] for case in found.values())))
    failed = {
        number: case for number, case in found.items() if not {case["behavior"], case["behaviorClose"]} <= set(FINE)
    }
    for number, case in failed.items():
        print(number, case["behavior"], case["behaviorClose"], case.get("remoteCloseCode"))
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
