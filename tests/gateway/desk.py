"""The engine, the mirror and the feed without a node or sockets: one call is one turn."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from exchange.domain.enums import (
    COLLECTING,
    CommandKind,
    Flag,
    Kill,
    OrderType,
    Phase,
    QuoteFlag,
    SelfTrade,
    Side,
    TimeInForce,
    TransferFlag,
)
from exchange.domain.records import Command, command_rows
from exchange.engine import Engine
from exchange.gateway.feed.hub import Delivery, Feed
from exchange.gateway.mirror.changes import Changes, Origin
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.channels import parse_channel
from tests.gateway.venue import deposit, hours, listing, open_account

START_NS = 1_790_000_000 * 10**9
ACCOUNTS = (1, 2, 3)
CONTRACTS = 2
STEP_NS = 10**9


class Desk:
    """Three accounts and two contracts; time moves a second a turn."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.contracts = hours(START_NS, CONTRACTS)
        self.now_ns = START_NS
        self.apply(
            open_account("alice", 1, 3),
            open_account("bob", 0, 10),
            open_account("carol", 7, 0),
            *(deposit(account) for account in ACCOUNTS),
            *(listing(contract) for contract in self.contracts),
            *(
                Command(kind=CommandKind.CAPACITY, account=account, contract=number, lots=50)
                for account in ACCOUNTS
                for number in range(CONTRACTS)
            ),
        )
        self.mirror = Mirror(self.engine)
        self.mirror.began_ms = 0  # nothing was ordered or traded before
        self.feed = Feed(self.mirror)

    def apply(self, *commands: Command) -> tuple[Any, Any]:
        """Through the engine alone. A TICK goes first if a deadline is due, as the node has it."""
        self.now_ns += STEP_NS
        due = self.engine.next_deadline_ns() <= self.now_ns
        batch = [Command(kind=CommandKind.TICK), *commands] if due else list(commands)
        rows = command_rows(
            [
                command._replace(sequence=self.engine.sequence + 1 + index, time_ns=self.now_ns)
                for index, command in enumerate(batch)
            ]
        )
        return rows, self.engine.apply(rows)

    def turn(self, *commands: Command, origins: Sequence[Origin | None] | None = None) -> Changes:
        """Through the engine and the mirror."""
        first_event = self.engine.events_total + 1
        rows, events = self.apply(*commands)
        asked: list[Origin | None] = [None] * (len(rows) - len(commands))
        asked += list(origins) if origins is not None else [None] * len(commands)
        return self.mirror.apply(rows, events, asked, first_event)


def limit(account: int, side: Side, price_ticks: int, lots: int, contract: int = 0) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )


def random_command(rng: random.Random, engine: Engine, now_ns: int) -> Command:
    """Mostly orders near a price, some that cannot be; it meets every path of the kernel in time."""
    account, contract = rng.choice(ACCOUNTS), rng.randrange(CONTRACTS)
    open_orders = engine.open_orders()
    kinds = ["new", "cancel", "replace", "quote", "cancel_all", "cash", "capacity", "desk", "wildcard"]
    kind = rng.choices(kinds, [60, 12, 16, 6, 2, 3, 3, 8, 16])[0]
    if kind in ("cancel", "replace") and not open_orders:
        kind = "new"
    match kind:
        case "new":
            return _new_order(rng, account, contract, now_ns)
        case "cancel":
            order = rng.choice(open_orders)
            return Command(kind=CommandKind.CANCEL, account=order.account, order_id=order.order_id)
        case "replace":
            order = rng.choice(open_orders)
            return Command(
                kind=CommandKind.REPLACE,
                account=order.account,
                order_id=order.order_id,
                contract=order.contract,
                price_ticks=order.price_ticks + rng.choice([0, 0, -2, 1, 3]),
                lots=max(order.lots + rng.choice([-3, -1, 0, 2]), 1),
                flags=rng.choice([0, 0, Flag.LOTS_ARE_OPEN]),
            )
        case "quote":
            bid_lots, ask_lots = rng.randrange(4), rng.randrange(4)
            return Command(
                kind=CommandKind.QUOTE,
                account=account,
                contract=contract,
                price_ticks=rng.randrange(2_340, 2_351) if bid_lots else 0,
                lots=bid_lots,
                trigger_ticks=rng.randrange(2_350, 2_361) if ask_lots else 0,
                display_lots=ask_lots,
                option=rng.randrange(2),
                flags=rng.choice([0, 0, QuoteFlag.FIRST]),
            )
        case "wildcard":
            return _wildcard(rng, engine, account, contract)
        case "cancel_all":
            return Command(kind=CommandKind.CANCEL_ALL, account=rng.choice([0, *ACCOUNTS]), contract=contract)
        case "cash":
            return Command(kind=CommandKind.CASH, account=account, amount=rng.choice([10**6, -(10**6)]))
        case "capacity":
            return Command(kind=CommandKind.CAPACITY, account=account, contract=contract, lots=rng.randrange(20, 60))
    return _desk_command(rng, account, contract, now_ns)


