"""What the engine says of its state. Nothing here changes it."""

from __future__ import annotations

import numpy as np

from exchange.domain.enums import CLOSED, FixingMethod, Flag, Kill, OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.domain.records import Rows
from exchange.domain.text import pack_text, unpack_text
from exchange.domain.units import SCENARIOS
from exchange.kernel import holdings, inspect, state
from exchange.kernel.state import State
from exchange.reports import AccountView, ContractView, FixingView, NominationView, OrderView, PositionView

_ORDER_ROW = 2**32 - 1
_CLOSED_PHASES = sorted(CLOSED)


class Readings:
    """Contracts, accounts, positions, nominations and orders, as they are now."""

    def __init__(self, arrays: State) -> None:
        self._state = arrays
        self._symbols: list[str] = []  # by number, as far as they were asked for
        # Numbers by name, filled as they are asked for: neither contracts nor accounts ever go away.
        self._contracts: dict[str, int] = {}
        self._accounts: dict[str, int] = {}

    def contracts(self) -> list[ContractView]:
        return [self.contract(contract) for contract in range(int(self._state.header["contracts"][0]))]

    def unsettled_contracts(self) -> list[int]:
        """The numbers of those that are not at the end of their life."""
        phases = self._state.contracts["phase"][: int(self._state.header["contracts"][0])]
        return [int(contract) for contract in np.flatnonzero(phases != Phase.SETTLED)]

    @property
    def is_collecting(self) -> bool:
        """Whether any contract gathers orders for an auction."""
        return bool(self._state.header["collecting"][0])

    @property
    def kills(self) -> set[Kill]:
        """What is stopped for everybody."""
        bits = int(self._state.header["kill"][0])
        return {level for level in (Kill.ENTRY, Kill.MARKET) if bits >> level & 1}

    def open_hours(self) -> list[int]:
        """The numbers of contracts before their gate that are no strips, which is what capacity is declared in."""
        total = int(self._state.header["contracts"][0])
        is_closed = np.isin(self._state.contracts["phase"][:total], _CLOSED_PHASES)
        return [int(contract) for contract in np.flatnonzero(~is_closed & (self._state.listings["strip"][:total] == 0))]

    def phase(self, contract: int) -> Phase:
        """Where a contract stands, without a look at the rest of it."""
        return Phase(self._state.contracts["phase"][contract])

    def contract(self, contract: int) -> ContractView:
        row, listing = self._state.contracts[contract], self._state.listings[contract]
        bid, ask = (self._state.books[contract * state.BOOKS_EACH + side] for side in Side)
        return ContractView(
            contract,
            self.symbol(contract),
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

    def symbol(self, contract: int) -> str:
        """The name of a contract, without a look at the rest of it."""
        for number in range(len(self._symbols), contract + 1):
            self._symbols.append(_text(self._state.listings[number]))
        return self._symbols[contract]

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
            int(row["protect_lots"]),
            int(row["protect_delta"]),
            int(row["window_ns"]),
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

    def references(self, start: str) -> set[tuple[int, str]]:
        """(account, text) of client ids and references in use that begin with ``start``, of 9 characters.

        Looks at all that there are, so it is for a moment at which nobody waits.
        """
        word = pack_text(start)[0]
        rows = self._state.client_ids[1 : int(self._state.header["client_ids"][0])]
        return {(int(row["account"]), _text(row)) for row in rows[rows["text_0"] == word]}

    def positions(self, account: int) -> list[PositionView]:
        """Every contract in which the account ever had an order or capacity."""
        rows = self._state.positions[1 : int(self._state.header["positions"][0])]
        return [PositionView(*row.item()) for row in rows[rows["account"] == account][list(PositionView._fields)]]

    def holders(self, contract: int) -> list[PositionView]:
        """The position in a contract of every account that ever had an order or capacity there, by account."""
        rows = self._state.positions[1 : int(self._state.header["positions"][0])]
        mine = rows[rows["contract"] == contract]
        return [PositionView(*row.item()) for row in np.sort(mine[list(PositionView._fields)], order="account")]

    def nominations(self, contract: int) -> list[NominationView]:
        """Which node serves whom, in the order in which it was said."""
        rows = (self._state.nominations[row] for row in inspect.nomination_rows(self._state, contract))
        return [
            NominationView(
                _text(row),
                contract,
                int(row["seller"]),
                int(row["buyer"]),
                int(row["minutes"]),
                int(row["compensated"]),
            )
            for row in rows
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

    def lots_ahead(self, order_id: int) -> int | None:
        """What shows of the orders before this one in its queue; None unless it stands in one.

        It looks at the orders behind, so of one that has just come it is known at once, however long the queue.
        """
        found, orders = order_id & _ORDER_ROW, self._state.orders
        if order_id <= 0 or found >= self._state.header["orders"][0]:
            return None
        node = orders[found]
        if not node["level"] or not node["open_lots"] or node["generation"] != order_id >> 32:
            return None
        level = self._state.levels[node["level"]]
        lots, other = int(level["lots"]), int(level["newest"])
        while other != found:
            lots -= int(orders["open_lots"][other])
            other = int(orders["older"][other])
        return lots - int(node["open_lots"])

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
            int(extra["offset_ticks"]) if marks & (state.IS_PEG | state.MEMBER) else 0,
            inspect.limit_of(self._state, order),
            inspect.wildcard_id_of(self._state, order),
            int(extra["slot"]) if marks & state.IS_QUOTE else -1,
        )


def _text(row: Rows) -> str:
    return unpack_text((int(row["text_0"]), int(row["text_1"]), int(row["text_2"]), int(row["text_3"])))
