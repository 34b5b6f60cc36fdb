"""What `make papers` claims, with few paths: the numbers, and that the engine alone decides who is filled."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.papers import avellaneda_stoikov, chain, cont_stoikov_talreja, glft
from benchmarks.papers.inventory import ByFormula, InTheBook, average_spread, played
from benchmarks.papers.many_books import Floats, ManyBooks
from benchmarks.papers.queues import ASK_TICKS, BID_TICKS, Queues, Rates
from strategies.making.glft import slope, spread

_PATHS = 4000
# Of the chi-squared law with 25 degrees of freedom: one in ten thousand is more.
_CHI_SQUARED_MAX = 60.1


class RoundedFormula(ByFormula):
    """Whole ticks, and no engine."""

    def quote(self, bids: Floats, asks: Floats) -> tuple[Floats, Floats]:
        return np.rint(bids / 0.001) * 0.001, np.rint(asks / 0.001) * 0.001


@pytest.mark.parametrize("row", avellaneda_stoikov.ROWS, ids=lambda row: row.name)
def test_avellaneda_and_stoikov_s_tables(row: avellaneda_stoikov.Row) -> None:
    """Profit, final inventory and the deviations of both, within three standard errors of what is printed."""
    ours = avellaneda_stoikov.found(avellaneda_stoikov.simulated(row, _PATHS, in_the_book=False))
    assert all(abs(z) < avellaneda_stoikov.Z_MAX for z in avellaneda_stoikov.z_scores(row, ours))
    assert average_spread(row.gamma) == pytest.approx(avellaneda_stoikov.SPREADS[row.gamma], abs=0.005)


@pytest.mark.parametrize("leans", [True, False])
def test_in_the_book_the_very_same_fills_happen(leans: bool) -> None:
    """With the same draws every path ends as by formula, to the lot and the tick; the account says so, too."""
    market, paths = InTheBook(50), 50
    book = played(0.1, leans, paths, np.random.default_rng(3), market)
    formula = played(0.1, leans, paths, np.random.default_rng(3), RoundedFormula())
    assert (book.inventory == formula.inventory).all()
    assert book.profit == pytest.approx(formula.profit, abs=1e-6)
    held, received_ticks = market.account()
    assert (held == book.inventory).all()
    assert received_ticks * 0.001 == pytest.approx(book.cash, abs=1e-6)
    assert np.ptp(held) > 2
    market.books.engine.check()


def test_gueant_lehalle_and_fernandez_tapia_s_numbers() -> None:
    """Closed form to a millionth; the exact solution within 3% of the slope and 0.2% of the spread."""
    for case in glft.CASES:
        assert slope(case.setting) == pytest.approx(case.slope, abs=glft.TOLERANCE)
        assert spread(case.setting) == pytest.approx(case.spread, abs=glft.TOLERANCE)
        exact = glft.exact(case)
        assert exact.slope == pytest.approx(case.slope, rel=0.03)
        assert exact.spread == pytest.approx(case.spread, rel=0.002)
        assert exact.unsettled < 1e-9


@pytest.mark.parametrize("question", cont_stoikov_talreja.QUESTIONS, ids=lambda question: question.title[:7])
def test_cont_stoikov_and_talreja_s_tables(question: cont_stoikov_talreja.Question) -> None:
    """All 25 cells at once through the engine, against the exact chain; orders farther away change nothing."""
    exact = question.exact()
    for levels, paths in ((1, 800), (5, 100)):
        found = cont_stoikov_talreja.measured(question, paths, levels)
        scores = (found - exact) / cont_stoikov_talreja.standard_errors(exact, paths)
        assert (scores**2).sum() < _CHI_SQUARED_MAX
    if question.published:
        assert np.abs(exact - np.array(question.published)).max() < 0.001


def test_a_book_is_over_when_the_engine_s_best_price_has_moved() -> None:
    """Of 200 books each ended because one side is empty at the old best price, and the engine says which."""
    books = ManyBooks(200)
    queues = Queues(books, Rates.of_paper(1), np.random.default_rng(5))
    ends = queues.play(np.full(200, 2), np.full(200, 3), (False, False))
    best = [
        (books.engine.contract(book).best_bid_ticks, books.engine.contract(book).best_ask_ticks) for book in range(200)
    ]
    assert [(bid == BID_TICKS, ask == ASK_TICKS) for bid, ask in best] == [(up > 0, up < 0) for up in ends.moved]
    assert set(ends.moved.tolist()) == {-1, 1}


def test_rates_beyond_the_printed_distances_follow_the_power_law() -> None:
    """lambda(i) = 1.92 / i^0.52, and the last rate of cancelling."""
    rates = Rates.of_paper(7)
    assert rates.arrivals.tolist()[:5] == [1.85, 1.51, 1.09, 0.88, 0.77]
    assert rates.arrivals[5:] == pytest.approx([1.92 / 6**0.52, 1.92 / 7**0.52])
    assert rates.cancels.tolist() == [0.71, 0.81, 0.68, 0.56, 0.47, 0.47, 0.47]


def test_the_chain_without_arrivals_is_arithmetic() -> None:
    """One order on each side, nothing new: a coin; a state that leads nowhere but to an end is that end."""
    found = chain.chances([(0,), (1,)], lambda state: [(2.0, 1.0), (1.0, 0.0)] if state == (0,) else [(3.0, (0,))])
    assert found == pytest.approx({(0,): 2 / 3, (1,): 2 / 3})
    assert chain.mid_up() + chain.mid_up().T == pytest.approx(np.ones((5, 5)))
