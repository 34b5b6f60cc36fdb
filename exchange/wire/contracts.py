"""What the venue says of a contract itself: what it delivers, at which stage it is, and what came of it."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

# Where an instrument stands: trading, gathering orders for an auction (three ways), held up (two ways), past its gate.
Over = Literal["closed", "nominated", "delivering", "settled"]
Phases = Literal["listed", "open", "preopen", "closing", "volatility", "halted", "cancel_only"] | Over
Method = Literal["none", "call", "volume", "middle"]


class Contractual(Struct, frozen=True, gc=False):
    """Never holds a reference cycle, so the garbage collector need not look at it."""


class Instrument(Contractual, frozen=True):
    """A strip has several hours; the price of any instrument is the average of a GPU-hour over its hours."""

    instrument_name: str
    instrument_id: int
    kind: str
    base_currency: str
    quote_currency: str
    counter_currency: str
    settlement_currency: str
    tick_size: float  # always a good step; of a strip any price is that times ``hours`` makes whole ticks
    contract_size: float  # GPU-hours of a lot
    min_trade_amount: float
    creation_timestamp: int
    expiration_timestamp: int  # when delivery starts
    gate_timestamp: int  # when trading ends
    is_active: bool
    state: Phases
    delivery_end_timestamp: int = 0
    hours: int = 1
    legs: tuple[str, ...] | UnsetType = UNSET  # of a strip: the instruments that its hours are
    price_unit: str = "USD per GPU-hour"
    # What comes after ``state``, if nothing is in the way, and when.
    next_state: Phases | UnsetType = UNSET
    next_timestamp: int | UnsetType = UNSET
    maker_commission: float = 0.0
    taker_commission: float = 0.0
    settlement_period: str = "day"
    instrument_type: str = "linear"
    future_type: str = "linear"
    price_index: str = ""  # SKU_REGION, lower case
    max_leverage: int = 1
    max_liquidation_commission: float = 0.0
    block_trade_commission: float = 0.0
    block_trade_min_trade_amount: float = 0.0
    block_trade_tick_size: float = 0.0
    rfq: bool = False
    tick_size_steps: tuple[str, ...] = ()


class InstrumentState(Contractual, frozen=True):
    """Data of ``instrument.state.any.any``: a contract was listed, or is in another phase, and what comes next."""

    instrument_name: str
    timestamp: int
    state: Phases | Literal["created"]
    next_state: Phases | UnsetType = UNSET
    next_timestamp: int | UnsetType = UNSET


class Fixing(Contractual, frozen=True):
    """Data of ``fixing.any.any``: the settlement price, made at the gate and never changed; 0 by method ``none``.

    A correction says the same again, and what the price should have been.
    """

    instrument_name: str
    timestamp: int
    price: float
    method: Method
    sum_price: float | UnsetType = UNSET  # of a strip
    corrected_price: float | UnsetType = UNSET


class Delivery(Contractual, frozen=True):
    """Data of ``delivery.any.any``: how far the delivery of an hour has come, without saying whose."""

    instrument_name: str
    timestamp: int
    nodes: int  # nominated
    attested: int  # of these, of how many it is known what they delivered
    minutes: int  # delivered by them all
    compensated_minutes: int


class Leg(Contractual, frozen=True):
    """What a trade of a strip was in one of its hours."""

    instrument_name: str
    price: float
    amount: float


class Sums(Contractual, frozen=True):
    """Prices of a strip in full, over all its hours: whole multiples of the tick, 0 or null where there is none.

    The implied ones are what the best prices of its hours come to, while all of them trade.
    """

    best_bid_price: float
    best_ask_price: float
    implied_bid_price: float
    implied_ask_price: float
    last_price: float | None
