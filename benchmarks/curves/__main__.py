"""``make curves``: prove the price curves, then write ``benchmarks/results/curves.md`` and its plots.

The parts are commands of their own, ``python -m benchmarks.curves.NAME``; here they are run one after
the other, and what they print becomes the page.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from rich.console import Console

from benchmarks.curves import demand, forecast, pictures
from benchmarks.machine import load, machine, revision, today
from strategies.curves.prices import BadPrices

_RESULTS = Path(__file__).parents[1] / "results"
_FORECASTS = """\
Every forecaster is fitted at ten cuts (administered prices: four) of the last two thirds of each series, and asked
at each look until the next cut. Skill is 1 - ours / rival's, against the rival that did best over the regime at that
horizon; in parentheses a 95% interval by a block bootstrap. The rivals are last price, seasonal naive, simple
exponential smoothing (statsmodels) and AR(1), each with the errors it made before as its law, and AR(1) with normal
errors. The goals are 10% in an auction at 1 to 6 hours and in a thin marketplace at 2 to 6 hours, never worse than
-1% where prices are administered, and intervals that hold 90 to 99%. *95% held* counts what lay within the central
interval; where a price hardly ever moves that is nearly everything, since an interval cannot leave out the price
itself. *Ranks in 95%* judges the same law without that: where it has a lump, the rank of what came is drawn within
the lump."""
_PARTS = (
    ("Known parameters, recovered", "recovery --series 200", "Simulated series with known parameters."),
    ("Co-movement, recovered", "comovement", "Simulated markets of several places, seen at different times."),
    ("Speed of one place", "speed", "Goals: 100,000 prices fitted in under 5 s, an observation in under 50 us."),
    ("The whole curve", "full_curve", "Goal: 14 days of hours in 10 SKUs and 10 regions in under 50 ms."),
    ("Construction from what trades", "construction", "Two weeks of hours and 60 strips."),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description="Prove the price curves.")
    parser.add_argument("files", nargs="*", help="tidy price files, instead of those under GPUX_DATA")
    parser.add_argument("--output", type=Path, default=_RESULTS, help="directory for the page and the plots")
    asked = parser.parse_args()
    tell, load_before = Console(stderr=True), load()
    try:
        found = forecast.measure(asked.files or None)
        demanded = demand.measured()
    except BadPrices as problem:
        parser.error(str(problem))
    parts = [
        "# Price curves: proofs",
        f"`make curves` on {today()}, commit `{revision()}`.\n\n"
        f"Machine: {machine()}; load {load_before:g} before the run.",
        "## Forecasts of real prices\n\n" + _FORECASTS,
        "![skill](curves_skill.svg)\n\n![held](curves_held.svg)",
        "\n".join(forecast.lines(found)),
    ]
    drawn = pictures.figures(found)
    for title, name, what in _PARTS:
        tell.print(f"{name} ...")
        parts.append(f"## {title}\n\n`python -m benchmarks.curves.{name}`. {what}\n\n```\n{_printed(name)}\n```")
    pictured = {f"curves_{name.replace('-', '_')}": figure for name, figure in demand.figures(demanded).items()}
    parts += ["## Arrival of jobs\n\n`python -m benchmarks.curves.demand`\n\n" + "\n".join(demand.lines(demanded))]
    parts += ["\n\n".join(f"![{name}]({name}.svg)" for name in pictured)]
    asked.output.mkdir(parents=True, exist_ok=True)
    _saved(asked.output, drawn | pictured)
    (asked.output / "curves.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    tell.print(f"wrote {asked.output / 'curves.md'}", highlight=False)


def _printed(name: str) -> str:
    command = [sys.executable, "-m", *f"benchmarks.curves.{name}".split()]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip("\n")


def _saved(directory: Path, named: dict[str, Figure]) -> None:
    mpl.rcParams["svg.hashsalt"] = "gpux"
    for name, figure in named.items():
        figure.savefig(directory / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
