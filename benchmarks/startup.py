"""How long it takes until an engine is there: from machine code of an earlier run, and from nothing.

    python -m benchmarks.startup

Prints the seconds that importing the engine and making the first one take, without the start of Python itself.
"""

from __future__ import annotations

import json
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter


def warm_start(kernel: str, reps: int) -> float:
    """Seconds, the median of ``reps`` processes; one more before them makes the machine code, if it is not there."""
    return float(median([_start(kernel) for _ in range(reps + 1)][1:]))


def cold_start(kernel: str) -> float:
    """Seconds with an empty cache directory."""
    with TemporaryDirectory(prefix="gpux-bench-") as empty:
        return _start(kernel, XDG_CACHE_HOME=empty)


def _start(kernel: str, **variables: str) -> float:
    from benchmarks.isolated import run_module  # not above: it imports Numba, which is part of what is measured

    # Python keeps its byte code beside the sources, as it does for everybody who has not forbidden it.
    return float(run_module("benchmarks.startup", kernel=kernel, PYTHONDONTWRITEBYTECODE="", **variables)["seconds"])


def main() -> None:
    started = perf_counter()
    from exchange.engine import warm_up

    warm_up()
    print(json.dumps({"seconds": round(perf_counter() - started, 3)}))


if __name__ == "__main__":
    main()
