"""What the venue does once a UTC day: credit at its beginning; index, rebates and fees at its end.

Whatever moves money is a command with a reference that works once, and a day is closed when its page
is written, after them. So a day that was interrupted is done again, and nothing of it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog

from exchange.almanac import Almanac
from exchange.clearing.fees import Rebate, Tier, checked_tiers
from exchange.clearing.obligation import Obligation
from exchange.clearing.references import CREDIT, OPENING_CASH
from exchange.config import Settings
from exchange.daily.credit import CreditPlan, credit_commands, granted
from exchange.daily.facts import DayFacts
from exchange.daily.plan import Schedule, paid_commands, priced_commands
from exchange.daily.sheet import sheet
from exchange.domain.dates import NS_PER_DAY, date_of
from exchange.domain.enums import CommandKind, EventKind, Reject
from exchange.domain.errors import GpuxError
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_MINUTE, NS_PER_SECOND, dollars
from exchange.node import Node, NodeStopped
from exchange.replaying.questions import OfDays
from exchange.replaying.replayer import Replayer

TellIndexes = Callable[[Sequence[dict[str, Any]]], None]

# Days of the index that everybody may ask for.
INDEX_DAYS = 400
# The clock may be set while a timer, which counts real seconds, sleeps.
_SLEEP_SECONDS_MAX = 60.0
_SLEEP_SECONDS_MIN = 0.001
# How soon to try again what may take a long replay.
_AGAIN_NS = 10 * NS_PER_MINUTE
# Words are looked up by their first nine characters.
_START = 9

log = structlog.get_logger(__name__)


class NotOnCredit(GpuxError):
    """An account that has cash of its own, which would be mixed with its sponsor's."""


def schedule_of(settings: Settings) -> Schedule:
    """Raises BadTiers if fees rise with volume."""
    standard = Tier(0, settings.maker_fee_bps, settings.taker_fee_bps)
    tiers = [Tier(tier.volume_micros, tier.maker_fee_bps, tier.taker_fee_bps) for tier in settings.fee_tiers]
    agreed = [
        account.name
        for account in settings.accounts
        if account.maker_fee_bps is not None or account.taker_fee_bps is not None
    ]
    return Schedule(
        checked_tiers([standard, *tiers]) if tiers else [],
        Obligation(settings.makers.spread_bps, settings.makers.lots),
        [Rebate(rebate.share, rebate.bps) for rebate in settings.makers.rebates],
        frozenset(agreed),
    )


