"""What is seen of a market becomes observations and quotes; what cannot be believed is left out and counted."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.units import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from strategies.curves.construction import forward_curve
from strategies.curves.curve import shipped_curves
from strategies.curves.observing import Feeder, Rules, Source, listed, observed
from strategies.curves.prices import PriceSeries, SeriesKey
from strategies.curves.quoted import Quoted

HOUR = parse_symbol("H100SXM_USE_H10-1DEC26")
LATER = parse_symbol("H100SXM_USE_H20-1DEC26")
DAY = parse_symbol("H100SXM_USE_D-2DEC26")
ABROAD = parse_symbol("H100SXM_EUW_H10-1DEC26")
NOW_NS = HOUR.start_ns - NS_PER_HOUR


def test_a_close_book_is_a_price_and_a_wide_one_is_not() -> None:
    """2.19 to 2.21 is 2.20 give or take a cent; 2 to 3 only bounds; both are quotes."""
    feeder = Feeder()
    seen = feeder.book(HOUR, 2.19, 2.21, NOW_NS)
    assert seen is not None
    assert seen[:4] == ("H100SXM", "USE", NOW_NS, HOUR.start_ns)
    assert (seen.price_usd, seen.noise) == pytest.approx((2.2, 0.01 / 2.2))
    assert seen.source is Source.BOOK
    assert feeder.book(LATER, 2.0, 3.0, NOW_NS) is None
    assert feeder.book(DAY, 2.19, 2.21, NOW_NS) is None  # many hours at once
    assert feeder.quotes("H100SXM", "USE", NOW_NS) == (
        Quoted(DAY, 2.19, 2.21, None, NOW_NS),
        Quoted(HOUR, 2.19, 2.21, None, NOW_NS),
        Quoted(LATER, 2.0, 3.0, None, NOW_NS),
    )
    assert feeder.quotes("H100SXM", "EUW", NOW_NS) == ()


def test_a_book_that_stands_still_does_not_repeat_itself() -> None:
    """It speaks again after a minute, or once its middle has moved by more than half its spread."""
    feeder = Feeder()
    assert feeder.book(HOUR, 2.19, 2.21, NOW_NS) is not None
    assert feeder.book(HOUR, 2.19, 2.212, NOW_NS + NS_PER_SECOND) is None
    assert feeder.book(HOUR, 2.22, 2.24, NOW_NS + 2 * NS_PER_SECOND) is not None
    assert feeder.book(HOUR, 2.22, 2.24, NOW_NS + 61 * NS_PER_SECOND) is None
    assert feeder.book(HOUR, 2.22, 2.24, NOW_NS + 62 * NS_PER_SECOND) is not None


def test_crossed_late_and_absurd_news_is_left_out_and_counted() -> None:
    """A crossed book also takes away what stood before; late news changes nothing."""
    feeder = Feeder()
    feeder.book(HOUR, 2.19, 2.21, NOW_NS)
    assert feeder.book(HOUR, 2.0, 2.4, NOW_NS - 1) is None
    assert feeder.quotes("H100SXM", "USE", NOW_NS)[0].bid_usd == 2.19
    assert feeder.book(HOUR, 2.3, 2.2, NOW_NS + 1) is None
    assert feeder.quotes("H100SXM", "USE", NOW_NS + 1) == ()
    for absurd in (nan, inf, 0.0, -1.0):
        assert feeder.trade(HOUR, absurd, NOW_NS) is None
        assert feeder.book(HOUR, absurd, 2.2, NOW_NS + 2) is None
    assert feeder.trade(HOUR, 2.2, NOW_NS) is not None
    assert feeder.trade(HOUR, 9.9, NOW_NS - 1) is None
    assert feeder.dropped == {"late": 2, "crossed": 1, "not a price": 8}


def test_what_was_not_heard_of_for_long_and_what_is_past_its_gate_is_no_quote() -> None:
    """A book for a quarter of an hour, a last price for an hour; nothing after the gate."""
    feeder = Feeder()
    feeder.book(LATER, 2.0, 2.5, NOW_NS)
    feeder.trade(LATER, 2.1, NOW_NS)
    feeder.book(HOUR, 2.0, 2.5, NOW_NS)

    def quoted(after_minutes: int) -> list[Quoted]:
        return list(feeder.quotes("H100SXM", "USE", NOW_NS + after_minutes * NS_PER_MINUTE))

    assert [one.last_usd for one in quoted(15)] == [None, 2.1]
    assert quoted(16) == [Quoted(LATER, None, None, 2.1, NOW_NS)]
    assert quoted(61) == []
    feeder.book(HOUR, 2.0, 2.5, HOUR.gate_ns)
    assert HOUR not in {one.contract for one in feeder.quotes("H100SXM", "USE", HOUR.gate_ns)}


def test_trades_and_fixings_are_as_sure_as_the_market_around_them() -> None:
    """Half the spread of the book, at most half of what is still close; an auction's fixing more than a middle."""
    feeder = Feeder(Rules(spread_max=0.04))
    alone = feeder.trade(HOUR, 2.0, NOW_NS)
    feeder.book(HOUR, 1.99, 2.01, NOW_NS)
    inside = feeder.trade(HOUR, 2.0, NOW_NS)
    assert alone is not None
    assert inside is not None
    assert (alone.noise, inside.noise) == pytest.approx((0.02, 0.005))
    noises = {method: feeder.fixing(HOUR, 2.0, method, HOUR.gate_ns) for method in ("none", "call", "middle")}
    assert noises["none"] is None
    assert noises["call"] is not None
    assert noises["middle"] is not None
    assert noises["call"].noise < noises["middle"].noise
    assert feeder.trade(DAY, 2.0, NOW_NS) is None


