"""Commands as most tests ask for them."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, OrderType, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import text_columns


def named(kind: CommandKind, name: str, **columns: int) -> Command:
    return Command(kind=kind, **text_columns(name), **columns)


def limit(account: int, side: Side, price_ticks: int, lots: int, contract: int = 0, **columns: int) -> Command:
    """An order that rests until it is cancelled, but for what ``columns`` say otherwise."""
    asked = Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )
    return asked._replace(**columns)
