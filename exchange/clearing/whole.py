"""Whole numbers, and nothing else, cross the doors of clearing."""

from collections.abc import Iterable
from operator import index
from typing import SupportsIndex

from exchange.clearing.errors import BadTerms

NUMBER_MAX = 2**63 - 1


def whole(value: SupportsIndex, what: str, least: int = 0, most: int = NUMBER_MAX) -> int:
    """``value`` as an int. Raises BadTerms unless it is an integer, also NumPy's, from ``least`` to ``most``."""
    try:
        number = index(value)
    except TypeError:
        raise BadTerms(f"{what} {value!r} is not a whole number") from None
    if isinstance(value, bool):
        raise BadTerms(f"{what} {value!r} is not a whole number")
    if not least <= number <= most:
        raise BadTerms(f"{what} {number} is not from {least} to {most}")
    return number


def once(keys: Iterable[tuple[object, ...]], what: str) -> None:
    """Raises BadTerms if a key comes twice."""
    seen: set[tuple[object, ...]] = set()
    for key in keys:
        if key in seen:
            raise BadTerms(f"{what} is there twice: {key}")
        seen.add(key)
