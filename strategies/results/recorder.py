"""Keeps what a desk tells as growing columns, and hands them over as tables when the run is over."""

from dataclasses import dataclass

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import MICROS_PER_DOLLAR
from strategies.base import BookView, Fill, Message, Participant, Place, Pull, Sample
from strategies.results.columns import Columns
from strategies.results.frames import State
from strategies.results.order_record import OrderRecord

NO_TICKS = 0  # nobody bids, or offers
_NONE = -1


@dataclass(slots=True)
class Holding:
    """One contract as the fills so far have left it; micro-dollars, summed exactly."""

    contract: Contract
    number: int
    position_lots: int = 0
    cash_micros: int = 0
    fees_micros: int = 0
    spread_micros: int = 0
    row: int = _NONE  # of the last line about it in the table of profit, ...
    is_sample: bool = False  # ... and whether that was a sample
    quote_row: int = _NONE


class RunRecorder:
    """Implements ``strategies.base.Recorder``. One run, one recorder.

    ``settlements``, by symbol: dollars per GPU-hour that what is held at the gate turned out to be worth
    to a holder, and that what is owed cost to be bought in; contracts without stay at their last fair value.
    """

    def __init__(self) -> None:
        self.name = ""
        self.start_ns = self.end_ns = 0
        self.messages = self.refusals = 0
        self.settlements: dict[str, tuple[float, float]] = {}
        self.holdings: dict[str, Holding] = {}
        self.orders = OrderRecord()
        self.fills = Columns(
            "time_ns", "traded_ns", "order", "symbol", "side", "price_ticks", "lots", "is_maker", "fee_micros",
            "cash_micros", "fair_micros", "spread_micros", "bid_ticks", "ask_ticks",
        )  # fmt: skip
        self.positions = Columns("time_ns", "symbol", "change_lots", "position_lots")
        self.pnl = Columns(
            "time_ns", "symbol", "position_lots", "fair_micros", "cash_micros", "fees_micros", "spread_micros"
        )
        self.quotes = Columns(
            "time_ns", "symbol", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots",
            "own_bid_ticks", "own_bid_lots", "own_ask_ticks", "own_ask_lots",
        )  # fmt: skip

    def settled(self, contract: Contract, delivered_usd: float, bought_in_usd: float | None = None) -> None:
        """What a GPU-hour of this contract was worth after its gate; ``bought_in_usd`` where a short cost another."""
        self._holding(contract)
        self.settlements[contract.symbol] = (delivered_usd, delivered_usd if bought_in_usd is None else bought_in_usd)

    def started(self, now_ns: int, participant: Participant) -> None:
        self.name = participant.name
        self.start_ns = self.end_ns = now_ns
        for contract in participant.contracts:
            self._holding(contract)

    def carried(self, now_ns: int, contract: Contract, lots: int, fair_usd: float) -> None:
        self.end_ns = now_ns
        holding = self._holding(contract)
        fair_micros = micros_of_lot(contract, fair_usd)
        holding.position_lots += lots
        holding.cash_micros -= lots * fair_micros
        self.positions.add(now_ns, holding.number, lots, holding.position_lots)
        self._value(now_ns, holding, fair_micros, is_sample=False)

    def sent(self, now_ns: int, message: Message, lots_ahead: int) -> None:
        self.end_ns = now_ns
        self.messages += 1
        if isinstance(message, Place):
            self.orders.placed(now_ns, message, self._holding(message.contract).number, lots_ahead)
        elif not isinstance(message, Pull):
            self.orders.amending(message.client_id, lots_ahead)

    def joined(self, now_ns: int, client_id: str, lots_ahead: int) -> None:
        self.orders.joined(client_id, lots_ahead)

    def answered(
        self, now_ns: int, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool
    ) -> None:
        self.end_ns = now_ns
        self.orders.answered(now_ns, client_id, price_ticks, lots, filled_lots, is_open)

    def refused(self, now_ns: int, client_id: str, reason: str, is_gone: bool) -> None:
        self.end_ns = now_ns
        self.refusals += 1
        self.orders.refused(now_ns, client_id, reason, is_gone)

    def gone(self, now_ns: int, client_id: str, reason: str) -> None:
        self.end_ns = now_ns
        self.orders.ended(now_ns, client_id, State.CANCELLED, reason)

    def fill(self, now_ns: int, fill: Fill, fair_usd: float, book: BookView) -> None:
        self.end_ns = now_ns
        contract = fill.contract
        holding = self._holding(contract)
        change_lots = fill.lots if fill.side == Side.BUY else -fill.lots
        fair_micros = micros_of_lot(contract, fair_usd)
        price_micros = fill.price_ticks * contract.tick_value_micros
        fee_micros = round(fill.fee_usd * MICROS_PER_DOLLAR)
        spread_micros = change_lots * (fair_micros - price_micros)
        holding.position_lots += change_lots
        holding.cash_micros -= change_lots * price_micros
        holding.fees_micros += fee_micros
        holding.spread_micros += spread_micros
        order = self.orders.filled(now_ns, fill.client_id, fill.lots, fill.is_maker)
        self.fills.add(
            now_ns, fill.time_ns, order, holding.number, fill.side, fill.price_ticks, fill.lots, fill.is_maker,
            fee_micros, -change_lots * price_micros, fair_micros, spread_micros,
            book.best_bid_ticks, book.best_ask_ticks,
        )  # fmt: skip
        self.positions.add(now_ns, holding.number, change_lots, holding.position_lots)
        self._value(now_ns, holding, fair_micros, is_sample=False)

    def sampled(self, now_ns: int, sample: Sample) -> None:
        self.end_ns = now_ns
        holding = self._holding(sample.contract)
        is_open = sample.contract.gate_ns > now_ns
        if is_open or holding.row == _NONE:
            self._value(now_ns, holding, micros_of_lot(sample.contract, sample.fair_usd), is_sample=True)
        if is_open:
            self._quote(now_ns, holding, sample)

    def _value(self, now_ns: int, holding: Holding, fair_micros: int, is_sample: bool) -> None:
        """A line about what is held; the later of two samples of one moment counts."""
        pnl = self.pnl
        if is_sample and holding.is_sample and pnl["time_ns"][holding.row] == now_ns:
            pnl["fair_micros"][holding.row] = fair_micros
            return
        holding.is_sample = is_sample
        holding.row = pnl.add(
            now_ns, holding.number, holding.position_lots, fair_micros,
            holding.cash_micros, holding.fees_micros, holding.spread_micros,
        )  # fmt: skip

    def _quote(self, now_ns: int, holding: Holding, sample: Sample) -> None:
        book = sample.book
        (bid_ticks, bid_lots), (ask_ticks, ask_lots) = (
            levels[0] if levels else (NO_TICKS, 0) for levels in (book.bids, book.asks)
        )
        values = (bid_ticks, bid_lots, ask_ticks, ask_lots, *sample.bid, *sample.ask)
        if holding.quote_row != _NONE and self.quotes["time_ns"][holding.quote_row] == now_ns:
            self.quotes.correct(holding.quote_row, now_ns, holding.number, *values)
        else:
            holding.quote_row = self.quotes.add(now_ns, holding.number, *values)

    def _holding(self, contract: Contract) -> Holding:
        holding = self.holdings.get(contract.symbol)
        if holding is None:
            holding = self.holdings[contract.symbol] = Holding(contract, len(self.holdings))
        return holding


def micros_of_lot(contract: Contract, usd: float) -> int:
    """Dollars per GPU-hour as micro-dollars a lot, to the nearest."""
    return round(usd * contract.gpu_hours_per_lot * MICROS_PER_DOLLAR)
