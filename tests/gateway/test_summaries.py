"""What is kept of a market's day is what would be said of it anew, whatever has happened."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from exchange.domain.enums import CommandKind, Phase, Side
from exchange.domain.records import Command, command_rows
from exchange.gateway.mirror.summaries import make_summary, summaries
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.messages import CurvePoint, ForwardCurve
from tests.clearing.margin_market import DAY, FARM, LAB, NOON, ONE, SYMBOLS, TWO, Market, order


def said(mirror: Mirror, now_ms: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(summaries(mirror.markets, now_ms))
    return found


def anew(mirror: Mirror, now_ms: int) -> list[dict[str, Any]]:
    made = (msgspec.to_builtins(make_summary(market)) for market in mirror.markets)
    return [summary | {"creation_timestamp": now_ms} for summary in made]


@pytest.mark.parametrize("seed", range(3))
def test_a_kept_summary_is_that_of_now(seed: int) -> None:
    """Through orders, trades, marks, phases and forward curves; a strip follows the marks of its hours."""
    random = Random(seed)
    market = Market()
    mirror = Mirror(market.engine)
    for now_ms in range(150):
        market.time_ns += random.choice((0, 1, 10**6, 10**12))
        contract = random.choice((NOON, ONE, TWO))
        price_ticks = random.randint(2_400, 2_600)
        account, side = random.choice(((LAB, Side.BUY), (FARM, Side.SELL)))
        command = order(account, side, random.randint(1, 9), price_ticks, contract)
        chance = random.random()
        if chance < 0.1:
            command = command._replace(contract=DAY, price_ticks=2 * price_ticks)
        elif chance < 0.2:
            command = Command(kind=CommandKind.CANCEL_ALL, account=account, contract=contract)
        elif chance < 0.3:
            command = Command(kind=CommandKind.MARK, contract=contract, price_ticks=random.choice((0, price_ticks)))
        elif chance < 0.4:
            command = Command(
                kind=CommandKind.PHASE, contract=contract, option=random.choice((Phase.HALTED, Phase.CONTINUOUS))
            )
        first_event = market.engine.events_total + 1
        rows = command_rows([command._replace(sequence=market.engine.sequence + 1, time_ns=market.time_ns)])
        mirror.apply(rows, market.engine.apply(rows), [None], first_event)
        if random.random() < 0.1:
            points = [CurvePoint(SYMBOLS[contract], price_ticks / 1_000, 0.1)]
            mirror.publish_curve(ForwardCurve("H100SXM_USE", now_ms, points))
        assert said(mirror, now_ms) == anew(mirror, now_ms)
    assert any(each["mark_price"] for each in said(mirror, 0) if each["instrument_name"] == SYMBOLS[DAY])


def test_what_did_not_change_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour changes, and with it the strip that it is a leg of; the others are told as they were."""
    market = Market()
    mirror = Mirror(market.engine)
    said(mirror, 1)
    made: list[str] = []

    def noted(market: Any) -> Any:
        made.append(market.symbol)
        return make_summary(market)

    monkeypatch.setattr("exchange.gateway.mirror.summaries.make_summary", noted)
    said(mirror, 2)
    assert made == []
    first_event = market.engine.events_total + 1
    bid = order(LAB, Side.BUY, 1, 2_500, ONE)
    rows = command_rows([bid._replace(sequence=market.engine.sequence + 1, time_ns=market.time_ns)])
    mirror.apply(rows, market.engine.apply(rows), [None], first_event)
    said(mirror, 3)
    assert made == [SYMBOLS[ONE], SYMBOLS[DAY]]
