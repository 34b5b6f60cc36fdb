"""A venue that does its worst: it answers late, fills what it likes when it likes, and tells of it later."""

from collections import deque
from collections.abc import Callable

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from strategies.base import Amend, BookView, Desk, Fill, Message, Participant, Place, Strategy


class Adversary:
    """Messages to it and news from it wait in line until they are let on; ``positions`` by symbol are true at once."""

    def __init__(self, strategy: Strategy, contracts: tuple[Contract, ...], now_ns: int) -> None:
        self.books: dict[str, BookView] = {}
        self.desk = Desk(Participant("guarded", strategy, contracts), self.books, np.random.default_rng(0))
        self.now_ns = now_ns
        self.positions = {contract.symbol: 0 for contract in contracts}
        self.orders: dict[str, list[int]] = {}  # total lots, filled lots
        self.placed: dict[str, Place] = {}
        self._inbound: deque[Message] = deque(self.desk.start(now_ns))
        self._news: deque[Callable[[], list[Message]]] = deque()

    def beat(self) -> None:
        """A second passes, and the strategy is called."""
        self.now_ns += 10**9
        self._inbound.extend(self.desk.timer(self.now_ns))

    def arrive(self, is_refused: bool = False) -> None:
        """The next message reaches the venue."""
        if not self._inbound:
            return
        message = self._inbound.popleft()
        client_id = message.client_id
        if is_refused or (not isinstance(message, Place) and client_id not in self.orders):
            is_gone = client_id not in self.orders
            self._news.append(lambda: self.desk.refused(self.now_ns, client_id, "NO", is_gone))
        elif isinstance(message, Place):
            self.placed[client_id], self.orders[client_id] = message, [message.lots, 0]
            self._answered(client_id, message.price_ticks, message.lots, 0)
        elif isinstance(message, Amend):
            filled = self.orders[client_id][1]
            self.orders[client_id][0] = max(message.lots, filled)
            self._answered(client_id, message.price_ticks, max(message.lots, filled), filled)
            if message.lots <= filled:
                del self.orders[client_id]
        else:
            del self.orders[client_id]
            self._news.append(lambda: self.desk.gone(self.now_ns, client_id, "asked"))

    def fill(self, number: int, lots: int) -> None:
        """One of the open orders trades."""
        if not self.orders:
            return
        client_id = sorted(self.orders)[number % len(self.orders)]
        order, place = self.orders[client_id], self.placed[client_id]
        lots = min(lots, order[0] - order[1])
        order[1] += lots
        filled = order[1]
        if filled == order[0]:
            del self.orders[client_id]
        if lots:
            self.positions[place.contract.symbol] += lots if place.side == Side.BUY else -lots
            fill = Fill(place.contract, client_id, place.side, place.price_ticks, lots, 0.0, True, self.now_ns)
            self._news.append(lambda: self.desk.fill(self.now_ns, fill, filled))

    def hear(self) -> None:
        """The next news reaches the desk."""
        if self._news:
            self._inbound.extend(self._news.popleft()())

    def reach(self, contract: Contract, side: Side) -> int:
        """The most that can come to be held on this side: open orders, and what is under way, fill all they can."""
        most = {
            client_id: order[0] - order[1]
            for client_id, order in self.orders.items()
            if self._is_of(self.placed[client_id], contract, side)
        }
        for message in self._inbound:
            if isinstance(message, Place) and self._is_of(message, contract, side):
                most[message.client_id] = message.lots
            elif isinstance(message, Amend) and message.client_id in most:
                filled = self.orders.get(message.client_id, [0, 0])[1]
                most[message.client_id] = max(most[message.client_id], message.lots - filled)
        position = self.positions[contract.symbol]
        return (position if side == Side.BUY else -position) + sum(most.values())

    def _answered(self, client_id: str, price_ticks: int, lots: int, filled: int) -> None:
        is_open = lots > filled
        self._news.append(lambda: self.desk.answered(self.now_ns, client_id, price_ticks, lots, filled, is_open))

    @staticmethod
    def _is_of(place: Place, contract: Contract, side: Side) -> bool:
        return place.contract.symbol == contract.symbol and place.side == side