def test_price_lists_are_looks_at_the_price_of_their_time() -> None:
    """Under canonical names; a name that means nothing, or no place, yields nothing."""
    times_ns = NOW_NS + np.arange(2) * NS_PER_HOUR

    def series(sku: str, region: str) -> PriceSeries:
        return PriceSeries(SeriesKey("someone", sku, region, "spot"), times_ns, np.array([2.0, 2.1]), 2)

    seen = list(listed(series("NVIDIA H100 SXM", "us-east-1")))
    assert [(look.sku, look.region, look.price_usd) for look in seen] == [
        ("H100SXM", "USE", 2.0),
        ("H100SXM", "USE", 2.1),
    ]
    assert all(look.time_ns == look.delivery_ns for look in seen)
    assert list(listed(series("K520", "us-east-1"))) == []
    assert list(listed(series("H100", ""))) == []
    assert [look.region for look in listed(series("H100", ""), region="EUW")] == ["EUW", "EUW"]


def test_curves_learn_from_every_hour_and_each_place_for_itself() -> None:
    """The next hour moves its place's curve there, one tomorrow moves it there; other places stay as they are."""
    curves = shipped_curves(NOW_NS - NS_PER_HOUR)
    feeder = Feeder()
    near, far = feeder.trade(HOUR, 3.0, NOW_NS), feeder.trade(LATER, 2.6, NOW_NS)
    assert near is not None
    assert far is not None
    after = observed(curves, [far, near, near._replace(sku="K520"), near._replace(region="XXX")])
    assert after["H100SXM", "USE"].price(near.delivery_ns) == pytest.approx(3.0, rel=0.05)
    assert after["H100SXM", "EUW"] is curves["H100SXM", "EUW"]
    alone, before = observed(curves, [far])["H100SXM", "USE"], curves["H100SXM", "USE"]
    missed = abs(before.price(far.delivery_ns) - 2.6)
    assert abs(alone.price(far.delivery_ns) - 2.6) < missed


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([HOUR, LATER, DAY, ABROAD]),
            st.integers(-600, 600),
            st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(1.0, 4.0)),
            st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(1.0, 4.0)),
        ),
        max_size=30,
    )
)
def test_any_news_in_any_order_makes_quotes_that_a_curve_can_be_built_from(
    news: list[tuple[Contract, int, float | None, float | None]],
) -> None:
    """Nothing that comes raises, and what stands at the end is a market."""
    feeder = Feeder()
    for contract, second, one, other in news:
        time_ns = NOW_NS + second * NS_PER_SECOND
        feeder.book(contract, one, other, time_ns)
        if one is not None:
            feeder.trade(contract, one, time_ns)
    quotes = feeder.quotes("H100SXM", "USE", NOW_NS + 600 * NS_PER_SECOND)
    curve = shipped_curves(NOW_NS)["H100SXM", "USE"]
    sane = [quoted for quoted in quotes if all(0.1 < side < 9.0 for side in sides(quoted))]
    assert np.isfinite(forward_curve(curve, sane, NOW_NS, 48).prices).all()


def sides(quoted: Quoted) -> list[float]:
    return [side for side in (quoted.bid_usd, quoted.ask_usd, quoted.last_usd) if side is not None]
