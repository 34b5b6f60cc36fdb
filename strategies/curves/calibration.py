"""What real prices say about how places move together, for the parameters that ship.

Correlations of prices seen often are too low: offers answer each other with a delay, and a price list
follows its neighbour's the week after (Epps, 1979). So prices are taken every few hours, and lists every
four weeks: the shortest stretch at which the correlation no longer grows by more than its error.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from exchange.domain.units import NS_PER_HOUR
from strategies.curves.comovement import SharesFit, shares_of
from strategies.curves.estimation import sample_of, standard_scores
from strategies.curves.filtering import Floats
from strategies.curves.levels import Listed
from strategies.curves.model import HOURS_PER_DAY, Parameters
from strategies.curves.names import canonical_region, canonical_sku
from strategies.curves.parameter_file import SharedVariance
from strategies.curves.prices import PriceSeries
from strategies.curves.surprises import BLOCKS, Correlations, Surprises, correlations

APART_HOURS = 3.0
STEPS_APART_HOURS = 28.0 * HOURS_PER_DAY
# A surprise beyond it is a jump; one of a hundred normal ones is, too.
_JUMP_SCORE = 2.5
_SCORE_MAX = 4.0


def surprises(series: PriceSeries, parameters: Parameters, apart_hours: float = APART_HOURS) -> Surprises:
    """Of the last price in each stretch of hours: standard scores under the parameters, at most 4 either way."""
    hours = series.times_ns / NS_PER_HOUR
    kept = _last_of(np.floor(hours / apart_hours))
    scores, _ = standard_scores(parameters, sample_of(hours[kept], series.prices[kept]))
    limited = np.clip(scores[1:], -_SCORE_MAX, _SCORE_MAX)
    return Surprises(hours[kept][:-1], hours[kept][1:], limited, parameters.rates.reversion)


def jumps(seen: Surprises) -> Surprises:
    """Whether each surprise is a jump, less how often that is so: their correlation is the share of common jumps."""
    beyond = (np.abs(seen.scores) > _JUMP_SCORE).astype(np.float64)
    return seen._replace(scores=beyond - beyond.mean() if beyond.size else beyond)


def steps(tidy: pl.DataFrame, kind: str) -> tuple[list[Surprises], list[str], list[str]]:
    """How price lists moved in each place, with the SKU and the region of each; places that never moved are left out.

    tidy: as ``read_prices`` gives it. The move of a place is the mean of those of its machines and sites that were
    listed before and after, so that one that comes or goes moves nothing.
    """
    moves: dict[tuple[str, str], dict[float, list[float]]] = {}
    rows = tidy.filter(pl.col("kind") == kind).sort("sku", "region", "time_ns")
    for (machine, site), group in rows.group_by("sku", "region", maintain_order=True):
        region = canonical_region(str(site))
        if region is not None:
            logs, hours = np.log(group["price_usd"].to_numpy()), group["time_ns"].to_numpy() / NS_PER_HOUR
            place = moves.setdefault((family(str(machine)), region), {})
            for hour, move in zip(hours[1:].tolist(), np.diff(logs).tolist(), strict=True):
                place.setdefault(hour, []).append(move)
    found = {place: _steps(each) for place, each in sorted(moves.items())}
    moved = {place: each for place, each in found.items() if each.scores.any()}
    return list(moved.values()), [sku for sku, _ in moved], [region for _, region in moved]


def _steps(moves: dict[float, list[float]]) -> Surprises:
    hours = np.array(sorted(moves))
    path = np.cumsum([np.mean(moves[hour]) for hour in hours.tolist()])
    kept = _last_of(np.floor(hours / STEPS_APART_HOURS))
    starts, ends = hours[kept][:-1], hours[kept][1:]
    scores = np.diff(path[kept]) / np.sqrt(ends - starts)
    size = float(np.sqrt((scores**2).mean())) if scores.any() else 1.0
    return Surprises(starts, ends, np.clip(scores / size, -_SCORE_MAX, _SCORE_MAX), 0.0)


def _last_of(stretches: Floats) -> NDArray[np.bool_]:
    """(n,) which one is the last of its stretch."""
    return np.append(stretches[1:] != stretches[:-1], True)[: stretches.size]


def pooled(parts: Sequence[tuple[Sequence[Surprises], Sequence[str], Sequence[str]]]) -> SharesFit:
    """Shares from several markets, of which each is compared with itself alone."""
    places = sum(len(seen) for seen, _, _ in parts)
    products, counts = np.zeros((2, BLOCKS * len(parts), places, places))
    first = 0
    for number, (seen, _, _) in enumerate(parts):
        within, blocks = slice(first, first + len(seen)), slice(number * BLOCKS, (number + 1) * BLOCKS)
        products[blocks, within, within], counts[blocks, within, within] = correlations(seen)
        first += len(seen)
    skus, regions = [name for _, each, _ in parts for name in each], [name for *_, each in parts for name in each]
    return shares_of(Correlations(products, counts), skus, regions)


def shared_variance(fit: SharesFit, source: str) -> SharedVariance:
    """Rounded to what is known, for the file."""
    shares = {name: round(value, 3) for name, value in fit.shares._asdict().items()}
    errors = {name: round(value, 3) for name, value in fit.errors._asdict().items() if name not in fit.unknown}
    return SharedVariance(**shares, standard_errors=errors, unknown=fit.unknown, source=source)


def listed(tidy: pl.DataFrame, kinds: Iterable[str], mark: str = "") -> list[Listed]:
    """Each machine's median price; sites outside all regions are left out. ``mark`` tells files of one source apart."""
    names = ["provider", "kind", "sku", "region"]
    medians = tidy.filter(pl.col("kind").is_in(list(kinds))).group_by(names).agg(pl.col("price_usd").median())
    found = []
    for provider, kind, machine, site, price in medians.sort(names).iter_rows():
        region = canonical_region(site) if site else ""
        if region is not None:
            bare = machine.partition("#")[0]
            found.append(Listed(f"{provider} {kind}{mark}", bare, family(bare), region, price))
    return found


def family(machine: str) -> str:
    """The canonical SKU of a machine, or its name without the size."""
    return canonical_sku(machine) or machine.partition(" (")[0]
