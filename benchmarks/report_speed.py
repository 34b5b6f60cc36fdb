"""``python -m benchmarks.report_speed``: what it takes to record, keep and report a run of 100,000 fills.

The run is told to the recorder by hand: a day in 24 hours of one SKU, an order and its fill every 0.8 s
and a sample of all hours every 10 s. The report is made by the command itself, in a process of its own.
"""

import argparse
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from benchmarks.machine import load, machine, revision, today
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import Side
from exchange.domain.instruments import hour_contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base import BookView, Fill, Participant, Place, Sample, Strategy
from strategies.base.ledger import ContractResult
from strategies.results import Run, RunRecorder, run_of
from strategies.results.page import runs_page

FILLS = 100_000
_HOURS = 24
_DAY_NS = 24 * NS_PER_HOUR
_SAMPLE_NS = 10 * NS_PER_SECOND
_START_NS = 494_000 * NS_PER_HOUR
_RESULTS = Path(__file__).parent / "results" / "report.md"
_GOAL_S, _GOAL_BYTES = 2.0, 1_500_000


class _Told(Strategy):
    """Stands for a strategy that was there."""


def recorded(fills: int = FILLS) -> RunRecorder:
    """A walk of prices, orders a few ticks from it, and every order filled: always the same."""
    rng = np.random.default_rng(1)
    sku, region = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")
    contracts = tuple(hour_contract(sku, region, 494_025 + hour) for hour in range(_HOURS))
    recorder = RunRecorder()
    recorder.started(_START_NS, Participant("maker", _Told(), contracts))
    mids = 2_500 + np.cumsum(rng.integers(-1, 2, (fills, 1)), axis=0)[:, 0] % 400
    places, sides = rng.integers(0, _HOURS, fills), rng.integers(0, 2, fills)
    results = [ContractResult(contract) for contract in contracts]
    sampled_ns = _START_NS
    for number in range(fills):
        now_ns = _START_NS + number * _DAY_NS // fills
        mid = int(mids[number])
        while sampled_ns <= now_ns:
            book = BookView(((mid - 3, 10),), ((mid + 3, 10),))
            for contract, result in zip(contracts, results, strict=True):
                recorder.sampled(sampled_ns, Sample(contract, result, mid / 1000, book, (mid - 3, 5), (mid + 3, 5)))
            sampled_ns += _SAMPLE_NS
        contract, side, client_id = contracts[places[number]], Side(int(sides[number])), f"o{number}"
        price = mid - 3 if side == Side.BUY else mid + 3
        recorder.sent(now_ns, Place(client_id, contract, side, price, 5, post_only=True), number % 300)
        recorder.answered(now_ns, client_id, price, 5, 0, True)
        fill = Fill(contract, client_id, side, price, 3, -0.001, True, now_ns)
        recorder.fill(now_ns + 1, fill, mid / 1000, BookView(((mid - 3, 10),), ((mid + 3, 10),)))
        recorder.gone(now_ns + 2, client_id, "USER")
    recorder.end_ns = _START_NS + _DAY_NS
    return recorder


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report_speed", description=__doc__)
    parser.add_argument("--output", type=Path, default=_RESULTS)
    asked = parser.parse_args()
    before = load()
    begun = process_time()
    recorder = recorded()
    told_s = process_time() - begun
    begun = process_time()
    run = run_of(recorder, seed=1, label="100,000 fills")
    figures_s = process_time() - begun
    with TemporaryDirectory() as directory:
        path = Path(directory) / "run"
        run.save(path)
        size = sum(file.stat().st_size for file in path.iterdir())
        begun = process_time()
        Run.load(path)
        load_s = process_time() - begun
        pages = [_seconds(lambda: runs_page([Run.load(path)])) for _ in range(3)]
        one_s, one_bytes = _reported(path)
        four_s, four_bytes = _reported(*[path] * 4)
    calls = recorder.messages + len(recorder.quotes) + 3 * FILLS
    lines = [
        "# The report: speed and size",
        "",
        f"`python -m benchmarks.report_speed` on {today()}, commit `{revision()}`.",
        "",
        f"Machine: {machine()}; load {before:g} before the run. Seconds are CPU-seconds.",
        "",
        f"A run of {FILLS:,} fills, as many orders, {run.frames.quotes.height:,} samples.",
        "",
        "| what | found | goal |",
        "|---|---|---|",
        f"| to be told, and to tell it: microseconds a call | {1e6 * told_s / calls:.1f} | |",
        f"| tables and figures, at the end of the run, s | {figures_s:.2f} | |",
        f"| on disk, bytes a fill | {size / FILLS:.0f} | |",
        f"| loaded and verified, s | {load_s:.2f} | |",
        f"| loaded, verified and drawn, in a process that has drawn before, s | {min(pages):.2f} | < {_GOAL_S:g} |",
        f"| `gpux report RUN`, from the start of Python, s | {one_s:.2f} | < {_GOAL_S:g} |",
        f"| its page, bytes | {one_bytes:,} | < {_GOAL_BYTES:,} |",
        f"| `gpux report` with four runs, s | {four_s:.2f} | |",
        f"| its page, bytes | {four_bytes:,} | < {_GOAL_BYTES:,} |",
    ]
    asked.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(*lines, sep="\n")


def _seconds(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def _reported(*runs: Path) -> tuple[float, int]:
    """CPU-seconds of the command from the start of its process, the least of three, and the bytes it wrote.

    The first of them also compiles Python's sources to bytecode, as the first command after an installation does.
    """
    page = runs[0].parent / "page.html"
    command = [sys.executable, "-m", "strategies", "report", *map(str, runs), "--out", str(page)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(runs[0].parent / "bytecode")
    found = []
    for _ in range(3):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=environment)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime)
    return min(found), page.stat().st_size


if __name__ == "__main__":
    main()
