"""Machine code that calls machine code compiled apart from it: by where it begins.

Else a loop that calls the kernel would be compiled together with the whole of it, which takes half a minute.
Uncompiled, a function stands for itself.
"""

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from numba.core import cgutils

from exchange.jit.cache import COMPILED

_ir: Any = cgutils
_intrinsic: Any = numba.extending.intrinsic


def address(function: Callable[..., Any], *arguments: Any) -> Any:
    """Where the machine code of an ``entry`` begins, for ``calling`` with arguments of these types.

    Calls ``function`` once, to compile it or load it. Whoever keeps the address keeps ``function``.
    """
    if not COMPILED:
        return function
    compiled: Any = function
    typeof: Any = numba.typeof
    compiled(*arguments)
    made = compiled.overloads[tuple(typeof(argument) for argument in arguments)]
    return made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)


def _generated(arguments: tuple[Any, ...]) -> Any:
    """An int64 comes back. The caller answers for the types: others would be misread."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        ir = _ir.ir
        number = ir.IntType(64)
        types = [context.get_value_type(type_) for type_ in signature.args[1:]]
        pointer = builder.inttoptr(values[0], ir.FunctionType(number, types).as_pointer())
        return builder.call(pointer, values[1:])

    return numba.types.int64(numba.types.int64, *arguments), generate


if COMPILED:

    def _calling_3(typing_context: Any, at: Any, one: Any, two: Any, three: Any) -> Any:
        """The int64 that the machine code beginning at ``at`` returns for three arguments."""
        return _generated((one, two, three))

    def _calling_4(typing_context: Any, at: Any, one: Any, two: Any, three: Any, four: Any) -> Any:
        """The same for four arguments."""
        return _generated((one, two, three, four))

    calling_3: Any = _intrinsic(_calling_3)
    calling_4: Any = _intrinsic(_calling_4)

else:

    def calling_3(at: Any, one: Any, two: Any, three: Any) -> int:
        """What the function ``at`` returns for three arguments."""
        return int(at(one, two, three))

    def calling_4(at: Any, one: Any, two: Any, three: Any, four: Any) -> int:
        """The same for four arguments."""
        return int(at(one, two, three, four))
