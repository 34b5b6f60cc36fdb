"""The one door to Numba: what a kernel is, what it is given, and where its machine code is kept."""

from exchange.jit.cache import COMPILED, FULL, is_warm
from exchange.jit.keyed import keyed_entry
from exchange.jit.machine import int64, low_product, prefetch
from exchange.jit.parts import NotCompilable, direct, entry, entry_with, inlined, kernel, seldom
from exchange.jit.pointers import address, number_of_3, pair_of_3, pair_of_4, pair_of_5
from exchange.jit.reference import by_reference

if COMPILED:
    from exchange.jit.machine import leading_zeros as leading_zeros
    from exchange.jit.machine import trailing_zeros as trailing_zeros

__all__ = [
    "COMPILED",
    "FULL",
    "NotCompilable",
    "address",
    "by_reference",
    "direct",
    "entry",
    "entry_with",
    "inlined",
    "int64",
    "is_warm",
    "kernel",
    "keyed_entry",
    "low_product",
    "number_of_3",
    "pair_of_3",
    "pair_of_4",
    "pair_of_5",
    "prefetch",
    "seldom",
]