def _wildcard(rng: random.Random, engine: Engine, account: int, contract: int) -> Command:
    """One, or a member for one that waits for it, or does not."""
    waiting = [order for order in engine.open_orders() if order.wildcard_id == order.order_id]
    if waiting and rng.random() < 0.8:
        order = rng.choice(waiting)
        offset_ticks = rng.randrange(-2, 5)
        member = Command(kind=CommandKind.MEMBER, account=order.account, order_id=order.order_id)
        return member._replace(contract=contract, offset_ticks=offset_ticks)
    whole = limit(account, Side(rng.randrange(2)), rng.randrange(2_345, 2_356), rng.randrange(1, 8), contract)
    time_in_force = rng.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC])
    return whole._replace(kind=CommandKind.WILDCARD, option=rng.randrange(1, 3), time_in_force=time_in_force)


_DESK_WISHES = ("phase", "open", "mark", "bands", "group", "protect", "kill", "money", "tick")


def _desk_command(rng: random.Random, account: int, contract: int, now_ns: int) -> Command:
    """Of those who run the venue."""
    command = Command(account=account, contract=contract, price_ticks=rng.randrange(2_340, 2_361))
    match rng.choices(_DESK_WISHES, [2, 6, 2, 1, 1, 1, 1, 3, 1])[0]:
        case "phase":
            collects = rng.choice(sorted(COLLECTING - {Phase.VOLATILITY}))
            phase = rng.choice([Phase.HALTED, Phase.CANCEL_ONLY, collects, collects])
            end_ns = now_ns + rng.randrange(2, 5) * STEP_NS if phase == collects and rng.random() < 0.8 else 0
            return command._replace(kind=CommandKind.PHASE, option=phase, expiry_ns=end_ns)
        case "open":
            return command._replace(kind=CommandKind.PHASE, option=Phase.CONTINUOUS)
        case "mark":
            return command._replace(kind=CommandKind.MARK)
        case "bands":
            return command._replace(kind=CommandKind.BANDS, taker_fee_bps=rng.choice([20, 40]), amount=3 * STEP_NS)
        case "group":
            return command._replace(kind=CommandKind.GROUP, lots=rng.randrange(2))
        case "protect":
            return command._replace(kind=CommandKind.PROTECT, lots=rng.randrange(4), expiry_ns=STEP_NS)
        case "money":
            return _movement(rng, command)
        case "kill":
            return command._replace(kind=CommandKind.KILL, option=Kill.ACCOUNT, lots=int(rng.random() < 0.2))
    return command._replace(kind=CommandKind.TICK)


def _movement(rng: random.Random, command: Command) -> Command:
    """Of money without a trade, or what trades will cost."""
    match rng.choice(["transfer", "bond", "release", "fees"]):
        case "transfer":
            flags = rng.choice([Flag(0), TransferFlag.FROM_BOND])
            payee = rng.choice([0, *ACCOUNTS])
            return command._replace(kind=CommandKind.TRANSFER, order_id=payee, amount=10**5, flags=flags)
        case "bond":
            return command._replace(kind=CommandKind.BOND, amount=10**6)
        case "release":
            return command._replace(kind=CommandKind.BOND, amount=-(10**5))
    return command._replace(kind=CommandKind.FEES, maker_fee_bps=rng.randrange(3), taker_fee_bps=rng.randrange(6))


