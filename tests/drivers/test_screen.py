"""What a run shows while it goes on, and how it is closed."""

from io import StringIO

from rich.console import Console

from strategies.base import ContractStatistics, DeskStatistics
from strategies.drivers.closing import closing, figures
from strategies.live import MarketRow, Snapshot
from strategies.live.screen import board, line
from tests.strategies.world import START_NS, contracts

NEXT, LATER = (contract.symbol for contract in contracts(2)[:2])
ROW = ContractStatistics(NEXT, -3, -24, 7, 96, 1.5, -0.25, -0.001, 1.251, 0.5)
IDLE = ContractStatistics(LATER, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 1.0)
ME = DeskStatistics("me", 70, 20, 2, 7, 96, 1.5, -0.25, -0.001, 1.251, 0.75, (ROW, IDLE))


def shown(what: object) -> str:
    console = Console(file=StringIO(), width=120)
    console.print(what)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_closing_table_says_what_was_earned_and_by_what() -> None:
    """A row for each contract that traded, one for all, and the sum in words; a rebate is no fee of minus nothing."""
    lines = shown(closing(ME)).splitlines()
    assert lines[1].split() == [NEXT, "-24", "7", "96", "+1.50", "-0.25", "+0.00", "+1.25", "50%"]
    assert lines[2].split() == ["all", "-24", "7", "96", "+1.50", "-0.25", "+0.00", "+1.25", "75%"]
    words = "P&L +$1.25 = spread +$1.50, inventory -$0.25, fees +$0.00. 70 messages, 10.0 for each fill; 2 refused."
    assert lines[3] == words
    assert figures(ME)["pnl_usd"] == 1.251


def test_the_board_shows_ones_own_part_in_each_book() -> None:
    """Prices of the market, what is held and earned, and how long it still trades."""
    market = (MarketRow(NEXT, 2.4, 2.5, 8, 8, 2.45, 9, 120), MarketRow(LATER, 0.0, 0.0, 0, 0, 0.0, 0, 0))
    now = Snapshot(START_NS, 61.0, 9, 120, 0.1, market, (ME,))
    lines = shown(board(now)).splitlines()
    assert lines[0].startswith(line(now))
    assert "7 trades" in line(now)
    assert lines[2].split() == [NEXT, "0:45:00", "2.400", "2.500", "2.450", "9", "7", "-24", "+1.25"]
    assert lines[3].split()[:5] == [LATER, "1:45:00", "-", "-", "-"]
