"""What one line can bring about, as it is written after the arrow and as it is found."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from exchange.domain.enums import Cohesion, FixingMethod, Phase, Reason, Reject
from exchange.scenario.words import Misread, Words, cohesion_word, duration, money

REFUSALS = {reject.name.lower() for reject in Reject if reject}
REASONS = {reason.name.lower() for reason in Reason}
PHASES = {phase.name.lower() for phase in Phase}
COHESIONS = {cohesion_word(cohesion) for cohesion in (Cohesion.SITE, Cohesion.NODE)}
METHODS = {method.name.lower() for method in FixingMethod}
# Outcomes about one order, with its lots and price; those in the second row must say the lots.
_SETTLED = ("accepted", "waits", "amended", "moved", "parked", "triggered")
_COUNTED = ("rests", "refreshed", "cancelled", "expired", "strip", "shared")
WORDS = (
    *_SETTLED,
    *_COUNTED,
    "fill",
    "refused",
    "indicative",
    "frozen",
    "fixing",
    "corrected",
    "called",
    "covered",
    "done",
    *sorted(PHASES),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Facts that are None or "" are not said when expected, and do not exist when found."""

    word: str
    subject: str = ""  # the order, in a fill the maker, "" is the order of the line itself; else account or contract
    lots: int | None = None
    price: Decimal | None = None
    reason: str = ""
    taker: str = ""  # of a fill, "" is the order of the line itself
    fee: Decimal | None = None
    maker_fee: Decimal | None = None
    surplus: int | None = None
    delta: int | None = None
    until_ns: int | None = None  # since the start
    stood_ns: int | None = None  # of a fixing, for how long both sides stood
    cohesion: str = ""  # of a fill of a strip

    def holds(self, found: Outcome) -> bool:
        """Whether ``found`` is so, as far as this outcome says. Only a refusal need not say whose."""
        facts = (
            (self.lots, found.lots),
            (self.price, found.price),
            (self.reason or None, found.reason),
            (self.fee, found.fee),
            (self.maker_fee, found.maker_fee),
            (self.surplus, found.surplus),
            (self.delta, found.delta),
            (self.until_ns, found.until_ns),
            (self.stood_ns, found.stood_ns),
            (self.cohesion or None, found.cohesion),
        )
        unsaid = self.word == "refused" and not self.subject
        same = self.word == found.word and self.taker == found.taker and (unsaid or self.subject == found.subject)
        return same and all(said is None or said == was for said, was in facts)

    def text(self) -> str:
        if self.word == "refused":
            return " ".join(filter(None, [self.word, self.reason, self.subject]))
        is_fixing = self.word == "fixing"
        parts = [self.word, self.subject, self.reason if is_fixing else "", "" if self.lots is None else str(self.lots)]
        parts += [
            "" if self.price is None else f"@ {money(self.price)}",
            self.taker and f"by {self.taker}",
            "" if is_fixing else self.reason,
            self.cohesion,
        ]
        parts += ["" if self.fee is None else f"fee {money(self.fee)}"]
        parts += ["" if self.maker_fee is None else f"maker_fee {money(self.maker_fee)}"]
        parts += ["" if self.surplus is None else f"surplus {self.surplus}"]
        parts += ["" if self.delta is None else f"delta {self.delta}"]
        parts += ["" if self.until_ns is None else f"until {duration(self.until_ns)}"]
        parts += ["" if self.stood_ns is None else f"stood {duration(self.stood_ns)}"]
        return " ".join(filter(None, parts))


def read_outcomes(text: str) -> tuple[Outcome, ...]:
    """All that stands after an arrow: outcomes in the order in which they happen, with ``|`` between them."""
    return tuple(_read(Words(part)) for part in text.split("|"))


def _read(words: Words) -> Outcome:
    word = words.take("an outcome")
    if word in _SETTLED or word in _COUNTED:
        outcome = _about_order(word, words)
    elif word in PHASES:
        contract = words.name("a contract")
        outcome = Outcome(word, contract, until_ns=words.duration_ns("a time") if words.take_if("until") else None)
    else:
        outcome = _special(word, words)
    words.end()
    return outcome


def _special(word: str, words: Words) -> Outcome:
    match word:
        case "done":
            return Outcome(word)
        case "fill":
            return _fill(words)
        case "refused":
            reason = words.one_of(REFUSALS, "a reason to refuse")
            return Outcome(word, words.name("an order") if words.next else "", reason=reason)
        case "indicative":
            contract, volume, price = words.name("a contract"), words.count("lots"), _price(words)
            surplus = words.count("lots") if words.take_if("surplus") else None
            return Outcome(word, contract, volume, price, surplus=surplus)
        case "frozen":
            account = words.name("an account")
            lots = words.count("lots") if words.next not in ("", "delta") else None
            delta = words.count("lots times GPU-hours") if words.take_if("delta") else None
            return Outcome(word, account, lots, delta=delta)
        case "fixing":
            contract, method = words.name("a contract"), words.one_of(METHODS, "how it was made")
            lots = words.count("lots") if words.next not in ("", "@", "stood") else None
            price = _price(words)
            stood_ns = words.duration_ns("a time") if words.take_if("stood") else None
            return Outcome(word, contract, lots, price, method, stood_ns=stood_ns)
        case "covered":
            return Outcome(word, words.name("an account"))
        case "called":
            return Outcome(word, words.name("an account"), price=_price(words))
        case "corrected":
            return Outcome(word, words.name("a contract"), price=_price(words))
        case _:
            raise Misread(f"expected one of {', '.join(WORDS)}; found {word!r}")


def _fill(words: Words) -> Outcome:
    maker = _order(words, "the order that was in the book")
    traded = words.count("lots")
    words.demand("@")
    price = words.number("a price")
    taker = _order(words, "the order that came") if words.take_if("by") else ""
    reason = "auction" if words.take_if("auction") else ""
    cohesion = words.take("a cohesion") if words.next in COHESIONS else ""
    fee = words.number("the taker's fee") if words.take_if("fee") else None
    maker_fee = words.number("the maker's fee") if words.take_if("maker_fee") else None
    return Outcome("fill", maker, traded, price, reason, taker, fee, maker_fee, cohesion=cohesion)


def _about_order(word: str, words: Words) -> Outcome:
    is_order = words.next == "-" or (words.names_next and words.next not in REASONS)
    order = _order(words, "an order") if is_order else ""
    lots = words.count("lots") if word in _COUNTED or words.next not in ("", "@", *REASONS) else None
    price = _price(words)
    return Outcome(word, order, lots, price, words.one_of(REASONS, "a reason") if words.next else "")


def _order(words: Words, what: str) -> str:
    return "-" if words.take_if("-") else words.name(what)


def _price(words: Words) -> Decimal | None:
    return words.number("a price") if words.take_if("@") else None
