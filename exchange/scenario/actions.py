"""What a line can do: one form for each command, read from the words before the arrow.

A new kind of order is a word in ``_CHOICES`` if it stands alone, or a case in ``_order_words``
if a value follows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from exchange.domain.enums import Flag, OrderType, SelfTrade, Side, TimeInForce
from exchange.scenario.words import Misread, Words

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


@dataclass(frozen=True, slots=True)
class New:
    side: Side
    order: str
    account: str
    lots: int
    price: Decimal = Decimal(0)
    contract: str = ""  # "" = the first that was listed
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce | None = None  # None = GTC, or IOC for a market order
    until_ns: int | None = None
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    flags: int = 0


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


@dataclass(frozen=True, slots=True)
class CancelAll:
    account: str
    contract: str | None = None  # None = every one


@dataclass(frozen=True, slots=True)
class Cash:
    account: str
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    account: str
    lots: int
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes: for so long, or until so long after the start."""

    time_ns: int
    is_wait: bool


Action = Open | List | New | Cancel | Replace | CancelAll | Cash | Capacity | Pass
VERBS = ("open", "list", "buy", "sell", "cancel", "replace", "deposit", "withdraw", "capacity", "wait", "at")

_CHOICES: dict[str, dict[str, object]] = {
    "market": {"order_type": OrderType.MARKET},
    **{time_in_force.name.lower(): {"time_in_force": time_in_force} for time_in_force in TimeInForce},
    **{self_trade.name.lower(): {"self_trade": self_trade} for self_trade in SelfTrade},
}
_FLAGS = {"post_only": Flag.POST_ONLY, "open": Flag.LOTS_ARE_OPEN}


def read_action(verb: str, words: Words) -> Action:
    """The action of a line whose first word, already taken, is ``verb``. Raises Misread."""
    action = _read(verb, words)
    words.end()
    return action


def _read(verb: str, words: Words) -> Action:
    match verb:
        case "open":
            return _open(words)
        case "list":
            return _list(words)
        case "buy" | "sell":
            return _new(Side[verb.upper()], words)
        case "cancel" if words.take_if("all"):
            return CancelAll(words.name("an account, or everybody"), _on(words, None))
        case "cancel":
            return Cancel(words.name("an order"), words.name("an account"))
        case "replace":
            return _replace(words)
        case "deposit" | "withdraw":
            account, amount = words.name("an account"), words.number("dollars")
            reference = words.name("a reference") if words.take_if("ref") else ""
            return Cash(account, amount if verb == "deposit" else -amount, reference)
        case "capacity":
            return Capacity(words.name("an account"), words.count("lots"), _on(words, "") or "")
        case _:
            return Pass(words.duration_ns("a time"), verb == "wait")


def _open(words: Words) -> Open:
    action = Open(words.name("an account"))
    while words.next:
        match words.take("a word"):
            case "cash":
                action = replace(action, cash=words.number("dollars"))
            case "fees":
                maker, taker = (words.count(f"the {who}'s fee in basis points") for who in ("maker", "taker"))
                action = replace(action, maker_fee_bps=maker, taker_fee_bps=taker)
            case "capacity":
                action = replace(action, capacity_lots=words.count("lots"))
            case word:
                raise Misread(f"expected cash, fees or capacity, found {word!r}")
    return action


def _list(words: Words) -> List:
    action = List(words.name("a contract"))
    while words.next:
        match words.take("a word"):
            case "tick":
                action = replace(action, tick=words.number("dollars"))
            case "lot":
                action = replace(action, gpu_hours_per_lot=words.count("GPU-hours"))
            case "gate":
                action = replace(action, gate_ns=words.duration_ns("the gate"))
            case word:
                raise Misread(f"expected tick, lot or gate, found {word!r}")
    return action


def _new(side: Side, words: Words) -> New:
    order = ANONYMOUS if words.take_if(ANONYMOUS) else words.name("an order")
    action = New(side, order, words.name("an account"), words.count("lots"))
    priced = words.take_if("@")
    if priced:
        action = replace(action, price=words.number("a price"))
    action = _order_words(action, words)
    if not priced and action.order_type == OrderType.LIMIT:
        raise Misread("expected '@' and a price, or 'market'")
    return action


def _order_words(action: New, words: Words) -> New:
    while words.next:
        match words.take("a word"):
            case "on":
                action = replace(action, contract=words.name("a contract"))
            case "until":
                action = replace(action, until_ns=words.duration_ns("a time"))
            case word if word in _CHOICES:
                action = replace(action, **_CHOICES[word])  # type: ignore[arg-type]
            case word if word in _FLAGS:
                action = replace(action, flags=action.flags | _FLAGS[word])
            case word:
                known = ", ".join(["on", "until", *_CHOICES, *_FLAGS])
                raise Misread(f"expected one of {known}; found {word!r}")
    return action


def _replace(words: Words) -> Replace:
    order, account, lots = words.name("an order"), words.name("an account"), words.count("lots")
    words.demand("@")
    price, flags = words.number("a price"), 0
    while words.next in _FLAGS:
        flags |= _FLAGS[words.take("a word")]
    return Replace(order, account, lots, price, flags)


def _on(words: Words, absent: str | None) -> str | None:
    return words.name("a contract") if words.take_if("on") else absent
