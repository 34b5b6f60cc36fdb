"""What accounts pay and get back: fees by the volume of the last 30 days, rebates by the obligation kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from exchange.clearing.references import REBATE, reference
from exchange.domain.enums import CommandKind
from exchange.domain.errors import GpuxError
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import BPS, FEE_BPS_MAX

VENUE = 0


class BadTiers(GpuxError):
    """A schedule of fees that does not make sense."""


class Tier(NamedTuple):
    """Fees from this volume of the last 30 days on, in micro-dollars of both sides' trades."""

    volume_micros: int
    maker_fee_bps: int
    taker_fee_bps: int


class Payer(NamedTuple):
    """An account as the schedule sees it. ``reserve_bps`` is the most it can be asked to pay."""

    account: int
    maker_fee_bps: int
    taker_fee_bps: int
    reserve_bps: int


class Rebate(NamedTuple):
    """From this share of time on, so much of the maker's own volume comes back."""

    share: float
    bps: int


def checked_tiers(tiers: Sequence[Tier]) -> list[Tier]:
    """``tiers``, cheapest last. Raises BadTiers unless the first begins at 0, volumes rise and no fee does."""
    if not tiers or tiers[0].volume_micros != 0:
        raise BadTiers("the first tier of fees must begin at a volume of 0")
    for tier in tiers:
        if not (0 <= tier.maker_fee_bps <= FEE_BPS_MAX and 0 <= tier.taker_fee_bps <= FEE_BPS_MAX):
            raise BadTiers(f"fees of {tier.maker_fee_bps} and {tier.taker_fee_bps} are not within 0 and {FEE_BPS_MAX}")
    for tier, after in pairwise(tiers):
        if after.volume_micros <= tier.volume_micros:
            raise BadTiers(f"tier {after.volume_micros} must begin above the one before it, {tier.volume_micros}")
        if after.maker_fee_bps > tier.maker_fee_bps or after.taker_fee_bps > tier.taker_fee_bps:
            raise BadTiers(f"fees must not rise with volume, as they do at {after.volume_micros}")
    return list(tiers)


def tier_of(tiers: Sequence[Tier], volume_micros: int) -> Tier:
    """The last tier whose volume is reached."""
    return [tier for tier in tiers if tier.volume_micros <= volume_micros][-1]


def fee_commands(tiers: Sequence[Tier], payers: Iterable[Payer], volumes_micros: Mapping[int, int]) -> list[Command]:
    """A FEES command for each account whose tier asks for other fees than it pays.

    volumes_micros: by account, of the last 30 days. What an account was opened with is never exceeded.
    """
    commands = []
    for payer in payers:
        tier = tier_of(tiers, volumes_micros.get(payer.account, 0))
        maker_fee_bps = min(tier.maker_fee_bps, payer.reserve_bps)
        taker_fee_bps = min(tier.taker_fee_bps, payer.reserve_bps)
        if (maker_fee_bps, taker_fee_bps) != (payer.maker_fee_bps, payer.taker_fee_bps):
            commands.append(
                Command(
                    kind=CommandKind.FEES,
                    account=payer.account,
                    maker_fee_bps=maker_fee_bps,
                    taker_fee_bps=taker_fee_bps,
                )
            )
    return commands


def rebate_micros(rebates: Sequence[Rebate], share: float, maker_volume_micros: int) -> int:
    """What a maker gets back for a day: the best rate that its share of time reaches, rounded down."""
    bps = max((rebate.bps for rebate in rebates if share >= rebate.share), default=0)
    return maker_volume_micros * bps // BPS


def rebate_commands(date: str, owed_micros: Mapping[int, int], venue_micros: int) -> list[Command]:
    """A TRANSFER from the venue to each account, by a reference that works once a day.

    If the venue has less than it owes, all get the same part of it, rounded down.
    date: such as 2026-12-01. owed_micros: by account.
    """
    owed = sum(owed_micros.values())
    commands = []
    for account, micros in sorted(owed_micros.items()):
        amount = micros if owed <= venue_micros else micros * venue_micros // owed
        if amount > 0:
            name = text_columns(reference(REBATE, date, account))
            commands.append(Command(kind=CommandKind.TRANSFER, account=VENUE, order_id=account, amount=amount, **name))
    return commands
