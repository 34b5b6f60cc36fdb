"""What one line can bring about, as it is written after the arrow and as it is found."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from exchange.domain.enums import Reason, Reject
from exchange.scenario.words import Misread, Words, money

REFUSALS = {reject.name.lower() for reject in Reject if reject}
_REASONS = {reason.name.lower() for reason in Reason}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Facts that are None or "" are not said when expected, and do not exist when found."""

    word: str
    subject: str = ""  # the order, in a fill the maker; "" is the order of the line itself. GATED: the contract
    lots: int | None = None
    price: Decimal | None = None
    reason: str = ""
    fee: Decimal | None = None
    maker_fee: Decimal | None = None

    def holds(self, found: Outcome) -> bool:
        """Whether ``found`` is so, as far as this outcome says. Only a refusal need not say whose."""
        facts = (
            (self.lots, found.lots),
            (self.price, found.price),
            (self.reason or None, found.reason),
            (self.fee, found.fee),
            (self.maker_fee, found.maker_fee),
        )
        unsaid = self.word == "refused" and not self.subject
        same = self.word == found.word and (unsaid or self.subject == found.subject)
        return same and all(said is None or said == was for said, was in facts)

    def text(self) -> str:
        if self.word == "refused":
            return " ".join(filter(None, [self.word, self.reason, self.subject]))
        parts = [self.word, self.subject, "" if self.lots is None else str(self.lots)]
        parts += ["" if self.price is None else f"@ {money(self.price)}", self.reason]
        parts += ["" if self.fee is None else f"fee {money(self.fee)}"]
        parts += ["" if self.maker_fee is None else f"maker_fee {money(self.maker_fee)}"]
        return " ".join(filter(None, parts))


def read_outcomes(text: str) -> tuple[Outcome, ...]:
    """All that stands after an arrow: outcomes in the order in which they happen, with ``|`` between them."""
    return tuple(_read(Words(part)) for part in text.split("|"))


def _read(words: Words) -> Outcome:
    word = words.take("an outcome")
    match word:
        case "accepted" | "done" | "amended" | "moved":
            outcome = Outcome(word)
        case "fill":
            outcome = _fill(words)
        case "rests":
            outcome = Outcome(word, lots=words.count("lots"), price=_price(words))
        case "cancelled" | "expired":
            outcome = _gone(word, words)
        case "refused":
            reason = _one_of(REFUSALS, words.take("a reason to refuse"))
            outcome = Outcome(word, words.name("an order") if words.next else "", reason=reason)
        case "gated":
            outcome = Outcome(word, words.name("a contract"))
        case _:
            known = "accepted, fill, rests, cancelled, expired, amended, moved, refused, gated or done"
            raise Misread(f"expected {known}, found {word!r}")
    words.end()
    return outcome


def _fill(words: Words) -> Outcome:
    maker = "-" if words.take_if("-") else words.name("the order that was in the book")
    lots = words.count("lots")
    words.demand("@")
    price = words.number("a price")
    fee = words.number("the taker's fee") if words.take_if("fee") else None
    maker_fee = words.number("the maker's fee") if words.take_if("maker_fee") else None
    return Outcome("fill", maker, lots, price, fee=fee, maker_fee=maker_fee)


def _gone(word: str, words: Words) -> Outcome:
    order = "-" if words.take_if("-") else words.name("an order") if words.names_next else ""
    lots = words.count("lots")
    price = _price(words)
    return Outcome(word, order, lots, price, _one_of(_REASONS, words.take("a reason")) if words.next else "")


def _price(words: Words) -> Decimal | None:
    return words.number("a price") if words.take_if("@") else None


def _one_of(known: set[str], word: str) -> str:
    if word not in known:
        raise Misread(f"expected one of {', '.join(sorted(known))}; found {word!r}")
    return word
