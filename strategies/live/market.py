"""Books and trades of all contracts over one public connection, shared by every participant."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exchange.client import Book, Client, ConnectionChange, MessagesDropped, Notification
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.wire.contracts import Delivery, Fixing
from exchange.wire.messages import BookChange, Trade
from strategies.base import BookView, Level, TradeView
from strategies.live.dialect import lots_of
from strategies.live.snapshot import MarketRow

DEPTH = 10
TRADES_CHANNEL = "trades.future.any.raw"
NEWS_CHANNELS = ("fixing.future.any", "delivery.future.any")
NEWS_KEPT = 8


@dataclass(slots=True)
class Traded:
    """What was traded in one contract since the start."""

    trades: int = 0
    lots: int = 0
    last_price_ticks: int = 0


class LiveMarket:
    """``books`` by symbol is kept up to date; ``on_book`` and ``on_trade`` are called after it."""

    def __init__(
        self,
        contracts: Sequence[Contract],
        on_book: Callable[[Contract, BookView, bool], None],
        on_trade: Callable[[TradeView], None],
        clock_ns: Callable[[], int],
    ) -> None:
        self.books: dict[str, BookView] = {}
        self.traded = {contract.symbol: Traded() for contract in contracts}
        self._contracts = {contract.symbol: contract for contract in contracts}
        self._on_book = on_book
        self._on_trade = on_trade
        self._clock_ns = clock_ns
        # Newest last; of deliveries the last word on each contract.
        self.fixings: deque[Fixing] = deque(maxlen=NEWS_KEPT)
        self.deliveries: dict[str, Delivery] = {}
        # Average spread: dollars summed over looks at books with both sides, and how many looks.
        self._spread_usd = 0.0
        self._looks = 0

    async def subscribe(self, client: Client) -> None:
        await client.subscribe(TRADES_CHANNEL, *NEWS_CHANNELS, *(f"book.{symbol}.raw" for symbol in self._contracts))

    async def follow(self, client: Client) -> None:
        """Read until the connection ends for good. Raises ConnectionLost then."""
        inbox = client.messages()
        changed: dict[str, None] = {}
        while True:
            try:
                async for notification in inbox:
                    self._take(notification, changed)
                    # Under load several changes of a book wait: look at it once, when all are in.
                    if not len(inbox):
                        self._refresh(client, changed)
                return
            except MessagesDropped:
                # The client's own books miss nothing: look at all of them.
                changed = dict.fromkeys(self._contracts)

    def sample(self) -> None:
        """Note the spreads of this moment for the average."""
        for row in self.rows():
            if row.spread_usd:
                self._spread_usd += row.spread_usd
                self._looks += 1

    @property
    def average_spread_usd(self) -> float:
        return self._spread_usd / self._looks if self._looks else 0.0

    def rows(self) -> tuple[MarketRow, ...]:
        return tuple(self._row(contract) for contract in self._contracts.values())

    def _take(self, notification: Notification, changed: dict[str, None]) -> None:
        data = notification.data
        if isinstance(data, BookChange):
            changed[data.instrument_name] = None
        elif isinstance(data, ConnectionChange):
            changed.update(dict.fromkeys(self._contracts))
        elif isinstance(data, Fixing):
            self.fixings.append(data)
        elif isinstance(data, Delivery):
            self.deliveries.pop(data.instrument_name, None)
            self.deliveries[data.instrument_name] = data
            if len(self.deliveries) > NEWS_KEPT:
                del self.deliveries[next(iter(self.deliveries))]
        elif notification.channel == TRADES_CHANNEL and isinstance(data, list):
            for trade in data:
                if isinstance(trade, Trade) and trade.instrument_name in self._contracts:
                    self._traded(trade)

    def _refresh(self, client: Client, changed: dict[str, None]) -> None:
        now_ns = self._clock_ns()
        for symbol in changed:
            contract = self._contracts[symbol]
            before = self.books.get(symbol, BookView())
            view = _view(contract, client.book(symbol), now_ns, self.traded[symbol].last_price_ticks)
            self.books[symbol] = view
            is_best_changed = before.bids[:1] != view.bids[:1] or before.asks[:1] != view.asks[:1]
            self._on_book(contract, view, is_best_changed)
        changed.clear()

    def _traded(self, trade: Trade) -> None:
        contract = self._contracts[trade.instrument_name]
        side = Side.BUY if trade.direction == "buy" else Side.SELL
        price_ticks = contract.price_ticks(trade.price)
        lots = lots_of(contract, trade.amount)
        seen = self.traded[contract.symbol]
        seen.trades += 1
        seen.lots += lots
        seen.last_price_ticks = price_ticks
        self._on_trade(TradeView(contract, side, price_ticks, lots, self._clock_ns()))

    def _row(self, contract: Contract) -> MarketRow:
        view = self.books.get(contract.symbol, BookView())
        seen = self.traded[contract.symbol]
        size = contract.gpu_hours_per_lot
        return MarketRow(
            contract.symbol,
            contract.price_usd(view.best_bid_ticks),
            contract.price_usd(view.best_ask_ticks),
            sum(lots for _, lots in view.bids) * size,
            sum(lots for _, lots in view.asks) * size,
            contract.price_usd(seen.last_price_ticks),
            seen.trades,
            seen.lots * size,
        )


def _view(contract: Contract, book: Book, time_ns: int, last_price_ticks: int) -> BookView:
    return BookView(
        _levels(contract, book.bids.top(DEPTH)), _levels(contract, book.asks.top(DEPTH)), time_ns, last_price_ticks
    )


def _levels(contract: Contract, levels: list[tuple[float, float]]) -> tuple[Level, ...]:
    # The venue's prices are whole ticks, so rounding only removes the noise of the float, and of an average.
    tick_usd = contract.price_usd(1)
    return tuple((round(price / tick_usd), lots_of(contract, amount)) for price, amount in levels)
