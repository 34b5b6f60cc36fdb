"""Between messages and command rows: what a desk sends, as the engine takes it."""

from exchange.domain.enums import CommandKind, Flag
from exchange.domain.instruments import Contract
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import MICROS_PER_DOLLAR
from strategies.base import Amend, Message, Place

_NEW, _REPLACE, _CANCEL = CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL
_POST_ONLY = Flag.POST_ONLY


def order_command(message: Message, account: int, contract: int) -> Command:
    """``contract`` is the engine's number of the message's contract."""
    text_0, text_1, text_2, text_3 = pack_text(message.client_id)
    if isinstance(message, Place):
        return Command(
            kind=_NEW,
            text_0=text_0, text_1=text_1, text_2=text_2, text_3=text_3, account=account, contract=contract,
            side=message.side,
            order_type=message.order_type,
            time_in_force=message.time_in_force,
            price_ticks=message.price_ticks,
            lots=message.lots,
            expiry_ns=message.expiry_ns,
            flags=_POST_ONLY if message.post_only else 0,
        )  # fmt: skip
    price_ticks, lots = (message.price_ticks, message.lots) if isinstance(message, Amend) else (0, 0)
    return Command(
        kind=_REPLACE if isinstance(message, Amend) else _CANCEL,
        text_0=text_0, text_1=text_1, text_2=text_2, text_3=text_3, account=account, contract=contract,
        price_ticks=price_ticks, lots=lots,
    )  # fmt: skip


def list_command(contract: Contract) -> Command:
    text_0, text_1, text_2, text_3 = pack_text(contract.symbol)
    return Command(
        kind=CommandKind.LIST,
        text_0=text_0, text_1=text_1, text_2=text_2, text_3=text_3,
        amount=contract.tick_value_micros,
        expiry_ns=contract.gate_ns,
    )  # fmt: skip


def account_command(name: str, maker_fee_bps: int, taker_fee_bps: int) -> Command:
    text_0, text_1, text_2, text_3 = pack_text(name)
    return Command(
        kind=CommandKind.OPEN_ACCOUNT,
        text_0=text_0, text_1=text_1, text_2=text_2, text_3=text_3,
        maker_fee_bps=maker_fee_bps,
        taker_fee_bps=taker_fee_bps,
    )  # fmt: skip


def cash_command(account: int, dollars: int) -> Command:
    return Command(kind=CommandKind.CASH, account=account, amount=dollars * MICROS_PER_DOLLAR)


def capacity_command(account: int, contract: int, lots: int) -> Command:
    return Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=lots)
