"""Sums of products that outgrow one word: two words, ``high`` * 2**32 + ``low`` with 0 <= low < 2**32."""

from exchange.jit import kernel, seldom

_BITS = 32
_LOW = 2**_BITS - 1


@kernel
def plus_product(high: int, low: int, factor: int, other: int) -> tuple[int, int]:
    """Add ``factor`` * ``other`` to a sum; 0 <= factor < 2**28, 0 <= other < 2**62. The sum stays below 2**94."""
    low += factor * (other & _LOW)
    return high + factor * (other >> _BITS) + (low >> _BITS), low & _LOW


@seldom
def rounded(high: int, low: int, divisor: int) -> int:
    """A sum divided by 0 < ``divisor`` < 2**62, to the nearest integer, of two equally near the even one.

    The quotient must be below 2**62.
    """
    quotient = high // divisor
    rest = high % divisor
    for bit in range(_BITS - 1, -1, -1):
        quotient *= 2
        rest = 2 * rest + ((low >> bit) & 1)
        if rest >= divisor:
            rest -= divisor
            quotient += 1
    if 2 * rest > divisor or (2 * rest == divisor and quotient & 1 != 0):
        quotient += 1
    return quotient
