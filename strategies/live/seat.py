"""One participant's seat at the exchange: its desk, its own connection, and the traffic between them."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from exchange.client import (
    ApiError,
    Client,
    ClientError,
    ConnectionChange,
    ConnectionLost,
    MessagesDropped,
    Notification,
)
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NEVER_NS, NS_PER_SECOND
from exchange.wire.messages import CurvePoint, Order, UserTrade, UserTradeList
from strategies.base import Amend, Desk, Message, Place
from strategies.live.dialect import NS_PER_MS, edit_options, fills_of, lots_of, order_state, place_options
from strategies.live.logbook import LoggingDesk

log = structlog.get_logger(__name__)

_NO_SUCH_ORDER = frozenset({"unknown_order", "order_not_found", "already_closed"})
_TRADES_A_PAGE = 1000


class Seat:
    """Everything happens on one event loop; the desk is never called from two places at once."""

    def __init__(self, desk: Desk, client: Client, clock_ns: Callable[[], int]) -> None:
        self._log = desk if isinstance(desk, LoggingDesk) else None
        self.desk = desk
        self._client = client
        self._clock_ns = clock_ns
        self._started_ms = clock_ns() // NS_PER_MS
        self._order_ids: dict[str, str] = {}  # the venue's, by client id
        self._trades_seen: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns = NEVER_NS
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_stopped = False
        self._is_in_step = True  # False from a lost answer until orders and fills are known again
        self.published: dict[str, CurvePoint] = {}  # the forward curves last shown, by symbol

    @property
    def name(self) -> str:
        return self.desk.participant.name

    async def prepare(self) -> None:
        """Clear what an earlier run left, take over its positions, declare capacity, and listen."""
        await self._client.cancel_all()
        await self._client.subscribe("user.orders.any.any.raw", "user.trades.any.any.raw")
        contracts = {contract.symbol: contract for contract in self.desk.participant.contracts}
        for position in await self._client.positions():
            contract = contracts.get(position.instrument_name)
            if contract is not None and position.size:
                lots = lots_of(contract, position.size)
                fair_usd = self.desk.ctx.fair_usd(contract) or position.mark_price or position.average_price
                self.desk.ledger.carry(contract, lots, fair_usd)
        if self.desk.participant.capacity_lots:
            hours = [contract for contract in contracts.values() if not contract.is_strip]
            await asyncio.gather(*(self._declare(contract) for contract in hours))

    def start(self) -> None:
        self.act(self.desk.start(self._clock_ns()))

    async def stop(self) -> None:
        """Send nothing more and leave nothing in the book. Fills until then still count."""
        self._is_stopped = True
        if self._alarm:
            self._alarm.cancel()
        if not self._is_in_step:
            # It may be waiting for an exchange that does not come back.
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._client.cancel_all()
        except ClientError as error:
            log.warning("orders may be left in the book", account=self.name, error=str(error))

    def act(self, messages: Sequence[Message]) -> None:
        """Send what the desk wants sent, and note when it wants to be woken."""
        if not self._is_stopped and self._is_in_step:
            for message in messages:
                self._spawn(self._send(message))
        elif messages:
            self._unsent(*(message.client_id for message in messages))
        self._set_alarm()

    async def follow(self) -> None:
        """Read one's own orders and trades until the connection ends for good. Raises ConnectionLost then."""
        inbox = self._client.messages()
        while True:
            try:
                async for notification in inbox:
                    self._take(notification)
                return
            except MessagesDropped:
                self._lost_step()

    async def publish_curve(self) -> None:
        """Show the forward curves this participant quotes from."""
        self.desk.ctx.now_ns = self._clock_ns()
        self.published = {}
        curves: dict[str, list[CurvePoint]] = {}
        for contract in self.desk.ctx.contracts:
            priced = self.desk.ctx.curve_usd(contract)
            if priced is not None:
                point = CurvePoint(contract.symbol, round(priced[0], 6), round(priced[1], 6))
                self.published[contract.symbol] = point
                curves.setdefault(f"{contract.sku.code}_{contract.region.code}", []).append(point)
        for place, points in curves.items():
            try:
                await self._client.publish_forward_curve(place, points)
            except ClientError as error:
                log.warning("forward curve was not published", sku_region=place, error=str(error))

    async def _declare(self, contract: Contract) -> None:
        amount = self.desk.participant.capacity_lots * contract.gpu_hours_per_lot
        await self._client.declare_capacity(contract.symbol, amount)

    async def _send(self, message: Message) -> None:
        try:
            if isinstance(message, Place):
                place = self._client.buy if message.side == Side.BUY else self._client.sell
                self._placed(message.client_id, (await place(**place_options(message))).order)
            elif (order_id := self._order_ids.get(message.client_id)) is None:
                self._unsent(message.client_id)  # It was filled or cancelled before this could leave.
            elif isinstance(message, Amend):
                edited = await self._client.edit(order_id, **edit_options(message))
                self._placed(message.client_id, edited.order)
            else:
                await self._client.cancel(order_id)
                self._gone(message.client_id, "user")
        except ApiError as error:
            reason = error.reason or str(error.code)
            is_gone = isinstance(message, Place) or reason in _NO_SUCH_ORDER
            self.act(self.desk.refused(self._clock_ns(), message.client_id, reason, is_gone))
        except ConnectionLost:
            self._lost_step()

    def _unsent(self, *client_ids: str) -> None:
        if self._log is not None:
            self._log.unsent(client_ids)

    def _placed(self, client_id: str, order: Order) -> None:
        is_open = order.order_state == "open"
        if is_open and client_id in self.desk.reconciler.orders:
            self._order_ids[client_id] = order.order_id
        self.act(self.desk.answered(self._clock_ns(), client_id, *order_state(order), is_open))

    def _take(self, notification: Notification) -> None:
        data = notification.data
        if isinstance(data, Order):
            self._ordered(data)
        elif isinstance(data, ConnectionChange):
            if not data.connected:
                self._lost_step()
        elif isinstance(data, list):
            for item in data:
                if isinstance(item, UserTrade):
                    self._traded(item)
                elif isinstance(item, Order):
                    self._ordered(item)

    def _ordered(self, order: Order) -> None:
        if order.order_state != "open":
            self._gone(order.client_order_id, order.cancel_reason or order.order_state)
            return
        _, _, filled_lots = order_state(order)
        if filled_lots:
            self.act(self.desk.progressed(self._clock_ns(), order.client_order_id, filled_lots))

    def _gone(self, client_id: str, reason: str) -> None:
        self._order_ids.pop(client_id, None)
        self.act(self.desk.gone(self._clock_ns(), client_id, reason))

    def _traded(self, trade: UserTrade) -> None:
        if trade.trade_id in self._trades_seen:
            return
        self._trades_seen.add(trade.trade_id)
        for fill in fills_of(trade):
            self.act(self.desk.fill(self._clock_ns(), fill))

    def _lost_step(self) -> None:
        """An answer or a notification is missing: what stands in the book is no longer known."""
        if self._is_in_step and not self._is_stopped:
            self._is_in_step = False
            self._spawn(self._get_in_step())

    async def _get_in_step(self) -> None:
        """Start over from an empty book, with every fill that was missed."""
        while True:
            try:
                await self._client.wait_connected()
                await self._client.cancel_all()
                await self._catch_up_fills()
                break
            except ConnectionLost as error:
                log.warning("waiting to get back in step", account=self.name, error=str(error))
                await asyncio.sleep(0.1)
        self._order_ids.clear()
        self._is_in_step = True
        self.act(self.desk.orders_lost(self._clock_ns()))

    async def _catch_up_fills(self) -> None:
        for contract in self.desk.ctx.contracts:
            params = {
                "instrument_name": contract.symbol,
                "start_timestamp": self._started_ms,
                "count": _TRADES_A_PAGE,
                "sorting": "desc",
            }
            found: UserTradeList = await self._client.call(
                "private/get_user_trades_by_instrument", params, result=UserTradeList
            )
            for trade in reversed(found.trades):
                self._traded(trade)

    def _set_alarm(self) -> None:
        wanted_ns = self.desk.next_timer_ns
        if self._is_stopped or wanted_ns == self._alarm_ns:
            return
        if self._alarm:
            self._alarm.cancel()
        self._alarm_ns = wanted_ns
        if wanted_ns < NEVER_NS:
            delay_s = max(0, wanted_ns - self._clock_ns()) / NS_PER_SECOND
            self._alarm = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._alarm_ns = NEVER_NS
        self._alarm = None
        self._spawn(self._timer())

    async def _timer(self) -> None:
        self.act(self.desk.timer(self._clock_ns()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failed.done():
            self.failed.set_exception(error)
