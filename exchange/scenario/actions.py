"""What a line can do: one form for each command. ``trading`` and ``desk`` read them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from exchange.domain.enums import Cohesion, Kill, OrderType, Phase, Scope, SelfTrade, Side, TimeInForce

EVERYBODY = "everybody"
ANONYMOUS = "-"


@dataclass(frozen=True, slots=True)
class Open:
    account: str
    cash: Decimal = Decimal(0)
    maker_fee_bps: int = 0
    taker_fee_bps: int = 0
    capacity_lots: int | None = None  # in each contract listed so far


@dataclass(frozen=True, slots=True)
class List:
    contract: str
    tick: Decimal = Decimal("0.01")
    gpu_hours_per_lot: int = 1
    gate_ns: int | None = None  # None = never
    sku: int = 0
    region: int = 0
    phase: Phase | None = None  # None = trading begins at once


@dataclass(frozen=True, slots=True)
class Legs:
    """Contracts that become legs of a strip, one after the other."""

    strip: str
    hours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class New:
    side: Side
    order: str
    account: str
    lots: int
    price: Decimal | None = None
    contract: str = ""  # "" = the first that was listed
    order_type: OrderType | None = None  # None = as the price and the trigger say
    time_in_force: TimeInForce | None = None  # None = GTC, or IOC for a market order
    until_ns: int | None = None
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    flags: int = 0
    trigger: Decimal | None = None
    offset: Decimal = Decimal(0)
    display_lots: int = 0
    minimum_lots: int = 0
    cohesion: Cohesion = Cohesion.NONE

    @property
    def kind(self) -> OrderType:
        """A stop that has a limit works at that limit, any other works as a market order."""
        if self.trigger is not None and self.order_type in (None, OrderType.MARKET):
            bare = self.price is None or self.order_type == OrderType.MARKET
            return OrderType.STOP if bare else OrderType.STOP_LIMIT
        return self.order_type or OrderType.LIMIT


@dataclass(frozen=True, slots=True)
class Member:
    """A contract for a wildcard, and how far above the wildcard's its price is."""

    order: str
    account: str
    contract: str
    offset: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """With those of its members that are sent right behind it."""

    side: Side
    order: str
    account: str
    lots: int
    price: Decimal
    contract: str = ""  # whose ticks it counts in; "" = that of its first member, or the first that was listed
    time_in_force: TimeInForce = TimeInForce.GTC
    until_ns: int | None = None
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    missing: int = 0  # members that do not come with it
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    order: str
    account: str


@dataclass(frozen=True, slots=True)
class Replace:
    order: str
    account: str
    lots: int
    price: Decimal
    flags: int = 0
    trigger: Decimal = Decimal(0)  # 0 = as before


@dataclass(frozen=True, slots=True)
class CancelAll:
    account: str
    contract: str | None = None  # None = every one
    flags: int = 0
    sku: int = 0
    region: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """Each side is lots and price, 0 and 0 for none."""

    account: str
    slot: int
    bid: tuple[int, Decimal]
    ask: tuple[int, Decimal]
    contract: str = ""
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Cash:
    account: str
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    payer: str
    payee: str
    amount: Decimal
    from_bond: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Bond:
    """Less than nothing is a release."""

    account: str
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Fees:
    account: str
    maker_fee_bps: int
    taker_fee_bps: int


@dataclass(frozen=True, slots=True)
class Nominate:
    node: str
    seller: str
    buyer: str
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Attest:
    node: str
    minutes: int
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Compensate:
    node: str
    minutes: int
    price: Decimal
    contract: str = ""


@dataclass(frozen=True, slots=True)
class BuyIn:
    """Lots that were sold and are not delivered, closed in cash."""

    seller: str
    buyer: str
    lots: int
    price: Decimal
    contract: str = ""


@dataclass(frozen=True, slots=True)
class MakeGood:
    """A lot of another hour for minutes that a node of the seller missed."""

    node: str
    seller: str
    price: Decimal
    substitute: str
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    account: str
    lots: int
    contract: str = ""


@dataclass(frozen=True, slots=True)
class SetPhase:
    phase: Phase
    contract: str = ""
    until_ns: int | None = None  # None = until somebody says so


@dataclass(frozen=True, slots=True)
class Mark:
    price: Decimal
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Margin:
    """What a lot may be worth, the mark first; the scenarios that are not said are like it."""

    prices: tuple[Decimal, ...]
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """On margin, counting so much of what is held, or (None) no longer."""

    account: str
    credit_bps: int | None


@dataclass(frozen=True, slots=True)
class Bands:
    contract: str = ""
    reference: Decimal = Decimal(0)
    band_bps: int = 0
    auction_bps: int = 0
    auction_ns: int = 0


@dataclass(frozen=True, slots=True)
class FixingLots:
    """How many lots a closing call must trade to make the fixing."""

    lots: int


@dataclass(frozen=True, slots=True)
class Correct:
    """What a fixing should have been."""

    price: Decimal
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one account; what is not said is not limited."""

    account: str
    scope: Scope = Scope.ACCOUNT
    sku: int = 0
    region: int = 0
    position: int = 0
    orders: int = 0
    order_lots: int = 0
    price_bps: int = 0
    interval_ns: int = 0
    burst: int = 0


@dataclass(frozen=True, slots=True)
class Protect:
    account: str
    lots: int = 0
    delta: int = 0
    window_ns: int = 0


@dataclass(frozen=True, slots=True)
class Reset:
    account: str


@dataclass(frozen=True, slots=True)
class Group:
    account: str
    group: int


@dataclass(frozen=True, slots=True)
class Switch:
    """A kill switch, thrown or taken back."""

    kill: Kill
    account: str | None  # None = it is nobody's in particular
    is_on: bool


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes: for so long, or until so long after the start."""

    time_ns: int
    is_wait: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """The venue looks at the clock, whatever the time."""


Trade = New | Wildcard | Member | Cancel | Replace | CancelAll | Quote
Delivery = Nominate | Attest | Compensate | BuyIn | MakeGood
Money = Cash | Transfer | Bond | Fees
Venue = SetPhase | Mark | Margin | Bands | FixingLots | Correct
Setting = Delivery | Money | Venue | Capacity | Terms | Limits | Protect | Reset | Group | Switch
Action = Trade | Setting | Open | List | Legs | Pass | Tick
