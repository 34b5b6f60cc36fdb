"""What the venue says: one struct for each result and each notification of the dialect.

Field names are Deribit's. Prices are dollars per GPU-hour, amounts GPU-hours, timestamps
milliseconds since 1970. A field left ``UNSET`` is left out of the frame, which some clients
need where ``null`` would break them. Readers accept fields they do not know.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from exchange.wire.contracts import Leg, Phases, Sums
from exchange.wire.rates import AccountLimits

Direction = Literal["buy", "sell"]
OrderState = Literal["untriggered", "open", "filled", "cancelled", "rejected"]
# What a stop order watches.
Trigger = Literal["last_price", "mark_price"]
Action = Literal["new", "change", "delete"]
# (action, price, amount); the amount of a delete is 0.
LevelChange = tuple[Action, float, float]
# (price, amount)
Level = tuple[float, float]


class Message(Struct, frozen=True, gc=False):
    """Never holds a reference cycle, so the garbage collector need not look at it."""


class Currency(Message, frozen=True):
    currency: str
    currency_long: str
    coin_type: str
    min_confirmations: int = 0
    min_withdrawal_fee: float = 0.0
    withdrawal_fee: float = 0.0
    fee_precision: int = 6
    in_cross_collateral_pool: bool = False


class BookChange(Message, frozen=True):
    """Of ``book.X.raw`` and ``book.X.100ms``: the first one is a snapshot, without ``prev_change_id``."""

    type: Literal["snapshot", "change"]
    timestamp: int
    instrument_name: str
    change_id: int
    bids: list[LevelChange]
    asks: list[LevelChange]
    prev_change_id: int | UnsetType = UNSET


class DayStats(Message, frozen=True):
    """Of the last 24 hours."""

    volume: float
    volume_usd: float
    volume_notional: float
    high: float | None
    low: float | None
    price_change: float | None


class Indicative(Message, frozen=True):
    """What the auction would trade now: its price (0: nothing), amount, and the bids (above 0) or asks left over."""

    price: float
    amount: float
    surplus: float


class Ticker(Message, frozen=True):
    """A side of the book that is empty has best price 0 and best amount 0."""

    instrument_name: str
    timestamp: int
    state: Phases
    best_bid_price: float
    best_bid_amount: float
    best_ask_price: float
    best_ask_amount: float
    mark_price: float
    index_price: float
    last_price: float | None
    min_price: float
    max_price: float
    open_interest: float
    settlement_price: float
    estimated_delivery_price: float
    interest_value: float
    stats: DayStats
    # While orders are gathered for an auction.
    indicative: Indicative | UnsetType = UNSET
    # Of a strip, whose other prices are averages; and of those what its hours come to.
    sums: Sums | UnsetType = UNSET
    implied_bid_price: float | UnsetType = UNSET
    implied_ask_price: float | UnsetType = UNSET


class OrderBook(Message, frozen=True):
    """Result of ``public/get_order_book``: the ticker's fields and the levels, best first."""

    instrument_name: str
    timestamp: int
    state: Phases
    change_id: int
    bids: list[Level]
    asks: list[Level]
    best_bid_price: float
    best_bid_amount: float
    best_ask_price: float
    best_ask_amount: float
    mark_price: float
    index_price: float
    last_price: float | None
    min_price: float
    max_price: float
    open_interest: float
    settlement_price: float
    stats: DayStats


class Quote(Message, frozen=True):
    instrument_name: str
    timestamp: int
    best_bid_price: float
    best_bid_amount: float
    best_ask_price: float
    best_ask_amount: float


class Trade(Message, frozen=True):
    """A public trade; ``direction`` is the taker's.

    A strip that trades against its hours is told once, after a trade in each of them that names it in ``combo_id``.
    """

    trade_id: str
    trade_seq: int  # 1, 2, 3, ... for each instrument
    instrument_name: str
    timestamp: int
    direction: Direction
    price: float
    amount: float
    contracts: float
    tick_direction: int  # 0 up, 1 unchanged after up, 2 down, 3 unchanged after down
    index_price: float
    mark_price: float
    combo_id: str | UnsetType = UNSET
    sum_price: float | UnsetType = UNSET  # of a strip


class UserTrade(Message, frozen=True):
    """A fill of one's own order; ``direction`` and ``order_id`` are one's own."""

    trade_id: str
    trade_seq: int
    instrument_name: str
    timestamp: int
    order_id: str
    order_type: str
    direction: Direction
    price: float
    amount: float
    contracts: float
    fee: float
    fee_currency: str
    liquidity: Literal["M", "T"]
    tick_direction: int
    index_price: float
    mark_price: float
    state: OrderState
    label: str
    client_order_id: str
    post_only: bool
    reduce_only: bool = False
    self_trade: bool = False
    matching_id: str | None = None
    profit_loss: float = 0.0
    api: bool = True
    mmp: bool = False
    # Of a strip: what changed hands, in full and hour by hour.
    sum_price: float | UnsetType = UNSET
    legs: list[Leg] | UnsetType = UNSET


