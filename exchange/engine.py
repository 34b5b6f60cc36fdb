"""The deterministic engine: commands in, events out. The only importer of the kernel."""

from __future__ import annotations

import io
from hashlib import blake2b
from sys import getrefcount

import numpy as np

from exchange.domain.enums import FixingMethod, Flag, OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.domain.errors import GpuxError
from exchange.domain.records import COMMAND, EVENT, Rows
from exchange.domain.text import pack_text, unpack_text
from exchange.domain.units import NEVER_NS, SCENARIOS
from exchange.jit import by_reference, direct
from exchange.kernel import check, holdings, inspect, state
from exchange.kernel.apply import EVENTS_MAX, EVENTS_MIN, apply
from exchange.kernel.index import reindex
from exchange.kernel.state import State, empty_state
from exchange.reports import AccountView, ContractView, FixingView, NominationView, OrderView, PositionView

# Room is made for this many commands at a time, which bounds how far arenas run ahead of use.
_CHUNK = 4096
# The least room that is made, so that commands seldom need to look: what is not used takes no memory.
_ROOM_MIN = 32768
# Events a command usually has at the most, to judge whether a batch fits the buffer.
_EVENTS_EACH = 2
# Enough for a batch of orders that sweep the book: more than one buffer of events takes a copy.
_EVENT_ROWS = 131072
EVENT_ROWS_MIN = EVENTS_MIN
# Event buffers are used again once nobody holds events in them: new memory would cost more than the events.
_PAGES_KEPT = 8
_UNSHARED = 3  # references to a buffer whose events nobody holds: the list, another of ours, and the question itself
_MAGIC = b"gpux snapshot 4\n"
_DIGEST_SIZE = 32
_ORDER_ROW = 2**32 - 1
_VENUE = "venue"


class CorruptSnapshot(GpuxError):
    """A snapshot that is not whole or not ours."""


