"""A forward curve as a picture: SVG, PNG, or a page of HTML that needs nothing else. No display is needed."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure

from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.forward_report import Shown, arbitrage_lines
from strategies.curves.quoted import Quoted
from strategies.pages import page_of, svg_of, table_of, text_of

ENDINGS = (".svg", ".png", ".html")
# The same curve gives the same bytes.
_PLAIN: dict[Any, Any] = {"svg.hashsalt": "gpux", "svg.fonttype": "none", "font.size": 9}
_METADATA: dict[str, dict[str, Any]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
_HOUR = np.timedelta64(1, "h")


class BadPicture(GpuxError):
    """A picture that cannot be written; the message says why."""


def check_ending(path: Path) -> None:
    """Raises BadPicture unless the name says which kind of picture it is."""
    if path.suffix.lower() not in ENDINGS:
        raise BadPicture(f"{path}: a plot ends in one of {', '.join(ENDINGS)}")


def draw(shown: Shown, path: Path) -> None:
    """Write the picture. Raises BadPicture if its name has another ending, or it cannot be written."""
    check_ending(path)
    ending = path.suffix.lower()
    try:
        with mpl.rc_context(_PLAIN):
            if ending == ".html":
                path.write_text(_page(shown), encoding="utf-8")
            else:
                figure(shown).savefig(path, metadata=_METADATA[ending[1:]], dpi=150)
    except OSError as error:
        raise BadPicture(f"{path}: cannot be written ({error.strerror or error})") from None


def figure(shown: Shown) -> Figure:
    """Price, the band of one deviation each way, the model it began from, and what is quoted."""
    curve, count = shown.curve, shown.hours
    drawn = Figure(figsize=(10.0, 4.5), layout="constrained")
    axes = drawn.subplots()
    times = curve.hours_ns[:count].astype("datetime64[ns]")
    times = np.append(times, times[-1:] + _HOUR)
    prices, deviations = (np.append(column[:count], column[count - 1]) for column in (curve.prices, curve.deviations))
    low = np.maximum(prices - deviations, 0.0)
    axes.fill_between(times, low, prices + deviations, step="post", color="tab:blue", alpha=0.15, lw=0)
    axes.step(times, prices, where="post", color="tab:blue", lw=1.5, label="forward price, and one deviation each way")
    if curve.quotes:
        prior = np.append(curve.prior.prices[:count], curve.prior.prices[count - 1])
        axes.step(times, prior, where="post", color="gray", lw=0.8, ls="--", label="the model before any quote")
        _quotes(
            axes, [one for one in curve.quotes if one.contract.start_ns < int(curve.hours_ns[0]) + count * NS_PER_HOUR]
        )
    axes.set_xlim(times[0], times[-1])
    axes.margins(y=0.08)
    dates: Any = ConciseDateFormatter
    axes.xaxis.set_major_formatter(dates(axes.xaxis.get_major_locator()))
    axes.set_ylabel("dollars per GPU-hour")
    axes.set_title(shown.title.removesuffix(", dollars per GPU-hour"), loc="left")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, loc="best")
    return drawn


def _quotes(axes: Axes, quotes: list[Quoted]) -> None:
    """Bids and asks as marks over the hours they are for: of hours, and of strips."""
    kinds = {
        ("bid of an hour", "tab:green", 1.2, False): "bid_usd",
        ("ask of an hour", "tab:red", 1.2, False): "ask_usd",
        ("bid of a strip", "tab:green", 0.6, True): "bid_usd",
        ("ask of a strip", "tab:red", 0.6, True): "ask_usd",
    }
    for (label, color, width, is_strip), side in kinds.items():
        found = [one for one in quotes if one.contract.is_strip == is_strip and getattr(one, side) is not None]
        if found:
            starts, ends = (
                np.array([getattr(one.contract, edge) for one in found], dtype=np.int64).astype("datetime64[ns]")
                for edge in ("start_ns", "end_ns")
            )
            levels = [getattr(one, side) for one in found]
            axes.hlines(levels, starts, ends, color=color, lw=width, alpha=0.7, label=label)


def _page(shown: Shown) -> str:
    """The picture and the strips in one file."""
    rows = [
        [
            one.contract.symbol,
            *(f"{side:.4f}" if side else "" for side in (one.bid_usd, one.ask_usd, one.last_usd)),
            f"{shown.curve.strip(one.contract):.4f}",
        ]
        for one in shown.strips
    ]
    found = [f"<p>{text_of(line)}</p>" for line in arbitrage_lines(shown.curve)]
    table = table_of(["strip", "bid", "ask", "last", "curve"], rows)
    return page_of(shown.title, "\n".join([f"<p>{text_of(shown.source)}</p>", svg_of(figure(shown)), *found, table]))
