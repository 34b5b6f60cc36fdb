"""Measurements in processes of their own: with another kernel, an empty cache, or fresh memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from exchange import jit

# GPUX_KERNEL: which configuration of the same kernel is compiled. ``core`` has the books alone, without
# accounts, funds, fees, client ids and self-trade prevention, and tells of fills and refusals only.
CORE, FULL = "core", "full"
VARIABLE = "GPUX_KERNEL"
_CHECKOUT = Path(__file__).resolve().parents[1]


class ChildFailed(RuntimeError):
    """A process that did not come to an end, with the last that it said."""


def configuration() -> str:
    """Of the kernel in this process."""
    return FULL if jit.FULL else CORE


def environment(kernel: str, **variables: str) -> dict[str, str]:
    """For a process with this kernel, and with this checkout's modules."""
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(_CHECKOUT), *([inherited] if inherited else [])])
    return {**os.environ, VARIABLE: kernel, "PYTHONPATH": path, **variables}


def run_module(module: str, *arguments: object, kernel: str, **variables: str) -> dict[str, Any]:
    """The JSON object that ``python -m module arguments`` prints last. Raises ChildFailed."""
    command = [sys.executable, "-m", module, *(str(argument) for argument in arguments)]
    child = subprocess.run(command, env=environment(kernel, **variables), capture_output=True, text=True, check=False)
    if child.returncode:
        said = child.stderr.strip().splitlines() or ["nothing"]
        raise ChildFailed(f"{' '.join(command[2:])} ended with {child.returncode}: {said[-1]}")
    found: dict[str, Any] = json.loads(child.stdout.strip().splitlines()[-1])
    return found
