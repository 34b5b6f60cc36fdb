"""Lines of those who trade: buy, sell, wildcard, member, cancel, replace, quote.

A new kind of order is a word in ``_CHOICES`` or ``_FLAGS`` if it stands alone, or a case in
``_valued`` if a value follows it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from exchange.domain.enums import Cohesion, Flag, OrderType, QuoteFlag, SelfTrade, Side, Sweep, TimeInForce
from exchange.scenario.actions import (
    ANONYMOUS,
    Cancel,
    CancelAll,
    Member,
    New,
    Quote,
    Replace,
    Trade,
    Wildcard,
)
from exchange.scenario.words import Misread, Words, cohesion_word

VERBS = ("buy", "sell", "wildcard", "member", "cancel", "replace", "quote")
_PEGS = {"best": OrderType.PEG_BEST, "mid": OrderType.PEG_MID}
_CHOICES: dict[str, dict[str, object]] = {
    **{
        order_type.name.lower(): {"order_type": order_type}
        for order_type in (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
    },
    **{time_in_force.name.lower(): {"time_in_force": time_in_force} for time_in_force in TimeInForce},
    **{self_trade.name.lower(): {"self_trade": self_trade} for self_trade in SelfTrade},
    **{cohesion_word(cohesion): {"cohesion": cohesion} for cohesion in (Cohesion.SITE, Cohesion.NODE)},
}
_FLAGS = {flag.name.lower(): flag for flag in Flag if flag.name} | {"open": Flag.LOTS_ARE_OPEN}
del _FLAGS["lots_are_open"]
_VALUED = ("@", "stop", "peg", "show", "minimum", "until", "on")
# All that may follow the lots of an order.
ORDER_WORDS = (*_VALUED, *_CHOICES, *_FLAGS)
_PRICELESS = (OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP)
_SWEEPS = {"buys": Sweep.ONLY_BUYS, "sells": Sweep.ONLY_SELLS, "quotes": Sweep.ONLY_QUOTES}


def read(verb: str, words: Words) -> Trade:
    """The action of a line whose first word, already taken, is ``verb``. Raises Misread."""
    match verb:
        case "buy" | "sell":
            return _new(Side[verb.upper()], words)
        case "wildcard":
            return _wildcard(words)
        case "member":
            return _member(words.name("an order"), words.name("an account"), words)
        case "cancel" if words.take_if("all"):
            return _cancel_all(words)
        case "cancel":
            return Cancel(words.name("an order"), words.name("an account"))
        case "replace":
            return _replace(words)
        case _:
            return _quote(words)


def _new(side: Side, words: Words) -> New:
    order = ANONYMOUS if words.take_if(ANONYMOUS) else words.name("an order")
    action = New(side, order, words.name("an account"), words.count("lots"))
    while words.next:
        word = words.take("a word")
        if word in _CHOICES:
            action = replace(action, **_CHOICES[word])  # type: ignore[arg-type]
        elif word in _FLAGS:
            action = replace(action, flags=action.flags | _FLAGS[word])
        elif word in _VALUED:
            action = _valued(action, word, words)
        else:
            raise Misread(f"expected one of {', '.join(ORDER_WORDS)}; found {word!r}")
    if action.price is None and action.kind not in _PRICELESS:
        raise Misread("expected '@' and a price, or 'market'")
    return action


def _valued(action: New, word: str, words: Words) -> New:
    match word:
        case "@":
            return replace(action, price=words.number("a price"))
        case "stop":
            return replace(action, trigger=words.number("a price"))
        case "peg":
            peg = words.one_of(_PEGS, "best or mid")
            return replace(action, order_type=_PEGS[peg], offset=words.number("how far behind"))
        case "show":
            return replace(action, display_lots=words.count("lots"))
        case "minimum":
            return replace(action, minimum_lots=words.count("lots"))
        case "until":
            return replace(action, until_ns=words.duration_ns("a time"))
        case _:
            return replace(action, contract=words.name("a contract"))


def _wildcard(words: Words) -> Wildcard:
    side = Side[words.one_of(("buy", "sell"), "buy or sell").upper()]
    order, account, lots = words.name("an order"), words.name("an account"), words.count("lots")
    words.demand("@")
    action = Wildcard(side, order, account, lots, words.number("a price"))
    while words.next:
        match words.take("a word"):
            case "over":
                members = []
                while words.next:
                    members.append(_member(order, account, words))
                action = replace(action, members=tuple(members))
            case "missing":
                action = replace(action, missing=words.count("members"))
            case "until":
                action = replace(action, until_ns=words.duration_ns("a time"))
            case "on":
                action = replace(action, contract=words.name("a contract"))
            case word if _CHOICES.get(word, {}).keys() & {"time_in_force", "self_trade"}:
                action = replace(action, **_CHOICES[word])  # type: ignore[arg-type]
            case word:
                raise Misread(
                    f"expected a time in force, a choice for self-trades, until, on, missing or over; found {word!r}"
                )
    return action


def _member(order: str, account: str, words: Words) -> Member:
    contract = words.name("a contract")
    is_offset = words.next != "" and not words.names_next
    return Member(order, account, contract, words.number("an offset") if is_offset else Decimal(0))


def _replace(words: Words) -> Replace:
    order, account, lots = words.name("an order"), words.name("an account"), words.count("lots")
    words.demand("@")
    action = Replace(order, account, lots, words.number("a price"))
    while words.next in ("stop", *_FLAGS):
        word = words.take("a word")
        if word == "stop":
            action = replace(action, trigger=words.number("a price"))
        else:
            action = replace(action, flags=action.flags | _FLAGS[word])
    return action


def _cancel_all(words: Words) -> CancelAll:
    action = CancelAll(words.name("an account, or everybody"))
    while words.next:
        match words.take("a word"):
            case "on":
                action = replace(action, contract=words.name("a contract"))
            case "sku":
                action = replace(action, sku=words.count("the number of a SKU"))
            case "region":
                action = replace(action, region=words.count("the number of a region"))
            case word if word in _SWEEPS:
                action = replace(action, flags=action.flags | _SWEEPS[word])
            case word:
                raise Misread(f"expected one of on, sku, region, {', '.join(_SWEEPS)}; found {word!r}")
    return action


def _quote(words: Words) -> Quote:
    account = words.name("an account")
    slot = words.count("a slot") if words.take_if("slot") else 0
    bid = _quoted(words)
    words.demand("/")
    action = Quote(account, slot, bid, _quoted(words))
    if words.take_if("first"):
        action = replace(action, flags=int(QuoteFlag.FIRST))
    return replace(action, contract=words.contract_on())


def _quoted(words: Words) -> tuple[int, Decimal]:
    if words.take_if("none"):
        return 0, Decimal(0)
    lots = words.count("lots, or none")
    words.demand("@")
    return lots, words.number("a price")
