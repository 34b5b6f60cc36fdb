"""What a desk tells whoever keeps a record of it: everything it sent, heard and held, as it came.

A recorder only listens: with or without one, a run is the same to the byte. What the desk cannot
know, a driver may add: ``joined`` says how many lots really stood before an order.
"""

from typing import NamedTuple, Protocol

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base.context import Context
from strategies.base.ledger import ContractResult
from strategies.base.messages import Message, Pull
from strategies.base.participant import Participant
from strategies.base.views import BookView, Fill, Level

UNKNOWN_LOTS = -1


class Sample(NamedTuple):
    """One contract at one moment; ``fair_usd`` is what a GPU-hour is worth, ``bid`` and ``ask`` are one's own best.

    An own quote is (price in ticks, lots at that price), (0, 0) where none stands. ``result`` is the
    ledger's own, which goes on: take from it what is to be kept.
    """

    contract: Contract
    result: ContractResult
    fair_usd: float
    book: BookView
    bid: Level
    ask: Level


class Recorder(Protocol):
    """Told by a desk, in the order of time; nothing it does may reach the strategy."""

    def started(self, now_ns: int, participant: Participant) -> None: ...

    def carried(self, now_ns: int, contract: Contract, lots: int, fair_usd: float) -> None:
        """Held from before the start, as if bought at ``fair_usd``."""
        ...

    def sent(self, now_ns: int, message: Message, lots_ahead: int) -> None:
        """``lots_ahead``: what others have at its price in the book as seen; UNKNOWN_LOTS where that is out of view."""
        ...

    def joined(self, now_ns: int, client_id: str, lots_ahead: int) -> None:
        """A driver's word, before the answer is told: so many lots stand before this order in the true book."""
        ...

    def answered(
        self, now_ns: int, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool
    ) -> None: ...

    def refused(self, now_ns: int, client_id: str, reason: str, is_gone: bool) -> None: ...

    def gone(self, now_ns: int, client_id: str, reason: str) -> None: ...

    def fill(self, now_ns: int, fill: Fill, fair_usd: float, book: BookView) -> None:
        """``fair_usd``: what a GPU-hour was worth then; ``book`` as seen then."""
        ...

    def sampled(self, now_ns: int, sample: Sample) -> None: ...


def lots_ahead(ctx: Context, message: Message) -> int:
    """What others have at the price of ``message`` in the book as seen; UNKNOWN_LOTS behind all that is in view."""
    if isinstance(message, Pull):
        return UNKNOWN_LOTS
    order = next((order for order in ctx.orders(message.contract) if order.client_id == message.client_id), None)
    if order is None:
        return UNKNOWN_LOTS
    levels = ctx.book(message.contract).levels(order.side)
    lots = next((lots for price_ticks, lots in levels if price_ticks == message.price_ticks), 0)
    if not lots:
        is_behind = bool(levels) and (message.price_ticks < levels[-1][0]) == (order.side == Side.BUY)
        return UNKNOWN_LOTS if is_behind else 0
    own = sum(
        other.open_lots
        for other in ctx.orders(message.contract)
        if other.side == order.side and other.is_live and other.price_ticks == message.price_ticks
    )
    return max(0, lots - own)


def sample(ctx: Context, contract: Contract) -> Sample:
    """The contract as it is for this desk now; nothing changes by it."""
    # Not through ``ctx.result``, which makes an entry in the ledger for what was never looked at.
    result = ctx.ledger.results.get(contract.symbol) or ContractResult(contract)
    book = ctx.book(contract)
    fair_usd = result.mark_usd
    if contract.gate_ns > ctx.now_ns:
        priced = ctx.curve_usd(contract)
        fair_usd = (priced[0] if priced else book.mid_ticks * contract.price_usd(1)) or fair_usd
    own: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for order in ctx.orders(contract):
        if order.is_live:
            own[order.side][order.price_ticks] = own[order.side].get(order.price_ticks, 0) + order.open_lots
    bid = max(own[Side.BUY].items(), default=(0, 0))
    ask = min(own[Side.SELL].items(), default=(0, 0))
    return Sample(contract, result, fair_usd, book, bid, ask)
