"""Thirty days of a market of three SKUs in four regions, in virtual time, from listing to settlement.

The clocks of Europe change on the 25th of October, those of America on the 1st of November.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from exchange.config import Settings
from exchange.domain.enums import EventKind, FixingMethod, Phase, Reason
from exchange.domain.units import MINUTES_EACH, NS_PER_HOUR
from exchange.engine import Engine
from tests.market.margins import Margins
from tests.market.month import Month
from tests.market.traders import GAMBLER, NAMES, Traders

_SKUS = ("H100SXM", "B200SXM", "H100SXMIB")
_REGIONS = ("USE", "USW", "EUW", "APN")
_START_NS = 20_746 * 24 * NS_PER_HOUR  # 2026-10-20
_DAYS = 30
_HOURS_AHEAD = 48
# The gambler sells at this hour; at the next ones hours become so much dearer.
_GAMBLE, _DEARER_PERCENT = 30, 180


class _Played:
    """The month and those who make it."""

    def __init__(self, directory: Path) -> None:
        settings = Settings(directory=directory, skus=_SKUS, regions=_REGIONS, hours_ahead=_HOURS_AHEAD)
        self.month = Month(settings, _START_NS)
        pairs = [(sku, region) for sku in _SKUS for region in _REGIONS]
        self._traders, self._margins = Traders(self.month.engine, 1, pairs), Margins(self.month)
        self._hour = 0
        self.month.ask(self._traders.opening())
        self.month.run(24 * _DAYS, self._hourly, self._closing)

    def _hourly(self) -> None:
        month, traders, margins = self.month, self._traders, self._margins
        month.ask(traders.declarations(month.contracts))
        month.ask(traders.attestations(month.ended_hours()))
        month.ask(margins.values(_DEARER_PERCENT if _GAMBLE < self._hour < _GAMBLE + 4 else 100))
        month.ask(margins.liquidations())
        month.ask(traders.hourly(month.now_ns))
        if self._hour % 5 == 0:
            month.ask(traders.anywhere(month.now_ns))
        if self._hour == _GAMBLE:
            month.ask(traders.gamble(month.now_ns))
        month.auditor.check_money(month.engine)
        self._hour += 1

    def _closing(self, called: Sequence[int]) -> None:
        self.month.ask(self._traders.closings(self.month.contracts, called))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """The ledger balanced to the micro-dollar at each of its hours."""
    return _Played(tmp_path_factory.mktemp("month")).month


def test_everything_that_can_happen_happened(month: Month) -> None:
    """Or the other tests would say little."""
    happened = month.happened
    kinds = Counter[EventKind]()
    for (kind, _), count in happened.items():
        kinds[kind] += count
    assert {
        *(EventKind.STRIP, EventKind.MEMBER, EventKind.SHARED, EventKind.INDICATIVE, EventKind.FILLED),
        *(EventKind.NOMINATED, EventKind.ATTESTED, EventKind.COMPENSATED, EventKind.MADE_GOOD, EventKind.BOUGHT_IN),
        *(EventKind.MARGIN_CALL, EventKind.FIXING, EventKind.EXPIRED),
    } <= kinds.keys()
    assert all(happened[EventKind.FIXING, method] for method in FixingMethod)
    assert happened[EventKind.FILLED, Reason.AUCTION]
    assert all(happened[EventKind.MARGIN_CALL, is_out] for is_out in (0, 1))


def test_every_lot_ended(month: Month) -> None:
    """Each had a node, and each node an hour delivered, made good or compensated; the others were bought in."""
    auditor, engine = month.auditor, month.engine
    settled = {number for number in range(len(month.contracts)) if engine.phase(number) == Phase.SETTLED}
    due = {number for number, contract in enumerate(month.contracts) if contract.end_ns + NS_PER_HOUR <= month.now_ns}
    assert settled == due
    sold_lots: Counter[int] = Counter()
    bought_lots: Counter[int] = Counter()
    for (_, hour), lots in auditor.lots.items():
        sold_lots[hour] += max(-lots, 0)
        bought_lots[hour] += max(lots, 0)
    nominated_lots = Counter(auditor.nominated.values())
    for hour in settled:
        assert sold_lots[hour] == bought_lots[hour] == nominated_lots[hour]
    for row, hour in auditor.nominated.items():
        assert auditor.ended_minutes[row] == MINUTES_EACH or hour not in settled
    assert sum(nominated_lots[hour] for hour in settled) > 1_000


def test_the_gambler_was_called_and_liquidated(month: Month) -> None:
    """He bought back what he was short of before its gate: nothing of him was bought in, and no call is left."""
    gambler = NAMES.index(GAMBLER) + 1
    assert month.counts_of(gambler, EventKind.MARGIN_CALL) == 2
    assert month.counts_of(gambler, EventKind.FILLED) > 1
    assert not month.engine.account(gambler).is_called
    assert not any(lots for (account, _), lots in month.auditor.lots.items() if account == gambler)


def test_days_on_which_clocks_change_have_their_hours(month: Month) -> None:
    """Off-peak is an hour longer then, as the night is, and trades as any strip."""
    legs = {contract.symbol: month.engine.legs(number) for number, contract in enumerate(month.contracts)}
    assert len(legs["H100SXM_EUW_OP-25OCT26"]) == len(legs["H100SXM_USE_OP-1NOV26"]) == 13
    assert len(legs["H100SXM_EUW_OP-1NOV26"]) == len(legs["H100SXM_APN_OP-25OCT26"]) == 12


def test_the_replay_comes_to_the_same_hash(month: Month) -> None:
    """And what everybody has, owes and offers is what the events say."""
    replayed = Engine()
    for rows in month.history:
        replayed.apply(rows)
    assert replayed.state_hash() == month.engine.state_hash()
    assert sum(len(rows) for rows in month.history) > 100_000
    month.engine.check()
    month.auditor.check(month.engine)
