"""Forecasts of real series against simple rivals, by regime: ``python -m benchmarks.curves.forecast [FILE ...]``.

Without files it takes every tidy price file in ``prices`` under GPUX_DATA, or ../shared/data. Of the
many price lists of administered prices it takes an even choice.
"""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.curves.rolling import rolled
from benchmarks.curves.scoring import Scored, Skill, scored, skill
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.blend import history_of
from strategies.curves.fit import OFFERS
from strategies.curves.prices import BadPrices, PriceSeries, read_series
from strategies.curves.regimes import Regime, regimes_of

HORIZONS_HOURS = (1.0, 2.0, 6.0, 24.0, 168.0)
_CUTS = {Regime.AUCTION: 10, Regime.MARKETPLACE: 10, Regime.ADMINISTERED: 4}
_TIMES_MIN = 100
_ADMINISTERED_MAX = 160


class Cell(NamedTuple):
    """One regime at one horizon."""

    regime: Regime
    horizon: float
    series: int
    origins: int
    crps: Skill
    log_crps: Skill
    absolute: Skill
    held: float
    ranked: float


class Forecasts(NamedTuple):
    """All cells, and the skill in CRPS of each series that is not administered."""

    cells: tuple[Cell, ...]
    each: tuple[tuple[str, Regime, float, Skill, float], ...]


def data_dir() -> Path:
    """Where the real prices lie. Raises BadPrices where they do not."""
    directory = Path(os.environ.get("GPUX_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
    if not (directory / "prices").is_dir():
        raise BadPrices(f"no {directory}/prices: set GPUX_DATA to a directory of tidy price files under prices/")
    return directory


def series_in(files: list[str]) -> list[tuple[PriceSeries, Regime]]:
    """The series of tidy files that are long enough to be judged, with their regimes. Files of one moment have none."""
    found = []
    for file in files:
        for series in read_series(file):
            if series.prices.size >= _TIMES_MIN:
                history = history_of(series.times_ns / NS_PER_HOUR, np.log(series.prices))
                found.append((series, regimes_of(history, series.key.kind.startswith(OFFERS)).likeliest))
    still = [pair for pair in found if pair[1] is Regime.ADMINISTERED and np.ptp(pair[0].prices) > 0.0]
    every = max(1, -(-len(still) // _ADMINISTERED_MAX))
    return [pair for pair in found if pair[1] is not Regime.ADMINISTERED] + still[::every]


def measure(files: list[str] | None = None) -> Forecasts:
    """Everything, in two processes. Raises BadPrices if a file is wrong."""
    files = files or sorted(str(path) for path in (data_dir() / "prices").glob("*.parquet"))
    chosen = series_in(files)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        scores = list(track(pool.map(_judged, chosen), "forecasts", total=len(chosen), console=Console(stderr=True)))
    judged = [(series, regime, score) for (series, regime), score in zip(chosen, scores, strict=True)]
    cells = tuple(
        cell
        for regime in Regime
        for horizon in HORIZONS_HOURS
        if (cell := _cell(regime, horizon, [score for _, one, score in judged if one is regime])) is not None
    )
    each = tuple(
        (str(series.key), regime, horizon, skill([one], "crps"), float(one.held.mean()))
        for series, regime, score in judged
        if regime is not Regime.ADMINISTERED
        for horizon, one in score.items()
    )
    return Forecasts(cells, each)


def _judged(chosen: tuple[PriceSeries, Regime]) -> dict[float, Scored]:
    series, regime = chosen
    return {horizon: scored(asked, horizon) for horizon, asked in rolled(series, HORIZONS_HOURS, _CUTS[regime]).items()}


def _cell(regime: Regime, horizon: float, scores: list[dict[float, Scored]]) -> Cell | None:
    series = [score[horizon] for score in scores if horizon in score]
    if not series:
        return None
    return Cell(
        regime,
        horizon,
        len(series),
        sum(one.held.size for one in series),
        skill(series, "crps"),
        skill(series, "log_crps"),
        skill(series, "absolute"),
        held=float(np.mean(np.concatenate([one.held for one in series]))),
        ranked=float(np.mean(np.concatenate([one.ranked for one in series]))),
    )


def lines(found: Forecasts) -> list[str]:
    """The tables, as Markdown."""
    rows = [
        "| regime | ahead | series | origins | CRPS skill | best rival | log CRPS skill | MAE skill | 95% held "
        "| ranks in 95% |",
        "|---|---:|---:|---:|---|---|---|---|---:|---:|",
    ]
    rows += [
        f"| {cell.regime} | {_ahead(cell.horizon)} | {cell.series} | {cell.origins} | {_told(cell.crps)} "
        f"| {cell.crps.rival} | {_told(cell.log_crps)} | {_told(cell.absolute)} | {cell.held:.1%} | {cell.ranked:.1%} |"
        for cell in found.cells
    ]
    rows += ["", "| series | regime | " + " | ".join(_ahead(horizon) for horizon in HORIZONS_HOURS) + " |"]
    rows += ["|---|---|" + "---|" * len(HORIZONS_HOURS)]
    names = dict.fromkeys((name, regime) for name, regime, *_ in found.each)
    for name, regime in names:
        told = {horizon: f"{gain.skill:+.0%}, {held:.0%}" for who, _, horizon, gain, held in found.each if who == name}
        rows.append(f"| {name} | {regime} | " + " | ".join(told.get(horizon, "") for horizon in HORIZONS_HOURS) + " |")
    return rows


def _told(gain: Skill) -> str:
    return f"{gain.skill:+.1%} ({gain.low:+.0%} to {gain.high:+.0%})"


def _ahead(hours: float) -> str:
    return f"{hours:g} h" if hours < 24.0 else f"{hours / 24.0:g} d"


if __name__ == "__main__":
    print("\n".join(lines(measure(sys.argv[1:] or None))))
