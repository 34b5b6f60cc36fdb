"""The sixteen values of a lot-hour that margin looks at, and the one command that says them."""

from __future__ import annotations

from collections.abc import Sequence

from exchange.domain.enums import CommandKind
from exchange.domain.records import Command
from exchange.domain.units import SCENARIOS

_WORDS = ("text_0", "text_1", "text_2", "text_3", "order_id", "expiry_ns", "amount")
_BITS = 32


def ticks_of(command: Command) -> list[int]:
    """The values that a MARGIN command says."""
    halves = [half for word in _WORDS for half in divmod(getattr(command, word), 1 << _BITS)[::-1]]
    return [command.price_ticks, *halves, command.lots]


def margin_command(contract: int, ticks: Sequence[int]) -> Command:
    """MARGIN of up to SCENARIOS values, the mark first; those that are left out are the mark.

    Raises ValueError if there are none, or too many.
    """
    if not 1 <= len(ticks) <= SCENARIOS:
        raise ValueError(f"expected 1 to {SCENARIOS} values, found {len(ticks)}")
    mark, *others = [*ticks, *[ticks[0]] * (SCENARIOS - len(ticks))]
    pairs = zip(others[:-1:2], others[1::2], strict=True)
    words = {word: lower + (upper << _BITS) for word, (lower, upper) in zip(_WORDS, pairs, strict=True)}
    return Command(kind=CommandKind.MARGIN, contract=contract, price_ticks=mark, lots=others[-1], **words)
