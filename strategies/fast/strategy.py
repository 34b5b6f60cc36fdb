"""A strategy whose handlers can be compiled. To every ordinary driver it is a Strategy like any other."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, MICROS_PER_DOLLAR, NS_PER_SECOND, PRICE_TICKS_MAX
from strategies.base import BookView, Context, Fill, Intents, Quote, Strategy, TradeView, Wake
from strategies.fast.checking import check
from strategies.fast.declaring import BadStrategy, Plan, declared
from strategies.fast.records import FILL, TRADE, WANT, Column


class FastStrategy(Strategy):
    """Subclass it, give its parameters as annotated numbers, and write handlers marked with ``@fast``.

    A handler takes records and returns nothing: it writes what shall be working into ``wants`` and sets
    ``is_set``. The driver turns that into a Quote. Making a class that cannot be compiled raises BadStrategy.
    ``wakes`` may be left out: it is then what there are handlers for.
    """

    wakes = Wake(0)
    timer_ns: int = NS_PER_SECOND
    plan: ClassVar[Plan] = Plan("FastStrategy", Wake(0), {}, (Column("timer_ns", NS_PER_SECOND),), (), ())

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        plan = declared(cls, cls.plan)
        check(plan)
        # The methods of these names stay those of this class: a desk calls them with a context.
        for name in [name for name in plan.handlers if name in vars(cls)]:
            delattr(cls, name)
        cls.plan = plan
        cls.wakes = plan.wakes
        cls.__signature__ = plan.signature  # type: ignore[attr-defined]

    def __init__(self, **parameters: float) -> None:
        """Raises BadStrategy for a parameter that the class does not have, or of another type."""
        known = {column.name: column for column in self.plan.parameters}
        for name, number in parameters.items():
            if name not in known:
                raise BadStrategy(f"{self.plan.name} has no parameter {name}; there are {', '.join(known)}")
            setattr(self, name, _fitting(self.plan.name, known[name], number))
        # Money is counted from one's own fills, so a desk must tell of them.
        self.wakes = self.plan.wakes | Wake.FILL
        self._desk: _Records | None = None

    @property
    def parameters(self) -> dict[str, int | float]:
        return {column.name: getattr(self, column.name) for column in self.plan.parameters}

    def new_me(self) -> Rows:
        """(1,) the record ``me`` as it is at the start."""
        return _started(self.plan.me, 1, {**self.parameters, **_starts(self.plan.kept)})

    def new_books(self, contracts: Sequence[Contract]) -> Rows:
        """(n,) the records ``books`` as they are at the start, before anything was heard."""
        books = _started(self.plan.book, len(contracts), _starts(self.plan.kept_each))
        for row, contract in zip(books, contracts, strict=True):
            row["tick_micros"], row["gate_ns"], row["is_open"] = contract.tick_value_micros, contract.gate_ns, 1
        return books

    def on_start(self, ctx: Context) -> Intents:
        self._desk = _Records(self, ctx.contracts)
        return self._desk.call(ctx, "on_start")

    def on_timer(self, ctx: Context) -> Intents:
        return self._records.call(ctx, "on_timer")

    def on_book(self, ctx: Context, contract: Contract, book: BookView) -> Intents:
        return self._records.call(ctx, "on_book", self._records.rows[contract.symbol])

    def on_trade(self, ctx: Context, trade: TradeView) -> Intents:
        return self._records.traded(ctx, trade)

    def on_fill(self, ctx: Context, fill: Fill) -> Intents:
        return self._records.filled(ctx, fill)

    @property
    def _records(self) -> "_Records":
        assert self._desk is not None, "a desk starts its strategy before anything else"
        return self._desk


class _Records:
    """The records of one run, filled from the context before each call."""

    def __init__(self, strategy: FastStrategy, contracts: Sequence[Contract]) -> None:
        self.rows = {contract.symbol: row for row, contract in enumerate(contracts)}
        self._name = strategy.plan.name
        self._handlers = strategy.plan.handlers
        self._contracts = tuple(contracts)
        self._me = strategy.new_me()
        self._books = strategy.new_books(contracts)
        self._wants = np.zeros(len(contracts), WANT)
        self._fill = np.zeros(1, FILL)
        self._trade = np.zeros(1, TRADE)
        self._seen: list[BookView | None] = [None] * len(contracts)

    def call(self, ctx: Context, handler: str, *arguments: Any) -> Iterator[Quote]:
        function = self._handlers.get(handler)
        if function is None:
            return iter(())
        self._look(ctx)
        self._wants["is_set"] = 0
        # Machine code does not warn of what wraps or is no number, either.
        with np.errstate(all="ignore"):
            function(self._me[0], self._books, self._wants, *arguments)
        return iter(self._quotes())

    def filled(self, ctx: Context, fill: Fill) -> Iterator[Quote]:
        row = self.rows[fill.contract.symbol]
        book, record = self._books[row], self._fill[0]
        fee_micros = round(fill.fee_usd * MICROS_PER_DOLLAR)
        paid = 1 if fill.side == Side.BUY else -1
        book["volume_lots"] += fill.lots
        book["trades"] += 1
        book["cash_micros"] -= paid * fill.lots * fill.price_ticks * int(book["tick_micros"])
        book["fees_micros"] += fee_micros
        record["contract"], record["side"], record["price_ticks"] = row, fill.side, fill.price_ticks
        record["lots"], record["fee_micros"] = fill.lots, fee_micros
        record["is_maker"], record["time_ns"] = fill.is_maker, fill.time_ns
        return self.call(ctx, "on_fill", record)

    def traded(self, ctx: Context, trade: TradeView) -> Iterator[Quote]:
        record = self._trade[0]
        record["contract"], record["side"] = self.rows[trade.contract.symbol], trade.side
        record["price_ticks"], record["lots"], record["time_ns"] = trade.price_ticks, trade.lots, trade.time_ns
        return self.call(ctx, "on_trade", record)

    def _look(self, ctx: Context) -> None:
        self._me[0]["now_ns"] = ctx.now_ns
        for row, contract in enumerate(self._contracts):
            book = self._books[row]
            view = ctx.book(contract)
            if view is not self._seen[row]:
                self._seen[row] = view
                _copy_view(book, view)
            book["position_lots"] = ctx.position(contract)
            book["is_open"] = contract.gate_ns > ctx.now_ns
            _copy_orders(book, ctx, contract)

    def _quotes(self) -> Iterator[Quote]:
        for row in np.flatnonzero(self._wants["is_set"]).tolist():
            contract = self._contracts[row]
            if self._books[row]["is_open"]:
                bid_ticks, bid_lots, ask_ticks, ask_lots, _ = self._wants[row].item()
                quote = Quote(contract, bid_ticks, max(0, bid_lots), ask_ticks, max(0, ask_lots))
                if not is_possible(quote):
                    raise BadStrategy(f"{self._name} wants what no book can hold: {said(quote)}")
                yield quote


def is_possible(quote: Quote) -> bool:
    """Whether prices and lots are in bounds and the bid is below the ask; compiled, ``quoting.is_possible``."""
    if quote.bid_lots and not (0 < quote.bid_ticks <= PRICE_TICKS_MAX and quote.bid_lots <= LOTS_MAX):
        return False
    if quote.ask_lots and not (0 < quote.ask_ticks <= PRICE_TICKS_MAX and quote.ask_lots <= LOTS_MAX):
        return False
    return not (quote.bid_lots and quote.ask_lots and quote.bid_ticks >= quote.ask_ticks)


def said(quote: Quote) -> str:
    bid, ask = f"{quote.bid_lots} @ {quote.bid_ticks}", f"{quote.ask_lots} @ {quote.ask_ticks}"
    return f"{quote.contract.symbol} bid {bid}, ask {ask}"


def _copy_view(book: Rows, view: BookView) -> None:
    book["best_bid_ticks"], book["best_bid_lots"] = view.bids[0] if view.bids else (0, 0)
    book["best_ask_ticks"], book["best_ask_lots"] = view.asks[0] if view.asks else (0, 0)
    book["last_ticks"], book["mid_ticks"] = view.last_price_ticks, view.mid_ticks


def _copy_orders(book: Rows, ctx: Context, contract: Contract) -> None:
    book["bid_ticks"] = book["bid_lots"] = book["ask_ticks"] = book["ask_lots"] = 0
    for order in ctx.orders(contract):
        if order.is_live:
            side = "bid" if order.side == Side.BUY else "ask"
            book[f"{side}_ticks"], book[f"{side}_lots"] = order.price_ticks, order.open_lots


def _started(dtype: np.dtype[np.void], rows: int, starts: dict[str, int | float]) -> Rows:
    records = np.zeros(rows, dtype)
    for name, start in starts.items():
        records[name] = start
    return records


def _starts(columns: Sequence[Column]) -> dict[str, int | float]:
    return {column.name: column.start for column in columns}


def _fitting(strategy: str, column: Column, number: object) -> int | float:
    """``number`` as a value of ``column``."""
    if column.is_float and isinstance(number, int | float | np.integer | np.floating):
        return float(number)
    if not column.is_float and isinstance(number, int | np.integer):
        return int(number)
    kind = "a float" if column.is_float else "an int"
    raise BadStrategy(f"{strategy}: expected {kind} for {column.name}, found {number!r}")
