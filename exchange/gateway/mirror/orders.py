"""Orders as clients see them, open or closed, with the labels that only the gateway knows."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from exchange.domain.enums import Flag, OrderType, Reason, Side, TimeInForce
from exchange.gateway.mirror.markets import NS_PER_MS, Market
from exchange.wire.messages import Direction, Order, OrderState, Trigger

CANCEL_REASONS = {
    Reason.USER: "user_request",
    Reason.MASS: "user_request",
    Reason.SELF_TRADE: "self_trade",
    Reason.IOC: "immediate_or_cancel",
    Reason.FOK: "fill_or_kill",
    Reason.GTD: "expired",
    Reason.GATE: "settlement",
    Reason.MINIMUM: "minimum_not_met",
    Reason.REDUCE_ONLY: "reduce_only",
    Reason.QUOTE: "quote_replaced",
    Reason.PROTECTION: "mmp_trigger",
    Reason.KILL: "kill_switch",
    Reason.SHARED: "filled_elsewhere",
}
_DIRECTIONS: dict[int, Direction] = {Side.BUY: "buy", Side.SELL: "sell"}
_POST_ONLY, _SLIDE, _REDUCE_ONLY, _ON_MARK = (
    int(flag) for flag in (Flag.POST_ONLY, Flag.SLIDE, Flag.REDUCE_ONLY, Flag.ON_MARK)
)
_POSTS = _POST_ONLY | _SLIDE
PEGS = frozenset({OrderType.PEG_BEST, OrderType.PEG_MID})
STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_TYPES: dict[int, str] = {
    OrderType.LIMIT: "limit",
    OrderType.MARKET: "market",
    OrderType.MARKET_TO_LIMIT: "market_limit",
    OrderType.STOP: "stop_market",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.PEG_BEST: "peg_best",
    OrderType.PEG_MID: "peg_mid",
}
_TIMES_IN_FORCE: dict[int, str] = {
    TimeInForce.GTC: "good_til_cancelled",
    TimeInForce.GTD: "good_til_date",
    TimeInForce.IOC: "immediate_or_cancel",
    TimeInForce.FOK: "fill_or_kill",
    TimeInForce.DAY: "good_til_gate",
}


_ALL_OR_NONE = int(Flag.ALL_OR_NONE)


class OrderRecord:
    """Mutable; only the mirror changes it."""

    __slots__ = (
        "account", "cancel_reason", "client_id", "created_ms", "display_lots", "expiry_ns", "filled_lots",
        "filled_ticks", "flags", "label", "limit_ticks", "lots", "market", "members", "offset_ticks", "open_lots",
        "order_id", "order_type", "per_lot_micros", "price_ticks", "quote_slot", "replaced", "side", "state",
        "time_in_force", "trigger_ticks", "triggered", "updated_ms", "whole",
    )  # fmt: skip

    def __init__(
        self,
        order_id: int,
        account: int,
        market: Market,
        side: int,
        order_type: int,
        time_in_force: int,
        flags: int,
        price_ticks: int,
        lots: int,
        open_lots: int,
        expiry_ns: int,
        client_id: str,
        label: str,
        created_ns: int,
        *,
        trigger_ticks: int = 0,
        display_lots: int = 0,
        is_waiting: bool = False,
        offset_ticks: int = 0,
        quote_slot: int = -1,
    ) -> None:
        """``is_waiting``: for its trigger. ``quote_slot``: -1 if it is no side of a quote."""
        self.order_id = order_id
        self.account = account
        self.market = market
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.flags = flags
        # Where it stands or would; and how far it may go, which is another price for a peg that stands.
        self.price_ticks = price_ticks
        self.limit_ticks = price_ticks
        self.trigger_ticks = trigger_ticks
        self.display_lots = display_lots
        self.offset_ticks = offset_ticks
        self.quote_slot = quote_slot
        self.lots = lots
        self.open_lots = open_lots
        self.expiry_ns = expiry_ns
        self.client_id = client_id
        self.label = label
        self.created_ms = self.updated_ms = created_ns // NS_PER_MS
        self.filled_lots = lots - open_lots
        # Sum of price times lots. What filled before this server started is at the order's price until ``remember``.
        self.filled_ticks = self.filled_lots * price_ticks
        self.per_lot_micros = 0
        # Of a wildcard: the orders that stand for it in their markets; of these: the wildcard.
        self.members: Sequence[OrderRecord] = ()
        self.whole: OrderRecord | None = None
        self.state: OrderState = "untriggered" if is_waiting else "open"
        self.triggered = False
        self.cancel_reason = ""
        self.replaced = False

    @property
    def is_open(self) -> bool:
        return self.state in ("open", "untriggered")

    @property
    def ending(self) -> str:
        """What it is asked for by when it is open no more; empty while it is open, and of a member of a wildcard."""
        return "" if self.is_open or self.whole is not None else f"{self.order_id}:{self.client_id}"

    @property
    def is_peg(self) -> bool:
        return self.order_type in PEGS

    @property
    def direction(self) -> Direction:
        return _DIRECTIONS[self.side]

    @property
    def type_name(self) -> str:
        return _TYPES[self.order_type]

    @property
    def post_only(self) -> bool:
        return bool(self.flags & _POSTS)

    @property
    def reduce_only(self) -> bool:
        return bool(self.flags & _REDUCE_ONLY)

    def fill(self, price_ticks: int, lots: int, open_lots: int) -> None:
        self.filled_lots += lots
        self.filled_ticks += price_ticks * lots
        self.open_lots = open_lots
        if not open_lots:
            self.state = "filled"

    def close(self, reason: int) -> None:
        self.open_lots = 0
        self.state = "cancelled"
        self.cancel_reason = CANCEL_REASONS[Reason(reason)]

    def remember(self, told: Order) -> None:
        """Take over what only the gateway knows from what was told of it last."""
        self.label, self.replaced, self.updated_ms = told.label, told.replaced, told.last_update_timestamp
        self.triggered = told.triggered is True
        if told.trigger_price is not UNSET:
            self.trigger_ticks = round(self.market.ticks(told.trigger_price))
        self.filled_ticks = round(self.market.ticks(told.average_price) * self.filled_lots)

    def message(self) -> Order:
        market = self.market
        amount = market.amount(self.lots)
        # By position: by name it would take eight times as long, and this is done for every order.
        plain = Order(
            str(self.order_id),
            self.state,
            market.symbol,
            _DIRECTIONS[self.side],
            _TYPES[self.order_type],
            _TIMES_IN_FORCE[self.time_in_force],
            market.price(self.price_ticks),
            amount,
            float(self.lots),
            market.amount(self.filled_lots),
            round(market.price(self.filled_ticks) / self.filled_lots, 9) if self.filled_lots else 0.0,
            self.flags & _POSTS != 0,
            self.label,
            self.client_id,
            self.created_ms,
            self.updated_ms,
            self.replaced,
            self.cancel_reason or UNSET,
            self.expiry_ns // NS_PER_MS if self.expiry_ns else UNSET,
            UNSET,
            UNSET,
            UNSET,
            UNSET,
            market.sum_price(self.price_ticks),
            amount,
            self.flags & _REDUCE_ONLY != 0,
        )
        odd = self.display_lots or self.trigger_ticks or self.flags & _ALL_OR_NONE or self.order_type in PEGS
        if self.quote_slot >= 0:
            return replace(plain, quote=True, quote_set_id=str(self.quote_slot), quote_id=self.label)
        return self._unusual(plain) if odd else plain

    def _unusual(self, plain: Order) -> Order:
        """With what only icebergs, stop, pegged and all-or-none orders have."""
        market, shown, trigger = self.market, self.display_lots, self.trigger_ticks
        return replace(
            plain,
            max_show=market.amount(shown) if shown else plain.amount,
            display_amount=market.amount(shown) if shown else UNSET,
            trigger=self._trigger,
            trigger_price=market.price(trigger) if trigger else UNSET,
            triggered=self.triggered if trigger else UNSET,
            all_or_none=True if self.flags & _ALL_OR_NONE else UNSET,
            peg_offset=market.price(self.offset_ticks) if self.is_peg else UNSET,
            limit_price=market.price(self.limit_ticks) if self.is_peg else UNSET,
        )

    @property
    def _trigger(self) -> Trigger | UnsetType:
        if not self.trigger_ticks:
            return UNSET
        return "mark_price" if self.flags & _ON_MARK else "last_price"
