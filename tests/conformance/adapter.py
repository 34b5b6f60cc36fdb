"""The engine behind tracebook's adapter protocol: its traces of order-level events become our commands.

The traces name their own orders, which become client order ids. Their quantities may be halved many
times over, so that a lot is a small binary fraction of one; their prices stay on the grid they state.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum, auto

from tracebook import MarketEvent, SelfTradePolicy
from tracebook import OrderSide as TraceSide
from tracebook import OrderType as TraceType
from tracebook.conformance import (
    BookSnapshot,
    BookState,
    ConformanceConfig,
    EngineMetadata,
    Observation,
    Outcome,
    RestingOrder,
    TradeFill,
    canonical_decimal,
)

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Reject, SelfTrade, Side, TimeInForce
from exchange.domain.errors import BadUnits
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS, exact_units
from exchange.engine import Engine
from exchange.reports import OrderView

# With a smaller lot the traces could halve more often, but twelve places is as far as they are compared.
_LOT = Decimal(1) / 2**12
_CASH_MICROS = 10**15

_TYPES = {
    TraceType.LIMIT: (OrderType.LIMIT, TimeInForce.GTC),
    TraceType.MARKET: (OrderType.MARKET, TimeInForce.IOC),
    TraceType.IOC: (OrderType.LIMIT, TimeInForce.IOC),
    TraceType.FOK: (OrderType.LIMIT, TimeInForce.FOK),
}
_SELF_TRADE = {
    SelfTradePolicy.NONE: SelfTrade.CANCEL_NEWEST,
    SelfTradePolicy.CANCEL_INCOMING: SelfTrade.CANCEL_NEWEST,
    SelfTradePolicy.CANCEL_RESTING: SelfTrade.CANCEL_OLDEST,
}
_REASONS = {
    Reject.DUPLICATE_CLIENT_ID: "DUPLICATE_ORDER_ID",
    Reject.UNKNOWN_ORDER: "ORDER_NOT_ACTIVE",
}


class Replacing(Enum):
    """What becomes of the place in the queue when an order is replaced at its price by no more than is open."""

    KEEPS_PLACE = auto()  # the rule of our market
    LOSES_PLACE = auto()  # the rule of the traces, which a trader here gets by growing a lot and shrinking back


class Refused(Exception):
    """An event that our market refuses; the text is a reason of the traces."""


class EngineAdapter:
    """One engine, and what the traces call its orders.

    Prevention of self-trades cannot be switched off here. Where a trace wants none, owners mean
    nothing, and all buyers stand in one account and all sellers in another.
    """

    def __init__(self, config: ConformanceConfig, replacing: Replacing = Replacing.KEEPS_PLACE) -> None:
        self.metadata = EngineMetadata("gpux", "1", "Python")
        self._engine = Engine()
        self._replacing = replacing
        self._policy = config.self_trade_policy
        self._tick = Decimal(canonical_decimal(config.tick_size))
        self._engine_ids: dict[tuple[int, int], int] = {}  # contract and the trace's id -> ours
        self._trace_ids: dict[int, int] = {}
        self._owners: dict[int, int] = {}

    def apply(self, event: MarketEvent, index: int) -> Observation:
        """Do what ``event`` asks and say what came of it, in the words of the traces."""
        fills: list[TradeFill] = []
        try:
            for row in self._ask(self._commands(event)):
                if row["kind"] == EventKind.REJECTED:
                    raise Refused(_REASONS.get(Reject(row["reason"]), "INVALID_ORDER"))
                if row["kind"] == EventKind.ACCEPTED:
                    self._remember(event, int(row["order_id"]))
                if row["kind"] == EventKind.FILLED:
                    fills.append(self._fill(event.symbol, row))
            outcome = Outcome("applied")
        except (Refused, BadUnits) as refusal:
            outcome = Outcome("rejected", str(refusal) if isinstance(refusal, Refused) else "INVALID_ORDER")
        state = self.snapshot()
        return Observation(index, outcome, tuple(fills), state.digest(), state.order_count)

    def snapshot(self) -> BookState:
        """Every open order, best price first and then oldest first."""
        symbols = sorted((contract.symbol, contract.contract) for contract in self._engine.contracts())
        return BookState(
            tuple(
                BookSnapshot(symbol, self._resting(contract, Side.BUY), self._resting(contract, Side.SELL))
                for symbol, contract in symbols
            )
        )

    def close(self) -> None:
        """Nothing is held but memory."""
        self._engine.check()

    def _commands(self, event: MarketEvent) -> list[Command]:
        contract = self._contract(event)
        if event.op == "clear":
            return [Command(kind=CommandKind.CANCEL_ALL, contract=contract)]
        if event.op == "new":
            return [self._new(event, contract)]
        order = self._engine.order(self._engine_ids.get((contract, event.order_id or 0), 0))
        if order is None:
            raise Refused("ORDER_NOT_ACTIVE")
        named = Command(account=order.account, contract=contract, order_id=order.order_id)
        if event.op == "cancel":
            return [named._replace(kind=CommandKind.CANCEL)]
        amend = named._replace(kind=CommandKind.REPLACE, price_ticks=order.price_ticks, flags=Flag.LOTS_ARE_OPEN)
        if event.op == "reduce":
            left_lots = order.open_lots - _lots(event.quantity)
            whole = named._replace(kind=CommandKind.CANCEL)
            return [amend._replace(lots=left_lots) if left_lots else whole]
        return self._replace(event, order, amend)

    def _new(self, event: MarketEvent, contract: int) -> Command:
        assert event.side is not None
        side = Side.BUY if event.side == TraceSide.BUY else Side.SELL
        order_type, time_in_force = _TYPES[event.order_type]
        command = Command(
            kind=CommandKind.NEW,
            account=self._account(event, side, contract),
            contract=contract,
            side=side,
            order_type=order_type,
            time_in_force=time_in_force,
            price_ticks=self._ticks(event.price) if order_type == OrderType.LIMIT else 0,
            lots=_lots(event.quantity),
            self_trade=_SELF_TRADE[self._policy],
        )
        return _named(command, f"{event.symbol}-{event.order_id}")

    def _replace(self, event: MarketEvent, order: OrderView, amend: Command) -> list[Command]:
        price_ticks = order.price_ticks if event.price is None else self._ticks(event.price)
        lots = order.open_lots if event.quantity is None else _lots(event.quantity)
        replace = amend._replace(price_ticks=price_ticks, lots=lots)
        keeps_place = price_ticks == order.price_ticks and lots <= order.open_lots
        if keeps_place and self._replacing is Replacing.LOSES_PLACE:
            return [replace._replace(lots=order.open_lots + 1), replace]
        return [replace]

    def _contract(self, event: MarketEvent) -> int:
        """The contract of this name; -1 where nothing was ever asked of it that lists it."""
        contract = self._engine.find_contract(event.symbol)
        if contract is None and event.op in ("new", "clear"):
            listing = Command(kind=CommandKind.LIST, amount=1, expiry_ns=NEVER_NS)
            contract = int(self._ask([_named(listing, event.symbol)])["contract"][0])
        return -1 if contract is None else contract

    def _account(self, event: MarketEvent, side: Side, contract: int) -> int:
        """Whose order this is, with means for all of a trace."""
        name = side.name if self._policy == SelfTradePolicy.NONE else f"owner-{event.owner}"
        account = self._engine.find_account(name)
        if account is None:
            opened = self._ask([_named(Command(kind=CommandKind.OPEN_ACCOUNT), name)])
            account = int(opened["account"][0])
            self._ask([Command(kind=CommandKind.CASH, account=account, amount=_CASH_MICROS)])
        if contract not in {position.contract for position in self._engine.positions(account)}:
            self._ask([Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=LOTS_MAX)])
        return account

    def _ask(self, commands: list[Command]) -> Rows:
        first = self._engine.sequence + 1
        return self._engine.apply(
            command_rows([command._replace(sequence=first + place) for place, command in enumerate(commands)])
        )

    def _remember(self, event: MarketEvent, order_id: int) -> None:
        assert event.order_id is not None
        contract = self._engine.find_contract(event.symbol)
        assert contract is not None
        self._engine_ids[contract, event.order_id] = order_id
        self._trace_ids[order_id] = event.order_id
        self._owners[order_id] = event.owner

    def _fill(self, symbol: str, row: Rows) -> TradeFill:
        taker, maker = self._trace_ids[int(row["order_id"])], self._trace_ids[int(row["maker_order_id"])]
        buyer, seller = (taker, maker) if row["side"] == Side.BUY else (maker, taker)
        return TradeFill(symbol, buyer, seller, self._price(int(row["price_ticks"])), _quantity(int(row["lots"])))

    def _resting(self, contract: int, side: Side) -> tuple[RestingOrder, ...]:
        levels = self._engine.levels(contract, side, LOTS_MAX)
        return tuple(
            RestingOrder(
                self._trace_ids[order.order_id],
                self._price(price_ticks),
                _quantity(order.open_lots),
                self._owners[order.order_id],
            )
            for price_ticks, _ in levels
            for order in self._engine.queue(contract, side, price_ticks)
        )

    def _ticks(self, price: float | None) -> int:
        assert price is not None
        return exact_units(price, self._tick, "price")

    def _price(self, price_ticks: int) -> str:
        return canonical_decimal(price_ticks * self._tick)


def adapter_factory(replacing: Replacing) -> Callable[[ConformanceConfig], EngineAdapter]:
    """What tracebook calls to make an engine for each trace."""
    return lambda config: EngineAdapter(config, replacing)


def _named(command: Command, text: str) -> Command:
    return Command(*command[:5], *pack_text(text), *command[9:])


def _lots(quantity: float | None) -> int:
    assert quantity is not None
    return exact_units(quantity, _LOT, "quantity")


def _quantity(lots: int) -> str:
    return canonical_decimal(lots * _LOT)
