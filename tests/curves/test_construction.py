"""The forward curve from what trades: it agrees with the quotes, is smooth, and tells who contradicts whom."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, hour_contract, parse_symbol
from exchange.domain.units import NS_PER_HOUR
from strategies.curves.construction import ForwardCurve, construct, forward_curve
from strategies.curves.model import Harmonic, Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prior import Prior, prior_of
from strategies.curves.quoted import BadQuote, Quoted
from strategies.curves.smoothness import MARGIN_HOURS, smoothness

SKU, REGION = CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE")
DAY = int(np.datetime64("2026-12-01", "D").astype(np.int64))  # a Tuesday
FIRST_HOUR = DAY * 24
START_NS = FIRST_HOUR * NS_PER_HOUR
DAYS = 4
HOURS = 24 * DAYS
CLOSE_USD = 1e-6  # of a price that is met exactly
MODEL = Parameters(
    level_usd=2.0, half_life_hours=9.0, volatility=0.05, season=(Harmonic(period_hours=24.0, cosine=0.1, sine=-0.05),)
)
CURVE = PlaceCurve.start(MODEL, START_NS).observe(START_NS, 2.3)
PRIOR = prior_of(CURVE, START_NS, HOURS)
TERMS = (*(f"H{hour:02d}" for hour in range(24)), *(f"B4H{hour:02d}" for hour in range(0, 24, 4)), "B8H08", "D", "PK")
CONTRACTS = [
    contract
    for day in range(DAYS)
    for term in TERMS
    if (contract := Contract(SKU, REGION, term, DAY + day)).delivery_hours[-1] < FIRST_HOUR + HOURS
]


def around(contract: Contract, price_usd: float, spread: float = 0.01) -> Quoted:
    """A book of that middle; ``spread`` is a share of it."""
    return Quoted(contract, price_usd * (1.0 - spread / 2.0), price_usd * (1.0 + spread / 2.0))


def average(prices: np.ndarray, contract: Contract) -> float:
    return float(np.mean([prices[hour - FIRST_HOUR] for hour in contract.delivery_hours]))


def roughness(prior: Prior, prices: np.ndarray) -> float:
    """Squared second differences of the gap to the model."""
    return float((np.diff((prices - prior.prices) / prior.errors, 2) ** 2).sum())


def assert_agrees(curve: ForwardCurve) -> None:
    for quoted in curve.quotes:
        found = curve.strip(quoted.contract)
        assert found == pytest.approx(average(curve.prices, quoted.contract))
        assert quoted.bid_usd is None or found >= quoted.bid_usd - CLOSE_USD, quoted
        assert quoted.ask_usd is None or found <= quoted.ask_usd + CLOSE_USD, quoted
    assert (curve.prices > 0.0).all()


@st.composite
def markets(draw: st.DrawFn) -> tuple[np.ndarray, list[Quoted]]:
    """Hourly prices, and some contracts quoted around what these come to: no arbitrage, but no two middles alike."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    true = PRIOR.prices * np.exp(0.3 * rng.standard_normal() + 0.1 * rng.standard_normal(HOURS))
    quotes = []
    for contract in draw(st.lists(st.sampled_from(CONTRACTS), unique=True, max_size=40)):
        price, below, above = average(true, contract), *rng.uniform(0.0, 0.06, 2)
        bid, ask = price * (1.0 - below), price * (1.0 + above)
        sides = draw(st.sampled_from(["both", "bid", "ask", "last", "bid last"]))
        quotes.append(
            Quoted(
                contract,
                bid if "b" in sides else None,
                ask if sides in ("both", "ask") else None,
                price if "last" in sides else None,
            )
        )
    return true, quotes