class Order(Message, frozen=True):
    order_id: str
    order_state: OrderState
    instrument_name: str
    direction: Direction
    order_type: str
    time_in_force: str
    price: float
    amount: float
    contracts: float
    filled_amount: float
    average_price: float
    post_only: bool
    label: str
    client_order_id: str
    creation_timestamp: int
    last_update_timestamp: int
    replaced: bool
    cancel_reason: str | UnsetType = UNSET
    # When a good_til_date or good_til_day order ends.
    expiration_timestamp: int | UnsetType = UNSET
    # Of an iceberg: how much of it shows at a time.
    display_amount: float | UnsetType = UNSET
    # Of a stop order, which is untriggered until ``trigger`` reaches ``trigger_price``.
    trigger: Trigger | UnsetType = UNSET
    trigger_price: float | UnsetType = UNSET
    triggered: bool | UnsetType = UNSET
    sum_price: float | UnsetType = UNSET  # of a strip
    max_show: float = 0.0
    reduce_only: bool = False
    is_liquidation: bool = False
    is_rebalance: bool = False
    risk_reducing: bool = False
    api: bool = True
    web: bool = False
    mmp: bool = False
    all_or_none: bool | UnsetType = UNSET
    # Of a pegged order: how far it stands behind what it follows, and how far it may go.
    peg_offset: float | UnsetType = UNSET
    limit_price: float | UnsetType = UNSET
    # Of a side of a quote, whose label is its quote_id.
    quote: bool | UnsetType = UNSET
    quote_set_id: str | UnsetType = UNSET
    quote_id: str | UnsetType = UNSET


class OrderPage(Message, frozen=True):
    """Orders that are open no more, and what to give as ``continuation`` for those before; null if there are none."""

    orders: list[Order]
    continuation: str | None = None


class Placed(Message, frozen=True):
    """Result of ``private/buy``, ``private/sell`` and ``private/edit``."""

    order: Order
    trades: list[UserTrade]


class Position(Message, frozen=True):
    """GPU-hours held (``size`` above 0) or owed for delivery (below 0)."""

    instrument_name: str
    kind: str
    direction: Literal["buy", "sell", "zero"]
    size: float
    average_price: float
    mark_price: float
    index_price: float
    settlement_price: float
    floating_profit_loss: float
    realized_profit_loss: float
    total_profit_loss: float
    open_orders_margin: float
    initial_margin: float
    maintenance_margin: float
    delta: float
    size_currency: float
    leverage: int
    capacity: float  # how far below zero the position may go, in GPU-hours


class AccountSummary(Message, frozen=True):
    """Result of ``private/get_account_summary`` and data of ``user.portfolio.USD``.

    ``balance`` is cash, ``initial_margin`` what is reserved and required of it, ``maintenance_margin`` what
    positions alone require, ``equity`` cash and positions at their mark price.
    """

    currency: str
    system_name: str
    username: str
    balance: float
    equity: float
    margin_balance: float
    available_funds: float
    available_withdrawal_funds: float
    initial_margin: float
    maintenance_margin: float
    projected_initial_margin: float
    projected_maintenance_margin: float
    total_pl: float
    session_upl: float
    session_rpl: float
    futures_pl: float
    futures_session_upl: float
    futures_session_rpl: float
    delta_total: float
    fee_balance: float = 0.0
    options_pl: float = 0.0
    options_value: float = 0.0
    options_delta: float = 0.0
    options_gamma: float = 0.0
    options_vega: float = 0.0
    options_theta: float = 0.0
    options_session_upl: float = 0.0
    options_session_rpl: float = 0.0
    spot_reserve: float = 0.0
    margin_model: str = "segregated_sm"
    portfolio_margining_enabled: bool = False
    cross_collateral_enabled: bool = False
    type: str = "main"
    id: int = 0
    limits: AccountLimits | UnsetType = UNSET


class TradeList(Message, frozen=True):
    """Result of ``public/get_last_trades_by_instrument``."""

    trades: list[Trade]
    has_more: bool


class UserTradeList(Message, frozen=True):
    """Result of ``private/get_user_trades_by_instrument``."""

    trades: list[UserTrade]
    has_more: bool


class CurvePoint(Message, frozen=True):
    """The expected price of one delivery period and how uncertain it is (a standard deviation)."""

    instrument_name: str
    price: float
    deviation: float = 0.0


class ForwardCurve(Message, frozen=True):
    """Data of ``forward.SKU_REGION``: what the market maker believes; the venue only relays it."""

    sku_region: str
    timestamp: int
    points: list[CurvePoint]


class Capacity(Message, frozen=True):
    """Result of ``private/declare_capacity``."""

    instrument_name: str
    amount: float


class Authenticated(Message, frozen=True):
    """Result of ``public/auth``."""

    access_token: str
    refresh_token: str
    expires_in: int
    scope: str
    token_type: str = "bearer"
    state: str | UnsetType = UNSET
    enabled_features: tuple[str, ...] = ()


class Version(Message, frozen=True):
    """Result of ``public/hello`` and ``public/test``."""

    version: str


class Status(Message, frozen=True):
    """Result of ``public/status``: nothing is locked."""

    locked: Literal["false", "partial", "true"] = "false"
    locked_indices: tuple[str, ...] = ()


class Problem(Message, frozen=True):
    """The exact reason of an error, and the parameter at fault, in ``ErrorBody.data``."""

    reason: str
    param: str | UnsetType = UNSET
    # Of the first order with the same client_order_id.
    order_id: str | UnsetType = UNSET
    # When the same may be sent again.
    wait_ms: int | UnsetType = UNSET


class ErrorBody(Message, frozen=True):
    """``code`` is Deribit's number, ``message`` its word and what to do about it."""

    code: int
    message: str
    data: Problem | UnsetType = UNSET
