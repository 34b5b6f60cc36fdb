"""Mean commands: they cross, collide, come late and twice, stand at every bound and just beyond.

A generator looks at the reference exchange between batches, so that most of what it asks is
nearly possible: nonsense alone would be refused at the first question and test nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from exchange.domain.enums import CommandKind, Flag, OrderType, SelfTrade, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, WORD_END, TextWords, pack_text
from exchange.domain.units import FEE_BPS_MAX, LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from tests.kernel.tempers import TEMPERS, Temper
from tests.reference.forms import text_of
from tests.reference.market import Market
from tests.reference.orders import Order

START_NS = 1_796_000_000_000_000_000
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1

_BAD_INT64 = [_INT64_MIN, -TOTAL_MAX - 1, -TOTAL_MAX, -1, 0, 1, 2**32, WORD_END, TOTAL_MAX, TOTAL_MAX + 1, _INT64_MAX]
_BAD_INT32 = [_INT32_MIN, -2, -1, 0, 1, FEE_BPS_MAX + 1, PRICE_TICKS_MAX + 1, LOTS_MAX, LOTS_MAX + 1, _INT32_MAX]
_BAD_INT8 = [-128, -1, 0, 1, 2, 3, 4, 5, 10, 127]
_SPOILABLE: dict[str, list[int]] = {
    **dict.fromkeys(("order_id", "expiry_ns", "amount", "text_0", "text_1", "text_2", "text_3"), _BAD_INT64),
    **dict.fromkeys(("account", "contract", "price_ticks", "lots", "maker_fee_bps", "taker_fee_bps"), _BAD_INT32),
    **dict.fromkeys(("kind", "side", "order_type", "time_in_force", "self_trade", "flags"), _BAD_INT8),
}
_SPOILABLE_NAMES = list(_SPOILABLE)
_FEES_BPS = [(0, 0), (0, 5), (2, 5), (3333, 77), (10_000, 10_000), (1, 9_999)]


class Generator:
    """Commands for one market, without sequence; times never decrease."""

    def __init__(self, seed: int, market: Market, temper: Temper | None = None) -> None:
        self._random = Random(seed)
        self._market = market
        self._temper = temper or TEMPERS[seed % len(TEMPERS)]
        self._time_ns = START_NS
        self._texts = 0
        self._live: list[Order] = []
        self._stale: list[int] = [1]
        self._used: list[TextWords] = [EMPTY]
        self._fresh: list[Command] = []  # orders asked for lately, which can be named by their text
        self._symbols: list[TextWords] = []
        self._open: list[int] = []
        self._names = [pack_text(name) for name in ("alice", "bob", "carol", "dave", "erin", "frank", "grace")]
        rare = 0.1 if self._temper.hoarding else 1.0
        weights: list[tuple[Callable[[], Command], float]] = [
            (self._new, 60),
            (self._cancel, 16 * rare),
            (self._replace, 12),
            (self._cash, 3),
            (self._capacity, 3),
            (self._tick, 3),
            (self._list, 0.4 * rare),
            (self._cancel_all, 0.5 * rare * rare),
            (self._open_account, 0.3),
        ]
        self._makers = [maker for maker, _ in weights]
        self._weights = [weight for _, weight in weights]

    def opening(self) -> list[Command]:
        """What makes the market able to trade: accounts, contracts, money and capacity."""
        accounts = len(self._names) - 1
        commands = [self._open_account_named(name) for name in self._names[:accounts]]
        commands += [self._list() for _ in range(3)]
        commands += [self._cash()._replace(account=account + 1) for account in range(accounts)]
        commands += [
            self._capacity()._replace(account=account + 1, contract=contract)
            for account in range(accounts)
            for contract in range(3)
        ]
        return commands

    def batch(self, count: int) -> list[Command]:
        """The next commands. They may name orders that were open before this batch, or texts."""
        self._live = list(self._market.orders.values())
        self._open = [
            number for number, contract in enumerate(self._market.contracts) if not contract.closed(self._time_ns)
        ][-3:]
        self._fresh = self._fresh[-20:]
        if self._live:
            self._stale.append(self._random.choice(self._live).order_id)
        makers = self._random.choices(self._makers, self._weights, k=count)
        commands = []
        for make in makers:
            if self._random.random() < 0.3:
                self._time_ns += self._random.randint(0, 10)
            command = make()
            spoil = self._random.random() < 0.06
            while spoil:  # twice and more often, too: which refusal comes first is part of the rules
                command = self._spoil(command)
                spoil = self._random.random() < 0.4
            commands.append(command)
        return commands

    def _spoil(self, command: Command) -> Command:
        name = self._random.choice(_SPOILABLE_NAMES)
        value = self._random.choice(_SPOILABLE[name])
        if name == "order_id" and self._live and self._random.random() < 0.5:
            # The right row with another generation, and its neighbour of the same generation.
            value = self._random.choice(self._live).order_id + self._random.choice([2**32, -(2**32), 1, -1, 2**31])
        return command._replace(**{name: value})

    def _command(self, kind: CommandKind, **columns: int) -> Command:
        return Command(time_ns=self._time_ns, kind=kind, **columns)

    def _account(self) -> int:
        return self._random.randint(1, max(1, len(self._market.accounts) - 1))

    def _contract(self) -> int:
        """Mostly one that is open."""
        if self._open and self._random.random() < 0.93:
            return self._random.choice(self._open)
        return self._random.randint(0, max(0, len(self._market.contracts) - 1))

    def _lots(self) -> int:
        return int((self._temper.lots_max + 1) ** self._random.random())

    def _soon_ns(self) -> int:
        return self._time_ns + self._random.randint(-2 if self._random.random() < 0.05 else 1, 400)

    def _text(self) -> dict[str, int]:
        chance = self._random.random()
        if chance < 0.4:
            return {}
        if chance < 0.45:
            words = self._random.choice(self._used)
        else:
            self._texts += 1
            words = _numbered_text(self._texts, spread=chance < 0.55)
            self._used.append(words)
        return _text_columns(words)

    def _new(self) -> Command:
        random = self._random
        chance = random.random()
        market_order = chance < 0.06
        if market_order or chance < 0.2:
            time_in_force = TimeInForce.IOC if random.random() < 0.6 else TimeInForce.FOK
        else:
            time_in_force = TimeInForce.GTD if chance < 0.35 else TimeInForce.GTC
        resting = time_in_force in (TimeInForce.GTC, TimeInForce.GTD)
        side = Side.SELL if random.random() < 0.5 else Side.BUY
        price_ticks = self._temper.price_ticks(random)
        if self._temper.hoarding and random.random() < 0.9:
            # Bids below, asks above: these rest, and what comes along at any price sweeps them.
            price_ticks = price_ticks // 2 + 1 + (350 if side == Side.SELL else 0)
        account, contract, lots = self._account(), self._contract(), self._lots()
        if random.random() < 0.05 and self._is_known(account, contract):
            lots = self._all_lots(account, contract, side, price_ticks) + random.randint(0, 1)
        command = self._command(
            CommandKind.NEW,
            account=account,
            contract=contract,
            side=side,
            order_type=OrderType.MARKET if market_order else OrderType.LIMIT,
            time_in_force=time_in_force,
            price_ticks=0 if market_order and random.random() < 0.7 else price_ticks,
            lots=lots,
            expiry_ns=self._expiry_ns() if time_in_force == TimeInForce.GTD else 0,
            self_trade=SelfTrade(int(random.random() * 3)),
            flags=Flag.POST_ONLY if resting and random.random() < 0.15 else 0,
            **self._text(),
        )
        self._fresh.append(command)
        return command

    def _all_lots(self, account: int, contract: int, side: Side, price_ticks: int) -> int:
        """The most that the account can buy or sell at this price now."""
        if side == Side.BUY:
            per_lot_micros = self._market.per_lot_micros(account, contract, price_ticks)
            lots = self._market.accounts[account].free_micros // per_lot_micros
        else:
            lots = self._market.accounts[account].position(contract).sellable_lots
        return max(0, min(lots, LOTS_MAX))

    def _expiry_ns(self) -> int:
        return NEVER_NS if self._random.random() < 0.03 else self._soon_ns()

    def _target(self) -> dict[str, int]:
        """Whose order, and which: mostly one's own that was open a moment ago."""
        random = self._random
        chance = random.random()
        if not self._live or chance < 0.06:
            return {"account": self._account(), "order_id": random.choice(self._stale)}
        if chance < 0.08:
            return {"account": self._account(), **_text_columns(random.choice(self._used[-100:]))}
        if chance < 0.2 and self._fresh:
            fresh = random.choice(self._fresh)
            return {"account": fresh.account, **_text_columns(text_of(fresh))}
        order = random.choice(self._live)
        if chance < 0.3 and order.text != EMPTY:
            return {"account": order.account, **_text_columns(order.text)}
        account = self._account() if chance < 0.35 else order.account
        return {"account": account, "order_id": order.order_id}

    def _cancel(self) -> Command:
        return self._command(CommandKind.CANCEL, **self._target())

    def _replace(self) -> Command:
        random = self._random
        target = self._target()
        order = self._market.orders.get(target.get("order_id", 0))
        price_ticks, lots = self._temper.price_ticks(random), self._lots()
        if order is not None and random.random() < 0.6:
            price_ticks = order.price_ticks
        if order is not None and random.random() < 0.6:
            lots = max(0, order.lots + random.randint(-2, 1))
        lots_are_open = Flag.LOTS_ARE_OPEN if random.random() < 0.3 else 0
        return self._command(
            CommandKind.REPLACE, price_ticks=price_ticks, lots=min(lots, LOTS_MAX), flags=lots_are_open, **target
        )

    def _cash(self) -> Command:
        random = self._random
        account = self._account()
        amount = int(random.choice(self._temper.budgets_micros) * random.random()) + 1
        chance = random.random()
        if chance < 0.15 and account < len(self._market.accounts):
            amount = -self._market.accounts[account].free_micros - random.randint(0, 1)
        elif chance < 0.4:
            amount = -amount
        return self._command(CommandKind.CASH, account=account, amount=amount, **self._text())

    def _capacity(self) -> Command:
        account, contract = self._account(), self._contract()
        lots = min(LOTS_MAX, int(self._temper.lots_max * 30 * self._random.random() ** 2))
        if self._random.random() < 0.2 and self._is_known(account, contract):
            position = self._market.accounts[account].position(contract)
            lots = max(0, min(LOTS_MAX, position.capacity_lots - position.sellable_lots - self._random.randint(0, 1)))
        return self._command(CommandKind.CAPACITY, account=account, contract=contract, lots=lots)

    def _is_known(self, account: int, contract: int) -> bool:
        return 0 < account < len(self._market.accounts) and contract < len(self._market.contracts)

    def _tick(self) -> Command:
        return self._command(CommandKind.TICK)

    def _list(self) -> Command:
        self._texts += 1
        symbol = _numbered_text(self._texts, spread=False)
        if self._symbols and self._random.random() < 0.1:
            symbol = self._random.choice(self._symbols)
        self._symbols.append(symbol)
        life_ns = 10**9 if self._temper.hoarding else self._random.choice([300, 3000, 10_000])
        return self._command(
            CommandKind.LIST,
            amount=self._random.choice(self._temper.tick_values_micros),
            expiry_ns=NEVER_NS if self._random.random() < 0.02 else self._time_ns + life_ns,
            **_text_columns(symbol),
        )

    def _cancel_all(self) -> Command:
        everybody = self._random.random() < 0.2
        contract = -1 if self._random.random() < 0.3 else self._contract()
        return self._command(CommandKind.CANCEL_ALL, account=0 if everybody else self._account(), contract=contract)

    def _open_account(self) -> Command:
        return self._open_account_named(self._random.choice([*self._names, pack_text("venue"), EMPTY]))

    def _open_account_named(self, name: TextWords) -> Command:
        maker_fee_bps, taker_fee_bps = self._random.choice(_FEES_BPS)
        if name not in self._names and self._random.random() < 0.5:
            maker_fee_bps = FEE_BPS_MAX + 1
        return self._command(
            CommandKind.OPEN_ACCOUNT,
            maker_fee_bps=maker_fee_bps,
            taker_fee_bps=taker_fee_bps,
            **_text_columns(name),
        )


def _text_columns(words: TextWords) -> dict[str, int]:
    return {"text_0": words[0], "text_1": words[1], "text_2": words[2], "text_3": words[3]}


def _numbered_text(number: int, *, spread: bool) -> TextWords:
    """A different id for each number; ``spread`` makes ids that differ only in the last of the four words."""
    word = number // 64 % 64 + 1 + 65 * (number % 64 + 1) + 65**2 * (number // 4096 + 1)
    return (WORD_END - 1, WORD_END - 1, WORD_END - 1, word) if spread else (word, 0, 0, 0)
