"""Thirty days of a market of three SKUs in four regions, in virtual time."""

from __future__ import annotations

from pathlib import Path

from exchange.config import Settings
from exchange.domain.units import NS_PER_HOUR
from tests.market.month import Month
from tests.market.traders import Traders

_SKUS = ("H100SXM", "B200SXM", "H100SXMIB")
_REGIONS = ("USE", "USW", "EUW", "APN")
# 2026-10-20: the clocks of Europe change on the 25th, those of America on the 1st of November.
_START_NS = 20_746 * 24 * NS_PER_HOUR


def test_month(tmp_path: Path) -> None:
    import time

    settings = Settings(directory=tmp_path, skus=_SKUS, regions=_REGIONS, hours_ahead=48)
    month = Month(settings, _START_NS)
    traders = Traders(month.engine, 1, [(sku, region) for sku in _SKUS for region in _REGIONS])
    month.ask(traders.opening())

    def hourly(month: Month) -> None:
        month.ask(traders.declarations(month.contracts))
        month.ask(traders.hourly(month.now_ns))

    t = time.time()
    month.run(48, hourly)
    print(time.time() - t, sum(map(len, month.history)), len(month.contracts))
    print(month.counts)
    print(month.rejects)
    month.auditor.check(month.engine)
