"""What the venue asks of itself: contracts are listed as they come near and go their way from stage to stage,
accounts are opened as they are wanted.

All of it is commands through the node, like everybody's, so that it is in the journal and
replays. The caretaker remembers nothing: it compares what should be there with the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from exchange.asking import ask
from exchange.clearing.references import OPENING_BOND, OPENING_CASH
from exchange.config import AccountSettings, Settings
from exchange.domain.enums import CommandKind
from exchange.domain.records import Command
from exchange.domain.scopes import OPERATE
from exchange.domain.text import text_columns
from exchange.domain.units import NEVER_NS, NS_PER_HOUR, NS_PER_SECOND
from exchange.keys import KeyStore
from exchange.listing import list_hours, list_legs, list_strips
from exchange.node import Node
from exchange.settlement import survey as survey_lots
from exchange.stages import survey

# How soon a key that another process has made can be used.
KEYS_LOOK_SECONDS = 0.25
# How often the price of an auction to come is said.
INDICATIVE_SECONDS = 1.0
# The clock may be set while a timer, which counts real seconds, sleeps.
_SLEEP_SECONDS_MAX = 60.0
_SLEEP_SECONDS_MIN = 0.001
# How often to look again before the next thing is due: a week of hours that wait for each other, stages and lots.
_ROUNDS_MAX = 500
# How many contracts to look at before everybody else has a turn.
_CONTRACTS_A_LOOK = 64

log = structlog.get_logger(__name__)


class Caretaker:
    """Keeps the venue as its settings and its keys want it."""

    def __init__(self, node: Node, keys: KeyStore, settings: Settings, clock_ns: Callable[[], int]) -> None:
        self._node = node
        self._engine = node.engine
        self._keys = keys
        self._settings = settings
        self._clock_ns = clock_ns
        self._advancing = asyncio.Lock()

    async def prepare(self) -> None:
        """Bring everything about: accounts, their cash, the contracts ahead, what may be sold in them."""
        # The settings may ask for what was done at an earlier start: the reference makes cash idempotent.
        await self._open_accounts(self._wanted_accounts())
        await self._endow(self._wanted_accounts())
        await self._list_contracts()
        await self._advance()

    async def run(self) -> None:
        """Keep it so, as time passes and keys are made, until cancelled. Raises NodeStopped with the node."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_hours())
            group.create_task(self._follow_stages())
            group.create_task(self._follow_keys())
            group.create_task(self._follow_auctions())

    async def _follow_hours(self) -> None:
        hour = None
        while True:
            until_hour_ns = NS_PER_HOUR - self._clock_ns() % NS_PER_HOUR
            await asyncio.sleep(min(until_hour_ns / NS_PER_SECOND, _SLEEP_SECONDS_MAX))
            # Within an hour nothing comes near.
            if hour != (hour := self._now_ns() // NS_PER_HOUR):
                await self._list_contracts()
                await self._advance()

    async def _follow_stages(self) -> None:
        while True:
            wait_ns = await self._advance() - self._now_ns()
            await asyncio.sleep(min(max(wait_ns / NS_PER_SECOND, _SLEEP_SECONDS_MIN), _SLEEP_SECONDS_MAX))

    async def _advance(self) -> int:
        """Bring every contract to the stage where it should stand. Returns when to look again."""
        if self._engine.next_deadline_ns() <= self._now_ns():
            await self._ask(Command(kind=CommandKind.TICK))
            await self._node.settled()
        async with self._advancing:
            # A contract that was left alone for long has several steps to make.
            before: list[Command] = []
            for _ in range(_ROUNDS_MAX):
                asked: list[Command] = []
                next_ns = NEVER_NS
                contracts = self._engine.unsettled_contracts()
                for first in range(0, len(contracts), _CONTRACTS_A_LOOK):
                    look = contracts[first : first + _CONTRACTS_A_LOOK]
                    commands, soon_ns = survey(self._engine, self._settings, self._now_ns(), look)
                    commands += survey_lots(self._engine, self._settings, self._now_ns(), look)
                    next_ns = min(next_ns, soon_ns)
                    asked += commands
                    for command in commands:
                        await self._ask(command)
                    await asyncio.sleep(0)
                await self._node.settled()
                # What is asked for again was refused, and will be if nothing else happens.
                if not asked or asked == before:
                    break
                before = asked
        return next_ns

    async def _follow_keys(self) -> None:
        version = None
        while True:
            if version != (version := self._keys.version()):
                newcomers = [account for account in self._wanted_accounts() if self._number(account) is None]
                await self._open_accounts(newcomers)
                await self._endow(newcomers)
                await self._declare_capacity(newcomers)
            await asyncio.sleep(KEYS_LOOK_SECONDS)

    async def _follow_auctions(self) -> None:
        """While a contract collects orders, let time pass for the engine, which then says what the auction would do."""
        while True:
            await asyncio.sleep(INDICATIVE_SECONDS)
            if self._engine.is_collecting:
                await self._ask(Command(kind=CommandKind.TICK))

    def _wanted_accounts(self) -> list[AccountSettings]:
        """The configured accounts, and those that somebody has a key for."""
        wanted = {account.name: account for account in self._settings.accounts}
        for key in self._keys.all():
            # A key of the operator trades for nobody.
            if not key.revoked and OPERATE not in key.scopes and key.account not in wanted:
                wanted[key.account] = AccountSettings(name=key.account, cash_usd=self._settings.newcomer_cash_usd)
        return list(wanted.values())

    def _number(self, account: AccountSettings) -> int | None:
        return self._engine.find_account(account.name)

    async def _open_accounts(self, accounts: list[AccountSettings]) -> None:
        settings = self._settings
        for account in accounts:
            if self._number(account) is not None:
                continue
            maker_bps = settings.maker_fee_bps if account.maker_fee_bps is None else account.maker_fee_bps
            taker_bps = settings.taker_fee_bps if account.taker_fee_bps is None else account.taker_fee_bps
            fees = {"maker_fee_bps": maker_bps, "taker_fee_bps": taker_bps}
            await self._ask(Command(kind=CommandKind.OPEN_ACCOUNT, **text_columns(account.name), **fees))
            log.info("account opened", name=account.name)
        await self._node.settled()

    async def _endow(self, accounts: list[AccountSettings]) -> None:
        endowments = ((CommandKind.CASH, OPENING_CASH, "cash_micros"), (CommandKind.BOND, OPENING_BOND, "bond_micros"))
        for account in accounts:
            number = self._number(account)
            for kind, reference, what in endowments:
                amount = getattr(account, what)
                if number is not None and amount:
                    await self._ask(Command(kind=kind, account=number, amount=amount, **text_columns(reference)))
        await self._node.settled()

    async def _list_contracts(self) -> None:
        """List what is near and still open, then let the configured accounts sell in it."""
        now_ns = self._now_ns()
        for missing in (list_hours, list_strips, list_legs):
            for command in missing(self._engine, self._settings, now_ns):
                await self._ask(command)
            await self._node.settled()
        await self._declare_capacity(list(self._settings.accounts))

    def _now_ns(self) -> int:
        return max(self._clock_ns(), self._engine.time_ns)

    async def _declare_capacity(self, accounts: list[AccountSettings]) -> None:
        """Give each account its capacity in every open hour that it has had nothing to do with."""
        for account in accounts:
            number = self._number(account)
            if number is None or not account.capacity_lots:
                continue
            known = {position.contract for position in self._engine.positions(number)}
            for contract in self._engine.open_hours():
                if contract not in known:
                    lots = account.capacity_lots
                    await self._ask(Command(kind=CommandKind.CAPACITY, account=number, contract=contract, lots=lots))
        await self._node.settled()

    async def _ask(self, command: Command) -> None:
        await ask(self._node, command)