class Bookkeeper:
    """Closes one day after the other and opens the next. ``tell`` hears of each index, oldest first."""

    def __init__(
        self, node: Node, replayer: Replayer, settings: Settings, clock_ns: Callable[[], int], tell: TellIndexes
    ) -> None:
        """Raises BadTiers."""
        self._node = node
        self._engine = node.engine
        self._replayer = replayer
        self._settings = settings
        self._clock_ns = clock_ns
        self._tell = tell
        self._schedule = schedule_of(settings)
        self._almanac = Almanac(settings.directory)
        self._granted_day = -1
        self._again_ns = 0

    async def prepare(self) -> None:
        """After the accounts are there: today's credit, and the indexes of the days before.

        Raises NotOnCredit, BadPage, NodeStopped.
        """
        self._refuse_own_cash()
        self._almanac.begin(self._today())
        for page in self._almanac.newest(INDEX_DAYS):
            self._tell(page["indexes"])
        await self._grant(self._granted_before())

    async def run(self) -> None:
        """Day after day, until cancelled. Raises NodeStopped with the node."""
        while True:
            await self.open_day()
            if self._clock_ns() >= self._again_ns:
                await self._try_to_close()
            until_ns = NS_PER_DAY - self._clock_ns() % NS_PER_DAY
            wait_seconds = min(max(until_ns / NS_PER_SECOND, _SLEEP_SECONDS_MIN), _SLEEP_SECONDS_MAX)
            await asyncio.sleep(wait_seconds)

    async def _try_to_close(self) -> None:
        try:
            await self.close_days()
        except NodeStopped:
            raise
        except (GpuxError, OSError) as error:
            self._again_ns = self._clock_ns() + _AGAIN_NS
            log.error("day not closed; it will be tried again", reason=str(error))

    async def open_day(self) -> None:
        """Grant the credit of today, unless that was done."""
        if self._granted_day != self._today():
            await self._grant(set())

    async def close_days(self) -> None:
        """Close every day that has ended and has no page. Raises GpuxError if that cannot be."""
        last = self._today() - 1
        missing = self._almanac.missing(last)
        if not missing:
            return
        # From here on nothing is stamped with a time of those days.
        await self._node.decide(lambda: [Command(kind=CommandKind.TICK)])
        for facts in await self._replayer.ask(OfDays(missing[0], missing[-1], self._schedule.obligation)):
            if facts.day in missing:
                await self._close(facts, is_last=facts.day == last)

    async def _close(self, facts: DayFacts, is_last: bool) -> None:
        date = date_of(facts.day)
        await self._ask(date, partial(paid_commands, self._schedule, facts, date))
        if is_last:
            await self._ask(date, lambda: priced_commands(self._schedule, facts, self._engine.accounts()))
        page = sheet(facts, self._schedule, [view.name for view in self._engine.accounts()])
        await asyncio.to_thread(self._almanac.write, facts.day, page)
        self._tell(self._almanac.read(facts.day)["indexes"])
        log.info("day closed", day=date, sequence=facts.sequence)

    async def _ask(self, date: str, plan: Callable[[], list[Command]]) -> None:
        """In one turn; what was done before is refused as a duplicate, and no more is said of it."""
        for event in await self._node.decide(plan):
            if event["kind"] == EventKind.REJECTED and event["reason"] != Reject.DUPLICATE_CLIENT_ID:
                reason = Reject(event["reason"]).name.lower()
                log.warning("not done", day=date, payer=int(event["account"]), reason=reason)

    def _today(self) -> int:
        return max(self._clock_ns(), self._engine.time_ns) // NS_PER_DAY

    def _plans(self) -> list[CreditPlan]:
        plans = []
        for account in self._settings.accounts:
            number, sponsor = self._engine.find_account(account.name), self._engine.find_account(account.sponsor)
            if number is not None and sponsor is not None and account.credit_micros:
                plans.append(CreditPlan(number, sponsor, account.credit_micros))
        return plans

    def _refuse_own_cash(self) -> None:
        if not self._plans():
            return
        endowed = {account for account, text in self._engine.references(OPENING_CASH[:_START]) if text == OPENING_CASH}
        for plan in self._plans():
            if plan.account in endowed:
                name = self._engine.account(plan.account).name
                raise NotOnCredit(f"account {name!r} was given cash of its own: give credit to another account")

    def _granted_before(self) -> set[str]:
        """References of credit that this day's beginning has used already."""
        if not self._plans():
            return set()
        start = f"{CREDIT}-{date_of(self._today()).replace('-', '')}"
        return {text for _, text in self._engine.references(start[:_START]) if text.startswith(f"{start}-")}

    async def _grant(self, used: set[str]) -> None:
        day = self._today()
        date = date_of(day)
        plans = [plan for plan in self._plans() if not granted(date, plan, used)]
        events = await self._node.decide(lambda: credit_commands(date, plans, self._engine.account))
        self._granted_day = day
        for event in events:
            if event["kind"] == EventKind.REJECTED and event["reason"] == Reject.INSUFFICIENT_FUNDS:
                sponsor = self._engine.account(int(event["account"])).name
                log.warning("credit not granted in full", day=date, sponsor=sponsor, has=self._free(sponsor))

    def _free(self, name: str) -> str:
        number = self._engine.find_account(name)
        assert number is not None
        view = self._engine.account(number)
        return dollars(view.cash_micros - view.reserved_micros)
