"""Why accounts, contracts, cash and capacity are refused, and what they do."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Phase, Reject
from exchange.domain.records import Command
from exchange.domain.text import EMPTY
from exchange.domain.units import FEE_BPS_MAX, LOTS_MAX, TOTAL_MAX
from tests.reference.accounts import Account
from tests.reference.contracts import Contract
from tests.reference.forms import is_name, is_text, text_of
from tests.reference.margin import refuse_less_capacity, spendable_micros
from tests.reference.market import GATE, Market

TICK_VALUE_MICROS_MAX = 10**12
WEIGHT_MAX = 10**6


def refuse_open_account(market: Market, command: Command) -> Reject:
    if not is_name(text_of(command)):
        return Reject.BAD_TEXT
    if not (0 <= command.maker_fee_bps <= FEE_BPS_MAX and 0 <= command.taker_fee_bps <= FEE_BPS_MAX):
        return Reject.BAD_FEE
    if any(account.name == text_of(command) for account in market.accounts):
        return Reject.ACCOUNT_EXISTS
    return Reject.NONE


def open_account(market: Market, command: Command) -> None:
    market.accounts.append(Account(text_of(command), command.maker_fee_bps, command.taker_fee_bps))
    market.say(EventKind.ACCOUNT_OPENED, account=len(market.accounts) - 1)


def refuse_cash(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if text_of(command) in account.used:
        return Reject.DUPLICATE_CLIENT_ID
    if not is_text(text_of(command)):
        return Reject.BAD_TEXT
    all_cash_micros = sum(account.cash_micros for account in market.accounts)
    if command.amount == 0 or abs(command.amount) > TOTAL_MAX or all_cash_micros + command.amount > TOTAL_MAX:
        return Reject.BAD_AMOUNT
    if command.amount < 0 and spendable_micros(market, account) + command.amount < 0:
        return Reject.INSUFFICIENT_FUNDS
    return Reject.NONE


def move_cash(market: Market, command: Command) -> None:
    account = market.accounts[command.account]
    account.cash_micros += command.amount
    if text_of(command) != EMPTY:
        account.used[text_of(command)] = 0
    market.say(EventKind.CASH, account=command.account, amount=command.amount)


def refuse_list(market: Market, command: Command) -> Reject:
    if not is_name(text_of(command)):
        return Reject.BAD_TEXT
    if not 0 <= command.lots <= WEIGHT_MAX:
        return Reject.BAD_LOTS
    if command.expiry_ns <= command.time_ns:
        return Reject.BAD_EXPIRY
    if not 1 <= command.amount <= TICK_VALUE_MICROS_MAX:
        return Reject.BAD_AMOUNT
    if command.sku < 0 or command.region < 0 or command.option not in (0, Phase.PREOPEN, Phase.LISTED):
        return Reject.BAD_OPTION
    if any(contract.symbol == text_of(command) for contract in market.contracts):
        return Reject.CONTRACT_EXISTS
    return Reject.NONE


def list_contract(market: Market, command: Command) -> None:
    contract = Contract(
        text_of(command), command.amount, command.expiry_ns, command.lots or 1, command.sku, command.region
    )
    contract.phase = command.option or Phase.CONTINUOUS
    market.contracts.append(contract)
    number = len(market.contracts) - 1
    market.deadlines.add((command.expiry_ns, GATE, number, 0))
    market.touch(number)
    market.say(EventKind.LISTED, contract=number)


def refuse_capacity(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 0 <= command.lots <= LOTS_MAX:
        return Reject.BAD_LOTS
    if market.contracts[command.contract].legs:
        return Reject.NOT_FOR_STRIPS
    if market.contracts[command.contract].closed(command.time_ns):
        return Reject.CONTRACT_CLOSED
    if account.credit_bps is not None:
        return refuse_less_capacity(market, account, command.contract, command.lots)
    position = account.position(command.contract)
    if position.lots + command.lots - position.open_sell_lots < 0:
        return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def declare_capacity(market: Market, command: Command) -> None:
    market.accounts[command.account].position(command.contract).capacity_lots = command.lots
    market.say(EventKind.CAPACITY, account=command.account, contract=command.contract, lots=command.lots)
