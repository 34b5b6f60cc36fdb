"""What figures were measured on, and when: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def cpu_model() -> str:
    """As the operating system calls it."""
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def machine() -> str:
    """One line."""
    versions = f"Python {platform.python_version()}, Numba {version('numba')}, NumPy {version('numpy')}"
    return f"{cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {versions}"


def load() -> float:
    """How many processes wanted a core in the last minute: what else ran."""
    return round(os.getloadavg()[0], 1)


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def revision() -> str:
    """The commit of the checkout, with a plus where files differ from it; empty outside of one."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--abbrev=12"]
    described = subprocess.run(command, capture_output=True, text=True, check=False)
    return described.stdout.strip()
