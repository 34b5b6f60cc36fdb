"""The orders of one connection, and whether they go when it does."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.domain.enums import CommandKind, EventKind
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.effects import Undo
from exchange.gateway.session.safety import Safety
from exchange.wire import commands

_PLACES = frozenset({CommandKind.NEW, CommandKind.QUOTE, CommandKind.WILDCARD})
_ACCEPTED = int(EventKind.ACCEPTED)
_FORGET_AFTER = 1_000
SCOPE_WORD = "cancel_on_disconnect:"


class Leaving:
    """``choice``: what the connection said of itself; None: as its account has it."""

    __slots__ = ("_forget_at", "_is_over", "_mirror", "_placed", "_safety", "choice")

    def __init__(self, mirror: Mirror, safety: Safety) -> None:
        self.choice: bool | None = None
        self._mirror = mirror
        self._safety = safety
        self._placed: set[int] = set()
        self._forget_at = _FORGET_AFTER
        self._is_over = False

    def read_scope(self, scope: str) -> None:
        """``cancel_on_disconnect:on`` or ``off`` in the scope of ``public/auth``."""
        for word in scope.split():
            if word.startswith(SCOPE_WORD):
                self.choice = word.removeprefix(SCOPE_WORD) != "off"

    def cancels(self, account: int) -> bool:
        return self._safety.cancels(account) if self.choice is None else self.choice

    def follow(self, outcome: Outcome) -> list[Undo]:
        """Remember the orders that a command of the connection made; if it is over, take them away."""
        command = outcome.command
        if command.kind not in _PLACES:
            return []
        placed = []
        for event in outcome.events:
            if event.kind == _ACCEPTED and event.account == command.account:
                placed.append(event.order_id)
                self._placed.add(event.order_id)
        if len(self._placed) > self._forget_at:
            self._placed = {order_id for order_id in self._placed if order_id in self._mirror.orders}
            self._forget_at = 2 * len(self._placed) + _FORGET_AFTER
        return list(self._cancel(placed)) if self._is_over else []

    def leave(self) -> Iterator[Undo]:
        """The connection is lost: the cancels of what it placed and is open. What is on its way comes to ``follow``.

        They may be thousands, so each is made when it is looked at, if the order is still open then.
        """
        self._is_over = True
        return self._cancel(sorted(self._placed))

    def stay(self) -> None:
        """It ends as its owner wishes, and its orders stay."""
        self.choice = False

    def _cancel(self, order_ids: list[int]) -> Iterator[Undo]:
        for order_id in order_ids:
            order = self._mirror.orders.get(order_id)
            if order is not None and self.cancels(order.account):
                yield Undo(commands.cancel(order.account, order.order_id))
