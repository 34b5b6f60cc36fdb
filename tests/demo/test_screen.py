"""What the demo draws in a terminal."""

from io import StringIO

from rich.console import Console

from exchange.domain.instruments import parse_symbol
from exchange.domain.units import NS_PER_HOUR
from exchange.wire.messages import CurvePoint
from strategies.base import DeskStatistics
from strategies.demo.cast import MAKER
from strategies.demo.screen import board
from strategies.demo.totals import Totals
from strategies.live import MarketRow, Snapshot

HOURS = ("H100SXM_USE_H14-1DEC26", "H100SXM_USE_H15-1DEC26")


def test_the_maker_s_forward_price_is_shown_with_its_deviation() -> None:
    """Beside the contract it is of; a dash where there is none yet."""
    now_ns = parse_symbol(HOURS[0]).gate_ns - NS_PER_HOUR
    rows = tuple(MarketRow(symbol, 2.4, 2.6, 80, 80, 2.5, 1, 8) for symbol in HOURS)
    maker = DeskStatistics(MAKER, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 1.0, ())
    leg = Snapshot(now_ns, 1.0, 2, 16, 0.2, rows, (maker,), curve=(CurvePoint(HOURS[0], 2.5031, 0.2468),))
    out = StringIO()
    Console(file=out, width=200).print(board(leg, Totals().plus(leg), 0.0, "http://page/"))
    first, second = (next(line for line in out.getvalue().splitlines() if symbol in line) for symbol in HOURS)
    assert "2.503 ±0.247" in first
    assert "±" not in second