@settings(max_examples=60, deadline=None)
@given(markets(), st.randoms(use_true_random=False))
def test_the_curve_agrees_with_every_quote_in_whatever_order_they_come(
    market: tuple[np.ndarray, list[Quoted]], random: object
) -> None:
    """Strips are the averages of their hours, within bid and ask; the same to the byte after a shuffle."""
    _, quotes = market
    curve = construct(PRIOR, quotes)
    assert curve.arbitrages == ()
    assert_agrees(curve)
    random.shuffle(quotes)  # type: ignore[attr-defined]
    again = construct(PRIOR, quotes)
    assert again.prices.tobytes() == curve.prices.tobytes()
    assert again.deviations.tobytes() == curve.deviations.tobytes()
    assert (curve.deviations <= PRIOR.deviations).all()
    assert (curve.errors >= 0.0).all()


@settings(max_examples=30, deadline=None)
@given(markets())
def test_no_curve_that_agrees_is_smoother(market: tuple[np.ndarray, list[Quoted]]) -> None:
    """Neither the prices the quotes were made from, nor anything on the way to them, costs less."""
    true, quotes = market
    quotes = [Quoted(quoted.contract, quoted.bid_usd, quoted.ask_usd) for quoted in quotes]
    curve = construct(PRIOR, quotes, spread_max=0.0)

    def cost(prices: np.ndarray) -> float:
        return 12.0**4 * roughness(PRIOR, prices) + float((((prices - PRIOR.prices) / PRIOR.errors) ** 2).sum())

    assert cost(curve.prices) <= cost(true) * (1.0 + 1e-6) + 1e-6
    for step in (0.01, 0.5):
        assert cost(curve.prices) <= cost(curve.prices + step * (true - curve.prices)) * (1.0 + 1e-6) + 1e-2


def test_a_curve_that_trades_nowhere_is_the_models_own() -> None:
    """Also where every quote agrees with it: prices to the bit, and without quotes the deviations, too."""
    alone = construct(PRIOR, [])
    assert alone.prices.tobytes() == PRIOR.prices.tobytes()
    assert alone.deviations.tobytes() == PRIOR.deviations.tobytes()
    empty = construct(PRIOR, [Quoted(CONTRACTS[0])])
    assert empty.deviations.tobytes() == PRIOR.deviations.tobytes()
    quoted = construct(PRIOR, [around(contract, average(PRIOR.prices, contract)) for contract in CONTRACTS])
    assert quoted.prices.tobytes() == PRIOR.prices.tobytes()
    assert (quoted.deviations < PRIOR.deviations).all()


def test_middles_and_last_prices_are_met() -> None:
    """A close book costs its middle; a wide one its last price, if that lies in it, else anything in between."""
    close, wide, gone = (parse_symbol(f"H100SXM_USE_{name}-2DEC26") for name in ("D", "H03", "H20"))
    quotes = [around(close, 2.5), Quoted(wide, 2.0, 3.0, last_usd=2.9), Quoted(gone, 2.2, 2.7, last_usd=5.0)]
    curve = construct(PRIOR, quotes)
    assert curve.strip(close) == pytest.approx(2.5, abs=CLOSE_USD)
    assert curve.price(wide.start_ns) == pytest.approx(2.9, abs=CLOSE_USD)
    assert 2.2 - CLOSE_USD <= curve.price(gone.start_ns) <= 2.7 + CLOSE_USD


def test_a_strip_that_follows_from_its_hours_changes_nothing() -> None:
    """Neither its middle when that is what the curve says, nor a wide book around it."""
    quotes = [around(parse_symbol(f"H100SXM_USE_{name}-2DEC26"), price) for name, price in (("D", 2.4), ("H09", 2.9))]
    curve = construct(PRIOR, quotes)
    block = parse_symbol("H100SXM_USE_B8H08-2DEC26")
    for redundant in (around(block, curve.strip(block), 0.001), around(block, 2.4, 1.0)):
        again = construct(PRIOR, [*quotes, redundant])
        np.testing.assert_allclose(again.prices, curve.prices, atol=CLOSE_USD)


