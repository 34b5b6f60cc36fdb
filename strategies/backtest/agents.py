"""The market of agents as something to trade in: ``agents`` or ``agents:place=H200SXM@EUW,bustle=30``.

Providers, job buyers and resellers, and a market maker as a rival, trade the next hours of one place on a
fresh venue. Prices are drawn from what history says of the place. One's own forward curve sees them
a second late, as a market maker's does.
"""

from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.errors import BadSymbol
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.agents import FilteredIndex, PricePath, place_of, population
from strategies.backtest.spec import BadRun
from strategies.base import CurveSource, Participant
from strategies.curves import shipped_curves, simulate
from strategies.making import AvellanedaStoikov

# Noon of a Tuesday: any would do, and this one is the same everywhere.
START_NS = 494_052 * NS_PER_HOUR
SECONDS = 3_600.0
# Contracts beyond the end of a run, so that there is something to trade until it ends.
_HOURS_BEYOND = 6
_LAG_NS = NS_PER_SECOND
_STEP_NS = 600 * NS_PER_SECOND
_RIVAL_CAPACITY_LOTS = 100_000
_HOURS_MAX = 24 * 14


@dataclass(frozen=True)
class AgentsSource:
    """``bustle``: how many times as often people come as they do in a real cluster. ``rivals``: market makers."""

    sku: str = "H100SXM"
    region: str = "USE"
    bustle: float = 20.0
    rivals: int = 1


@dataclass(frozen=True)
class World:
    """The others, what is traded, and what one may know of its worth."""

    contracts: tuple[Contract, ...]
    others: tuple[Participant, ...]
    curves: CurveSource
    start_ns: int
    end_ns: int


def parse_agents(source: str) -> AgentsSource:
    """Raises BadRun."""
    found: dict[str, str | float | int] = {}
    for word in filter(None, source.partition(":")[2].split(",")):
        name, _, value = word.partition("=")
        if name == "place":
            found["sku"], found["region"] = _place(value)
        elif name == "bustle":
            found[name] = _number(name, value, 0.01, 1e4)
        elif name == "rivals":
            found[name] = int(_number(name, value, 0, 20))
        else:
            raise BadRun(f"agents take place=SKU@REGION, bustle=NUMBER, rivals=NUMBER; found {word!r}")
    return AgentsSource(**found)  # type: ignore[arg-type]


def window_of(window: tuple[int, int] | None) -> tuple[int, int]:
    return window or (START_NS, START_NS + int(SECONDS * NS_PER_SECOND))


def world(source: AgentsSource, window: tuple[int, int], seed: int) -> World:
    """Everybody but oneself. The same arguments give the same world. Raises BadRun."""
    start_ns, end_ns = window
    first = start_ns // NS_PER_HOUR + 1
    hours = ceil((end_ns - start_ns) / NS_PER_HOUR) + _HOURS_BEYOND
    if start_ns < 0 or hours > _HOURS_MAX:
        raise BadRun(f"a market of agents lasts at most {_HOURS_MAX - _HOURS_BEYOND} hours from a time after 1970")
    sku, region = CATALOGUE.sku(source.sku), CATALOGUE.region(source.region)
    listed = tuple(hour_contract(sku, region, first + hour) for hour in range(hours))
    path = _path(source, start_ns, hours, np.random.default_rng([seed, 0]))
    paths = {place_of(listed[0]): path}
    known = FilteredIndex(paths, listed, start_ns)
    people = population(listed, known.fair, np.random.default_rng([seed, 1]), speed=source.bustle)
    return World(
        listed,
        (*_rivals(source.rivals, listed, FilteredIndex(paths, listed, start_ns, lag_ns=_LAG_NS)), *people),
        FilteredIndex(paths, listed, start_ns, lag_ns=_LAG_NS),
        start_ns,
        end_ns,
    )


def _rivals(count: int, listed: tuple[Contract, ...], curves: CurveSource) -> list[Participant]:
    return [
        Participant(
            f"rival_{number + 1}",
            # The first quotes as it does by default, each further one a bit wider.
            AvellanedaStoikov(spread_min=0.004 * (1 + 0.5 * number)),
            listed,
            capacity_lots=_RIVAL_CAPACITY_LOTS,
            curves=curves,
        )
        for number in range(count)
    ]


def _path(source: AgentsSource, start_ns: int, hours: int, rng: np.random.Generator) -> PricePath:
    parameters = shipped_curves(start_ns)[source.sku, source.region].parameters
    _, prices = simulate(parameters, start_ns, float(hours + 24), _STEP_NS / NS_PER_SECOND, rng)
    return PricePath(parameters, prices.tolist(), start_ns, _STEP_NS)


def _place(value: str) -> tuple[str, str]:
    sku, _, region = value.partition("@")
    try:
        return CATALOGUE.sku(sku).code, CATALOGUE.region(region).code
    except BadSymbol as error:
        raise BadRun(f"place={value}: {error}; expected SKU@REGION") from None


def _number(name: str, value: str, least: float, most: float) -> float:
    try:
        found = float(value)
    except ValueError:
        found = float("nan")
    if not (isfinite(found) and least <= found <= most):
        raise BadRun(f"{name} is a number from {least:g} to {most:g}, found {value!r}")
    return found
