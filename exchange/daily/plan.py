"""From the facts of a day to the commands of its end: rebates for the day, fees for the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from exchange.clearing.fees import VENUE, Payer, Rebate, Tier, fee_commands, rebate_commands, rebate_micros
from exchange.clearing.obligation import Obligation
from exchange.daily.facts import DayFacts
from exchange.domain.records import Command
from exchange.reports import AccountView


class Schedule(NamedTuple):
    """What the venue takes and gives back. Without tiers nobody's fees change; ``exempt`` ones never do."""

    tiers: Sequence[Tier]
    obligation: Obligation
    rebates: Sequence[Rebate]
    exempt: frozenset[str] = frozenset()


def owed_micros(schedule: Schedule, facts: DayFacts) -> dict[int, int]:
    """The rebate of every account that is owed one."""
    owed = {
        account: rebate_micros(schedule.rebates, facts.scores[account].share, volume_micros)
        for account, volume_micros in facts.maker_volumes_micros.items()
        if account in facts.scores and account != VENUE
    }
    return {account: micros for account, micros in owed.items() if micros > 0}


def paid_commands(schedule: Schedule, facts: DayFacts, date: str) -> list[Command]:
    """The rebates of ``date``, which are paid from the fees of that day and never exceed them."""
    return rebate_commands(date, owed_micros(schedule, facts), facts.fees_micros)


def priced_commands(schedule: Schedule, facts: DayFacts, accounts: Iterable[AccountView]) -> list[Command]:
    """The fees of everybody whose volume of 30 days asks for others than it pays."""
    if not schedule.tiers:
        return []
    payers = [
        Payer(view.account, view.maker_fee_bps, view.taker_fee_bps, view.reserve_bps)
        for view in accounts
        if view.account != VENUE and view.name not in schedule.exempt
    ]
    return fee_commands(schedule.tiers, payers, facts.volumes_micros)
