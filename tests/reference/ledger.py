"""Money that moves without a trade: between accounts, and into and out of a bond; and what accounts pay."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, Reject, TransferFlag
from exchange.domain.records import Command
from exchange.domain.text import EMPTY
from exchange.domain.units import TOTAL_MAX
from tests.reference.accounts import Account
from tests.reference.forms import is_text, text_of
from tests.reference.margin import spendable_micros
from tests.reference.market import Market


def refuse_transfer(market: Market, command: Command) -> Reject:
    known = range(len(market.accounts))
    if command.account not in known or command.order_id not in known:
        return Reject.UNKNOWN_ACCOUNT
    payer = market.accounts[command.account]
    bad_reference = _refuse_reference(payer, command)
    if bad_reference:
        return bad_reference
    if command.flags not in (0, TransferFlag.FROM_BOND):
        return Reject.BAD_FLAGS
    if not 0 < command.amount <= TOTAL_MAX:
        return Reject.BAD_AMOUNT
    if command.account == command.order_id:
        return Reject.BAD_OPTION
    at_hand_micros = payer.bond_micros if command.flags else spendable_micros(market, payer)
    return Reject.INSUFFICIENT_FUNDS if command.amount > at_hand_micros else Reject.NONE


def transfer(market: Market, command: Command) -> None:
    payer = market.accounts[command.account]
    _use_reference(payer, command)
    if command.flags:
        payer.bond_micros -= command.amount
        payer.reserved_micros -= command.amount
    payer.cash_micros -= command.amount
    market.accounts[command.order_id].cash_micros += command.amount
    market.say(
        EventKind.TRANSFER,
        account=command.account,
        maker_account=command.order_id,
        amount=command.amount,
        reason=command.flags,
    )


def refuse_bond(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    bad_reference = _refuse_reference(account, command)
    if bad_reference:
        return bad_reference
    if command.amount == 0 or abs(command.amount) > TOTAL_MAX:
        return Reject.BAD_AMOUNT
    short = spendable_micros(market, account) < command.amount or account.bond_micros + command.amount < 0
    return Reject.INSUFFICIENT_FUNDS if short else Reject.NONE


def change_bond(market: Market, command: Command) -> None:
    account = market.accounts[command.account]
    _use_reference(account, command)
    account.bond_micros += command.amount
    account.reserved_micros += command.amount
    market.say(EventKind.BOND, account=command.account, amount=command.amount)


def refuse_fees(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    fees = (command.maker_fee_bps, command.taker_fee_bps)
    return Reject.NONE if all(0 <= fee_bps <= account.reserve_bps for fee_bps in fees) else Reject.BAD_FEE


def set_fees(market: Market, command: Command) -> None:
    account = market.accounts[command.account]
    account.maker_fee_bps, account.taker_fee_bps = command.maker_fee_bps, command.taker_fee_bps
    market.say(EventKind.CONFIGURED, account=command.account, reason=CommandKind.FEES)


def _refuse_reference(account: Account, command: Command) -> Reject:
    if text_of(command) in account.used:
        return Reject.DUPLICATE_CLIENT_ID
    return Reject.NONE if is_text(text_of(command)) else Reject.BAD_TEXT


def _use_reference(account: Account, command: Command) -> None:
    if text_of(command) != EMPTY:
        account.used[text_of(command)] = 0
