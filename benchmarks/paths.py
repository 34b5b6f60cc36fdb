"""The paths through the kernel: commands that take each of them, and what undoes them.

Every round finds the same book, of 10,000 orders on a thousand prices a side, and leaves it as it was,
so that rounds can be compared: what is added is cancelled, and what is taken is put back, in
batches that are not measured. Beside that book there are small contracts and small traders, one for each
command of a batch, for what can be done only once to a contract or a trader.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from exchange.domain.enums import CommandKind, EventKind, Flag, OrderType, Phase, Side, TimeInForce
from exchange.domain.records import Command, Rows, command_rows
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS
from exchange.engine import Engine

BATCH_MAX = 64
LEVELS = 1000
_ORDERS_A_LEVEL = 5
# Wide enough for icebergs and quotes to stand alone between them.
_BEST_BID, _BEST_ASK = 4990, 5010
_MIDDLE = 5000
_LOTS = 10
_BUNDLE = 10  # orders, slices or trades that one command moves, where it moves many
_QUOTE_SLOTS = 8

_BUYER, _SELLER, _MAKER, _PAUPER = 1, 2, 3, 4
_FIRST_TRADER = 5
_NAMES = ["buyer", "seller", "maker", "pauper", *(f"trader-{number}" for number in range(BATCH_MAX))]
_BOOK = 0
_FIRST_SMALL_CONTRACT = 1
_CONTRACTS = _FIRST_SMALL_CONTRACT + BATCH_MAX


class Market:
    """An engine, and the ids of its bids by price."""

    def __init__(self) -> None:
        self.engine = Engine()
        accounts = [account for account in range(1, len(_NAMES) + 1) if account != _PAUPER]
        contracts = range(_CONTRACTS)
        self.ask([Command(kind=CommandKind.OPEN_ACCOUNT, text_0=pack_text(name[:9])[0]) for name in _NAMES])
        self.ask([_listing(contract) for contract in contracts])
        self.ask([Command(kind=CommandKind.CASH, account=account, amount=10**16) for account in accounts])
        self.ask([_capacity(account, contract) for account in (_SELLER, _MAKER) for contract in contracts])
        levels = np.repeat(np.arange(LEVELS), _ORDERS_A_LEVEL).tolist()
        bids = self.ask([order(Side.BUY, _BEST_BID - level) for level in levels])
        self.ask([order(Side.SELL, _BEST_ASK + level) for level in levels])
        self.bid_ids: list[int] = bids["order_id"][bids["kind"] == EventKind.ACCEPTED].tolist()

    def standing(self) -> list[list[tuple[int, int]]]:
        """Every price and its lots."""
        engine = self.engine
        return [engine.levels(contract, side, 2 * LEVELS) for contract in range(_CONTRACTS) for side in Side]

    def rows(self, commands: list[Command]) -> Rows:
        """Stamped, ready to be applied next."""
        first = self.engine.sequence + 1
        return command_rows([command._replace(sequence=first + place) for place, command in enumerate(commands)])

    def ask(self, commands: list[Command]) -> Rows:
        return self.engine.apply(self.rows(commands))

    def learn(self, events: Rows) -> None:
        """Bids that were put back have new ids."""
        accepted = events[events["kind"] == EventKind.ACCEPTED]
        for order_id, price_ticks in zip(accepted["order_id"].tolist(), accepted["price_ticks"].tolist(), strict=True):
            self.bid_ids[_ORDERS_A_LEVEL * (_BEST_BID - price_ticks) + 4] = order_id


def _listing(contract: int) -> Command:
    return Command(kind=CommandKind.LIST, text_0=pack_text(f"C{contract}")[0], amount=8000, expiry_ns=NEVER_NS)


def _capacity(account: int, contract: int) -> Command:
    return Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=LOTS_MAX)


def order(side: Side, price_ticks: int, lots: int = _LOTS) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=_BUYER if side == Side.BUY else _SELLER,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )


def cancel(order_id: int) -> Command:
    return Command(kind=CommandKind.CANCEL, account=_BUYER, order_id=order_id)


def replace(order_id: int, price_ticks: int) -> Command:
    flags = Flag.LOTS_ARE_OPEN
    kind = CommandKind.REPLACE
    return Command(kind=kind, account=_BUYER, order_id=order_id, price_ticks=price_ticks, lots=_LOTS, flags=flags)


def quote(slot: int, bid_ticks: int, ask_ticks: int) -> Command:
    """Without prices: no quote."""
    return Command(
        kind=CommandKind.QUOTE,
        account=_MAKER,
        option=slot,
        price_ticks=bid_ticks,
        lots=_LOTS if bid_ticks else 0,
        trigger_ticks=ask_ticks,
        display_lots=_LOTS if ask_ticks else 0,
    )


def phase(contract: int, option: Phase) -> Command:
    return Command(kind=CommandKind.PHASE, contract=contract, option=option)


def _add(market: Market, count: int) -> list[Command]:
    return [order(Side.BUY, _BEST_BID - 7 * place % LEVELS) for place in range(count)]


def _cancel_added(market: Market, events: Rows) -> list[Command]:
    return [cancel(order_id) for order_id in events["order_id"][events["kind"] == EventKind.ACCEPTED].tolist()]


def _cancel(market: Market, count: int) -> list[Command]:
    """The newest orders of levels far apart."""
    return [cancel(market.bid_ids[_ORDERS_A_LEVEL * (7 * place % LEVELS) + 4]) for place in range(count)]


def _add_cancelled(market: Market, events: Rows) -> list[Command]:
    return [order(Side.BUY, price_ticks) for price_ticks in events["price_ticks"].tolist()]


def _take(market: Market, count: int) -> list[Command]:
    """One whole order each, from the best price on."""
    return [order(Side.BUY, _BEST_ASK + LEVELS)._replace(time_in_force=TimeInForce.IOC) for _ in range(count)]


def _offer_taken(market: Market, events: Rows) -> list[Command]:
    fills = events[events["kind"] == EventKind.FILLED]
    return [order(Side.SELL, price_ticks) for price_ticks in fills["price_ticks"].tolist()]


def _replace(market: Market, count: int) -> list[Command]:
    """To the price below, which loses the place."""
    places = [_ORDERS_A_LEVEL * (7 * place % LEVELS) + 4 for place in range(count)]
    return [replace(market.bid_ids[place], _BEST_BID - place // _ORDERS_A_LEVEL - 1) for place in places]


def _replace_back(market: Market, events: Rows) -> list[Command]:
    amended = events[events["kind"] == EventKind.AMENDED]
    columns = zip(amended["order_id"].tolist(), amended["old_price_ticks"].tolist(), strict=True)
    return [replace(order_id, old_price_ticks) for order_id, old_price_ticks in columns]


def _icebergs(market: Market, count: int) -> list[Command]:
    """Offers that show a tenth of themselves, alone between the sides."""
    iceberg = order(Side.SELL, _MIDDLE, _BUNDLE * _LOTS)._replace(display_lots=_LOTS)
    return [iceberg] * count


def _sweep_icebergs(market: Market, count: int) -> list[Command]:
    """As many lots as a whole one each."""
    sweep = order(Side.BUY, _MIDDLE, _BUNDLE * _LOTS)._replace(time_in_force=TimeInForce.IOC)
    return [sweep] * count


def _stops(market: Market, count: int) -> list[Command]:
    """One at each of the next marks."""
    stop = order(Side.BUY, 0)._replace(order_type=OrderType.STOP, flags=Flag.ON_MARK)
    return [stop._replace(trigger_ticks=_MIDDLE + 1 + place) for place in range(count)]


def _trigger(market: Market, count: int) -> list[Command]:
    """One each; it takes one order from the best price."""
    return [Command(kind=CommandKind.MARK, price_ticks=_MIDDLE + 1 + place) for place in range(count)]


def _lower_mark(market: Market, events: Rows) -> list[Command]:
    return [*_offer_taken(market, events), Command(kind=CommandKind.MARK, price_ticks=_MIDDLE)]


def _quotes(market: Market, count: int) -> list[Command]:
    return [quote(slot, _MIDDLE - 4, _MIDDLE + 4) for slot in range(_QUOTE_SLOTS)]


def _requote(market: Market, count: int) -> list[Command]:
    """Both sides to another price, slot after slot."""
    commands = []
    for place in range(count):
        around, slot = divmod(place, _QUOTE_SLOTS)
        distance_ticks = 3 - around % 2
        commands.append(quote(slot, _MIDDLE - distance_ticks, _MIDDLE + distance_ticks))
    return commands


def _unquote(market: Market, events: Rows) -> list[Command]:
    return [quote(slot, 0, 0) for slot in range(_QUOTE_SLOTS)]


def _collect(market: Market, count: int) -> list[Command]:
    """Small contracts in which everybody wants to trade."""
    commands = []
    for contract in range(_FIRST_SMALL_CONTRACT, _FIRST_SMALL_CONTRACT + count):
        commands.append(phase(contract, Phase.PREOPEN))
        for place in range(_BUNDLE):
            commands += [
                order(Side.BUY, _MIDDLE + place)._replace(contract=contract),
                order(Side.SELL, _MIDDLE - place)._replace(contract=contract),
            ]
    return commands


def _uncross(market: Market, count: int) -> list[Command]:
    contracts = range(_FIRST_SMALL_CONTRACT, _FIRST_SMALL_CONTRACT + count)
    return [phase(contract, Phase.CONTINUOUS) for contract in contracts]


def _traders_orders(market: Market, count: int) -> list[Command]:
    """Each small trader has some, at prices far apart."""
    return [
        order(Side.BUY, _BEST_BID - 97 * place)._replace(account=_FIRST_TRADER + trader)
        for trader in range(count)
        for place in range(_BUNDLE)
    ]


def _cancel_all(market: Market, count: int) -> list[Command]:
    return [
        Command(kind=CommandKind.CANCEL_ALL, account=_FIRST_TRADER + trader, contract=-1) for trader in range(count)
    ]


def _refused(market: Market, count: int) -> list[Command]:
    """For want of funds, which is among the last things that are asked."""
    return [order(Side.BUY, _BEST_BID)._replace(account=_PAUPER)] * count


def _nothing(market: Market, _: object) -> list[Command]:
    return []


class Path(NamedTuple):
    """Commands to measure, and those before and after them that are not."""

    do: Callable[[Market, int], list[Command]]
    writes: EventKind  # what shows that the path was taken
    writes_each: int  # rows of it for each command
    undo: Callable[[Market, Rows], list[Command]] = _nothing  # made from the events of what was measured
    prepare: Callable[[Market, int], list[Command]] = _nothing


PATHS = {
    "add": Path(_add, EventKind.ACCEPTED, 1, _cancel_added),
    "cancel": Path(_cancel, EventKind.CANCELLED, 1, _add_cancelled),
    "take": Path(_take, EventKind.FILLED, 1, _offer_taken),
    "replace": Path(_replace, EventKind.AMENDED, 1, _replace_back),
    "iceberg of ten slices": Path(_sweep_icebergs, EventKind.FILLED, _BUNDLE, prepare=_icebergs),
    "stop": Path(_trigger, EventKind.TRIGGERED, 1, _lower_mark, _stops),
    "quote": Path(_requote, EventKind.ACCEPTED, 2, _unquote, _quotes),
    "uncross of ten trades": Path(_uncross, EventKind.FILLED, _BUNDLE, prepare=_collect),
    "cancel all ten": Path(_cancel_all, EventKind.CANCELLED, _BUNDLE, prepare=_traders_orders),
    "refused": Path(_refused, EventKind.REJECTED, 1),
}
