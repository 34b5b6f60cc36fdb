"""A recorded order book, message by message, on the engine that trades live.

All recorded orders stand in the name of one account, and whoever executes them is a second one. The
recording starts in the middle of the day, so the orders of its first book are unknown: each of its
levels becomes one order, the oldest at its price, and a message about an order that was never added
is about a part of it.

A message names the order that was executed. Usually price and time lead the engine to the same one.
Where they do not, because the real market knew more than its recording shows (orders from before the
opening appear late but with their old priority), all others at the price queue up again behind it.
"""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Reject, Side, TimeInForce
from exchange.domain.errors import GpuxError
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS, TOTAL_MAX
from exchange.engine import Engine
from exchange.reports import OrderView
from strategies.backtest.lobster import TICK_VALUE_MICROS, Levels, Message, MessageKind

STANDING, TAKING = 1, 2  # accounts
CONTRACT = 0


class BadReplay(GpuxError):
    """A message that the book as rebuilt so far cannot follow; says the row and why."""


class Replay:
    """The book of a recording.

    ``engine`` is an engine of its own, for reading. ``out_of_turn`` counts the executions of an order
    that was not the first of its queue here.
    """

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self.engine = Engine()
        self.out_of_turn = 0
        self._order_ids: dict[int, int] = {}  # recorded id -> ours, of every order that was added; 0 once forgotten
        self._recorded_ids: dict[int, int] = {}
        self._opening_ids: dict[tuple[Side, int], int] = {}  # side and price -> the order of the first book
        self._open_market()
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for price_ticks, lots in levels:
                self.open_level(side, price_ticks, lots, "opening book")

    def apply(self, message: Message) -> Rows:
        """Do what ``message`` says and return the events; a hidden execution changes nothing.

        Raises BadReplay if it does not fit the book.
        """
        if message.kind == MessageKind.EXECUTE_HIDDEN:
            return self._ask()
        if message.kind == MessageKind.ADD:
            return self._add(message)
        order = self._find(message)
        if message.kind == MessageKind.EXECUTE:
            return self._execute(message, order)
        return self._reduce(message, order)

    def levels(self, side: Side, depth: int) -> Levels:
        """(price in ticks, lots), best first."""
        return self.engine.levels(CONTRACT, side, depth)

    def open_level(self, side: Side, price_ticks: int, lots: int, where: str) -> None:
        """Let ``lots`` of unknown orders stand at a price; ``where`` names the place in the recording.

        Raises BadReplay if they would trade.
        """
        events = self._ask(_add(self.engine.time_ns, side, price_ticks, lots))
        self._opening_ids[side, price_ticks] = _accepted(events, where)

    def forget_level(self, side: Side, price_ticks: int) -> None:
        """Take away all that stands at a price; its orders count as unknown from here on."""
        orders = self.engine.queue(CONTRACT, side, price_ticks)
        for order in orders:
            recorded = self._recorded_ids.pop(order.order_id, None)
            if recorded is not None:
                self._order_ids[recorded] = 0
        cancel = Command(time_ns=self.engine.time_ns, kind=CommandKind.CANCEL, account=STANDING)
        self._ask(*(cancel._replace(order_id=order.order_id) for order in orders))

    def _add(self, message: Message) -> Rows:
        if message.order in self._order_ids:
            raise BadReplay(f"row {message.row}: order {message.order} is added a second time")
        events = self._ask(_add(message.time_ns, message.side, message.price_ticks, message.lots))
        order_id = _accepted(events, f"row {message.row}")
        self._order_ids[message.order] = order_id
        self._recorded_ids[order_id] = message.order
        return events

    def _find(self, message: Message) -> OrderView:
        """The open order that ``message`` is about, if it can lose that much."""
        opening_id = self._opening_ids.get((message.side, message.price_ticks), 0)
        order = self.engine.order(self._order_ids.get(message.order) or opening_id)
        if order is None:
            raise BadReplay(f"row {message.row}: order {message.order} is neither open nor of the first book")
        if (order.side, order.price_ticks) != (message.side, message.price_ticks):
            raise BadReplay(
                f"row {message.row}: expected order {message.order} as added, {order.side.name} at "
                f"{order.price_ticks}, found {message.side.name} at {message.price_ticks}"
            )
        if message.lots > order.open_lots:
            raise BadReplay(
                f"row {message.row}: order {message.order} has {order.open_lots} open, found {message.lots} taken away"
            )
        return order

    def _reduce(self, message: Message, order: OrderView) -> Rows:
        """Take a part away, which keeps the place in the queue, or all of it."""
        whole_delete = message.kind == MessageKind.DELETE and self._order_ids.get(message.order)
        if whole_delete and message.lots != order.open_lots:
            raise BadReplay(
                f"row {message.row}: order {message.order} has {order.open_lots} open, found {message.lots} deleted"
            )
        named = Command(time_ns=message.time_ns, account=STANDING, order_id=order.order_id)
        if message.lots == order.open_lots:
            return self._ask(named._replace(kind=CommandKind.CANCEL))
        return self._ask(
            named._replace(
                kind=CommandKind.REPLACE,
                price_ticks=order.price_ticks,
                lots=order.open_lots - message.lots,
                flags=Flag.LOTS_ARE_OPEN,
            )
        )

    def _execute(self, message: Message, order: OrderView) -> Rows:
        """Somebody takes from the best price, of which the recording names the order that trades."""
        best_ticks = self.levels(message.side, 1)[0][0]
        if message.price_ticks != best_ticks:
            raise BadReplay(f"row {message.row}: executed at {message.price_ticks}, but {best_ticks} stands before it")
        queue = self.engine.queue(CONTRACT, message.side, best_ticks)
        commands: list[Command] = []
        if queue[0].order_id != order.order_id:
            self.out_of_turn += 1
            for other in queue:
                if other.order_id != order.order_id:
                    commands += _to_the_end(message.time_ns, other)
        taking = Side.SELL if message.side == Side.BUY else Side.BUY
        command = _limit(message.time_ns, taking, message.price_ticks, message.lots)
        commands.append(command._replace(account=TAKING, time_in_force=TimeInForce.IOC))
        return self._ask(*commands)

    def _open_market(self) -> None:
        """Two accounts whose means no day exhausts, and the contract."""
        commands = [
            *(Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name)[0]) for name in ("standing", "taking")),
            Command(
                kind=CommandKind.LIST, text_0=pack_text("LOBSTER")[0], amount=TICK_VALUE_MICROS, expiry_ns=NEVER_NS
            ),
        ]
        for account in (STANDING, TAKING):
            commands.append(Command(kind=CommandKind.CASH, account=account, amount=TOTAL_MAX // 2))
            commands.append(Command(kind=CommandKind.CAPACITY, account=account, contract=CONTRACT, lots=LOTS_MAX))
        self._ask(*commands)

    def _ask(self, *commands: Command) -> Rows:
        first = self.engine.sequence + 1
        stamped = [command._replace(sequence=first + place) for place, command in enumerate(commands)]
        return self.engine.apply(command_rows(stamped))


def _limit(time_ns: int, side: Side, price_ticks: int, lots: int) -> Command:
    return Command(
        time_ns=time_ns,
        kind=CommandKind.NEW,
        contract=CONTRACT,
        side=side,
        order_type=OrderType.LIMIT,
        price_ticks=price_ticks,
        lots=lots,
    )


def _add(time_ns: int, side: Side, price_ticks: int, lots: int) -> Command:
    """What is recorded as added did not trade at once, so it must not do so here either."""
    command = _limit(time_ns, side, price_ticks, lots)
    return command._replace(account=STANDING, time_in_force=TimeInForce.GTC, flags=Flag.POST_ONLY)


def _to_the_end(time_ns: int, order: OrderView) -> list[Command]:
    """Make ``order`` the newest at its price: growing loses the place, and shrinking back keeps the new one."""
    grown = Command(
        time_ns=time_ns,
        kind=CommandKind.REPLACE,
        account=STANDING,
        order_id=order.order_id,
        price_ticks=order.price_ticks,
        lots=order.open_lots + 1,
        flags=Flag.LOTS_ARE_OPEN,
    )
    return [grown, grown._replace(lots=order.open_lots)]


def _accepted(events: Rows, where: str) -> int:
    if events["kind"][0] != EventKind.ACCEPTED:
        raise BadReplay(f"{where}: the order is refused: {Reject(int(events['reason'][0])).name}")
    return int(events["order_id"][0])
