"""A market that hypothesis plays with, one command at a time, and makes small when it breaks."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exchange.domain.enums import (
    CommandKind,
    Flag,
    Kill,
    OrderType,
    Phase,
    QuoteFlag,
    SelfTrade,
    Side,
    Sweep,
    TimeInForce,
)
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, pack_text
from exchange.domain.units import LOTS_MAX, PRICE_TICKS_MAX
from tests.kernel.modes import FAST
from tests.kernel.pair import Pair
from tests.kernel.scene import text_columns
from tests.kernel.settings import SETTINGS
from tests.reference.events import event_tuples

_ACCOUNTS = st.sampled_from([1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 4])  # 0 and 4 are nobody
_CONTRACTS = st.sampled_from([1, 1, 0, 0, 2])  # 2 may not be listed yet
_PRICES_TICKS = st.one_of(st.integers(0, 6), st.sampled_from([63, 64, 65, 4096, PRICE_TICKS_MAX]))
_LOTS = st.one_of(st.integers(0, 9), st.sampled_from([LOTS_MAX, LOTS_MAX + 1]))
_TEXTS = st.sampled_from(
    [(0, 0, 0, 0), pack_text("a"), pack_text("b"), pack_text("a-long-one-of-four-words-so-they-say")]
)
_SOON_NS = st.integers(0, 30)


class MarketMachine(RuleBasedStateMachine):
    """Three accounts of little means, two contracts that soon meet their gates."""

    @initialize()
    def open_market(self) -> None:
        self.pair = Pair()
        self.time_ns = 100
        self.order_ids = [2**32 + 1]
        for name, maker_fee_bps, taker_fee_bps in (("alice", 0, 0), ("bob", 2, 5), ("carol", 10_000, 3333)):
            self._ask(
                CommandKind.OPEN_ACCOUNT, pack_text(name), maker_fee_bps=maker_fee_bps, taker_fee_bps=taker_fee_bps
            )
        for symbol, gate_ns in (("SOON", 260), ("LATE", 2000)):
            self._ask(CommandKind.LIST, pack_text(symbol), amount=7, expiry_ns=gate_ns)
        for account in (1, 2, 3):
            self._ask(CommandKind.CASH, amount=500 * account, account=account)
            for contract in (0, 1):
                self._ask(CommandKind.CAPACITY, account=account, contract=contract, lots=8 * account)

    def _ask(self, kind: CommandKind, text: tuple[int, int, int, int] = (0, 0, 0, 0), **columns: int) -> None:
        command = Command(kind=kind, time_ns=self.time_ns, **(text_columns(text) | columns))
        self.pair.apply([command])
        self.order_ids += [event.order_id for event in event_tuples(self.pair.events) if event.order_id]

    @rule(
        account=_ACCOUNTS,
        contract=_CONTRACTS,
        side=st.sampled_from(Side),
        order_type=st.sampled_from([OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]),
        time_in_force=st.sampled_from(TimeInForce),
        price_ticks=_PRICES_TICKS,
        lots=_LOTS,
        life_ns=_SOON_NS,
        self_trade=st.sampled_from(SelfTrade),
        flags=st.sampled_from([0, 0, Flag.POST_ONLY, Flag.SLIDE, Flag.REDUCE_ONLY, Flag.ALL_OR_NONE]),
        display_lots=st.sampled_from([0, 0, 0, 1, 2]),
        minimum_lots=st.sampled_from([0, 0, 0, 1, 4]),
        text=_TEXTS,
    )
    def new(
        self,
        account: int,
        contract: int,
        side: Side,
        order_type: OrderType,
        time_in_force: TimeInForce,
        price_ticks: int,
        lots: int,
        life_ns: int,
        self_trade: SelfTrade,
        flags: int,
        display_lots: int,
        minimum_lots: int,
        text: tuple[int, int, int, int],
    ) -> None:
        may_rest = order_type == OrderType.LIMIT and time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)
        self._ask(
            CommandKind.NEW,
            text,
            account=account,
            contract=contract,
            side=side,
            order_type=order_type,
            time_in_force=time_in_force,
            price_ticks=price_ticks,
            lots=lots,
            expiry_ns=self.time_ns + life_ns if time_in_force == TimeInForce.GTD else 0,
            self_trade=self_trade,
            flags=flags if may_rest or flags == Flag.REDUCE_ONLY else 0,
            display_lots=display_lots if may_rest and not flags else 0,
            minimum_lots=minimum_lots if not flags else 0,
        )

    @rule(
        account=_ACCOUNTS,
        contract=st.integers(0, 1),
        side=st.sampled_from(Side),
        order_type=st.sampled_from(
            [OrderType.STOP, OrderType.STOP_LIMIT, OrderType.PEG_BEST, OrderType.PEG_MID, OrderType.MARKET_TO_LIMIT]
        ),
        price_ticks=_PRICES_TICKS,
        trigger_ticks=st.integers(1, 6),
        offset_ticks=st.integers(0, 2),
        lots=st.integers(1, 9),
        self_trade=st.sampled_from(SelfTrade),
        on_mark=st.booleans(),
        reduce_only=st.booleans(),
    )
    def new_that_waits(
        self,
        account: int,
        contract: int,
        side: Side,
        order_type: OrderType,
        price_ticks: int,
        trigger_ticks: int,
        offset_ticks: int,
        lots: int,
        self_trade: SelfTrade,
        on_mark: bool,
        reduce_only: bool,
    ) -> None:
        is_stop = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
        flags = Flag.ON_MARK if on_mark and is_stop else 0
        self._ask(
            CommandKind.NEW,
            account=account,
            contract=contract,
            side=side,
            order_type=order_type,
            time_in_force=TimeInForce.GTC,
            price_ticks=price_ticks,
            lots=lots,
            self_trade=self_trade,
            flags=flags | Flag.REDUCE_ONLY if reduce_only and order_type == OrderType.STOP else flags,
            trigger_ticks=trigger_ticks if is_stop else 0,
            offset_ticks=offset_ticks if order_type in (OrderType.PEG_BEST, OrderType.PEG_MID) else 0,
        )

    @rule(
        account=_ACCOUNTS,
        contract=_CONTRACTS,
        slot=st.sampled_from([0, 0, 1, 7, 8]),
        bid=st.tuples(_PRICES_TICKS, st.integers(0, 5)),
        ask=st.tuples(_PRICES_TICKS, st.integers(0, 5)),
        first=st.booleans(),
    )
    def quote(
        self, account: int, contract: int, slot: int, bid: tuple[int, int], ask: tuple[int, int], first: bool
    ) -> None:
        bid, ask = (side if side[1] else (0, 0) for side in (min(bid, ask), max(bid, ask)))
        self._ask(
            CommandKind.QUOTE,
            account=account,
            contract=contract,
            option=slot,
            price_ticks=bid[0],
            lots=bid[1],
            trigger_ticks=ask[0],
            display_lots=ask[1],
            flags=QuoteFlag.FIRST if first else 0,
        )

    @rule(
        contract=_CONTRACTS,
        phase=st.sampled_from([*[Phase.CONTINUOUS] * 6, Phase.PREOPEN, Phase.PREOPEN, *Phase]),
        life_ns=_SOON_NS,
        ends=st.booleans(),
    )
    def change_phase(self, contract: int, phase: Phase, life_ns: int, ends: bool) -> None:
        collects = phase in (Phase.PREOPEN, Phase.CLOSING)
        expiry_ns = self.time_ns + life_ns if ends and collects else 0
        self._ask(CommandKind.PHASE, contract=contract, option=phase, expiry_ns=expiry_ns)

    @rule(account=_ACCOUNTS, contract=_CONTRACTS, setting=SETTINGS)
    def set_something(self, account: int, contract: int, setting: tuple[CommandKind, dict[str, int]]) -> None:
        kind, columns = setting
        self._ask(kind, EMPTY, account=account, contract=contract, **columns)

    @rule(account=_ACCOUNTS, switch=st.sampled_from([Kill.ENTRY, Kill.ENTRY, Kill.ACCOUNT, Kill.MARKET]))
    def kill_and_go_on(self, account: int, switch: Kill) -> None:
        self._ask(CommandKind.KILL, account=account, option=switch, lots=1)
        self._ask(CommandKind.KILL, account=account, option=switch, lots=0)

    @rule(
        account=st.integers(1, 3),
        contract=st.integers(0, 1),
        side=st.sampled_from(Side),
        price_ticks=st.integers(2, 6),
        lots=st.integers(1, 9),
        self_trade=st.sampled_from(SelfTrade),
    )
    def new_limit(
        self, account: int, contract: int, side: Side, price_ticks: int, lots: int, self_trade: SelfTrade
    ) -> None:
        self._ask(
            CommandKind.NEW,
            account=account,
            contract=contract,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            price_ticks=price_ticks,
            lots=lots,
            self_trade=self_trade,
        )

    @rule(account=_ACCOUNTS, which=st.integers(0, 20), text=_TEXTS, by_text=st.booleans())
    def cancel(self, account: int, which: int, text: tuple[int, int, int, int], by_text: bool) -> None:
        order_id = 0 if by_text else self.order_ids[-1 - which % len(self.order_ids)]
        self._ask(CommandKind.CANCEL, text, account=account, order_id=order_id)

    @rule(
        which=st.integers(0, 20),
        price_ticks=_PRICES_TICKS,
        lots=_LOTS,
        lots_are_open=st.booleans(),
        trigger_ticks=st.sampled_from([0, 0, 1, 4]),
    )
    def replace(self, which: int, price_ticks: int, lots: int, lots_are_open: bool, trigger_ticks: int) -> None:
        order_id = self.order_ids[-1 - which % len(self.order_ids)]
        order = self.pair.reference.orders.get(order_id)
        self._ask(
            CommandKind.REPLACE,
            account=order.account if order else 1,
            order_id=order_id,
            price_ticks=price_ticks,
            lots=lots,
            flags=Flag.LOTS_ARE_OPEN if lots_are_open else 0,
            trigger_ticks=trigger_ticks if order and order.waits_for_trigger else 0,
        )

    @rule(account=st.integers(0, 4), contract=st.integers(-1, 2), flags=st.sampled_from([0, *Sweep]))
    def cancel_all(self, account: int, contract: int, flags: int) -> None:
        self._ask(CommandKind.CANCEL_ALL, account=account, contract=contract, flags=flags)

    @rule(account=_ACCOUNTS, contract=_CONTRACTS, lots=_LOTS)
    def declare_capacity(self, account: int, contract: int, lots: int) -> None:
        self._ask(CommandKind.CAPACITY, account=account, contract=contract, lots=lots)

    @rule(account=_ACCOUNTS, amount=st.integers(-600, 600), text=_TEXTS)
    def move_cash(self, account: int, amount: int, text: tuple[int, int, int, int]) -> None:
        self._ask(CommandKind.CASH, text, account=account, amount=amount)

    @rule(life_ns=_SOON_NS)
    def list_another(self, life_ns: int) -> None:
        self._ask(CommandKind.LIST, pack_text("NEXT"), amount=7, expiry_ns=self.time_ns + life_ns)

    @rule(later_ns=_SOON_NS, tick=st.booleans())
    def let_time_pass(self, later_ns: int, tick: bool) -> None:
        self.time_ns += later_ns
        if tick:
            self._ask(CommandKind.TICK)

    @invariant()
    def both_stand_the_same(self) -> None:
        self.pair.compare_state()
        self.pair.engine.check()


TestMarketMachine = MarketMachine.TestCase
TestMarketMachine.settings = settings(
    max_examples=150 if FAST else 15,
    stateful_step_count=40 if FAST else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
