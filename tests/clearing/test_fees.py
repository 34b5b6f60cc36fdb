"""Tiers and rebates: the schedule itself, and what an engine makes of the commands that follow from it."""

from __future__ import annotations

import pytest

from exchange.clearing.fees import (
    BadTiers,
    Payer,
    Rebate,
    Tier,
    checked_tiers,
    fee_commands,
    rebate_commands,
    rebate_micros,
    tier_of,
)
from exchange.domain.enums import EventKind, Side
from exchange.domain.records import Command
from exchange.engine import Engine
from tests.journal.market import limit, opening, stamped

TIERS = [Tier(0, 2, 5), Tier(10**12, 1, 4), Tier(10**13, 0, 3)]


def apply(engine: Engine, commands: list[Command]) -> list[int]:
    """The kinds of the events."""
    return [int(kind) for kind in engine.apply(stamped(commands, engine.sequence, engine.time_ns or 1))["kind"]]


def test_a_tier_begins_exactly_at_its_volume() -> None:
    tiers = checked_tiers(TIERS)
    assert [tier_of(tiers, volume) for volume in (0, 10**12 - 1, 10**12, 10**18)] == [TIERS[0], *TIERS[:2], TIERS[2]]


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ([], "must begin at a volume of 0"),
        ([Tier(1, 2, 5)], "must begin at a volume of 0"),
        ([Tier(0, 2, 5), Tier(0, 1, 4)], "must begin above"),
        ([Tier(0, 2, 5), Tier(1, 3, 4)], "must not rise"),
        ([Tier(0, 2, 5), Tier(1, 2, 6)], "must not rise"),
        ([Tier(0, -1, 5)], "not within"),
        ([Tier(0, 1, 10_001)], "not within"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(tiers: list[Tier], message: str) -> None:
    with pytest.raises(BadTiers, match=message):
        checked_tiers(tiers)


def test_only_those_whose_tier_changed_are_told_and_nobody_pays_more_than_he_signed_for() -> None:
    payers = [Payer(1, 2, 5, 5), Payer(2, 2, 5, 5), Payer(3, 0, 3, 3)]
    commands = fee_commands(TIERS, payers, {2: 10**12})
    assert [(command.account, command.maker_fee_bps, command.taker_fee_bps) for command in commands] == [
        (2, 1, 4),
        (3, 2, 3),
    ]


def test_the_engine_takes_the_fees_that_follow_from_volume() -> None:
    engine = Engine()
    apply(engine, opening())
    payers = [
        Payer(view.account, view.maker_fee_bps, view.taker_fee_bps, view.reserve_bps) for view in engine.accounts()[1:]
    ]
    assert payers == [Payer(1, 0, 5, 5), Payer(2, 0, 5, 5)]
    assert apply(engine, fee_commands(TIERS, payers, {1: 10**13})) == [EventKind.CONFIGURED, EventKind.CONFIGURED]
    found = [(view.maker_fee_bps, view.taker_fee_bps) for view in engine.accounts()[1:]]
    assert found == [(0, 3), (2, 5)]


def test_the_best_rate_that_the_share_reaches_counts() -> None:
    rebates = [Rebate(0.9, 2), Rebate(0.5, 1)]
    shares = (0.0, 0.49, 0.5, 0.89, 0.9, 1.0)
    assert [rebate_micros(rebates, share, 1_009_999) for share in shares] == [0, 0, 100, 100, 201, 201]


def test_rebates_come_out_of_the_fees_once_a_day_and_never_exceed_them() -> None:
    """Fees of $0.02 are shared by what is owed; the same day again moves nothing."""
    engine = Engine()
    apply(engine, opening())
    apply(engine, [limit(2, Side.SELL, 2_500, 2), limit(1, Side.BUY, 2_500, 2)])
    venue_micros = engine.account(0).cash_micros
    assert venue_micros == 20_000
    before = [view.cash_micros for view in engine.accounts()]
    commands = rebate_commands("2026-12-01", {2: 30_000, 1: 10_001}, venue_micros)
    assert [command.amount for command in commands] == [5_000, 14_999]
    assert apply(engine, commands) == [EventKind.TRANSFER, EventKind.TRANSFER]
    assert [view.cash_micros - cash for view, cash in zip(engine.accounts(), before, strict=True)] == [
        -19_999,
        5_000,
        14_999,
    ]
    assert apply(engine, commands) == [EventKind.REJECTED, EventKind.REJECTED]
    assert rebate_commands("2026-12-02", {1: 0, 2: 1}, 1)[0].account == 0
    assert rebate_commands("2026-12-02", {1: 5}, 0) == []
