"""A market maker's forward curve, as it was asked to be told."""

from __future__ import annotations

from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import find_market
from exchange.wire import commands
from exchange.wire.messages import CurvePoint, ForwardCurve
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.provision import PublishForwardCurve


def curve_of(mirror: Mirror, params: PublishForwardCurve, now_ns: int) -> ForwardCurve:
    """Raises Refusal if a point is none, or of another region."""
    commands.refuse_late(params.valid_until, now_ns)
    points = []
    for point in params.points:
        market = find_market(mirror, point.instrument_name, now_ns)
        if market.sku_region != params.sku_region:
            advice = f"{market.symbol} is not of {params.sku_region[:64]!r}; publish one curve for each"
            raise Refusal(Code.INVALID_PARAMS, advice, param="points")
        points.append(CurvePoint(market.symbol, *commands.curve_point(market.contract, point)))
    return ForwardCurve(params.sku_region, now_ns // NS_PER_MS, points)
