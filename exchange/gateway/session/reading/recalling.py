"""What memory does not reach is asked of the archive, whole: there is no seam between the two in any answer.

The archive counts everything that was published before it is asked, so nothing is missing there and nothing
is there twice; memory answers what it knows to the end at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from exchange.archive.questions import Question
from exchange.archive.reading import EVER, Span
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.messages import Trade, UserTrade
from exchange.wire.refusals import Refusal
from exchange.wire.requests.history import GetTradesOfAll
from exchange.wire.requests.market_data import GetTrades

AnyTrade = TypeVar("AnyTrade", Trade, UserTrade)
_PASSING = {"any", "USD"}


class Past(NamedTuple):
    """What to ask the archive, what to say of what it finds (which may raise Refusal), and if it can say nothing."""

    question: Question
    say: Callable[[Any], object] = lambda found: found
    otherwise: Refusal | None = None

    def told(self, found: object) -> object:
        """The answer, or the Refusal of it. ``found`` may be the archive's own."""
        if isinstance(found, Refusal):
            return self.otherwise or found
        try:
            return self.say(found)
        except Refusal as refusal:
            return refusal


def span_of(params: GetTrades | GetTradesOfAll) -> Span:
    if isinstance(params, GetTrades):
        first, last = params.start_seq, params.end_seq
    else:
        first, last = (None if each is None else int(each) for each in (params.start_id, params.end_id))
    # The dialect's default is the newest first; whoever gives a start reads on from there.
    from_start = first is not None or params.start_timestamp is not None
    return Span(
        params.count,
        params.sorting == "asc" or (params.sorting == "default" and from_start),
        params.start_timestamp or 0,
        EVER if params.end_timestamp is None else params.end_timestamp,
        min(first or 0, EVER),
        EVER if last is None else min(last, EVER),
        by_id=isinstance(params, GetTradesOfAll),
    )


def page_of(kept: Sequence[AnyTrade], since_ms: int, span: Span) -> tuple[list[AnyTrade], bool] | None:
    """A page of what memory keeps, the oldest first, and whether there are more; None if it does not reach so far.

    since_ms: of later than that nothing is missing; 0: nothing is at all.
    """
    found = [trade for trade in kept if span.fits(trade)]
    whole = not since_ms or since_ms < span.start_ms or (kept and span.number(kept[0]) <= span.first)
    if not whole and (span.oldest_first or len(found) <= span.most):
        return None
    page = found[: span.most] if span.oldest_first else found[: -span.most - 1 : -1]
    return page, len(found) > len(page)


def since_ms(mirror: Mirror, kept: deque[AnyTrade]) -> int:
    """Later than when nothing is missing of what is kept as it happens; see ``page_of``."""
    return mirror.began_ms if len(kept) < (kept.maxlen or 0) else kept[0].timestamp


def names_in(mirror: Mirror, currency: str) -> frozenset[str] | None:
    """The instruments of a currency; None: all of them."""
    if currency in _PASSING:
        return None
    return frozenset(market.symbol for market in mirror.markets if market.base_currency == currency)
