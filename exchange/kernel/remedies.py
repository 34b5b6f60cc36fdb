"""What a seller owes instead of an hour: cash for what it cannot deliver, or another hour for what it did not.

Both are the venue's doing: nobody's order trades, and no limit of an account stands against them.
"""

from exchange.domain.enums import EventKind, Reject, Side
from exchange.domain.records import Rows
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, index, ladder, ledger, match, nominations, risk, stir
from exchange.kernel.facts import account_of, is_account, is_continuous, is_strip
from exchange.kernel.state import State

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_BOUGHT_IN = int(EventKind.BOUGHT_IN)
_MADE_GOOD = int(EventKind.MADE_GOOD)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_UNKNOWN_NODE = int(Reject.UNKNOWN_NODE)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_CONTRACT_OPEN = int(Reject.CONTRACT_OPEN)
_NOTHING_MISSING = int(Reject.NOTHING_MISSING)
_NO_SUBSTITUTE = int(Reject.NO_SUBSTITUTE)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_NOT_OFFERED = int(Reject.NOT_OFFERED)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_NOT_SHORT = int(Reject.NOT_SHORT)
_INSUFFICIENT_POSITION = int(Reject.INSUFFICIENT_POSITION)


@seldom
def buy_in(state: State, command: Rows, events: Rows, written: int) -> int:
    """Close ``lots`` in cash between who sold them (``account``) and who bought (``order_id``), past the gate.

    Only lots that no node was nominated for. The seller pays ``price_ticks`` out of its free cash, then out
    of its bond. What both do not cover is not paid: the event says what was, and in ``fee`` what was due.
    """
    reason = _refuse_buy_in(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    seller = int64(command["account"])
    buyer = int64(command["order_id"])
    contract = int64(command["contract"])
    lots = int64(command["lots"])
    due = int64(command["price_ticks"]) * int64(state.contracts[contract]["tick_value"]) * lots
    free = max(risk.free_cash(state, seller), 0)
    paid = min(due, free + int64(state.accounts[seller]["bond"]))
    of_bond = max(paid - free, 0)
    ledger.pledge(state, seller, -of_bond)
    risk.receive(state, index.find_position(state, seller, contract), _BUY, lots, paid, 0)
    risk.receive(state, index.find_position(state, buyer, contract), _SELL, lots, paid, 0)
    price_ticks = int64(command["price_ticks"])
    written = emit.notice(state, events, written, _BOUGHT_IN, seller, contract, paid, price_ticks, lots, 0)
    event = events[written - 1]
    event["maker_account"] = buyer
    event["fee"] = due
    event["maker_fee"] = of_bond
    return written


@kernel
def _refuse_buy_in(state: State, command: Rows) -> int:
    seller = int64(command["account"])
    buyer = int64(command["order_id"])
    contract = int64(command["contract"])
    lots = int64(command["lots"])
    if not (is_account(state, seller) and is_account(state, buyer)):
        return _UNKNOWN_ACCOUNT
    if not nominations.is_contract(state, contract):
        return _UNKNOWN_CONTRACT
    if not 1 <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        return _BAD_PRICE
    if not 1 <= lots <= LOTS_MAX:
        return _BAD_LOTS
    if not nominations.is_gated(state, contract):
        return _CONTRACT_OPEN
    if nominations.is_too_large(state, command, lots):
        return _NOTIONAL_TOO_LARGE
    sold, bought = nominations.count(state, contract, seller, buyer)
    if lots > -int64(state.positions[index.find_position(state, seller, contract)]["lots"]) - sold:
        return _NOT_SHORT
    if lots > int64(state.positions[index.find_position(state, buyer, contract)]["lots"]) - bought:
        return _INSUFFICIENT_POSITION
    return _ACCEPTABLE


@seldom
def make_good(state: State, command: Rows, events: Rows, written: int) -> int:
    """Buy a lot of another hour (``order_id``) for the buyer of a node that missed minutes, out of the seller's bond.

    It trades with the best ask up to ``price_ticks`` that is neither the seller's (``account``) nor the
    buyer's; the buyer's fee is paid, too. All minutes that are missing are compensated then.
    """
    reason, row, maker = _refuse_make_good(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    nomination = state.nominations[row]
    price_ticks = int64(state.orders[maker]["price_ticks"])
    fee = _fee(state, row, maker)
    cost = _notional(state, maker) + fee
    minutes = nominations.missing(state, row)
    nomination["compensated"] += minutes
    ledger.pledge(state, int64(nomination["seller"]), -cost)
    state.accounts[int64(nomination["seller"])]["cash"] -= cost
    state.accounts[int64(nomination["buyer"])]["cash"] += cost
    written = nominations.tell(state, events, written, _MADE_GOOD, row, cost, minutes)
    events[written - 1]["price_ticks"] = price_ticks
    events[written - 1]["fee"] = fee
    return _take(state, int64(nomination["buyer"]), maker, fee, events, written)


@kernel
def _take(state: State, buyer: int, maker: int, fee: int, events: Rows, written: int) -> int:
    """A lot of an ask, wherever in its queue it stands, changes hands at its price, for no order."""
    contract = int64(state.orders[maker]["contract"])
    price_ticks = int64(state.orders[maker]["price_ticks"])
    notional = _notional(state, maker)
    maker_fee = risk.fee_of(notional, int64(state.accounts[account_of(state, maker)]["maker_fee_bps"]))
    risk.deliver(state, maker, 1, notional, maker_fee)
    risk.receive(state, index.reach_position(state, buyer, contract), _BUY, 1, notional, fee)
    state.accounts[0]["cash"] += fee + maker_fee
    state.levels[int64(state.orders[maker]["level"])]["lots"] -= 1
    state.orders[maker]["open_lots"] -= 1
    stir.count_trade(state, contract, price_ticks, 1)
    written = emit.taken(state, events, written, buyer, maker, notional, fee, maker_fee)
    return match.after_fill(state, maker, contract, 1, events, written)


@kernel
def _refuse_make_good(state: State, command: Rows) -> tuple[int, int, int]:
    """(reason, row of the nomination, the ask to trade with)."""
    contract = int64(command["contract"])
    substitute = int64(command["order_id"])
    if not (nominations.is_contract(state, contract) and nominations.is_contract(state, substitute)):
        return _UNKNOWN_CONTRACT, 0, 0
    row = nominations.find(state, command)
    if row == 0 or int64(state.nominations[row]["seller"]) != int64(command["account"]):
        return _UNKNOWN_NODE, 0, 0
    if not 1 <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        return _BAD_PRICE, 0, 0
    if nominations.missing(state, row) == 0:
        return _NOTHING_MISSING, 0, 0
    if not _is_substitute(state, contract, substitute):
        return _NO_SUBSTITUTE, 0, 0
    maker = _best_ask(state, row, substitute, int64(command["price_ticks"]))
    if maker == 0:
        return _NOT_OFFERED, 0, 0
    if int64(state.accounts[int64(command["account"])]["bond"]) < _notional(state, maker) + _fee(state, row, maker):
        return _INSUFFICIENT_FUNDS, 0, 0
    return _ACCEPTABLE, row, maker


@kernel
def _is_substitute(state: State, contract: int, substitute: int) -> bool:
    """Whether a lot of one is worth as much as a lot of the other: the same hours of the same SKU and region."""
    one = state.listings[contract]
    other = state.listings[substitute]
    return bool(
        contract != substitute
        and not is_strip(state, substitute)
        and one["sku"] == other["sku"]
        and one["region"] == other["region"]
        and one["weight"] == other["weight"]
        and state.contracts[contract]["tick_value"] == state.contracts[substitute]["tick_value"]
    )


@kernel
def _best_ask(state: State, row: int, contract: int, limit_ticks: int) -> int:
    """The best ask up to the limit that is somebody else's, 0 if there is none or nothing trades there now."""
    seller = int64(state.nominations[row]["seller"])
    buyer = int64(state.nominations[row]["buyer"])
    book = state.contracts[contract]
    level = int64(state.books[ladder.visible(contract, _SELL)]["best_level"]) if is_continuous(state, contract) else 0
    while level != 0:
        price_ticks = ladder.price_of(state, level)
        if not int64(book["floor_ticks"]) <= price_ticks <= min(int64(book["ceiling_ticks"]), limit_ticks):
            return 0
        order = int64(state.levels[level]["oldest"])
        while order != 0:
            owner = account_of(state, order)
            if not (_is_one(state, owner, seller) or _is_one(state, owner, buyer)):
                return order
            order = int64(state.orders[order]["newer"])
        level = ladder.next_worse(state, level, False)
    return 0


@kernel
def _is_one(state: State, account: int, other: int) -> bool:
    """Whether two accounts are one owner's."""
    return account == other or match.is_group(state, account, other)


@kernel
def _notional(state: State, maker: int) -> int:
    """Micro-dollars of one lot at the price of an ask."""
    node = state.orders[maker]
    return int64(node["price_ticks"]) * int64(state.contracts[int64(node["contract"])]["tick_value"])


@kernel
def _fee(state: State, row: int, maker: int) -> int:
    """What the buyer pays as a taker."""
    buyer = int64(state.nominations[row]["buyer"])
    return risk.fee_of(_notional(state, maker), int64(state.accounts[buyer]["taker_fee_bps"]))
