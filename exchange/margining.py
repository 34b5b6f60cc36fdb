"""Margin in a running venue: who has terms, what hours may be worth, and what becomes of who has too little.

All of it is commands through the node. Nothing is remembered but since when each call is out, and when
values were last said of all hours: after a start both begin anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import structlog

from exchange.asking import ask
from exchange.clearing.covariance import Covariance, Parametric
from exchange.clearing.liquidation import Called, Held, Rules, steps
from exchange.clearing.margin import Factors, Scan, factors, scenarios_of_factors
from exchange.config import Settings
from exchange.domain.enums import CommandKind, Side, TimeInForce
from exchange.domain.errors import BadSymbol
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.records import Command
from exchange.domain.scenarios import margin_command
from exchange.domain.text import text_columns
from exchange.domain.units import BPS, NS_PER_SECOND
from exchange.engine import Engine
from exchange.node import Node
from exchange.reports import AccountView, ContractView, PositionView

# What the venue's own orders for an account under a call are named, so that they are found when it is over.
LIQUIDATION = "liquidation-"

# How many hours to look at before everybody else has a turn.
_HOURS_A_LOOK = 64

log = structlog.get_logger(__name__)


class MarginDesk:
    """Keeps margin as the settings want it."""

    def __init__(
        self, node: Node, settings: Settings, clock_ns: Callable[[], int], covariance: Covariance | None = None
    ) -> None:
        """``covariance``: how hours move together, if not as the settings say."""
        self._node = node
        self._engine = node.engine
        self._settings = settings
        self._clock_ns = clock_ns
        margin = settings.margin
        self._covariance = covariance or Parametric(
            margin.sigma, margin.decay_hours, margin.across_skus, margin.across_regions
        )
        self._scan = Scan(margin.z, margin.spike, margin.coverage, margin.jump)
        self._rules = Rules(
            int(margin.grace_seconds * NS_PER_SECOND),
            margin.slice_lots,
            margin.protection_bps,
            int(margin.auction_seconds * NS_PER_SECOND),
        )
        self._said_ns = 0
        self._moving: dict[int, Factors] = {}  # by number of contract
        self._called_ns: dict[int, int] = {}

    async def run(self) -> None:
        """Until cancelled. Raises NodeStopped with the node."""
        await self.prepare()
        while True:
            await self.look()
            await asyncio.sleep(self._settings.margin.look_seconds)

    async def prepare(self) -> None:
        """Give terms to the accounts that the settings name and that have none."""
        for account in self._settings.accounts:
            number = self._engine.find_account(account.name)
            if account.on_margin and number is not None and self._engine.account(number).credit_bps is None:
                credit_bps = self._settings.margin.credit_bps
                await self._ask(
                    Command(kind=CommandKind.MARGIN_TERMS, account=number, maker_fee_bps=credit_bps, option=1)
                )
        await self._node.settled()

    async def look(self) -> None:
        """Say what hours may be worth now, if that has changed; then go a step on with every call."""
        if not self._engine.accounts_on_margin():
            return
        await self._say_values()
        await self._follow_calls()

    async def _say_values(self) -> None:
        hours = _open_hours(self._engine)
        refresh_ns = int(self._settings.margin.refresh_seconds * NS_PER_SECOND)
        is_due = self._now_ns() >= self._said_ns + refresh_ns or not self._moving.keys() >= hours.keys()
        if is_due:
            self._said_ns = self._now_ns()
            self._moving = await asyncio.to_thread(_moving, self._covariance, hours)
        for place, number in enumerate(hours):
            if place % _HOURS_A_LOOK == 0:
                await asyncio.sleep(0)
            view, known = self._engine.contract(number), self._engine.scenarios(number)
            mark = _mark(view)
            if mark and (is_due or _has_moved(known, mark, self._settings.margin.move_bps)):
                (ticks,) = scenarios_of_factors([mark], self._moving[number], self._scan).tolist()
                if ticks != known:
                    await self._ask(margin_command(number, ticks))
        await self._node.settled()

    async def _follow_calls(self) -> None:
        now_ns = self._now_ns()
        views = [self._engine.account(account) for account in self._engine.accounts_on_margin()]
        for view in views:
            if view.is_called and view.account not in self._called_ns:
                log.warning("margin call", account=view.name, required=view.required_alone_micros)
        self._called_ns = {view.account: self._called_ns.get(view.account, now_ns) for view in views if view.is_called}
        for view in views:
            if view.is_called:
                called = called_view(self._engine, view.account, self._called_ns[view.account])
                commands = steps(called, now_ns, self._rules)
            else:
                commands = list(_left_over(self._engine, view.account))
            for place, command in enumerate(commands):
                await self._ask(_named(command, f"{LIQUIDATION}{self._engine.sequence}-{place}"))
        await self._node.settled()

    def _now_ns(self) -> int:
        return max(self._clock_ns(), self._engine.time_ns)

    async def _ask(self, command: Command) -> None:
        await ask(self._node, command)


def _open_hours(engine: Engine) -> dict[int, Contract]:
    """Hours that are still traded, by number."""
    hours: dict[int, Contract] = {}
    for number in engine.open_hours():
        with suppress(BadSymbol):
            hours[number] = parse_symbol(engine.symbol(number))
    return hours


def _moving(covariance: Covariance, hours: dict[int, Contract]) -> dict[int, Factors]:
    """How each of these hours moves with the others. A look at all of them together, for a thread of its own."""
    loadings, specific = factors(covariance.covariance(list(hours.values())))
    return {number: Factors(loadings[place, None], specific[place, None]) for place, number in enumerate(hours)}


def _mark(view: ContractView) -> int:
    """The operator's, else the middle, the last price or the reference; 0 if there is none."""
    middle = (view.best_bid_ticks + view.best_ask_ticks) // 2 if view.best_bid_ticks and view.best_ask_ticks else 0
    return view.mark_ticks or middle or view.last_price_ticks or view.reference_ticks


