"""One contract as clients see it: its book, trades, day and what they make of its price.

The price of a strip is the sum over its hours in ticks, and their average in dollars, to eight decimals.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType

from exchange.domain.enums import CLOSED, STAGES, Phase, Side
from exchange.domain.instruments import Contract, parse_symbol
from exchange.domain.lifecycle import Change
from exchange.domain.units import MICROS_PER_DOLLAR, PRICE_TICKS_MAX
from exchange.gateway.mirror.history import History
from exchange.views import Book
from exchange.wire.contracts import Fixing, Instrument, Phases, Sums
from exchange.wire.messages import DayStats, Indicative, OrderBook, Quote, Ticker, Trade

TRADES_KEPT = 1_000
NS_PER_MS = 10**6
_MS_PER_HOUR = 3_600_000
_AVERAGE_DECIMALS = 8
STATES: dict[Phase, Phases] = {
    Phase.CONTINUOUS: "open",
    Phase.GATED: "closed",
    Phase.PREOPEN: "preopen",
    Phase.CLOSING: "closing",
    Phase.VOLATILITY: "volatility",
    Phase.HALTED: "halted",
    Phase.CANCEL_ONLY: "cancel_only",
    Phase.LISTED: "listed",
    Phase.NOMINATED: "nominated",
    Phase.DELIVERING: "delivering",
    Phase.SETTLED: "settled",
}
assert STATES.keys() == set(Phase)


class Uncrossing(NamedTuple):
    """What the auction would trade if it were held now; ``price_ticks`` 0: nothing."""

    price_ticks: int
    lots: int
    surplus_lots: int  # above 0: of bids


class Market:
    """Mutable; only the mirror changes it."""

    def __init__(
        self, number: int, symbol: str, gate_ns: int, tick_value_micros: int, created_ms: int, book: Book | None = None
    ) -> None:
        """``book`` is kept by somebody else, who follows the events."""
        self.number = number
        self.symbol = symbol
        self.contract: Contract = parse_symbol(symbol)
        # Of SKU and region, by which the engine selects; 0 where an older venue gave none.
        self.numbers = (0, 0)
        self.base_currency = symbol.partition("-")[0]
        self.sku_region = f"{self.contract.sku.code}_{self.contract.region.code}"
        self.gate_ns = gate_ns
        self.tick_value_micros = tick_value_micros
        self.created_ms = created_ms
        self.phase = Phase.CONTINUOUS
        self.book = book or Book()
        # The number of the last event of the last turn that changed the book.
        self.change_id = 0
        # What the venue says the contract is worth, 0 if it says nothing.
        self.mark_ticks = 0
        self.scenarios: list[int] = []  # what margin takes a lot to be worth, in ticks
        # Made at the gate, 0 before it, or if there was nothing to make it from.
        self.fixing_ticks = 0
        self.fixing: Fixing | None = None
        # Its stages, as the rules of the venue have them.
        self.schedule: tuple[Change, ...] = ()
        self.uncrossing: Uncrossing | None = None
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        self.history = History()
        self.trade_seq = 0
        self.last_ticks = 0
        self.tick_direction = 0
        self.open_interest_lots = 0
        self.forward_price: float | None = None
        self.legs: list[Market] = []  # of a strip
        self.strips: list[Market] = []  # of which it is a leg
        self.updated_ms = created_ms
        # Another after each turn that touched the market; and what was said of it, and at which version.
        self.version = 0
        self.summary: tuple[bytes, bytes] | None = None
        self.summary_said = (0, 0, 0)
        self._tick_micros = self.contract.sku.tick_micros
        self._gpu_hours = self.contract.gpu_hours_per_lot
        self._is_strip = self.contract.is_strip
        self._stats: DayStats | None = None
        self._stats_said = (0, 0)
        self._instrument: Instrument | None = None
        self._instrument_said: tuple[object, ...] = ()
        self._shares = self.contract.hours * MICROS_PER_DOLLAR

    @property
    def state(self) -> Phases:
        return STATES[self.phase]

    @property
    def is_over(self) -> bool:
        """Past its gate; in all other phases it is listed, and orders may stand in it."""
        return self.phase in CLOSED

    def price(self, ticks: int) -> float:
        """Dollars per GPU-hour. The one division rounds to the float that prints as the exact price."""
        price = ticks * self._tick_micros / self._shares
        return round(price, _AVERAGE_DECIMALS) if self._is_strip else price

    def ticks(self, price: float) -> float:
        """The reverse, not rounded."""
        return price * self._shares / self._tick_micros

    def sum_price(self, ticks: int) -> float | UnsetType:
        """Dollars for a GPU through all hours of a strip, exactly; of an hour that is no other price."""
        return self._dollars(ticks) if self._is_strip else UNSET

    def _dollars(self, ticks: int) -> float:
        return ticks * self._tick_micros / MICROS_PER_DOLLAR

    def next_stage(self, now_ns: int) -> tuple[Phases | UnsetType, int | UnsetType]:
        """What comes after the present stage, if nothing is in the way, and when, in milliseconds."""
        passed = STAGES.index(self.phase) if self.phase in STAGES else -1
        for time_ns, stage in self.schedule:
            if time_ns > now_ns and STAGES.index(stage) > passed:
                return STATES[stage], time_ns // NS_PER_MS
        return UNSET, UNSET

    def implied_ticks(self, side: Side) -> int:
        """The sum of the best prices of one side over the hours of a strip; 0 unless all of them trade and have one."""
        total = 0
        for leg in self.legs:
            ticks = leg.book.side(side).best()[0] if leg.phase == Phase.CONTINUOUS else 0
            if not ticks:
                return 0
            total += ticks
        return total

    def amount(self, lots: int) -> float:
        """GPU-hours."""
        return float(lots * self._gpu_hours)

    def value(self, tick_lots: int) -> float:
        """What trades came to: the sum of price in ticks times lots."""
        return tick_lots * self.tick_value_micros / MICROS_PER_DOLLAR

    def traded(self, price_ticks: int, lots: int, time_ns: int) -> None:
        """Take a trade into the last price, its direction, its number and the day."""
        if price_ticks != self.last_ticks:
            self.tick_direction = 0 if price_ticks > self.last_ticks else 2
        elif self.tick_direction in (0, 2):
            self.tick_direction += 1
        self.last_ticks = price_ticks
        self.trade_seq += 1
        self.history.traded(time_ns // NS_PER_MS, price_ticks, lots)

    def mark_price(self) -> float:
        """The venue's mark, else the last trade where the book agrees with it, else the middle, else the forward
        price, else 0. Of a strip the average of its hours' marks, if each has one."""
        if self.mark_ticks:
            return self.price(self.mark_ticks)
        if self.legs:
            marks = [leg.mark_price() for leg in self.legs]
            if all(marks):
                return round(sum(marks) / len(marks), _AVERAGE_DECIMALS)
        bid, ask = self.book.bids.best()[0], self.book.asks.best()[0]
        if bid and ask:
            fair = self.last_ticks if bid <= self.last_ticks <= ask else 0
            return self.price(fair) if fair else self.price(bid + ask) / 2
        if self.last_ticks:
            return self.price(self.last_ticks)
        if self.forward_price is not None:
            return self.forward_price
        return self.price(bid or ask)

    def index_price(self) -> float:
        """The forward price, for want of an index."""
        if self.legs:
            return round(sum(leg.index_price() for leg in self.legs) / len(self.legs), _AVERAGE_DECIMALS)
        return self.mark_price() if self.forward_price is None else self.forward_price

    def quote(self) -> Quote:
        bid, bid_lots = self.book.bids.best()
        ask, ask_lots = self.book.asks.best()
        return Quote(
            self.symbol, self.updated_ms, self.price(bid), self.amount(bid_lots), self.price(ask), self.amount(ask_lots)
        )

    def stats(self) -> DayStats:
        """Made anew only after a trade, or in another hour: tickers are asked for far more often."""
        now = (self.trade_seq, self.updated_ms // _MS_PER_HOUR)
        if self._stats is None or self._stats_said != now:
            self._stats, self._stats_said = self._make_stats(), now
        return self._stats

    def _make_stats(self) -> DayStats:
        hours = self.history.day(self.updated_ms)
        if not hours:
            return DayStats(0.0, 0.0, 0.0, None, None, None)
        dollars = self.value(sum(hour.tick_lots for hour in hours))
        first = hours[0].open_ticks
        return DayStats(
            volume=self.amount(sum(hour.lots for hour in hours)),
            volume_usd=dollars,
            volume_notional=dollars,
            high=self.price(max(hour.high_ticks for hour in hours)),
            low=self.price(min(hour.low_ticks for hour in hours)),
            price_change=round((self.last_ticks - first) / first * 100, 4),
        )

    def ticker(self) -> Ticker:
        quote, mark = self.quote(), self.mark_price()
        return Ticker(
            instrument_name=self.symbol,
            timestamp=self.updated_ms,
            state=self.state,
            best_bid_price=quote.best_bid_price,
            best_bid_amount=quote.best_bid_amount,
            best_ask_price=quote.best_ask_price,
            best_ask_amount=quote.best_ask_amount,
            mark_price=mark,
            index_price=self.index_price(),
            last_price=self._last_price(),
            min_price=self.price(1),
            max_price=self.price(PRICE_TICKS_MAX),
            open_interest=self.amount(self.open_interest_lots),
            settlement_price=self._settlement_price(mark),
            estimated_delivery_price=mark,
            interest_value=0.0,
            stats=self.stats(),
            indicative=self._indicative(),
            **self._as_strip(),
        )

    def order_book(self, depth: int) -> OrderBook:
        quote, mark = self.quote(), self.mark_price()
        return OrderBook(
            instrument_name=self.symbol,
            timestamp=self.updated_ms,
            state=self.state,
            change_id=self.change_id,
            bids=[(self.price(ticks), self.amount(lots)) for ticks, lots in self.book.bids.top(depth)],
            asks=[(self.price(ticks), self.amount(lots)) for ticks, lots in self.book.asks.top(depth)],
            best_bid_price=quote.best_bid_price,
            best_bid_amount=quote.best_bid_amount,
            best_ask_price=quote.best_ask_price,
            best_ask_amount=quote.best_ask_amount,
            mark_price=mark,
            index_price=self.index_price(),
            last_price=self._last_price(),
            min_price=self.price(1),
            max_price=self.price(PRICE_TICKS_MAX),
            open_interest=self.amount(self.open_interest_lots),
            settlement_price=self._settlement_price(mark),
            stats=self.stats(),
        )

    def _as_strip(self) -> dict[str, Any]:
        """What the ticker of a strip says more."""
        if not self._is_strip:
            return {}
        bid, ask = (self.implied_ticks(side) for side in Side)
        best_bid, best_ask = (self.book.side(side).best()[0] for side in Side)
        return {
            "sums": Sums(
                best_bid_price=self._dollars(best_bid),
                best_ask_price=self._dollars(best_ask),
                implied_bid_price=self._dollars(bid),
                implied_ask_price=self._dollars(ask),
                last_price=self._dollars(self.last_ticks) if self.last_ticks else None,
            ),
            "implied_bid_price": self.price(bid),
            "implied_ask_price": self.price(ask),
        }

    def instrument(self, maker_fee_bps: int, taker_fee_bps: int, now_ns: int) -> Instrument:
        """Made anew only when it has changed: people ask for all instruments at once, and there are thousands."""
        said = (self.phase, len(self.legs), maker_fee_bps, taker_fee_bps, *self.next_stage(now_ns))
        if self._instrument is None or self._instrument_said != said:
            self._instrument_said = said
            self._instrument = self._make_instrument(maker_fee_bps, taker_fee_bps, now_ns)
        return self._instrument

    def _make_instrument(self, maker_fee_bps: int, taker_fee_bps: int, now_ns: int) -> Instrument:
        lot = self.amount(1)
        tick_usd = self._dollars(1)
        next_state, next_timestamp = self.next_stage(now_ns)
        return Instrument(
            instrument_name=self.symbol,
            instrument_id=self.number + 1,
            kind="future",
            base_currency=self.base_currency,
            quote_currency="USD",
            counter_currency="USD",
            settlement_currency="USD",
            tick_size=tick_usd,
            contract_size=lot,
            min_trade_amount=lot,
            creation_timestamp=self.created_ms,
            expiration_timestamp=self.contract.start_ns // NS_PER_MS,
            gate_timestamp=self.gate_ns // NS_PER_MS,
            is_active=not self.is_over,
            state=self.state,
            delivery_end_timestamp=self.contract.end_ns // NS_PER_MS,
            hours=self.contract.hours,
            legs=tuple(leg.symbol for leg in self.legs) if self._is_strip else UNSET,
            price_unit="average USD per GPU-hour" if self._is_strip else "USD per GPU-hour",
            next_state=next_state,
            next_timestamp=next_timestamp,
            maker_commission=maker_fee_bps / 10**4,
            taker_commission=taker_fee_bps / 10**4,
            price_index=self.sku_region.lower(),
            block_trade_min_trade_amount=lot,
            block_trade_tick_size=tick_usd,
        )

    def _indicative(self) -> Indicative | UnsetType:
        if self.uncrossing is None:
            return UNSET
        price_ticks, lots, surplus_lots = self.uncrossing
        return Indicative(self.price(price_ticks), self.amount(lots), self.amount(surplus_lots))

    def _settlement_price(self, mark: float) -> float:
        return self.price(self.fixing_ticks) if self.fixing_ticks else mark

    def _last_price(self) -> float | None:
        return self.price(self.last_ticks) if self.last_ticks else None
