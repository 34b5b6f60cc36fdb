"""What a provider, his friend and a buyer may send who want to get more out of the exchange than they put in."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from exchange.domain.enums import CommandKind, Flag, OrderType, Phase, QuoteFlag, Side, TimeInForce, TransferFlag
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from tests.orders import limit, named

PROVIDER, FRIEND, BUYER = 1, 2, 3
MORNING, EVENING, BOTH = 0, 1, 2  # two hours, and the strip of them
GATE_NS = 10**6
CASH_MICROS = 1_000


def opening() -> list[Command]:
    return [
        *(named(CommandKind.OPEN_ACCOUNT, name, maker_fee_bps=7, taker_fee_bps=333) for name in ("p", "f", "b")),
        *(named(CommandKind.LIST, name, amount=10, expiry_ns=GATE_NS) for name in ("MORNING", "EVENING", "BOTH")),
        *(Command(kind=CommandKind.LEG, contract=BOTH, order_id=hour) for hour in (MORNING, EVENING)),
        *(Command(kind=CommandKind.CASH, account=account, amount=CASH_MICROS) for account in (PROVIDER, BUYER)),
        *(Command(kind=CommandKind.CAPACITY, account=PROVIDER, contract=hour, lots=2) for hour in (MORNING, EVENING)),
    ]


def new_order(
    account: int, side: Side, contract: int, price_ticks: int, lots: int, name: str, **columns: int
) -> Command:
    return limit(account, side, price_ticks, lots, contract, **text_columns(name), **columns)


_KINDS: list[dict[str, int]] = [
    {},
    {},
    {},
    {},
    {"display_lots": 1},
    {"flags": Flag.ALL_OR_NONE},
    {"flags": Flag.REDUCE_ONLY},
    {"flags": Flag.SLIDE},
    {"time_in_force": TimeInForce.IOC},
    {"time_in_force": TimeInForce.FOK},
    {"minimum_lots": 2},
    {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": 3},
    {"order_type": OrderType.PEG_BEST, "offset_ticks": 1},
]
_NODES = ("node-1", "node-2", "node-3")


class Hostile:
    """Messages of all three, one after the other, in any order."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._names: list[str] = []

    def message(self, is_late: bool) -> Command:
        """After the gate (``is_late``) mostly about deliveries."""
        senders: list[tuple[Callable[[], Command], int]] = [
            (lambda: self._order(PROVIDER, Side.SELL), 10),
            (lambda: self._order(BUYER, Side.BUY), 10),
            (lambda: self._order(self._account(), self._random.choice(list(Side))), 4),
            (lambda: self._change(self._account()), 6),
            (lambda: self._wildcard(self._account()), 3),
            (lambda: self._member(self._account()), 6),
            (lambda: self._quote(self._account()), 2),
            (lambda: self._capacity(self._account()), 2),
            (lambda: self._delivery(self._account()), 80 if is_late else 1),
            (lambda: self._money(self._account()), 5),
            (self._venue, 2),
        ]
        send = self._random.choices([send for send, _ in senders], [often for _, often in senders])[0]
        return send()

    def _account(self) -> int:
        return self._random.choice([PROVIDER, PROVIDER, FRIEND, BUYER, BUYER])

    def _hour(self) -> int:
        return self._random.choice([MORNING, EVENING])

    def _order(self, account: int, side: Side) -> Command:
        """Of every kind that holds, hides, waits or comes back."""
        random = self._random
        if random.random() < 0.95:
            self._names.append(f"order-{len(self._names)}")
        contract = random.choice([MORNING, MORNING, EVENING, BOTH])
        name = self._names[-1] if self._names else "first"
        kind = _KINDS[0] if contract == BOTH else random.choice(_KINDS)
        price_ticks = random.randint(2, 5) * (2 if contract == BOTH else 1)
        return new_order(account, side, contract, price_ticks, random.randint(1, 3), name, **kind)

    def _wildcard(self, account: int) -> Command:
        self._names.append(f"order-{len(self._names)}")
        side, lots = self._random.choice(list(Side)), self._random.randint(1, 3)
        order = new_order(account, side, MORNING, self._random.randint(2, 5), lots, self._names[-1])
        return order._replace(kind=CommandKind.WILDCARD, option=self._random.randint(1, 2))

    def _member(self, account: int) -> Command:
        name = self._random.choice(self._names[-4:] or ["none"])
        offset = self._random.randint(-1, 1)
        return named(CommandKind.MEMBER, name, account=account, contract=self._hour(), offset_ticks=offset)

    def _change(self, account: int) -> Command:
        random = self._random
        name = random.choice(self._names[-8:] or ["none"])
        if random.random() < 0.4:
            return named(CommandKind.CANCEL, name, account=account)
        price_ticks, lots = random.randint(1, 9), random.randint(1, 5)
        return named(CommandKind.REPLACE, name, account=account, price_ticks=price_ticks, lots=lots)

    def _quote(self, account: int) -> Command:
        lots = self._random.randint(1, 3)
        return Command(
            kind=CommandKind.QUOTE,
            account=account,
            contract=self._hour(),
            price_ticks=self._random.randint(1, 3),
            lots=lots,
            trigger_ticks=self._random.randint(3, 6),
            display_lots=lots,
            flags=QuoteFlag.FIRST,
        )

    def _capacity(self, account: int) -> Command:
        return Command(
            kind=CommandKind.CAPACITY, account=account, contract=self._hour(), lots=self._random.randint(0, 4)
        )

    def _money(self, account: int) -> Command:
        """The same deposit again and again, of which its reference lets one through; and all ways to take cash away."""
        random = self._random
        micros = random.choice([10, 100, CASH_MICROS // 2, CASH_MICROS])
        other = random.choice([number for number in (PROVIDER, FRIEND, BUYER) if number != account])
        return random.choice(
            [
                named(CommandKind.CASH, "deposit", account=account, amount=CASH_MICROS),
                Command(kind=CommandKind.CASH, account=account, amount=-micros),
                Command(kind=CommandKind.BOND, account=account, amount=random.choice([micros, -micros])),
                Command(
                    kind=CommandKind.TRANSFER,
                    account=account,
                    order_id=other,
                    amount=micros,
                    flags=random.choice([0, TransferFlag.FROM_BOND]),
                ),
            ]
        )

    def _delivery(self, account: int) -> Command:
        random = self._random
        node, contract = random.choice(_NODES), self._hour()
        return random.choice(
            [
                named(
                    CommandKind.NOMINATE,
                    node,
                    account=random.choice([PROVIDER, account]),
                    order_id=random.choice([FRIEND, BUYER]),
                    contract=contract,
                ),
                named(CommandKind.ATTEST, node, account=account, contract=contract, lots=random.randint(0, 60)),
                named(
                    CommandKind.COMPENSATE,
                    node,
                    contract=contract,
                    price_ticks=random.randint(1, 6),
                    lots=random.randint(1, 60),
                ),
            ]
        )

    def _venue(self) -> Command:
        phase = self._random.choice([Phase.PREOPEN, Phase.HALTED, Phase.CONTINUOUS, Phase.CONTINUOUS])
        return Command(kind=CommandKind.PHASE, contract=self._random.choice([MORNING, BOTH]), option=phase)
