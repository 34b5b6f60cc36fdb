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
_types: Any = numba.types
_number: Any = _types.int64
_pair: Any = _types.UniTuple(_number, 2)


def address(function: Callable[..., Any], *arguments: Any) -> Any:
    """Where the machine code of an ``entry`` begins, for arguments of these types.

    Calls ``function`` once, to compile it or load it. Whoever keeps the address keeps ``function``.
    """
    if not COMPILED:
        return function
    compiled: Any = function
    typeof: Any = numba.typeof
    compiled(*arguments)
    made = compiled.overloads[tuple(typeof(argument) for argument in arguments)]
    return made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)


def _call(returned: Any, *arguments: Any) -> Any:
    """Of an intrinsic: a call of what begins at its first argument with the others."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        types = [context.get_value_type(type_) for type_ in signature.args[1:]]
        shape = _ir.ir.FunctionType(context.get_value_type(signature.return_type), types)
        return builder.call(builder.inttoptr(values[0], shape.as_pointer()), values[1:])

    return returned(_number, *arguments), generate


# The caller answers for the types of the arguments, and for what comes back: one int64, or two.
if COMPILED:

    def _number_of_3(typing: Any, at: Any, one: Any, two: Any, three: Any) -> Any:
        return _call(_number, one, two, three)

    def _pair_of_3(typing: Any, at: Any, one: Any, two: Any, three: Any) -> Any:
        return _call(_pair, one, two, three)

    def _pair_of_4(typing: Any, at: Any, one: Any, two: Any, three: Any, four: Any) -> Any:
        return _call(_pair, one, two, three, four)

    def _pair_of_5(typing: Any, at: Any, one: Any, two: Any, three: Any, four: Any, five: Any) -> Any:
        return _call(_pair, one, two, three, four, five)

    number_of_3: Any = _intrinsic(_number_of_3)
    pair_of_3: Any = _intrinsic(_pair_of_3)
    pair_of_4: Any = _intrinsic(_pair_of_4)
    pair_of_5: Any = _intrinsic(_pair_of_5)

else:

    def _call_plain(at: Callable[..., Any], *arguments: Any) -> Any:
        return at(*arguments)

    number_of_3 = pair_of_3 = pair_of_4 = pair_of_5 = _call_plain