def test_it_is_smoother_than_steps_and_leaves_no_hour_behind() -> None:
    """Four days at four prices: the same averages in a curve without edges."""
    flat = PRIOR._replace(prices=np.full(HOURS, 2.0))
    prices = [2.0, 2.3, 2.1, 2.6]
    curve = construct(flat, [around(Contract(SKU, REGION, "D", DAY + day), price) for day, price in enumerate(prices)])
    steps = np.repeat(prices, 24)
    np.testing.assert_allclose(curve.prices.reshape(DAYS, 24).mean(axis=1), prices, atol=CLOSE_USD)
    assert roughness(flat, curve.prices) < 0.05 * roughness(flat, steps)
    assert np.abs(np.diff(curve.prices)).max() < 0.1 * np.abs(np.diff(steps)).max()


def test_far_from_what_trades_the_model_rules() -> None:
    """One day 30% above the model: its neighbors follow, three days on little is left."""
    second = Contract(SKU, REGION, "D", DAY)
    curve = construct(PRIOR, [around(second, 1.3 * average(PRIOR.prices, second))])
    gap = curve.prices / PRIOR.prices - 1.0
    assert gap[24] > 0.2
    assert abs(gap[-1]) < 0.02
    shrunk = curve.errors / construct(PRIOR, []).errors
    assert shrunk[12] < 0.3
    assert shrunk[-1] > 0.99


