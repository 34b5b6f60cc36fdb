"""Sets of 64 small numbers in one signed word.

The tables hold each mask as the int64 with that bit pattern, so that compiled code and
NumPy scalars agree on bit 63, where shifting a Python integer would leave int64.
"""

import numpy as np

from exchange.jit import COMPILED, inlined, int64

ONE = (np.uint64(1) << np.arange(64, dtype=np.uint64)).view(np.int64)
BELOW = ((np.uint64(1) << np.arange(64, dtype=np.uint64)) - np.uint64(1)).view(np.int64)
ABOVE = ~(ONE | BELOW)

if COMPILED:
    from exchange.jit import leading_zeros, trailing_zeros

    @inlined
    def lowest(word: int) -> int:
        """The smallest member of a set that is not empty."""
        return int64(trailing_zeros(word))  # type: ignore[call-arg]

    @inlined
    def highest(word: int) -> int:
        """The largest member of a set that is not empty."""
        return 63 - int64(leading_zeros(word))  # type: ignore[call-arg]

else:

    def lowest(word: int) -> int:
        """The smallest member of a set that is not empty."""
        unsigned = int(word) & (2**64 - 1)
        return (unsigned & -unsigned).bit_length() - 1

    def highest(word: int) -> int:
        """The largest member of a set that is not empty."""
        return (int(word) & (2**64 - 1)).bit_length() - 1


@inlined
def with_one(word: int, member: int) -> int:
    return word | ONE[member]  # type: ignore[no-any-return]


@inlined
def without_one(word: int, member: int) -> int:
    return word & ~ONE[member]  # type: ignore[no-any-return]
