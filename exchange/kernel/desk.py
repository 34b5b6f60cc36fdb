"""What the venue's own desk does: accounts, cash, capacity and listings."""

from exchange.domain.enums import EventKind, Phase, Reject
from exchange.domain.records import Rows
from exchange.domain.units import FEE_BPS_MAX, LOTS_MAX, TOTAL_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import auction, deadlines, emit, fixing, index, ledger, margin, margin_means, phase
from exchange.kernel.facts import has_text, is_account, is_closed, is_strip, is_text
from exchange.kernel.holdings import MARGINED, ON_MARGIN
from exchange.kernel.state import State

_ACCOUNT_OPENED = int(EventKind.ACCOUNT_OPENED)
_CASH = int(EventKind.CASH)
_LISTED = int(EventKind.LISTED)
_CAPACITY = int(EventKind.CAPACITY)
_CONTINUOUS = int(Phase.CONTINUOUS)
_PREOPEN = int(Phase.PREOPEN)
_LISTED_PHASE = int(Phase.LISTED)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_TEXT = int(Reject.BAD_TEXT)
_BAD_LOTS = int(Reject.BAD_LOTS)
_BAD_EXPIRY = int(Reject.BAD_EXPIRY)
_BAD_AMOUNT = int(Reject.BAD_AMOUNT)
_BAD_FEE = int(Reject.BAD_FEE)
_BAD_OPTION = int(Reject.BAD_OPTION)
_ACCOUNT_EXISTS = int(Reject.ACCOUNT_EXISTS)
_CONTRACT_EXISTS = int(Reject.CONTRACT_EXISTS)
_NOT_FOR_STRIPS = int(Reject.NOT_FOR_STRIPS)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)
_INSUFFICIENT_FUNDS = int(Reject.INSUFFICIENT_FUNDS)
_INSUFFICIENT_CAPACITY = int(Reject.INSUFFICIENT_CAPACITY)

_TICK_VALUE_MAX = 10**12
_WEIGHT_MAX = 10**6


@seldom
def open_account(state: State, command: Rows, events: Rows, written: int) -> int:
    maker_fee_bps = int64(command["maker_fee_bps"])
    taker_fee_bps = int64(command["taker_fee_bps"])
    reason = _ACCEPTABLE
    if not (has_text(command) and is_text(command)):
        reason = _BAD_TEXT
    elif not (0 <= maker_fee_bps <= FEE_BPS_MAX and 0 <= taker_fee_bps <= FEE_BPS_MAX):
        reason = _BAD_FEE
    elif index.find_by_text(state.account_index, state.accounts, command) >= 0:
        reason = _ACCOUNT_EXISTS
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    header = state.header[0]
    account = int64(header["accounts"])
    header["accounts"] = account + 1
    owner = state.accounts[account]
    index.copy_text(owner, command)
    owner["maker_fee_bps"] = maker_fee_bps
    owner["taker_fee_bps"] = taker_fee_bps
    owner["reserve_bps"] = max(maker_fee_bps, taker_fee_bps)
    index.add_by_text(state.account_index, state.accounts, account)
    return emit.notice(state, events, written, _ACCOUNT_OPENED, account, 0, 0, 0, 0, 0)