def test_the_ends_follow_a_quote_no_further_than_the_middle_does() -> None:
    """An hour 10% above the model, first, last or between: what its neighbors get of that is the same."""
    followed = []
    for place, step in ((0, 1), (HOURS // 2, 1), (HOURS - 1, -1)):
        hour = hour_contract(SKU, REGION, FIRST_HOUR + place)
        gap = construct(PRIOR, [around(hour, 1.1 * PRIOR.prices[place])]).prices / PRIOR.prices - 1.0
        followed.append(gap[[place + step * hours for hours in (1, 12, 36)]])
    np.testing.assert_allclose(followed, [followed[1]] * 3, atol=0.003)
    assert 0.05 < followed[1][1] < 0.09


def test_closer_books_leave_less_doubt_but_never_take_what_is_still_to_come() -> None:
    """The error falls with the spread; the deviation stops at the moves until delivery."""
    day = Contract(SKU, REGION, "D", DAY + 1)
    curves = [construct(PRIOR, [around(day, 2.2, spread)]) for spread in (0.2, 0.04, 0.004)]
    errors = [curve.errors[36] for curve in curves]
    assert errors[0] > errors[1] > errors[2]
    to_come = np.sqrt(PRIOR.deviations[36] ** 2 - PRIOR.errors[36] ** 2)
    assert curves[-1].deviations[36] == pytest.approx(to_come, rel=0.1)
    assert curves[-1].deviations[36] > to_come


def test_errors_are_those_of_gaussian_conditioning_by_simulation() -> None:
    """Gaps drawn by the law that are close to what was quoted spread as ``errors`` say."""
    prior = prior_of(CURVE, START_NS, 12)._replace(deviations=np.full(12, 9.0))
    block = parse_symbol("H100SXM_USE_B4H04-1DEC26")
    curve = construct(prior, [around(block, average(prior.prices, block), 0.04)])
    rng = np.random.default_rng(1)
    upper = smoothness(12).precision.toarray()
    law = np.linalg.inv(upper + np.triu(upper, 1).T)[MARGIN_HOURS:-MARGIN_HOURS, MARGIN_HOURS:-MARGIN_HOURS]
    np.testing.assert_allclose(np.diag(law), 1.0)
    gaps = rng.multivariate_normal(np.zeros(12), law, 200_000) * prior.errors
    noise = curve.quotes[0].noise_usd()
    assert noise is not None
    off = gaps[:, 4:8].mean(axis=1)
    weights = np.exp(-0.5 * (off / noise) ** 2)
    spread = np.sqrt((weights[:, None] * gaps**2).sum(axis=0) / weights.sum())
    np.testing.assert_allclose(curve.errors, spread, rtol=0.03)


def test_an_arbitrage_is_told_with_the_trades_that_take_it() -> None:
    """A block bid at 2.10 whose four hours are offered at 2.00: sell one, buy four, keep 40 cents."""
    hours = [hour_contract(SKU, REGION, FIRST_HOUR + hour) for hour in range(8, 12)]
    block = parse_symbol("H100SXM_USE_B4H08-1DEC26")
    quotes = [*(Quoted(hour, ask_usd=2.0) for hour in hours), Quoted(block, bid_usd=2.1)]
    curve = construct(PRIOR, quotes)
    (found,) = curve.arbitrages
    assert (found.contract, found.side, found.quoted_usd) == (block, Side.SELL, 2.1)
    assert found.off_usd == pytest.approx(0.1)
    assert found.gain_usd == pytest.approx(0.4)
    assert {(leg.contract, leg.side, round(leg.gpus, 9)) for leg in found.legs} == {
        (block, Side.SELL, 1.0),
        *((hour, Side.BUY, 1.0) for hour in hours),
    }
    assert curve.strip(block) == pytest.approx(2.0, abs=1e-5)
    for hour in hours:
        assert curve.price(hour.start_ns) <= 2.0 + 1e-5


@settings(max_examples=30, deadline=None)
@given(markets(), st.floats(0.05, 0.5))
def test_whatever_is_called_an_arbitrage_earns_and_leaves_nothing_to_deliver(
    market: tuple[np.ndarray, list[Quoted]], dearer: float
) -> None:
    """A day bid above what its hours are offered at, among any other quotes; the rest of the curve still agrees."""
    true, quotes = market
    day = Contract(SKU, REGION, "D", DAY + 2)
    hours = [Contract(SKU, REGION, f"H{hour:02d}", DAY + 2) for hour in range(24)]
    kept = [quoted for quoted in quotes if quoted.contract not in (day, *hours)]
    cheap = [Quoted(hour, ask_usd=average(true, hour)) for hour in hours]
    curve = construct(PRIOR, [*kept, *cheap, Quoted(day, bid_usd=(1.0 + dearer) * average(true, day))])
    assert curve.arbitrages
    for found in curve.arbitrages:
        net = np.zeros(HOURS)
        for leg in found.legs:
            for hour in leg.contract.delivery_hours:
                net[hour - FIRST_HOUR] += leg.gpus if leg.side == Side.BUY else -leg.gpus
        np.testing.assert_allclose(net, 0.0, atol=1e-6)
        assert found.gain_usd > 0.0
    blamed = {found.contract for found in curve.arbitrages}
    assert_agrees(construct(PRIOR, [quoted for quoted in curve.quotes if quoted.contract not in blamed]))


@pytest.mark.parametrize(
    ("bid", "ask", "last", "reason"),
    [
        (float("nan"), 2.0, None, "bid nan is not a number between"),
        (1.0, float("inf"), None, "ask inf is not a number between"),
        (-1.0, None, None, "bid -1.0 is not a number between"),
        (None, None, 0.0, "last price 0.0 is not a number between"),
        (2.1, 2.0, None, "bid 2.1 is above ask 2.0"),
    ],
)
def test_quotes_that_no_market_could_show_are_refused(
    bid: float | None, ask: float | None, last: float | None, reason: str
) -> None:
    """Not a number, below 0, nothing, crossed: the contract and the reason."""
    with pytest.raises(BadQuote, match=f"H100SXM_USE_H00-1DEC26: {reason}"):
        Quoted(CONTRACTS[0], bid, ask, last)


def test_quotes_and_priors_that_make_no_curve_are_refused() -> None:
    """Twice the same, another place, hours beyond the curve, a prior with holes or without prices."""
    hour = CONTRACTS[0]
    elsewhere = parse_symbol("H100SXM_EUW_H03-1DEC26")
    late = parse_symbol("H100SXM_USE_W-7DEC26")
    with pytest.raises(BadQuote, match="H00-1DEC26 is quoted twice"):
        construct(PRIOR, [Quoted(hour), Quoted(hour)])
    with pytest.raises(BadQuote, match="not of one SKU in one region"):
        construct(PRIOR, [Quoted(hour), Quoted(elsewhere)])
    with pytest.raises(BadQuote, match=r"outside the hours of the curve, 2026-12-01T00:00Z to 2026-12-05T00:00Z"):
        construct(PRIOR, [around(late, 2.0)])
    with pytest.raises(BadQuote, match="not consecutive"):
        construct(PRIOR._replace(hours_ns=PRIOR.hours_ns * 2), [])
    with pytest.raises(BadQuote, match="a price that is not a number"):
        construct(PRIOR._replace(prices=np.where(PRIOR.prices > 2.0, np.nan, 1.0)), [])
    with pytest.raises(BadQuote, match="is not one of 1 to 1488"):
        forward_curve(CURVE, [], START_NS, 2000)
    curve = construct(PRIOR, [])
    with pytest.raises(BadQuote, match="after the last of the curve"):
        curve.price(START_NS + HOURS * NS_PER_HOUR)
    with pytest.raises(BadQuote, match="outside the hours"):
        curve.strip(late)


def test_the_curve_grows_with_its_quotes_and_starts_with_the_hour_that_has_begun() -> None:
    """Strategies ask for any time in an hour; a week quoted beyond the end lengthens the curve."""
    week = parse_symbol("H100SXM_USE_W-7DEC26")
    curve = forward_curve(CURVE, [around(week, 2.4)], START_NS + NS_PER_HOUR // 2, HOURS)
    assert curve.hours_ns[0] == START_NS
    assert curve.hours_ns[-1] == week.end_ns - NS_PER_HOUR
    assert curve.strip(week) == pytest.approx(2.4, abs=CLOSE_USD)
    assert curve.price(START_NS - NS_PER_HOUR) == curve.price(START_NS + NS_PER_HOUR - 1) == curve.prices[0]
    assert curve.deviation(week.start_ns) == curve.deviations[6 * 24]


def test_days_on_which_the_clocks_change_are_weighed_hour_by_hour() -> None:
    """The eastern United States on 1 November 2026: the off-peak hours of that date are 13."""
    day = int(np.datetime64("2026-11-01", "D").astype(np.int64))
    start_ns = day * 24 * NS_PER_HOUR
    prior = prior_of(PlaceCurve.start(MODEL, start_ns), start_ns, 48)
    off_peak, peak = Contract(SKU, REGION, "OP", day), Contract(SKU, REGION, "PK", day)
    assert (off_peak.hours, peak.hours) == (13, 12)
    curve = construct(prior, [around(off_peak, 1.7), around(peak, 2.6)])
    assert curve.strip(off_peak) == pytest.approx(1.7, abs=CLOSE_USD)
    assert curve.strip(peak) == pytest.approx(2.6, abs=CLOSE_USD)


def test_another_process_finds_the_same_curve_to_the_byte() -> None:
    """With another seed for hashes."""
    program = (
        "from tests.curves.test_construction import *;"
        "print(construct(PRIOR, [around(one, 2.2 + 0.01 * place % 0.3, 0.03)"
        " for place, one in enumerate(CONTRACTS)]).prices.tobytes().hex())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) > HOURS


def test_what_the_page_shows_works_as_it_stands_there(capsys: pytest.CaptureFixture[str]) -> None:
    """The hour costs its middle, and the block's bid is a dime too high."""
    page = Path(__file__).resolve().parents[2] / "docs" / "curves" / "forward.md"
    (program,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(program, {})
    price, arbitrage = capsys.readouterr().out.splitlines()
    assert price.startswith("1.9600 ")
    assert price.endswith(" 2.0000")
    assert arbitrage == "H100SXM_USE_B8H08-2DEC26 SELL 0.1 0.8"
