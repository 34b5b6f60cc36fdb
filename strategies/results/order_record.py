"""The life of every order as its owner heard of it: sent, in a queue, moved, filled, gone.

An order that is moved, or made bigger, goes to the back of another queue. So beside one row an
order there is one for each **stay**: from joining a queue to leaving it.
"""

from strategies.base import UNKNOWN_LOTS, Place
from strategies.results.columns import Columns
from strategies.results.frames import State

STATES = tuple(State)
NO_TIME = -1
_NONE = -1


class OrderRecord:
    """Orders are numbered as they were sent; ``contract`` is the number of its contract."""

    def __init__(self) -> None:
        self.client_ids: list[str] = []
        self.reasons: list[str] = []
        self.orders = Columns(
            "symbol", "side", "post_only", "sent_ns", "price_ticks", "lots", "joined_ns", "lots_ahead",
            "amends", "filled_lots", "state", "ended_ns",
        )  # fmt: skip
        self.stays = Columns("order", "joined_ns", "left_ns", "price_ticks", "lots", "lots_ahead", "filled_lots")
        self.standing = Columns("time_ns", "order", "price_ticks", "open_lots")
        self._numbers: dict[str, int] = {}
        self._ahead: dict[int, int] = {}  # of the message in flight
        # What stands as far as one knows, by order: price in ticks, open lots, its stay.
        self._stands: dict[int, tuple[int, int, int]] = {}

    def placed(self, now_ns: int, place: Place, contract: int, lots_ahead: int) -> None:
        number = self.orders.add(
            contract, place.side, place.post_only, now_ns, place.price_ticks, place.lots,
            NO_TIME, UNKNOWN_LOTS, 0, 0, STATES.index(State.SENT), NO_TIME,
        )  # fmt: skip
        self.client_ids.append(place.client_id)
        self.reasons.append("")
        self._numbers[place.client_id] = number
        self._ahead[number] = lots_ahead

    def amending(self, client_id: str, lots_ahead: int) -> None:
        number = self._numbers.get(client_id, _NONE)
        if number != _NONE:
            self.orders["amends"][number] += 1
            self._ahead[number] = lots_ahead

    def joined(self, client_id: str, lots_ahead: int) -> None:
        """The truth in place of what was seen."""
        number = self._numbers.get(client_id, _NONE)
        if number != _NONE:
            self._ahead[number] = lots_ahead

    def answered(
        self, now_ns: int, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool
    ) -> None:
        number = self._numbers.get(client_id, _NONE)
        if number == _NONE:
            return
        lots_ahead = self._ahead.pop(number, UNKNOWN_LOTS)
        open_lots = lots - max(filled_lots, self.orders["filled_lots"][number]) if is_open else 0
        if open_lots <= 0:
            self._leave(now_ns, number)
            self._end(now_ns, number, State.FILLED if filled_lots >= lots else State.CANCELLED, "")
            return
        self.orders["state"][number] = STATES.index(State.OPEN)
        before_ticks, before_lots, stay = self._stands.get(number, (0, 0, _NONE))
        if price_ticks != before_ticks or open_lots > before_lots:
            stay = self._join(now_ns, number, price_ticks, open_lots, lots_ahead)
        self._stand(now_ns, number, price_ticks, open_lots, stay)

    def filled(self, now_ns: int, client_id: str, lots: int, is_maker: bool) -> int:
        """Returns the order's number, -1 for an order that this record has not seen sent."""
        number = self._numbers.get(client_id, _NONE)
        if number == _NONE:
            return _NONE
        self.orders["filled_lots"][number] += lots
        price_ticks, open_lots, stay = self._stands.get(number, (0, 0, _NONE))
        if stay != _NONE:
            if is_maker:
                self.stays["filled_lots"][stay] += lots
            else:
                self.stays["lots"][stay] -= lots  # They took, and never stood.
            self._stand(now_ns, number, price_ticks, max(0, open_lots - lots), stay)
            if open_lots <= lots:
                self._leave(now_ns, number)
                self._end(now_ns, number, State.FILLED, "")
        return number

    def refused(self, now_ns: int, client_id: str, reason: str, is_gone: bool) -> None:
        number = self._numbers.get(client_id, _NONE)
        if number == _NONE:
            return
        self._ahead.pop(number, None)
        if self.orders["joined_ns"][number] == NO_TIME and number not in self._stands:
            self.ended(now_ns, client_id, State.REFUSED, reason)
        elif is_gone:
            self.ended(now_ns, client_id, State.CANCELLED, reason)

    def ended(self, now_ns: int, client_id: str, state: State, reason: str) -> None:
        number = self._numbers.get(client_id, _NONE)
        if number != _NONE and self.orders["ended_ns"][number] == NO_TIME:
            self._leave(now_ns, number)
            self._end(now_ns, number, state, reason)

    def _join(self, now_ns: int, number: int, price_ticks: int, open_lots: int, lots_ahead: int) -> int:
        self._close_stay(now_ns, number)
        if self.orders["joined_ns"][number] == NO_TIME:
            self.orders["joined_ns"][number] = now_ns
            self.orders["lots_ahead"][number] = lots_ahead
        return self.stays.add(number, now_ns, NO_TIME, price_ticks, open_lots, lots_ahead, 0)

    def _stand(self, now_ns: int, number: int, price_ticks: int, open_lots: int, stay: int) -> None:
        before = self._stands.get(number)
        self._stands[number] = (price_ticks, open_lots, stay)
        if before is None or before[:2] != (price_ticks, open_lots):
            self.standing.add(now_ns, number, price_ticks, open_lots)

    def _leave(self, now_ns: int, number: int) -> None:
        """Out of the book, as far as one knows."""
        self._close_stay(now_ns, number)
        stood = self._stands.pop(number, None)
        if stood is not None and stood[1]:
            self.standing.add(now_ns, number, stood[0], 0)

    def _close_stay(self, now_ns: int, number: int) -> None:
        stood = self._stands.get(number)
        if stood is not None:
            self.stays["left_ns"][stood[2]] = now_ns

    def _end(self, now_ns: int, number: int, state: State, reason: str) -> None:
        self.orders["state"][number] = STATES.index(state)
        self.orders["ended_ns"][number] = now_ns
        self.reasons[number] = reason
