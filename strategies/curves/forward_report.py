"""A forward curve for people: a picture in characters, a table of days, strips beside it; and for programs."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exchange.domain.catalogue import Region, Sku
from exchange.domain.dates import date_of
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.arbitrage import Arbitrage, Leg
from strategies.curves.construction import ForwardCurve
from strategies.curves.fit import utc_text
from strategies.curves.quoted import Quoted

_PICTURE_WIDTH, _PICTURE_HEIGHT = 84, 12
_HOURS_SHOWN = (0, 4, 8, 12, 16, 20)
_STRIPS_SHOWN_MAX, _USUAL_SHOWN_MAX = 40, 12
_LEGS_SHOWN_MAX = 8
_TERMS = ("D", "PK", "OP", "W")
_TAKEN = {Side.BUY: "buy", Side.SELL: "sell"}


class Shown(NamedTuple):
    """A curve, and what is to be said about it."""

    sku: Sku
    region: Region
    curve: ForwardCurve
    hours: int  # how many of the curve are shown
    source: str  # where the model and the prices come from, in words

    @property
    def title(self) -> str:
        first, last = (utc_text(int(self.curve.hours_ns[0]) + place * NS_PER_HOUR) for place in (0, self.hours))
        return f"{self.sku.code} in {self.region.code}, {first} to {last}, dollars per GPU-hour"

    @property
    def strips(self) -> list[Quoted]:
        """Strips that begin in the hours shown: those that are quoted; where none is, days, peaks and weeks."""
        end_ns = int(self.curve.hours_ns[0]) + self.hours * NS_PER_HOUR
        quoted = [one for one in self.curve.quotes if one.contract.is_strip and one.contract.start_ns < end_ns]
        return sorted(quoted or self._usual_strips(), key=lambda one: (one.contract.start_ns, one.contract.end_ns))

    def _usual_strips(self) -> list[Quoted]:
        first = int(self.curve.hours_ns[0]) // NS_PER_HOUR
        # 1 January 1970 was a Thursday, and weeks begin on Mondays.
        every = (
            Contract(self.sku, self.region, term, day)
            for day in range(first // 24, (first + self.hours) // 24 + 1)
            for term in _TERMS
            if term != "W" or day % 7 == 4
        )
        inside = range(first, first + self.hours)
        return [Quoted(one) for one in every if one.delivery_hours[0] in inside and one.delivery_hours[-1] in inside]


def render(shown: Shown) -> RenderableType:
    """The whole report, for a rich console."""
    parts: list[RenderableType] = [Text(shown.title, style="bold"), Text(shown.source), ""]
    parts += [Text(line) for line in picture(shown)]
    parts += ["", _days(shown)]
    if shown.strips:
        parts += ["", _strips(shown)]
    parts += ["", *(Text(line) for line in arbitrage_lines(shown.curve))] if shown.curve.arbitrages else []
    return Group(*parts)


def as_json(shown: Shown) -> dict[str, Any]:
    """The same for programs; prices are dollars per GPU-hour, times UTC."""
    curve = shown.curve
    columns = zip(curve.hours_ns.tolist(), curve.prices, curve.deviations, curve.errors, strict=True)
    hours = [
        {"start": utc_text(start), "price": _round(price), "deviation": _round(deviation), "error": _round(error)}
        for start, price, deviation, error in list(columns)[: shown.hours]
    ]
    strips = [
        {
            "instrument_name": quoted.contract.symbol,
            "hours": quoted.contract.hours,
            "price": _round(curve.strip(quoted.contract)),
            "bid": quoted.bid_usd,
            "ask": quoted.ask_usd,
            "last": quoted.last_usd,
        }
        for quoted in shown.strips
    ]
    arbitrages = [
        {
            "instrument_name": found.contract.symbol,
            "take": _TAKEN[found.side],
            "quoted": found.quoted_usd,
            "off": _round(found.off_usd),
            "gain": _round(found.gain_usd),
            "legs": [
                {
                    "instrument_name": leg.contract.symbol,
                    "side": _TAKEN[leg.side],
                    "price": leg.price_usd,
                    "gpus": leg.gpus,
                }
                for leg in found.legs
            ],
        }
        for found in curve.arbitrages
    ]
    return {
        "sku": shown.sku.code,
        "region": shown.region.code,
        "source": shown.source,
        "hours": hours,
        "strips": strips,
        "arbitrages": arbitrages,
    }


def picture(shown: Shown) -> Iterator[str]:
    """Price as a line and one deviation each way as a band, the days below; in characters."""
    curve, count = shown.curve, shown.hours
    width = min(_PICTURE_WIDTH, count)
    edges = np.linspace(0, count, width + 1).astype(np.int64)
    columns = [slice(int(start), int(end)) for start, end in pairwise(edges)]
    middles = np.array([curve.prices[column].mean() for column in columns])
    wide = np.array([curve.deviations[column].mean() for column in columns])
    low, high = float(np.maximum(middles - wide, 0.0).min()), float((middles + wide).max())
    step = max(high - low, 1e-3) / (_PICTURE_HEIGHT - 1)

    def rows(prices: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.rint((prices - low) / step).astype(np.int64)

    bottoms, lines, tops = rows(np.maximum(middles - wide, 0.0)), rows(middles), rows(middles + wide)
    for row in reversed(range(_PICTURE_HEIGHT)):
        is_labelled = row % 4 == (_PICTURE_HEIGHT - 1) % 4
        label = f"{low + row * step:9.4f} " if is_labelled else " " * 10
        marks = (
            "█" if line == row else "░" if bottom <= row <= top else " "
            for bottom, line, top in zip(bottoms, lines, tops, strict=True)
        )
        yield f"{label}│{''.join(marks)}".rstrip()
    yield " " * 10 + "└" + "─" * width
    yield " " * 11 + _dates(shown, edges, width)


def _dates(shown: Shown, edges: np.ndarray[Any, Any], width: int) -> str:
    """The day of the month where it begins."""
    first = int(shown.curve.hours_ns[0]) // NS_PER_HOUR
    line = [" "] * width
    for column in range(width - 1):
        hours = range(first + int(edges[column]), first + int(edges[column + 1]))
        if any(hour % 24 == 0 for hour in hours):
            line[column : column + 2] = date_of(hours[-1] // 24)[-2:]
    return "".join(line).rstrip()


def _days(shown: Shown) -> Table:
    table = Table("UTC", box=None, pad_edge=False)
    for heading in ("day", *(f"{hour:02d}:00" for hour in _HOURS_SHOWN), "deviation"):
        table.add_column(heading, justify="right")
    first = int(shown.curve.hours_ns[0]) // NS_PER_HOUR
    for day in range(first // 24, (first + shown.hours - 1) // 24 + 1):
        start, end = max(day * 24 - first, 0), min(day * 24 + 24 - first, shown.hours)
        prices, wide = shown.curve.prices[start:end], shown.curve.deviations[start:end]
        places = [day * 24 + hour - first for hour in _HOURS_SHOWN]
        cells = [f"{shown.curve.prices[place]:.4f}" if start <= place < end else "" for place in places]
        table.add_row(date_of(day), f"{prices.mean():.4f}", *cells, f"{wide.mean():.4f}")
    return table


def _strips(shown: Shown) -> Table:
    wrong = {found.contract for found in shown.curve.arbitrages}
    strips = shown.strips
    is_quoted = bool(shown.curve.quotes)
    count_max = _STRIPS_SHOWN_MAX if is_quoted else _USUAL_SHOWN_MAX
    table = Table("strip", box=None, pad_edge=False)
    for heading in ("hours", *(("bid", "ask", "last") if is_quoted else ()), "curve"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for quoted in strips[:count_max]:
        sides = [f"{side:.4f}" if side else "" for side in (quoted.bid_usd, quoted.ask_usd, quoted.last_usd)]
        note = "arbitrage" if quoted.contract in wrong else ""
        price = f"{shown.curve.strip(quoted.contract):.4f}"
        table.add_row(quoted.contract.symbol, str(quoted.contract.hours), *(sides if is_quoted else []), price, note)
    if len(strips) > count_max:
        table.add_row(f"{len(strips) - count_max} more, with --json")
    return table


def arbitrage_lines(curve: ForwardCurve) -> Iterator[str]:
    """A sentence for each quote that the others contradict, and one with the trades that take it."""
    for found in curve.arbitrages:
        side = "bid" if found.side == Side.SELL else "ask"
        far = "above" if found.side == Side.SELL else "below"
        yield (
            f"Arbitrage: {found.contract.symbol} {side} {found.quoted_usd:.4f} is {found.off_usd:.4f} {far} "
            f"what the others allow. {_trades(found)}"
        )


def _trades(found: Arbitrage) -> str:
    told = [_trade(leg) for leg in found.legs[:_LEGS_SHOWN_MAX]]
    if len(found.legs) > _LEGS_SHOWN_MAX:
        told.append(f"{len(found.legs) - _LEGS_SHOWN_MAX} more, with --json")
    words = ", ".join(told)
    return f"{words[:1].upper()}{words[1:]}: earns {found.gain_usd:.4f} dollars before fees."


def _trade(leg: Leg) -> str:
    gpus = f"{leg.gpus:.6g} GPU" + ("" if leg.gpus == 1.0 else "s")
    return f"{_TAKEN[leg.side]} {gpus} {leg.contract.symbol} at {leg.price_usd:.4f}"


def _round(value: float) -> float:
    return round(float(value), 6)
