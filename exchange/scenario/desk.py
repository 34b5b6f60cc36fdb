"""Lines of the venue's own desk: accounts, contracts, phases, limits, switches, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from exchange.domain.enums import Kill, Phase, Scope
from exchange.scenario.actions import (
    Action,
    Attest,
    Bands,
    Bond,
    BuyIn,
    Capacity,
    Cash,
    Compensate,
    Correct,
    Fees,
    FixingLots,
    Group,
    Legs,
    Limits,
    List,
    MakeGood,
    Margin,
    Mark,
    Nominate,
    Open,
    Pass,
    Protect,
    Reset,
    SetPhase,
    Switch,
    Terms,
    Tick,
    Transfer,
)
from exchange.scenario.words import Misread, Words

_SCOPES = {"contract": Scope.CONTRACT, "pool": Scope.POOL}
_SWITCHED = {"on": True, "off": False}


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
            case "sku":
                action = replace(action, sku=words.count("the number of a SKU"))
            case "region":
                action = replace(action, region=words.count("the number of a region"))
            case word if word.upper() in Phase.__members__:
                action = replace(action, phase=Phase[word.upper()])
            case word:
                raise Misread(f"expected tick, lot, gate, sku, region or a phase, found {word!r}")
    return action


def _legs(words: Words) -> Legs:
    strip, hours = words.name("a contract"), [words.name("a contract")]
    while words.next:
        hours.append(words.name("a contract"))
    return Legs(strip, tuple(hours))


def _deposit(words: Words) -> Cash:
    account, amount = words.name("an account"), words.number("dollars")
    return Cash(account, amount, _reference(words))


def _withdraw(words: Words) -> Cash:
    action = _deposit(words)
    return replace(action, amount=-action.amount)


def _transfer(words: Words) -> Transfer:
    payer, payee, amount = words.name("who pays"), words.name("who is paid"), words.number("dollars")
    from_bond = words.take_if("bond")
    return Transfer(payer, payee, amount, from_bond, _reference(words))


def _bond(words: Words) -> Bond:
    account, amount = words.name("an account"), words.number("dollars")
    return Bond(account, amount, _reference(words))


def _release(words: Words) -> Bond:
    action = _bond(words)
    return replace(action, amount=-action.amount)


def _fees(words: Words) -> Fees:
    maker, taker = (f"the {who}'s fee in basis points" for who in ("maker", "taker"))
    return Fees(words.name("an account"), words.count(maker), words.count(taker))


def _reference(words: Words) -> str:
    return words.name("a reference") if words.take_if("ref") else ""


def _nominate(words: Words) -> Nominate:
    node, seller, buyer = (words.name(what) for what in ("a node", "who delivers", "who is served"))
    return Nominate(node, seller, buyer, words.contract_on())


def _attest(words: Words) -> Attest:
    return Attest(words.name("a node"), words.count("minutes"), words.contract_on())


def _compensate(words: Words) -> Compensate:
    node, minutes = words.name("a node"), words.count("minutes")
    words.demand("@")
    return Compensate(node, minutes, words.number("a price"), words.contract_on())


def _buy_in(words: Words) -> BuyIn:
    seller, buyer, lots = words.name("who does not deliver"), words.name("who bought"), words.count("lots")
    words.demand("@")
    return BuyIn(seller, buyer, lots, words.number("a price"), words.contract_on())


def _make_good(words: Words) -> MakeGood:
    node, seller = words.name("a node"), words.name("who did not deliver")
    words.demand("with")
    substitute = words.name("a contract")
    words.demand("@")
    return MakeGood(node, seller, words.number("a price"), substitute, words.contract_on())


def _phase(words: Words) -> SetPhase:
    phase = Phase[words.one_of({phase.name.lower() for phase in Phase}, "a phase").upper()]
    until_ns = words.duration_ns("a time") if words.take_if("until") else None
    return SetPhase(phase, words.contract_on(), until_ns)


def _margin(words: Words) -> Margin:
    prices = [words.number("the mark")]
    while words.next not in ("", "on"):
        prices.append(words.number("a price"))
    return Margin(tuple(prices), words.contract_on())


def _terms(words: Words) -> Terms:
    account = words.name("an account")
    return Terms(account, None if words.take_if("off") else words.percent_bps("how much of what is held counts"))


def _bands(words: Words) -> Bands:
    action = Bands()
    while words.next not in ("", "on"):
        match words.take("a word"):
            case "ref":
                action = replace(action, reference=words.number("a price"))
            case "band":
                action = replace(action, band_bps=words.percent_bps("a band"))
            case "auction":
                action = replace(action, auction_bps=words.percent_bps("a band"))
            case "for":
                action = replace(action, auction_ns=words.duration_ns("a time"))
            case word:
                raise Misread(f"expected ref, band, auction, for or on; found {word!r}")
    return replace(action, contract=words.contract_on())


def _limits(words: Words) -> Limits:
    action = Limits(words.name("an account"))
    if words.next in _SCOPES:
        action = replace(action, scope=_SCOPES[words.take("a scope")])
    while words.next:
        match words.take("a word"):
            case "sku":
                action = replace(action, sku=words.count("the number of a SKU"))
            case "region":
                action = replace(action, region=words.count("the number of a region"))
            case "position":
                action = replace(action, position=words.count("lots times GPU-hours"))
            case "orders":
                action = replace(action, orders=words.count("how many may be open"))
            case "size":
                action = replace(action, order_lots=words.count("lots"))
            case "price":
                action = replace(action, price_bps=words.percent_bps("a distance"))
            case "rate":
                burst = words.count("how many at once")
                words.demand("every")
                action = replace(action, burst=burst, interval_ns=words.duration_ns("a time"))
            case word:
                raise Misread(f"expected sku, region, position, orders, size, price or rate; found {word!r}")
    return action


def _protect(words: Words) -> Protect:
    action = Protect(words.name("an account"))
    while words.next:
        match words.take("a word"):
            case "lots":
                action = replace(action, lots=words.count("lots"))
            case "delta":
                action = replace(action, delta=words.count("lots times GPU-hours"))
            case "window":
                action = replace(action, window_ns=words.duration_ns("a time"))
            case word:
                raise Misread(f"expected lots, delta or window; found {word!r}")
    return action


def _kill(words: Words) -> Switch:
    kill = Kill[words.one_of({kill.name.lower() for kill in Kill}, "entry, market or account").upper()]
    account = words.name("an account") if kill == Kill.ACCOUNT else None
    return Switch(kill, account, _SWITCHED[words.one_of(_SWITCHED, "on or off")])


READERS: dict[str, Callable[[Words], Action]] = {
    "open": _open,
    "list": _list,
    "legs": _legs,
    "deposit": _deposit,
    "withdraw": _withdraw,
    "transfer": _transfer,
    "bond": _bond,
    "release": _release,
    "fees": _fees,
    "nominate": _nominate,
    "attest": _attest,
    "compensate": _compensate,
    "buy_in": _buy_in,
    "make_good": _make_good,
    "capacity": lambda words: Capacity(words.name("an account"), words.count("lots"), words.contract_on()),
    "phase": _phase,
    "mark": lambda words: Mark(words.number("a price"), words.contract_on()),
    "margin": _margin,
    "terms": _terms,
    "bands": _bands,
    "fixing_lots": lambda words: FixingLots(words.count("lots")),
    "correct": lambda words: Correct(words.number("a price"), words.contract_on()),
    "limits": _limits,
    "protect": _protect,
    "reset": lambda words: Reset(words.name("an account")),
    "group": lambda words: Group(words.name("an account"), words.count("the number of a group")),
    "kill": _kill,
    "wait": lambda words: Pass(words.duration_ns("a time"), True),
    "at": lambda words: Pass(words.duration_ns("a time"), False),
    "tick": lambda words: Tick(),
}