@seldom
def cash(state: State, command: Rows, events: Rows, written: int) -> int:
    """Deposit, or withdraw with a negative amount; a reference works once."""
    account = int64(command["account"])
    amount = int64(command["amount"])
    reason = _refuse_cash(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    ledger.remember(state, command)
    state.header[0]["cash_total"] += amount
    state.accounts[account]["cash"] += amount
    margin.touch_account(state, account)
    return emit.notice(state, events, written, _CASH, account, 0, amount, 0, 0, 0)


@kernel
def _refuse_cash(state: State, command: Rows) -> int:
    account = int64(command["account"])
    amount = int64(command["amount"])
    if not is_account(state, account):
        return _UNKNOWN_ACCOUNT
    reason = ledger.refuse_reference(state, command)
    if reason != _ACCEPTABLE:
        return reason
    if amount == 0 or not -TOTAL_MAX <= amount <= TOTAL_MAX:
        return _BAD_AMOUNT
    if amount > TOTAL_MAX - int64(state.header[0]["cash_total"]):
        return _BAD_AMOUNT
    if -amount > margin.spendable(state, account):
        return _INSUFFICIENT_FUNDS
    return _ACCEPTABLE


@seldom
def list_contract(state: State, command: Rows, events: Rows, written: int) -> int:
    reason = _refuse_listing(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    header = state.header[0]
    contract = int64(header["contracts"])
    header["contracts"] = contract + 1
    book = state.contracts[contract]
    listing = state.listings[contract]
    index.copy_text(listing, command)
    book["tick_value"] = command["amount"]
    book["gate_ns"] = command["expiry_ns"]
    book["phase"] = command["option"] if int64(command["option"]) != 0 else _CONTINUOUS
    listing["weight"] = max(int64(command["lots"]), 1)
    listing["sku"] = command["sku"]
    listing["region"] = command["region"]
    auction.set_bounds(state, contract)
    if phase.collects(int64(book["phase"])):
        phase.set_collecting(state, contract, True)
        listing["is_stirred"] = 1
    index.add_by_text(state.contract_index, state.listings, contract)
    deadlines.add_gate(state, contract, int64(command["expiry_ns"]))
    fixing.expect(state, contract)
    return emit.notice(state, events, written, _LISTED, 0, contract, 0, 0, 0, 0)


@kernel
def _refuse_listing(state: State, command: Rows) -> int:
    if not (has_text(command) and is_text(command)):
        return _BAD_TEXT
    if not 0 <= int64(command["lots"]) <= _WEIGHT_MAX:
        return _BAD_LOTS
    if int64(command["expiry_ns"]) <= int64(command["time_ns"]):
        return _BAD_EXPIRY
    if not 1 <= int64(command["amount"]) <= _TICK_VALUE_MAX:
        return _BAD_AMOUNT
    if int64(command["sku"]) < 0 or int64(command["region"]) < 0:
        return _BAD_OPTION
    option = int64(command["option"])
    if option != 0 and option != _PREOPEN and option != _LISTED_PHASE:
        return _BAD_OPTION
    if index.find_by_text(state.contract_index, state.listings, command) >= 0:
        return _CONTRACT_EXISTS
    return _ACCEPTABLE


@seldom
def capacity(state: State, command: Rows, events: Rows, written: int) -> int:
    """Declare how far a position may go below zero: the lots that a provider can deliver."""
    account = int64(command["account"])
    contract = int64(command["contract"])
    lots = int64(command["lots"])
    reason = _ACCEPTABLE
    if not is_account(state, account):
        reason = _UNKNOWN_ACCOUNT
    elif not 0 <= contract < int64(state.header[0]["contracts"]):
        reason = _UNKNOWN_CONTRACT
    elif not 0 <= lots <= LOTS_MAX:
        reason = _BAD_LOTS
    elif is_strip(state, contract):
        reason = _NOT_FOR_STRIPS
    elif is_closed(state, contract):
        reason = _CONTRACT_CLOSED
    else:
        held = state.positions[index.find_position(state, account, contract)]
        if int64(state.accounts[account]["rules"]) & ON_MARGIN != 0:
            more_lots = lots - int64(held["capacity_lots"])
            reason = margin_means.refuse_capacity(state, account, contract, more_lots)
        elif int64(held["lots"]) + lots < int64(held["open_sell_lots"]):
            reason = _INSUFFICIENT_CAPACITY
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    position = index.reach_position(state, account, contract)
    state.positions[position]["capacity_lots"] = lots
    if int64(state.positions[position]["is_pooled"]) & MARGINED != 0:
        margin.follow(state, position)
    return emit.notice(state, events, written, _CAPACITY, account, contract, 0, 0, lots, 0)