class Engine:
    """All books, accounts and orders of one shard, changed by ``apply`` alone."""

    def __init__(self, event_rows: int = _EVENT_ROWS) -> None:
        """``event_rows``: how many events the kernel may write at a time; it changes nothing but the speed.

        Raises ValueError if that is fewer than EVENT_ROWS_MIN, which one command may need.
        """
        if event_rows < EVENT_ROWS_MIN:
            raise ValueError(f"expected room for at least {EVENT_ROWS_MIN} events, found {event_rows}")
        self._state = inspect.with_room(empty_state(), 1)
        for column, word in zip(("text_0", "text_1", "text_2", "text_3"), pack_text(_VENUE), strict=True):
            self._state.accounts[column][0] = word
        self._reference = by_reference(self._state)
        reindex(self._reference)
        # Commands that there is room for without looking.
        self._room = 0
        self._event_rows = event_rows
        self._events = np.empty(event_rows, EVENT)
        self._pages = [self._events]
        self._events_used = 0
        self._apply = direct(apply, self._reference, np.zeros(0, COMMAND), self._events)
        # Numbers by name, filled as they are asked for: neither contracts nor accounts ever go away.
        self._contracts: dict[str, int] = {}
        self._accounts: dict[str, int] = {}

    @property
    def sequence(self) -> int:
        """Of the last command applied; 0 at first."""
        return int(self._state.header["sequence"][0])

    @property
    def time_ns(self) -> int:
        """Of the last command applied; 0 at first."""
        return int(self._state.header["time_ns"][0])

    @property
    def events_total(self) -> int:
        """The number of the last event; events are numbered 1, 2, 3, ... in order."""
        return int(self._state.header["events_total"][0])

    def apply(self, commands: Rows) -> Rows:
        """Run ``commands`` in order and return what happened.

        commands: (n,) of COMMAND, sequenced from ``self.sequence + 1`` and stamped with times
        that never decrease. Returns (m,) of EVENT, which is the caller's; it may share a buffer
        with its neighbours in time, so whoever keeps a few for long keeps them in a copy.
        Raises ValueError at the first command whose sequence or time does not follow on the one
        before it; the commands before that have been applied.
        """
        if (commands.dtype is not COMMAND and commands.dtype != COMMAND) or commands.ndim != 1:
            raise ValueError(f"expected rows of COMMAND, found {commands.shape} of {commands.dtype}")
        commands = np.ascontiguousarray(commands)
        if getrefcount(self._events) == _UNSHARED:
            self._events_used = 0
        parts: list[Rows] = []
        while True:
            chunk = commands if commands.shape[0] <= _CHUNK else commands[:_CHUNK]
            self._make_room(chunk.shape[0])
            free = self._events[self._events_used :]
            consumed, written = self._apply(self._reference, chunk, free)
            if consumed < 0:
                raise self._out_of_step(chunk[-1 - consumed])
            parts.append(free[:written])
            self._events_used += written
            if consumed == commands.shape[0]:
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
            if consumed < chunk.shape[0]:
                if consumed == written == 0 and free.shape[0] == self._event_rows:
                    # Not one step of a strip fits a buffer as small as this.
                    self._event_rows = max(self._event_rows, EVENTS_MAX)
                self._turn_page()
                self._room = 0
            commands = commands[consumed:]

    def _make_room(self, commands: int) -> None:
        """See to it that ``commands`` find a row of everything to spare, and usually room for their events."""
        if commands > self._room:
            self._take(inspect.with_room(self._state, max(commands, _ROOM_MIN)))
            self._room = inspect.room(self._state)
        self._room -= commands
        if self._event_rows - self._events_used < min(_EVENTS_EACH * commands + EVENTS_MIN, self._event_rows):
            self._turn_page()

    def _take(self, state: State) -> None:
        """Go on with ``state``, where its arrays are now."""
        if state is not self._state:
            self._state = state
            self._reference = by_reference(state)

    def _turn_page(self) -> None:
        """Go on in another event buffer; the old one belongs to those who hold events in it."""
        for page in self._pages:
            if page.shape[0] == self._event_rows and getrefcount(page) == _UNSHARED:
                break
        else:
            page = np.empty(self._event_rows, EVENT)
            self._pages = [*self._pages[1 - _PAGES_KEPT :], page]
        self._events = page
        self._events_used = 0

    def _out_of_step(self, command: Rows) -> ValueError:
        return ValueError(
            f"expected sequence {self.sequence + 1} at {self.time_ns} or later, "
            f"found {command['sequence']} at {command['time_ns']}"
        )

    def next_deadline_ns(self) -> int:
        """When the earliest order expires or gate falls that no TICK has processed; NEVER_NS if none."""
        return int(self._state.deadlines["time_ns"][0]) if self._state.header["deadlines"][0] else NEVER_NS

    def state_hash(self) -> str:
        """BLAKE2b-256 of all state, as 64 hexadecimal digits."""
        digest = blake2b(digest_size=_DIGEST_SIZE)
        for arena in inspect.arenas():
            digest.update(self._used(arena).tobytes())
        return digest.hexdigest()

    def snapshot(self) -> bytes:
        """All state as bytes for ``restore``: NumPy arrays in NPY format, one after the other, and their digest."""
        buffer = io.BytesIO()
        buffer.write(_MAGIC)
        for arena in inspect.arenas():
            np.lib.format.write_array(buffer, self._used(arena), allow_pickle=False)
        buffer.write(blake2b(buffer.getvalue(), digest_size=_DIGEST_SIZE).digest())
        return buffer.getvalue()

    @classmethod
    def restore(cls, blob: bytes) -> Engine:
        """The engine whose ``snapshot`` this is. Raises CorruptSnapshot if a byte of it is wrong."""
        body, digest = blob[:-_DIGEST_SIZE], blob[-_DIGEST_SIZE:]
        if not body.startswith(_MAGIC):
            raise CorruptSnapshot(f"expected a snapshot beginning {_MAGIC!r}, found {blob[: len(_MAGIC)]!r}")
        if blake2b(body, digest_size=_DIGEST_SIZE).digest() != digest:
            raise CorruptSnapshot(f"the digest of {len(body)} bytes is not the one they end with")
        buffer = io.BytesIO(body[len(_MAGIC) :])
        arrays = {arena: np.lib.format.read_array(buffer, allow_pickle=False) for arena in inspect.arenas()}
        engine = cls()
        engine._take(inspect.with_room(_same_layout(empty_state(), arrays), 1))
        reindex(engine._reference)
        engine._room = 0
        return engine

    def check(self) -> None:
        """Every invariant of the state; AssertionError names the first that is broken."""
        check.check(self._state)

    def contracts(self) -> list[ContractView]:
        return [self.contract(contract) for contract in range(int(self._state.header["contracts"][0]))]

    def unsettled_contracts(self) -> list[int]:
        """The numbers of those that are not at the end of their life."""
        phases = self._state.contracts["phase"][: int(self._state.header["contracts"][0])]
        return [int(contract) for contract in np.flatnonzero(phases != Phase.SETTLED)]

    def contract(self, contract: int) -> ContractView:
        row, listing = self._state.contracts[contract], self._state.listings[contract]
        bid, ask = (self._state.books[contract * state.BOOKS_EACH + side] for side in Side)
        return ContractView(
            contract,
            _text(listing),
            Phase(row["phase"]),
            int(row["gate_ns"]),
            int(row["tick_value"]),
            int(bid["best_ticks"]),
            int(ask["best_ticks"]),
            int(row["last_price"]),
            int(row["last_lots"]),
            int(row["volume_lots"]),
            int(row["trades"]),
            int(row["orders"]),
            int(listing["mark_ticks"]),
            int(listing["reference_ticks"]),
            int(row["floor_ticks"]),
            int(row["ceiling_ticks"]),
            int(listing["phase_end_ns"]),
            int(listing["weight"]),
            int(listing["sku"]),
            int(listing["region"]),
        )

    def fixing(self, contract: int) -> FixingView | None:
        """The settlement price, None before the gate."""
        row = self._state.fixings[contract]
        if row["progress"] != state.IS_FIXED:
            return None
        return FixingView(
            contract,
            int(row["price_ticks"]),
            FixingMethod(row["method"]),
            int(row["corrected_ticks"]),
            int(row["corrections"]),
        )

    def scenarios(self, contract: int) -> list[int]:
        """What a lot-hour may be worth, in ticks, the mark first; empty if nobody has said."""
        row = self._state.scenarios[contract * SCENARIOS :][:SCENARIOS]
        return [int(ticks) for ticks in row] if row[0] else []

    def legs(self, contract: int) -> list[int]:
        """The contracts that a strip consists of, in order; empty if it is none."""
        return [int(self._state.legs["contract"][leg]) for leg in inspect.leg_rows(self._state, contract)]

    def find_contract(self, symbol: str) -> int | None:
        """The number of the contract with this symbol, None if it was never listed."""
        for contract in range(len(self._contracts), int(self._state.header["contracts"][0])):
            self._contracts[self.contract(contract).symbol] = contract
        return self._contracts.get(symbol)

    def accounts(self) -> list[AccountView]:
        return [self.account(account) for account in range(int(self._state.header["accounts"][0]))]

    def account(self, account: int) -> AccountView:
        row = self._state.accounts[account]
        return AccountView(
            account,
            _text(row),
            int(row["cash"]),
            int(row["reserved"]),
            int(row["maker_fee_bps"]),
            int(row["taker_fee_bps"]),
            int(row["orders"]),
            int(row["group"]),
            bool(row["rules"] & holdings.DISABLED),
            bool(row["rules"] & holdings.FROZEN),
            int(row["bond"]),
            int(row["reserve_bps"]),
            inspect.credit_bps(self._state, account),
            *inspect.required(self._state, account),
            bool(row["rules"] & holdings.CALLED),
        )

    def accounts_on_margin(self) -> list[int]:
        """The numbers of those that have terms, without a look at all the others."""
        owners = self._state.margins["account"][1 : int(self._state.header["margins"][0])]
        return sorted(int(owner) for owner in owners if self._state.accounts["rules"][owner] & holdings.ON_MARGIN)

    def find_account(self, name: str) -> int | None:
        """The number of the account with this name, None if it was never opened."""
        for account in range(len(self._accounts), int(self._state.header["accounts"][0])):
            self._accounts[self.account(account).name] = account
        return self._accounts.get(name)

    def positions(self, account: int) -> list[PositionView]:
        """Every contract in which the account ever had an order or capacity."""
        rows = self._state.positions[1 : int(self._state.header["positions"][0])]
        return [PositionView(*row.item()) for row in rows[rows["account"] == account][list(PositionView._fields)]]

    def nominations(self, contract: int) -> list[NominationView]:
        """Which node serves whom, in the order in which it was said."""
        rows = self._state.nominations[1 : int(self._state.header["nominations"][0])]
        return [
            NominationView(
                _text(row),
                contract,
                int(row["seller"]),
                int(row["buyer"]),
                int(row["minutes"]),
                int(row["compensated"]),
            )
            for row in rows[rows["contract"] == contract]
        ]

    def open_orders(self, account: int | None = None, contract: int | None = None) -> list[OrderView]:
        """Open orders, by account in the order they were accepted."""
        accounts = range(int(self._state.header["accounts"][0])) if account is None else [account]
        views = (self._order(order) for owner in accounts for order in inspect.open_rows(self._state, owner))
        return [view for view in views if contract is None or view.contract == contract]

    def order(self, order_id: int) -> OrderView | None:
        """The open order with this id; None once it is no longer open."""
        order = order_id & _ORDER_ROW
        if order_id <= 0 or order >= self._state.header["orders"][0]:
            return None
        node = self._state.orders[order]
        return self._order(order) if node["open_lots"] and node["generation"] == order_id >> 32 else None

    def levels(self, contract: int, side: Side, depth: int) -> list[tuple[int, int]]:
        """(price in ticks, lots) of up to ``depth`` prices, best first."""
        prices = inspect.side_levels(self._state, contract, side)
        return [
            (price_ticks, int(self._state.levels["lots"][level]))
            for _, (price_ticks, level) in zip(range(depth), prices, strict=False)
        ]

    def queue(self, contract: int, side: Side, price_ticks: int) -> list[OrderView]:
        """The orders of one side at a price, oldest first."""
        level = inspect.level_at(self._state, contract * state.BOOKS_EACH + side, price_ticks)
        return [self._order(order) for order in inspect.queue(self._state, level)]

    def _order(self, order: int) -> OrderView:
        node, extra = self._state.orders[order], self._state.extras[order]
        marks = int(node["marks"])
        stands = bool(node["level"]) and not marks & state.WAITS
        return OrderView(
            (int(node["generation"]) << 32) | order,
            _text(self._state.client_ids[int(node["client_id"])]),
            inspect.account_of(self._state, order),
            int(node["contract"]),
            Side(marks & 1),
            OrderType(node["order_type"]),
            TimeInForce(node["time_in_force"]),
            Flag(int(node["flags"])),
            SelfTrade(node["self_trade"]),
            int(node["price_ticks"]),
            int(node["lots"]),
            inspect.total_open(self._state, order),
            int(extra["expiry_ns"]) if marks & state.EXPIRES else 0,
            int(node["created_ns"]),
            int(node["open_lots"]) if stands else 0,
            not stands,
            int(extra["trigger_ticks"]) if marks & state.WAITS else 0,
            int(extra["display_lots"]) if marks & state.ICEBERG else 0,
            int(extra["offset_ticks"]) if marks & state.IS_PEG else 0,
            inspect.limit_of(self._state, order),
        )

    def _used(self, arena: str) -> Rows:
        array: Rows = getattr(self._state, arena)[: inspect.used_rows(self._state, arena)]
        return array


def _text(row: Rows) -> str:
    return unpack_text((int(row["text_0"]), int(row["text_1"]), int(row["text_2"]), int(row["text_3"])))


def _same_layout(empty: State, arrays: dict[str, Rows]) -> State:
    """``arrays`` as a state with fresh indexes. Raises CorruptSnapshot if a dtype is not ours."""
    for arena, array in arrays.items():
        if array.dtype != getattr(empty, arena).dtype:
            raise CorruptSnapshot(f"{arena}: expected {getattr(empty, arena).dtype}, found {array.dtype}")
    return empty._replace(**arrays)


def warm_up() -> None:
    """Compile, or load from the cache, everything that the first batch would wait for."""
    Engine()
