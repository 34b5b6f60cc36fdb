"""What a line can ask of the state, and what it expects: as sorted-out text, one fact a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exchange.domain.enums import Phase
from exchange.scenario.words import Misread, Words, duration, money

NONE = "none"
EMPTY = "empty"
CLOSED = "closed"
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Question:
    """``topic`` of the ``subject`` (an account, an order, a price or nothing), in a contract."""

    topic: str
    subject: str
    contract: str  # "" = the first that was listed


def _money(words: Words) -> str:
    return money(words.number("dollars"))


def _count(words: Words) -> str:
    return str(words.count("a number"))


def _price_or_none(words: Words) -> str:
    return NONE if words.take_if(NONE) else money(words.number("a price, or none"))


def _phase(words: Words) -> str:
    word = words.take("a phase")
    if word.upper() not in Phase.__members__:
        raise Misread(f"expected a phase such as continuous, found {word!r}")
    return word


def _yes_or_no(words: Words) -> str:
    return words.one_of(("yes", "no"), "an answer")


def _time(words: Words) -> str:
    return NEVER if words.take_if(NEVER) else duration(words.duration_ns("a time, or never"))


# What may be asked of each of these, any of it in any order.
FACTS: dict[str, dict[str, Callable[[Words], str]]] = {
    "account": {
        "cash": _money,
        "reserved": _money,
        "bond": _money,
        "free": _money,
        "orders": _count,
        "group": _count,
        "disabled": _yes_or_no,
        "frozen": _yes_or_no,
        "required": _money,
        "called": _yes_or_no,
    },
    "position": {"lots": _count, "capacity": _count, "buying": _count, "selling": _count, "paid": _money},
    "market": {
        "phase": _phase,
        "until": _time,
        "last": _price_or_none,
        "last_lots": _count,
        "volume": _count,
        "trades": _count,
        "orders": _count,
        "mark": _price_or_none,
        "reference": _price_or_none,
        "floor": _price_or_none,
        "ceiling": _price_or_none,
        "fixing": _price_or_none,
        "corrected": _price_or_none,
    },
}
TOPICS = ("book", "top", "queue", "order", *FACTS)


def read_question(topic: str, words: Words) -> Question:
    """The question of a line whose first word, already taken, is ``topic``. Raises Misread."""
    subject = ""
    match topic:
        case "account" | "position":
            subject = words.name("an account")
        case "order":
            subject = words.name("an order")
        case "queue":
            subject = money(words.number("a price"))
    contract = words.name("a contract") if topic not in ("account", "order") and words.take_if("on") else ""
    words.end()
    return Question(topic, subject, contract)


def read_answer(topic: str, text: str) -> tuple[str, ...]:
    """What is expected of ``topic``. Raises Misread."""
    words = Words(text)
    match topic:
        case "book":
            answer = () if words.take_if(EMPTY) else _sides(words, _levels)
        case "top":
            answer = _sides(words, lambda side, words: (f"{side} {_price_or_none(words)}",))
        case "queue":
            answer = () if words.take_if(EMPTY) else _queue(words)
        case "order":
            answer = (CLOSED if words.take_if(CLOSED) else _order(words),)
        case _:
            answer = _facts(topic, words)
    words.end()
    return answer


def _sides(words: Words, side: Callable[[str, Words], tuple[str, ...]]) -> tuple[str, ...]:
    bids = side("bid", words)
    words.demand("/")
    return bids + side("ask", words)


def _levels(side: str, words: Words) -> tuple[str, ...]:
    if words.take_if(NONE):
        return ()
    levels: list[str] = []
    while not levels or words.take_if(","):
        lots = words.count("lots, or none")
        words.demand("@")
        levels.append(f"{side} {lots} @ {money(words.number('a price'))}")
    return tuple(levels)


def _queue(words: Words) -> tuple[str, ...]:
    orders: list[str] = []
    while not orders or words.take_if(","):
        orders.append(f"{words.take('an order')} {words.count('lots')}")
    return tuple(orders)


def _order(words: Words) -> str:
    open_lots = words.count("open lots, or closed")
    words.demand("of")
    lots = words.count("lots")
    words.demand("@")
    said = f"{open_lots} of {lots} @ {money(words.number('a price'))}"
    match words.next:
        case "shows":
            words.demand("shows")
            return f"{said} shows {words.count('lots')}"
        case "stop":
            words.demand("stop")
            return f"{said} stop {money(words.number('a price'))}"
        case "waits":
            words.demand("waits")
            return f"{said} waits"
        case _:
            return said


def _facts(topic: str, words: Words) -> tuple[str, ...]:
    facts: list[str] = []
    while not facts or words.next:
        fact = words.take("a fact")
        if fact not in FACTS[topic]:
            raise Misread(f"expected one of {', '.join(FACTS[topic])}; found {fact!r}")
        facts.append(f"{fact} {FACTS[topic][fact](words)}")
    return tuple(facts)