def _has_moved(known: Sequence[int], mark: int, move_bps: int) -> bool:
    return not known or abs(mark - known[0]) * BPS > known[0] * move_bps


def called_view(engine: Engine, account: int, since_ns: int) -> Called:
    """An account under a call as ``liquidation.steps`` looks at it."""
    view = engine.account(account)
    held = tuple(_held(engine, view, position) for position in engine.positions(account))
    return Called(account, since_ns, view.cash_micros - view.reserved_micros, held)


def _held(engine: Engine, account: AccountView, position: PositionView) -> Held:
    contract = engine.contract(position.contract)
    highest_ticks = max(engine.scenarios(position.contract), default=0)
    notional = max(1, highest_ticks) * contract.tick_value_micros
    return Held(
        position.contract,
        contract.phase,
        position.lots,
        max(0, -position.lots - position.capacity_lots),
        position.open_buy_lots,
        position.open_sell_lots,
        highest_ticks,
        # With the fee, so that what a sale brings is no less than what the lot counted.
        -(-highest_ticks * (account.credit_bps or 0) // max(1, BPS - account.reserve_bps)),
        contract.best_bid_ticks,
        contract.best_ask_ticks,
        notional - -notional * account.reserve_bps // BPS,
    )


def _named(command: Command, name: str) -> Command:
    """An order that may rest gets a name, by which it is found again."""
    if command.kind != CommandKind.NEW or command.time_in_force != TimeInForce.GTC:
        return command
    return command._replace(**text_columns(name))


def _left_over(engine: Engine, account: int) -> Iterator[Command]:
    """A call is over: what the venue still asks for on behalf of the account goes."""
    for order in engine.open_orders(account):
        if order.side == Side.BUY and order.client_id.startswith(LIQUIDATION):
            yield Command(kind=CommandKind.CANCEL, account=account, order_id=order.order_id)
