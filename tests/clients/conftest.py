"""Clients of others, each in an environment of its own that `make test-clients` makes from its lock."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.venue import Address, BusyVenue

_PROGRAMS = Path(__file__).parent / "programs"
_PATIENCE_SECONDS = 180
ENVIRONMENTS = os.environ.get("GPUX_CLIENTS", "")
# Without the environments there is nothing to run here; `make check` always makes them.
collect_ignore_glob = [] if ENVIRONMENTS else ["test_*.py"]

Findings = dict[str, str]


@pytest.fixture(scope="session")
def busy_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with BusyVenue(tmp_path_factory.mktemp("venue")) as address:
        yield address


@pytest.fixture(scope="session")
def visit(busy_venue: Address) -> Callable[[str, str], Findings]:
    """Run a program with the client of an environment; what it found, by check, empty if all was well."""

    def run(environment: str, program: str) -> Findings:
        python = Path(ENVIRONMENTS).resolve() / environment / "bin" / "python"
        command = [str(python), str(_PROGRAMS / program), json.dumps(busy_venue._asdict())]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
        findings = {}
        for line in done.stdout.splitlines():
            if line.startswith('{"check"'):
                found = json.loads(line)
                findings[found["check"]] = found["fault"]
        assert done.returncode == 0, f"{findings}\n{done.stderr[-4000:]}"
        return findings

    return run