def _new_order(rng: random.Random, account: int, contract: int, now_ns: int) -> Command:
    time_in_force = rng.choices(list(TimeInForce), [6, 2, 1, 1, 1])[0]
    rests = time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)
    lots = rng.randrange(1, 8)
    command = Command(
        kind=CommandKind.NEW,
        account=account,
        contract=contract,
        side=rng.choice(list(Side)),
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        price_ticks=rng.randrange(2_340, 2_361),
        lots=lots,
        expiry_ns=now_ns + rng.randrange(2, 20) * STEP_NS if time_in_force == TimeInForce.GTD else 0,
        self_trade=rng.choice(list(SelfTrade)),
    )
    if rng.random() < 0.5:
        return command
    if not rests:
        return command._replace(order_type=OrderType.MARKET, price_ticks=0)
    match rng.choice(["flag", "flag", "stop", "stop", "peg", "peg", "iceberg", "iceberg", "market to limit"]):
        case "flag":
            wanted = (Flag.POST_ONLY, Flag.SLIDE, Flag.REDUCE_ONLY, Flag.ALL_OR_NONE, Flag.ALL_OR_NONE)
            return command._replace(flags=rng.choice(wanted))
        case "stop":
            kind = rng.choice([OrderType.STOP, OrderType.STOP_LIMIT])
            flags = rng.choice([Flag(0), Flag.ON_MARK])
            return command._replace(order_type=kind, trigger_ticks=rng.randrange(2_340, 2_361), flags=flags)
        case "peg":
            kind = rng.choice([OrderType.PEG_BEST, OrderType.PEG_MID])
            return command._replace(order_type=kind, offset_ticks=rng.randrange(3))
        case "iceberg":
            return command._replace(display_lots=rng.randrange(1, lots + 1))
    return command._replace(order_type=OrderType.MARKET_TO_LIMIT, price_ticks=0)


@dataclass
class Listener:
    """Rebuilds books from what it hears, knowing nothing else; a gap or a wrong action fails."""

    name: Hashable
    books: dict[str, dict[str, dict[float, float]]] = field(default_factory=dict)
    change_ids: dict[str, int] = field(default_factory=dict)
    heard: list[tuple[str, Any]] = field(default_factory=list)

    def __hash__(self) -> int:
        return hash(self.name)

    def join(self, feed: Feed, *names: str, account: int = 0) -> list[Delivery]:
        return feed.join(self, [parse_channel(name) for name in names], account)

    def hear(self, frame: bytes) -> None:
        message = msgspec.json.decode(frame)
        channel, content = message["params"]["channel"], message["params"]["data"]
        self.heard.append((channel, content))
        if channel.startswith("book."):
            self._book(channel, content)

    def _book(self, channel: str, content: dict[str, Any]) -> None:
        if content["type"] == "snapshot":
            assert "prev_change_id" not in content
            self.books[channel] = {"bids": {}, "asks": {}}
        else:
            assert content["prev_change_id"] == self.change_ids[channel]
            assert content["change_id"] > content["prev_change_id"]
            assert content["bids"] or content["asks"]
        self.change_ids[channel] = content["change_id"]
        for side in ("bids", "asks"):
            levels = self.books[channel][side]
            for action, price, amount in content[side]:
                assert (price in levels) == (action != "new")
                if action == "delete":
                    del levels[price]
                else:
                    assert levels.get(price) != amount
                    levels[price] = amount

    def levels(self, channel: str, side: str) -> list[tuple[float, float]]:
        return sorted(self.books[channel][side].items(), reverse=side == "bids")


def deliver(deliveries: list[Delivery]) -> None:
    for frame, listeners in deliveries:
        for listener in listeners:
            assert isinstance(listener, Listener)
            listener.hear(frame)
