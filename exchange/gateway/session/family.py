"""Cash between the accounts of one family, at the word of its main account."""

from __future__ import annotations

from msgspec import UNSET

from exchange.domain.enums import CommandKind
from exchange.domain.errors import GpuxError
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import MICROS_PER_DOLLAR, micros
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.holders import Transferred
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.family import Transfer


def transfer(mirror: Mirror, account: Account, wish: Transfer, now_ns: int) -> list[Command]:
    source = account.number if wish.source is None else wish.source
    for number, param in ((source, "source"), (wish.destination, "destination")):
        if not _is_of(mirror, account, number):
            advice = f"account {number} is neither {account.name} nor a sub-account of it; a main account moves cash"
            raise Refusal(Code.FORBIDDEN, advice, reason="not_of_family", param=param)
    try:
        amount = micros(wish.amount)
    except GpuxError as error:
        raise Refusal(Code.INVALID_AMOUNT, str(error), param="amount") from None
    reference = {} if wish.reference is UNSET else text_columns(wish.reference)
    kind = CommandKind.TRANSFER
    return [Command(kind=kind, account=source, order_id=wish.destination, amount=amount, **reference)]


def transferred(outcome: Outcome) -> Transferred:
    done = outcome.command
    return Transferred(done.amount / MICROS_PER_DOLLAR, done.account, done.order_id)


def _is_of(mirror: Mirror, account: Account, number: int) -> bool:
    # A sub-account is no main account, not even of itself.
    if not 0 < number < len(mirror.accounts) or mirror.family.parent(account.name):
        return False
    return number == account.number or mirror.family.parent(mirror.accounts[number].name) == account.name
