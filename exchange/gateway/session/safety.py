"""What cancels orders when their owner is silent: lost connections, and timers that were not set again in time.

Timers and the choices of accounts outlive the server, however it ends: they are kept as text that
``keep`` stores whenever it changes. What connections choose ends with them.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct, field


class Kept(Struct):
    """By number of account: until when it must be heard of (ns), and whether lost connections cancel.

    ``is_open``: whether a server has begun that did not end yet, which outlives only one that crashed.
    """

    deadlines_ns: dict[int, int] = field(default_factory=dict)
    on_disconnect: dict[int, bool] = field(default_factory=dict)
    is_open: bool = False


class Safety:
    """Shared by all sessions."""

    def __init__(
        self, on_disconnect: bool = True, kept: bytes = b"", keep: Callable[[bytes], None] = lambda kept: None
    ) -> None:
        """``on_disconnect`` is for accounts that did not choose. Raises msgspec.MsgspecError if ``kept`` is damaged."""
        self._on_disconnect = on_disconnect
        self._kept = msgspec.json.decode(kept, type=Kept) if kept else Kept()
        self._keep = keep
        self._has_begun = False
        self._firing: set[tuple[int, int]] = set()

    def begin(self) -> list[int]:
        """A server begins. If the last one crashed: the accounts that chose to have lost connections cancel.

        Which orders their connections had placed is known to nobody any more.
        """
        lost = [account for account, cancels in sorted(self._kept.on_disconnect.items()) if cancels]
        crashed, self._kept.is_open, self._has_begun = self._kept.is_open, True, True
        self._store()
        return lost if crashed else []

    def end(self) -> None:
        """It ends in order, and tells its clients so: no connection is lost."""
        # One that never began does not make up for one that crashed.
        if self._has_begun:
            self._kept.is_open = False
            self._store()

    def cancels(self, account: int) -> bool:
        """Whether a connection of this account that says nothing itself takes its orders with it."""
        return self._kept.on_disconnect.get(account, self._on_disconnect)

    def choose(self, account: int, on_disconnect: bool) -> None:
        self._kept.on_disconnect[account] = on_disconnect
        self._store()

    def arm(self, account: int, deadline_ns: int) -> None:
        """All orders of the account go at this time, unless it is armed again before; 0: not at all."""
        if deadline_ns:
            self._kept.deadlines_ns[account] = deadline_ns
        elif self._kept.deadlines_ns.pop(account, None) is None:
            return
        self._store()

    def due(self, now_ns: int) -> list[tuple[int, int]]:
        """The accounts whose time has come, and which it was; each is told once, and kept until ``fired``."""
        coming = self._kept.deadlines_ns.items()
        found = sorted(each for each in coming if each[1] <= now_ns and each not in self._firing)
        self._firing.update(found)
        return found

    def fired(self, account: int, deadline_ns: int) -> None:
        """Its orders are gone for good. It may have been armed anew meanwhile."""
        self._firing.discard((account, deadline_ns))
        if self._kept.deadlines_ns.get(account) == deadline_ns:
            self.arm(account, 0)

    def _store(self) -> None:
        self._keep(msgspec.json.encode(self._kept))
