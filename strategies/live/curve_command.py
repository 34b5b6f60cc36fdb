"""``gpux curve SKU@REGION``: what hours to come are worth, from a model, from prices, from a running exchange."""

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from rich.console import Console

from exchange.client import DEFAULT_URL
from exchange.domain.catalogue import CATALOGUE, Region, Sku
from exchange.domain.errors import BadSymbol, GpuxError
from strategies.curves.construction import HOURS_MAX, ForwardCurve, forward_curve
from strategies.curves.curve import Curve, load_curves, shipped_curves
from strategies.curves.fit import fit_file, utc_text
from strategies.curves.observing import Rules, observed
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices
from strategies.live.quotes import read_quotes

EXIT_REFUSED = 2
_OLDEST_NS, _NEWEST_NS = (int(np.datetime64(f"{year}-01-01", "ns").astype(np.int64)) for year in (2000, 2100))


class _Place(NamedTuple):
    sku: Sku
    region: Region


class _Model(NamedTuple):
    curve: PlaceCurve
    now_ns: int
    source: str


def curve(
    place: Annotated[str, typer.Argument(metavar="SKU@REGION", help="Such as H100SXM@USE.")],
    days: Annotated[int, typer.Option(min=1, max=HOURS_MAX // 24, help="How many days of hours.")] = 14,
    parameters: Annotated[
        str | None, typer.Option(metavar="FILE", help="Parameters that `gpux fit --write` wrote; else those shipped.")
    ] = None,
    prices: Annotated[
        str | None, typer.Option(metavar="FILE", help="Fit the model to this file of prices now.")
    ] = None,
    observe: Annotated[
        float | None, typer.Option(metavar="PRICE", help="What a GPU-hour costs now, in dollars.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help=f"Agree with what trades at {DEFAULT_URL}.")] = False,
    venue: Annotated[str | None, typer.Option(metavar="URL", help="The same at another address.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: .svg, .png or .html.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As if it were then, such as 2026-12-01T08:00.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show what each hour to come is expected to cost, how surely, and where quotes contradict each other."""
    # Late, because the other commands need not wait for what draws.
    from strategies.curves import drawing, forward_report

    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        where = _parsed(place)
        if plot is not None:
            drawing.check_ending(plot)
        url = venue or (DEFAULT_URL if live else None)
        if url is not None and at is not None:
            raise BadPrices("what trades on an exchange trades now: --at goes without it")
        model = _model(where, parameters, prices, at, is_now=observe is not None or url is not None)
        if observe is not None:
            source = f"{model.source}, and {observe:g} dollars now"
            model = model._replace(curve=model.curve.observe(model.now_ns, observe), source=source)
        built, source = _built(model, where, days * 24, url)
        shown = forward_report.Shown(*where, built, days * 24, source)
        if plot is not None:
            drawing.draw(shown, plot)
    except GpuxError as error:
        errors.print(f"gpux: {error}", markup=False)
        raise typer.Exit(EXIT_REFUSED) from None
    if as_json:
        print(json.dumps(forward_report.as_json(shown)))
        return
    console = Console(soft_wrap=True, highlight=False)
    console.print(forward_report.render(shown))
    if plot is not None:
        console.print(f"Drawn: {plot}", markup=False)


def _parsed(text: str) -> _Place:
    sku, separator, region = text.upper().partition("@")
    if not separator:
        choices = f"{', '.join(CATALOGUE.skus)} in {', '.join(CATALOGUE.regions)}"
        raise BadSymbol(f"{text[:40]!r} is not SKU@REGION, such as H100SXM@USE: {choices}")
    return _Place(CATALOGUE.sku(sku), CATALOGUE.region(region))


def _model(place: _Place, parameters: str | None, prices: str | None, at: str | None, is_now: bool) -> _Model:
    """The curve before anything is observed, when it is, and where it comes from.

    With a file of prices and nothing that is known of now, it is when the last of the prices was.
    """
    if parameters is not None and prices is not None:
        raise BadPrices("the model comes from one place: --parameters or --prices, not both")
    code = (place.sku.code, place.region.code)
    now_ns = time.time_ns() if at is None else _time_ns(at)
    if prices is not None:
        fitted, name = _fitted(prices, *code)
        if now_ns < fitted.time_ns:
            raise BadPrices(f"{prices}: its last price is of {utc_text(fitted.time_ns)}, which is yet to come")
        is_past = at is None and not is_now
        return _Model(fitted, fitted.time_ns if is_past else now_ns, f"Model fitted to {name} in {prices}")
    # What an exchange says of now is a little older than now.
    start_ns = now_ns - Rules().trade_ns_max
    curves = shipped_curves(start_ns) if parameters is None else load_curves(parameters, start_ns)
    if code not in curves:
        raise BadPrices(f"there are no parameters for {'@'.join(code)}; --prices FILE fits some")
    source = "Shipped parameters" if parameters is None else f"Parameters of {parameters}, else those shipped"
    return _Model(curves[code], now_ns, source)


def _fitted(path: str, sku: str, region: str) -> tuple[PlaceCurve, str]:
    """The liveliest series of the SKU in the region, else of those that name no region."""
    try:
        report = fit_file(path, sku=sku, region=region, series_max=1)
    except BadPrices as error:
        try:
            report = fit_file(path, sku=sku, region="", series_max=1)
        except BadPrices:
            raise error from None
    (found,) = report.fits
    if found.curve is None:
        raise BadPrices(f"{path}: {found.series.key}: {found.reason}")
    return found.curve, str(found.series.key)


def _built(model: _Model, place: _Place, hours: int, url: str | None) -> tuple[ForwardCurve, str]:
    """The curve, and where it comes from. Of a running exchange it agrees with what stands in its books."""
    if url is None:
        return forward_curve(model.curve, (), model.now_ns, hours), f"{model.source}."
    code = (place.sku.code, place.region.code)
    quotes, seen = asyncio.run(read_quotes(url, *code, time.time_ns))
    learnt = observed(Curve({code: model.curve}), seen)[code]
    source = f"{model.source}; {len(quotes)} contracts quoted at {url}."
    return forward_curve(learnt, quotes, model.now_ns, hours), source


def _time_ns(text: str) -> int:
    try:
        time_ns = int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))
        if _OLDEST_NS <= time_ns < _NEWEST_NS:
            return time_ns
    except ValueError:
        pass
    raise BadPrices(f"time {text[:40]!r} is not one like 2026-12-01T08:00, in UTC, from 2000 to 2099")
