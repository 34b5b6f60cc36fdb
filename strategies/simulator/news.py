"""From event rows to what each desk hears about its own orders, in the order it happened."""

from collections.abc import Callable
from dataclasses import dataclass

from exchange.domain.enums import EventKind, Reason, Reject, Side
from exchange.domain.instruments import Contract
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.wire.events import Event
from strategies.base import Desk, Fill, Message, Place
from strategies.simulator.schedule import Inbound

# Told to a desk at the time it hears of it; what it wants to send in return comes back.
Tell = Callable[[Desk, int], list[Message]]

# Members of an Enum take long to find, and there are many events.
_FILLED, _ACCEPTED, _REJECTED = int(EventKind.FILLED), int(EventKind.ACCEPTED), int(EventKind.REJECTED)
_AMENDED, _ENDS = int(EventKind.AMENDED), (int(EventKind.CANCELLED), int(EventKind.EXPIRED))
_AUCTION = int(Reason.AUCTION)
_SIDES = tuple(Side)


@dataclass(slots=True)
class Owned:
    """Whose order this is; the engine's events carry its own ids only."""

    desk: int
    client_id: str
    lots: int


class NewsDesk:
    """Remembers which open orders the desks own; others are strangers'."""

    def __init__(self, contracts: list[Contract]) -> None:
        self._contracts = contracts
        self._owned: dict[int, Owned] = {}

    def tell(self, event: Event, inbound: Inbound | None, time_ns: int) -> list[tuple[int, Tell]]:
        """Who has to be told what about ``event``, which ``inbound`` caused (None: a tick)."""
        if event.kind == _FILLED:
            return self._filled(event, time_ns)
        if event.kind == _ACCEPTED and inbound:
            self._owned[event.order_id] = Owned(inbound.desk, inbound.message.client_id, event.lots)
            return [(inbound.desk, _answer(inbound.message.client_id, event, 0))]
        if event.kind == _REJECTED and inbound:
            return [(inbound.desk, _refusal(inbound.message, event))]
        if event.kind == _AMENDED and event.order_id in self._owned:
            owned = self._owned[event.order_id]
            owned.lots = event.lots
            return [(owned.desk, _answer(owned.client_id, event, event.lots - event.open_lots))]
        if event.kind in _ENDS and event.order_id in self._owned:
            owned = self._owned.pop(event.order_id)
            return [(owned.desk, _removal(owned.client_id, event))]
        return []

    def _filled(self, event: Event, time_ns: int) -> list[tuple[int, Tell]]:
        maker_side = _SIDES[1 - event.side]
        # In an auction both stood in the book, and both pay as makers.
        is_auction = event.reason == _AUCTION
        maker = (event.maker_order_id, maker_side, event.maker_fee, event.maker_open_lots, True)
        taker = (event.order_id, _SIDES[event.side], event.fee, event.open_lots, is_auction)
        # Of no order of a desk's: a stranger took it, or the venue, for somebody who was let down.
        return [self._fill(event, *one, time_ns) for one in (taker, maker) if one[0] in self._owned]

    def _fill(
        self, event: Event, order_id: int, side: Side, fee: int, open_lots: int, is_maker: bool, time_ns: int
    ) -> tuple[int, Tell]:
        owned = self._owned[order_id]
        filled_lots = owned.lots - open_lots
        if open_lots == 0:
            del self._owned[order_id]
        fee_usd = fee / MICROS_PER_DOLLAR
        contract = self._contracts[event.contract]
        fill = Fill(contract, owned.client_id, side, event.price_ticks, event.lots, fee_usd, is_maker, time_ns)
        return owned.desk, lambda desk, now_ns: desk.fill(now_ns, fill, filled_lots)


def _answer(client_id: str, event: Event, filled_lots: int) -> Tell:
    return lambda desk, now_ns: desk.answered(now_ns, client_id, event.price_ticks, event.lots, filled_lots, True)


def _refusal(message: Message, event: Event) -> Tell:
    is_gone = isinstance(message, Place) or event.reason == Reject.UNKNOWN_ORDER
    reason = Reject(event.reason).name
    return lambda desk, now_ns: desk.refused(now_ns, message.client_id, reason, is_gone)


def _removal(client_id: str, event: Event) -> Tell:
    reason = Reason(event.reason).name
    return lambda desk, now_ns: desk.gone(now_ns, client_id, reason)
