"""Single machine instructions that Python has no word for."""

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from numba.core import cgutils

from exchange.jit.cache import COMPILED

_ir: Any = cgutils
_intrinsic: Any = numba.extending.intrinsic

_CACHE_LINE = 64  # bytes

# A column as a 64-bit integer: compiled, a cast that costs nothing and compiles much faster than
# ``int`` would; uncompiled, a Python integer, which cannot wrap.
_cast: Any = numba.int64 if COMPILED else int
int64: Callable[[Any], int] = _cast

if COMPILED:
    # Numba has them under no stable name, so they are named here once.
    from numba.cpython.unsafe.numbers import leading_zeros as leading_zeros
    from numba.cpython.unsafe.numbers import trailing_zeros as trailing_zeros

    def _prefetch(typing_context: Any, rows: Any, row: Any) -> Any:
        """Ask for ``rows[row]``, which need not exist, without waiting for it."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            ir = _ir.ir
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            shape = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            function = _ir.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0i8")
            begin = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
            for offset in range(0, context.get_abi_sizeof(array.data.type.pointee), _CACHE_LINE):
                address = builder.gep(begin, [ir.IntType(64)(offset)])
                builder.call(function, [address, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return numba.types.void(rows, row), generate

    prefetch: Any = _intrinsic(_prefetch)

    def _low_product(typing_context: Any, one: Any, other: Any) -> Any:
        """The low 63 bits of ``one * other``. Of any other product LLVM assumes that it stays within int64."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.and_(builder.mul(*arguments), arguments[0].type(2**63 - 1))

        return numba.types.int64(numba.types.int64, numba.types.int64), generate

    low_product: Any = _intrinsic(_low_product)

else:

    def prefetch(rows: Any, row: Any) -> None:
        """Ask for ``rows[row]``; there is nothing to ask without machine code."""

    def low_product(one: int, other: int) -> int:
        """The low 63 bits of ``one * other``."""
        return (one * other) & (2**63 - 1)
