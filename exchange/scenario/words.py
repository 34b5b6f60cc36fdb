"""One line of a scenario as words, and the numbers that words can be, both ways."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from exchange.domain.enums import Cohesion
from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND

_NUMBER = re.compile(r"-?\d[\d_]*(\.\d+)?")
_COUNT = re.compile(r"-?\d[\d_]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(:[A-Za-z][A-Za-z0-9_-]*)?")
_PERCENT = re.compile(r"-?\d+(\.\d{1,2})?%")
_DURATION = re.compile(r"(\d+)(ns|us|ms|s|m|h|d)")
_UNIT_NS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": NS_PER_SECOND,
    "m": 60 * NS_PER_SECOND,
    "h": NS_PER_HOUR,
    "d": 24 * NS_PER_HOUR,
}
_CENTS = 2
_BPS_PER_PERCENT = 100


class Misread(GpuxError):
    """A line that is not in the language; says what was expected and what was found."""


class Words:
    """The words of a line, taken from the left. ``@ , /`` are words of their own. Everything raises Misread."""

    def __init__(self, text: str) -> None:
        self._left = re.sub(r"([@,/])", r" \1 ", text).split()[::-1]

    @property
    def next(self) -> str:
        """The word that comes, "" at the end."""
        return self._left[-1] if self._left else ""

    def take(self, what: str) -> str:
        if not self._left:
            raise Misread(f"expected {what}, found the end")
        return self._left.pop()

    def take_if(self, word: str) -> bool:
        """Whether ``word`` came; then it is taken."""
        if self.next != word:
            return False
        self._left.pop()
        return True

    def demand(self, word: str) -> None:
        if not self.take_if(word):
            raise Misread(f"expected {word!r}, found {self.next or 'the end'!r}")

    def end(self) -> None:
        if self._left:
            raise Misread(f"expected the end, found {' '.join(self._left[::-1])!r}")

    def name(self, what: str) -> str:
        """Of an order, account or contract; an order of a certain account is ``account:order``."""
        return self._matching(_NAME, what)

    def count(self, what: str) -> int:
        return int(self._matching(_COUNT, what))

    def number(self, what: str) -> Decimal:
        return Decimal(self._matching(_NUMBER, what))

    def duration_ns(self, what: str) -> int:
        word = self._matching(_DURATION, f"{what} such as 90s (ns us ms s m h d)")
        parts = _DURATION.fullmatch(word)
        assert parts is not None
        return int(parts[1]) * _UNIT_NS[parts[2]]

    def percent_bps(self, what: str) -> int:
        word = self._matching(_PERCENT, f"{what} such as 2.5%")
        return int(Decimal(word[:-1]) * _BPS_PER_PERCENT)

    def one_of(self, known: Collection[str], what: str) -> str:
        word = self.take(what)
        if word not in known:
            raise Misread(f"expected {what}: one of {', '.join(sorted(known))}; found {word!r}")
        return word

    def contract_on(self) -> str:
        """The contract after ``on``, "" if none is said."""
        return self.name("a contract") if self.take_if("on") else ""

    @property
    def names_next(self) -> bool:
        return bool(_NAME.fullmatch(self.next))

    def _matching(self, form: re.Pattern[str], what: str) -> str:
        word = self.take(what)
        if not form.fullmatch(word):
            raise Misread(f"expected {what}, found {word!r}")
        return word


def cohesion_word(cohesion: Cohesion) -> str:
    """What an order or a trade is called whose hours belong together."""
    return f"same_{cohesion.name.lower()}"


def money(amount: Decimal) -> str:
    """``amount`` as it is compared and shown: with cents, and finer digits only where there are any."""
    exact = amount.normalize()
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{exact:.{max(_CENTS, -exponent)}f}"


def duration(time_ns: int) -> str:
    """In the largest unit that leaves no fraction."""
    unit = max((unit for unit in _UNIT_NS if time_ns % _UNIT_NS[unit] == 0), key=_UNIT_NS.__getitem__)
    return f"{time_ns // _UNIT_NS[unit]}{unit}"
