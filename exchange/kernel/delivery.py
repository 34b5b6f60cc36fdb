"""After the gate: which node serves whom, what was delivered, and what is paid for what was not.

A lot is one node for the hours of its contract. A nomination gives a node of a seller to a buyer; a
node serves once in a contract, and nobody delivers or gets more than his position says.
"""

from exchange.domain.enums import EventKind, Reject
from exchange.domain.records import Rows
from exchange.domain.units import MINUTES_EACH, PRICE_TICKS_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, index, ledger, margin, nominations
from exchange.kernel.facts import has_text, is_account, is_text
from exchange.kernel.state import State

_NOMINATED = int(EventKind.NOMINATED)
_ATTESTED = int(EventKind.ATTESTED)
_COMPENSATED = int(EventKind.COMPENSATED)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_UNKNOWN_NODE = int(Reject.UNKNOWN_NODE)
_BAD_TEXT = int(Reject.BAD_TEXT)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_LOTS = int(Reject.BAD_LOTS)
_NOTIONAL_TOO_LARGE = int(Reject.NOTIONAL_TOO_LARGE)
_CONTRACT_OPEN = int(Reject.CONTRACT_OPEN)
_NODE_TAKEN = int(Reject.NODE_TAKEN)
_ATTESTED_BEFORE = int(Reject.ATTESTED_BEFORE)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)
_INSUFFICIENT_POSITION = int(Reject.INSUFFICIENT_POSITION)


@seldom
def nominate(state: State, command: Rows, events: Rows, written: int) -> int:
    """Let a node of the seller (``account``) serve the buyer (``order_id``) in a contract that is past its gate."""
    reason = _refuse_nomination(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    header = state.header[0]
    contract = int64(command["contract"])
    row = int64(header["nominations"])
    header["nominations"] = row + 1
    nomination = state.nominations[row]
    index.copy_text(nomination, command)
    nomination["contract"] = contract
    nomination["seller"] = command["account"]
    nomination["buyer"] = command["order_id"]
    nomination["minutes"] = nominations.UNKNOWN_MINUTES
    nomination["next"] = state.listings[contract]["nominated"]
    state.listings[contract]["nominated"] = row
    index.add_nomination(state, row)
    return nominations.tell(state, events, written, _NOMINATED, row, 0, 1)


@kernel
def _refuse_nomination(state: State, command: Rows) -> int:
    seller = int64(command["account"])
    buyer = int64(command["order_id"])
    contract = int64(command["contract"])
    if not (is_account(state, seller) and is_account(state, buyer)):
        return _UNKNOWN_ACCOUNT
    if not nominations.is_contract(state, contract):
        return _UNKNOWN_CONTRACT
    if not (has_text(command) and is_text(command)):
        return _BAD_TEXT
    if not nominations.is_gated(state, contract):
        return _CONTRACT_OPEN
    if nominations.find(state, command) != 0:
        return _NODE_TAKEN
    sold, bought = nominations.count(state, contract, seller, buyer)
    if sold >= -int64(state.positions[index.find_position(state, seller, contract)]["lots"]):
        return _INSUFFICIENT_CAPACITY
    if bought >= int64(state.positions[index.find_position(state, buyer, contract)]["lots"]):
        return _INSUFFICIENT_POSITION
    return _ACCEPTABLE


@seldom
def attest(state: State, command: Rows, events: Rows, written: int) -> int:
    """Say once how many minutes (``lots``) of an hour a nominated node delivered."""
    reason, row = _find(state, command)
    if reason == _ACCEPTABLE and not 0 <= int64(command["lots"]) <= MINUTES_EACH:
        reason = _BAD_LOTS
    if reason == _ACCEPTABLE and int64(state.nominations[row]["minutes"]) != nominations.UNKNOWN_MINUTES:
        reason = _ATTESTED_BEFORE
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    state.nominations[row]["minutes"] = command["lots"]
    return nominations.tell(state, events, written, _ATTESTED, row, 0, int64(command["lots"]))


@seldom
def compensate(state: State, command: Rows, events: Rows, written: int) -> int:
    """Pay the buyer for minutes (``lots``) that were not delivered, at ``price_ticks``, out of the seller's bond.

    What the bond does not cover is not paid: the event says what was, and in ``fee`` what was due.
    """
    reason, row = _find(state, command)
    if reason == _ACCEPTABLE and not 1 <= int64(command["price_ticks"]) <= PRICE_TICKS_MAX:
        reason = _BAD_PRICE
    if reason == _ACCEPTABLE and not 1 <= int64(command["lots"]) <= nominations.missing(state, row):
        reason = _BAD_LOTS
    if reason == _ACCEPTABLE and nominations.is_too_large(state, command, 1):
        reason = _NOTIONAL_TOO_LARGE
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    nomination = state.nominations[row]
    nomination["compensated"] += int64(command["lots"])
    notional = int64(command["price_ticks"]) * int64(state.contracts[int64(nomination["contract"])]["tick_value"])
    due = _of_an_hour(notional, int64(command["lots"]))
    paid = min(due, int64(state.accounts[int64(nomination["seller"])]["bond"]))
    ledger.pledge(state, int64(nomination["seller"]), -paid)
    state.accounts[int64(nomination["seller"])]["cash"] -= paid
    state.accounts[int64(nomination["buyer"])]["cash"] += paid
    margin.touch_account(state, int64(nomination["buyer"]))
    written = nominations.tell(state, events, written, _COMPENSATED, row, paid, int64(command["lots"]))
    events[written - 1]["fee"] = due
    events[written - 1]["price_ticks"] = command["price_ticks"]
    return written


@kernel
def _of_an_hour(notional: int, minutes: int) -> int:
    """``notional * minutes / 60``, rounded down, without leaving int64."""
    return notional // MINUTES_EACH * minutes + notional % MINUTES_EACH * minutes // MINUTES_EACH


@kernel
def _find(state: State, command: Rows) -> tuple[int, int]:
    """The nomination that the command means: (reason, row)."""
    if not nominations.is_contract(state, int64(command["contract"])):
        return _UNKNOWN_CONTRACT, 0
    row = nominations.find(state, command)
    return _ACCEPTABLE if row != 0 else _UNKNOWN_NODE, row
