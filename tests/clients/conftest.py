"""Clients of others, each in an environment of its own that `make test-clients` makes from its lock."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
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
def secure_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    before = os.environ.get("SSL_CERT_FILE")
    with BusyVenue(tmp_path_factory.mktemp("secure"), secure=True) as address:
        yield address
    if before is None:
        del os.environ["SSL_CERT_FILE"]
    else:
        os.environ["SSL_CERT_FILE"] = before


def python_of(environment: str) -> Path:
    return Path(ENVIRONMENTS).resolve() / environment / "bin" / "python"


def visit(address: Address, environment: str, program: str) -> Findings:
    """Run a program with the client of an environment; what it found, by check, empty if all was well."""
    command = [str(python_of(environment)), str(_PROGRAMS / program), json.dumps(address._asdict())]
    trust = {"SSL_CERT_FILE": address.certificate, "REQUESTS_CA_BUNDLE": address.certificate}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
        env=os.environ | (trust if address.certificate else {}),
    )
    findings = {}
    for line in done.stdout.splitlines():
        if line.startswith('{"check"'):
            found = json.loads(line)
            findings[found["check"]] = found["fault"]
    assert done.returncode == 0, f"{findings}\n{done.stderr[-4000:]}"
    return findings
