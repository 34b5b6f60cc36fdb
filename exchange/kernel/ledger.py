"""Money that moves without a trade: between accounts, and into and out of the bond that stands behind deliveries.

A bond is cash that its account cannot spend: it counts as reserved until it is released or taken.
"""

from exchange.domain.enums import CommandKind, EventKind, Reject, TransferFlag
from exchange.domain.records import Rows
from exchange.domain.units import TOTAL_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, index, margin
from exchange.kernel.facts import has_text, is_account, is_text
from exchange.kernel.state import State

_TRANSFER = int(EventKind.TRANSFER)
_BOND = int(EventKind.BOND)
_CONFIGURED = int(EventKind.CONFIGURED)
_FEES = int(CommandKind.FEES)
_FROM_BOND = int(TransferFlag.FROM_BOND)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_DUPLICATE_CLIENT_ID = int(Reject.DUPLICATE_CLIENT_ID)
_BAD_TEXT = int(Reject.BAD_TEXT)
_BAD_FLAGS = int(Reject.BAD_FLAGS)
_BAD_AMOUNT = int(Reject.BAD_AMOUNT)
_BAD_FEE = int(Reject.BAD_FEE)
_BAD_OPTION = int(Reject.BAD_OPTION)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)


@seldom
def transfer(state: State, command: Rows, events: Rows, written: int) -> int:
    """From one account to another, of which either may be the venue; a reference works once for the payer."""
    payer = int64(command["account"])
    payee = int64(command["order_id"])
    amount = int64(command["amount"])
    reason = _refuse_transfer(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    remember(state, command)
    if int64(command["flags"]) & _FROM_BOND != 0:
        pledge(state, payer, -amount)
    state.accounts[payer]["cash"] -= amount
    state.accounts[payee]["cash"] += amount
    margin.touch_account(state, payer)
    margin.touch_account(state, payee)
    written = emit.notice(state, events, written, _TRANSFER, payer, 0, amount, 0, 0, int64(command["flags"]))
    events[written - 1]["maker_account"] = payee
    return written


@kernel
def _refuse_transfer(state: State, command: Rows) -> int:
    payer = int64(command["account"])
    payee = int64(command["order_id"])
    flags = int64(command["flags"])
    if not (_is_party(state, payer) and _is_party(state, payee)):
        return _UNKNOWN_ACCOUNT
    reason = refuse_reference(state, command)
    if reason != _ACCEPTABLE:
        return reason
    if flags & ~_FROM_BOND != 0:
        return _BAD_FLAGS
    if not 1 <= int64(command["amount"]) <= TOTAL_MAX:
        return _BAD_AMOUNT
    if payer == payee:
        return _BAD_OPTION
    has = int64(state.accounts[payer]["bond"]) if flags != 0 else margin.spendable(state, payer)
    return _INSUFFICIENT_FUNDS if has < int64(command["amount"]) else _ACCEPTABLE


@kernel
def _is_party(state: State, account: int) -> bool:
    return 0 <= account < int64(state.header[0]["accounts"])


@seldom
def bond(state: State, command: Rows, events: Rows, written: int) -> int:
    """Pledge cash as a bond, or release it with a negative amount; a reference works once."""
    account = int64(command["account"])
    reason = _refuse_bond(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    remember(state, command)
    pledge(state, account, int64(command["amount"]))
    return emit.notice(state, events, written, _BOND, account, 0, int64(command["amount"]), 0, 0, 0)


@kernel
def _refuse_bond(state: State, command: Rows) -> int:
    account = int64(command["account"])
    amount = int64(command["amount"])
    if not is_account(state, account):
        return _UNKNOWN_ACCOUNT
    reason = refuse_reference(state, command)
    if reason != _ACCEPTABLE:
        return reason
    if amount == 0 or not -TOTAL_MAX <= amount <= TOTAL_MAX:
        return _BAD_AMOUNT
    if amount > margin.spendable(state, account) or -amount > int64(state.accounts[account]["bond"]):
        return _INSUFFICIENT_FUNDS
    return _ACCEPTABLE


@kernel
def pledge(state: State, account: int, amount: int) -> None:
    """Move free cash into the bond, or back with a negative amount."""
    state.accounts[account]["bond"] += amount
    state.accounts[account]["reserved"] += amount
    margin.touch_account(state, account)


@seldom
def fees(state: State, command: Rows, events: Rows, written: int) -> int:
    """Set what an account pays; never more than it was opened with, for which its open orders hold."""
    account = int64(command["account"])
    maker_fee_bps = int64(command["maker_fee_bps"])
    taker_fee_bps = int64(command["taker_fee_bps"])
    highest_bps = max(maker_fee_bps, taker_fee_bps)
    reason = _ACCEPTABLE
    if not is_account(state, account):
        reason = _UNKNOWN_ACCOUNT
    elif min(maker_fee_bps, taker_fee_bps) < 0 or highest_bps > int64(state.accounts[account]["reserve_bps"]):
        reason = _BAD_FEE
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    state.accounts[account]["maker_fee_bps"] = maker_fee_bps
    state.accounts[account]["taker_fee_bps"] = taker_fee_bps
    return emit.notice(state, events, written, _CONFIGURED, account, 0, 0, 0, 0, _FEES)


@kernel
def refuse_reference(state: State, command: Rows) -> int:
    """Whether the reference of a movement of money is no text, or was used by this account before."""
    if has_text(command) and index.find_client_id(state, int64(command["account"]), command)[0] != 0:
        return _DUPLICATE_CLIENT_ID
    return _ACCEPTABLE if is_text(command) else _BAD_TEXT


@kernel
def remember(state: State, command: Rows) -> None:
    """A reference, if there is one, works once."""
    if has_text(command):
        account = int64(command["account"])
        _, place, tag = index.find_client_id(state, account, command)
        index.add_client_id(state, account, -1, command, 0, place, tag)
