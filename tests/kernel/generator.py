"""Mean commands: they cross, collide, come late and twice, stand at every bound and just beyond.

A generator looks at the reference exchange between batches, so that most of what it asks is
nearly possible: nonsense alone would be refused at the first question and test nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from exchange.domain.enums import CommandKind, Flag, Phase, Sweep
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, WORD_END, TextWords, pack_text
from exchange.domain.units import FEE_BPS_MAX, LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX
from tests.kernel import (
    delivery_commands,
    desk_commands,
    margin_commands,
    stage_commands,
    strip_commands,
    wildcard_commands,
)
from tests.kernel.new_orders import new_order
from tests.kernel.scene import Scene, text_columns
from tests.kernel.tempers import TEMPERS, Temper
from tests.reference.forms import text_of
from tests.reference.margin import spendable_micros
from tests.reference.market import Market

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1

_BAD_INT64 = [_INT64_MIN, -TOTAL_MAX - 1, -TOTAL_MAX, -1, 0, 1, 2**32, WORD_END, TOTAL_MAX, TOTAL_MAX + 1, _INT64_MAX]
_BAD_INT32 = [_INT32_MIN, -2, -1, 0, 1, FEE_BPS_MAX + 1, PRICE_TICKS_MAX + 1, LOTS_MAX, LOTS_MAX + 1, _INT32_MAX]
_BAD_INT8 = [-128, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 16, 24, 32, 64, 127]
_SPOILABLE: dict[str, list[int]] = {
    **dict.fromkeys(("order_id", "expiry_ns", "amount", "text_0", "text_1", "text_2", "text_3"), _BAD_INT64),
    **dict.fromkeys(("account", "contract", "price_ticks", "lots", "maker_fee_bps", "taker_fee_bps"), _BAD_INT32),
    **dict.fromkeys(("trigger_ticks", "display_lots", "minimum_lots", "offset_ticks", "sku", "region"), _BAD_INT32),
    **dict.fromkeys(("kind", "side", "order_type", "time_in_force", "self_trade", "flags", "option"), _BAD_INT8),
}
_SPOILABLE_NAMES = list(_SPOILABLE)
_FEES_BPS = [(0, 0), (0, 5), (2, 5), (3333, 77), (10_000, 10_000), (1, 9_999)]


class Generator(Scene):
    """Commands for one market, without sequence."""

    def __init__(self, seed: int, market: Market, temper: Temper | None = None) -> None:
        super().__init__(seed, market, temper or TEMPERS[seed % len(TEMPERS)])
        self._stale: list[int] = [1]
        self._fresh: list[Command] = []  # orders asked for lately, which can be named by their text
        self._symbols: list[TextWords] = []
        self._lists = 0  # of this batch
        self._names = [pack_text(name) for name in ("alice", "bob", "carol", "dave", "erin", "frank", "grace")]
        rare = 0.1 if self.temper.hoarding else 1.0
        desk = self.temper.desk
        weights: list[tuple[Callable[[], Command], float]] = [
            (self._new, 60),
            (self._cancel, 16 * rare),
            (self._replace, 12),
            (self._cash, 3),
            (self._capacity, 8 if self.temper.strips else 3),
            (partial(desk_commands.transfer, self), 0.8),
            (partial(desk_commands.bond, self), 0.6),
            (partial(desk_commands.fees, self), 0.3),
            (partial(delivery_commands.nominate, self), 1.2 * rare),
            (partial(delivery_commands.attest, self), 0.5 * rare),
            (partial(delivery_commands.compensate, self), 0.5 * rare),
            (partial(delivery_commands.buy_in, self), 0.3 * rare),
            (partial(delivery_commands.make_good, self), (4 if self.temper.alike else 0.5) * rare),
            (self._tick, 3),
            (self._list, (0.8 if self.temper.strips else 0.4) * rare * self.temper.lists),
            (partial(strip_commands.leg, self), 3 * rare if self.temper.strips else 0.1),
            (partial(wildcard_commands.wildcard, self), 4),
            (partial(wildcard_commands.stray, self), 0.5),
            (self._cancel_all, 0.5 * rare * rare),
            (self._open_account, 0.3),
            (partial(desk_commands.quote, self), 8),
            (partial(desk_commands.mark, self), 1.5),
            (partial(desk_commands.change_phase, self), desk * rare),
            (partial(stage_commands.last_call, self), 0.6 * rare),
            (partial(stage_commands.advance, self), 1.0),
            (partial(stage_commands.fixing_lots, self), 0.2),
            (partial(stage_commands.correct, self), 0.2),
            (partial(desk_commands.bands, self), 0.8 * desk * rare),
            (partial(desk_commands.limits, self), 0.6 * desk),
            (partial(desk_commands.group, self), 0.3 * desk),
            (partial(desk_commands.protect, self), 0.6 * desk),
            (partial(desk_commands.reset, self), 0.4 * desk),
            (partial(desk_commands.kill, self), 0.15 * desk * rare),
            (partial(margin_commands.scenarios, self), 2.0),
            (partial(margin_commands.terms, self), 0.4),
            (partial(margin_commands.squeeze, self), 1.0),
        ]
        self._makers = [maker for maker, _ in weights]
        self._weights = [weight for _, weight in weights]

    def opening(self) -> list[Command]:
        """What makes the market able to trade: accounts, contracts, money and capacity."""
        accounts = len(self._names) - 1
        commands = [self._open_account_named(name) for name in self._names[:accounts]]
        contracts = 7 if self.temper.strips else 3
        commands += [self._list() for _ in range(contracts)]
        commands += [self._cash()._replace(account=account + 1) for account in range(accounts)]
        commands += [
            self._capacity()._replace(account=account + 1, contract=contract)
            for account in range(accounts)
            for contract in range(contracts)
        ]
        commands += [
            self.command(CommandKind.MARGIN_TERMS, account=account, maker_fee_bps=5_000, option=1) for account in (2, 3)
        ]
        commands += [margin_commands.scenarios(self, contract) for contract in range(3)]
        if self.temper.strips:
            strips = {4: (0, 1), 5: (1, 2, 3), 6: (0, 1, 2, 3)}
            commands += [
                self.command(CommandKind.LEG, contract=strip, order_id=leg)
                for strip, legs in strips.items()
                for leg in legs
            ]
        return commands

    def batch(self, count: int) -> list[Command]:
        """The next commands. They may name orders that were open before this batch, or texts."""
        self.look()
        self._lists = 0
        self._fresh = self._fresh[-20:]
        if self.live:
            self._stale.append(self.random.choice(self.live).order_id)
        makers = self.random.choices(self._makers, self._weights, k=count)
        commands = []
        for make in makers:
            if self.random.random() < 0.3:
                self.time_ns += self.random.randint(0, 10) * self.temper.pace_ns
            command = self.due() or make()
            spoil = self.random.random() < 0.06
            while spoil:  # twice and more often, too: which refusal comes first is part of the rules
                command = self._spoil(command)
                spoil = self.random.random() < 0.4
            commands.append(command)
        return commands

    def _spoil(self, command: Command) -> Command:
        name = self.random.choice(_SPOILABLE_NAMES)
        value = self.random.choice(_SPOILABLE[name])
        if name == "order_id" and self.live and self.random.random() < 0.5:
            # The right row with another generation, and its neighbour of the same generation.
            value = self.random.choice(self.live).order_id + self.random.choice([2**32, -(2**32), 1, -1, 2**31])
        return command._replace(**{name: value})

    def _new(self) -> Command:
        command = new_order(self)
        self._fresh.append(command)
        return command

    def _target(self) -> dict[str, int]:
        """Whose order, and which: mostly one's own that was open a moment ago."""
        random = self.random
        chance = random.random()
        if not self.live or chance < 0.06:
            return {"account": self.account(), "order_id": random.choice(self._stale)}
        if chance < 0.08:
            return {"account": self.account(), **text_columns(random.choice(self.used[-100:]))}
        if chance < 0.2 and self._fresh:
            fresh = random.choice(self._fresh)
            return {"account": fresh.account, **text_columns(text_of(fresh))}
        order = random.choice(self.live)
        if chance < 0.3 and order.text != EMPTY:
            return {"account": order.account, **text_columns(order.text)}
        account = self.account() if chance < 0.35 else order.account
        return {"account": account, "order_id": order.order_id}

    def _cancel(self) -> Command:
        return self.command(CommandKind.CANCEL, **self._target())

    def _replace(self) -> Command:
        random = self.random
        target = self._target()
        order = self.market.orders.get(target.get("order_id", 0))
        price_ticks, lots = self.temper.price_ticks(random), self.lots()
        if order is not None and random.random() < 0.6:
            price_ticks = order.price_ticks
        if order is not None and random.random() < 0.6:
            lots = max(0, order.lots + random.randint(-2, 1))
        trigger_ticks = 0
        if self.chance(0.4) and order is not None and order.waits_for_trigger:
            trigger_ticks = self.near_ticks(order.trigger_ticks)
        lots_are_open = Flag.LOTS_ARE_OPEN if random.random() < 0.3 else 0
        return self.command(
            CommandKind.REPLACE,
            price_ticks=price_ticks,
            lots=min(lots, LOTS_MAX),
            flags=lots_are_open,
            trigger_ticks=trigger_ticks,
            **target,
        )

    def _cash(self) -> Command:
        random = self.random
        account = self.account()
        amount = int(random.choice(self.temper.budgets_micros) * random.random()) + 1
        chance = random.random()
        if chance < 0.15 and account < len(self.market.accounts):
            amount = -spendable_micros(self.market, self.market.accounts[account]) - random.randint(0, 1)
        elif chance < 0.4:
            amount = -amount
        return self.command(CommandKind.CASH, account=account, amount=amount, **self.text())

    def _capacity(self) -> Command:
        account, contract = self.account(), self.hour()
        plenty = 300 if self.temper.strips else 30
        if self.is_known(account, contract) and self.market.accounts[account].credit_bps is not None:
            plenty = 1
        lots = min(LOTS_MAX, int(self.temper.lots_max * plenty * self.random.random() ** 2))
        if self.random.random() < 0.2 and self.is_known(account, contract):
            position = self.market.accounts[account].position(contract)
            lots = max(0, min(LOTS_MAX, position.capacity_lots - position.sellable_lots - self.random.randint(0, 1)))
        return self.command(CommandKind.CAPACITY, account=account, contract=contract, lots=lots)

    def _tick(self) -> Command:
        return self.command(CommandKind.TICK)

    def _list(self) -> Command:
        self._lists += 1
        symbol = self.new_text()
        if self._symbols and self.random.random() < 0.1:
            symbol = self.random.choice(self._symbols)
        self._symbols.append(symbol)
        life_ns = 10**9 if self.temper.hoarding else self.random.choice(self.temper.lives)
        if self.temper.strips:
            life_ns = max(life_ns, 5000)
        is_one_kind = self.temper.strips or self.temper.alike
        return self.command(
            CommandKind.LIST,
            amount=self.random.choice(self.temper.tick_values_micros),
            expiry_ns=NEVER_NS if self.random.random() < 0.02 else self.time_ns + life_ns * self.temper.pace_ns,
            lots=8 if self.temper.alike and self.chance(0.9) else self.random.choice([0, 1, 8, 24]),
            sku=1 if is_one_kind and self.chance(0.95) else self.random.randint(0, 2),
            region=1 if is_one_kind and self.chance(0.95) else self.random.randint(0, 2),
            option=self._first_phase(),
            **text_columns(symbol),
        )

    def _first_phase(self) -> int:
        if not self.chance(0.2):
            return 0
        contract = len(self.market.contracts) + self._lists - 1
        opens = self.command(CommandKind.PHASE, contract=contract, option=Phase.CONTINUOUS)
        self.later(opens, self.temper.away_commands)
        if self.chance(0.6):
            return Phase.PREOPEN
        self.later(opens._replace(option=Phase.PREOPEN), self.temper.away_commands)
        return Phase.LISTED

    def _cancel_all(self) -> Command:
        everybody = self.random.random() < 0.2
        contract = -1 if self.random.random() < 0.3 else self.contract()
        return self.command(
            CommandKind.CANCEL_ALL,
            account=0 if everybody else self.account(),
            contract=contract,
            flags=self.random.choice([0, 0, *Sweep, Sweep.ONLY_QUOTES | Sweep.ONLY_BUYS]),
            sku=self.random.choice([0, 0, 0, 1, 2]),
            region=self.random.choice([0, 0, 0, 1, 2]),
        )

    def _open_account(self) -> Command:
        return self._open_account_named(self.random.choice([*self._names, pack_text("venue"), EMPTY]))

    def _open_account_named(self, name: TextWords) -> Command:
        maker_fee_bps, taker_fee_bps = self.random.choice(_FEES_BPS)
        if name not in self._names and self.random.random() < 0.5:
            maker_fee_bps = FEE_BPS_MAX + 1
        return self.command(
            CommandKind.OPEN_ACCOUNT,
            maker_fee_bps=maker_fee_bps,
            taker_fee_bps=taker_fee_bps,
            **text_columns(name),
        )
