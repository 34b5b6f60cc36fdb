"""A tuple of arrays as compiled code gets it: one pointer, where Numba would pass every array part by part.

The pointer leads to a table of where each array begins and how many rows it has. A call then
costs what its other arguments cost, however many arrays there are.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numba
import numba.extending
import numpy as np
from numba.core import cgutils
from numba.core.typing import templates
from numba.np import arrayobj

from exchange.jit.cache import COMPILED

_arrayobj: Any = arrayobj
_extending: Any = numba.extending
_ir: Any = cgutils


def by_reference(arrays: Any) -> Any:
    """A tuple of arrays as entries take it. It keeps the arrays alive, and does not follow when they are replaced."""
    return _Reference(arrays) if COMPILED else arrays


class _ReferenceType(numba.types.Type):
    """Arrays by name."""

    def __init__(self, name: str, columns: tuple[tuple[str, Any], ...]) -> None:
        self.columns = dict(columns)
        super().__init__(name=name)


class _Reference:
    """What compiled code gets of a tuple of arrays. It keeps them alive."""

    def __init__(self, arrays: Any) -> None:
        self._arrays = arrays
        places = [(array.ctypes.data, array.shape[0]) for array in arrays]
        self._table = np.array(places, np.int64)
        self.address = self._table.ctypes.data
        kind: Any = type(arrays)
        self.type = _type_of(kind, tuple(array.dtype for array in arrays))


@_extending.typeof_impl.register(_Reference)  # type: ignore[untyped-decorator]
def _typeof(reference: Any, _: Any) -> Any:
    return reference.type


@lru_cache
def _type_of(kind: Any, dtypes: tuple[Any, ...]) -> Any:
    arrays = [numba.types.Array(numba.from_dtype(dtype), 1, "C") for dtype in dtypes]
    # Types of one name are one type to Numba, and a tuple may hold other columns another time.
    columns = blake2b(repr([dtype.descr for dtype in dtypes]).encode(), digest_size=8).hexdigest()
    return _ReferenceType(f"{kind.__name__}_{columns}", tuple(zip(kind._fields, arrays, strict=True)))


@_extending.register_model(_ReferenceType)
class _ReferenceModel(_extending.models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, type_: Any) -> None:
        super().__init__(manager, type_, _ir.ir.IntType(64).as_pointer())


@_extending.unbox(_ReferenceType)  # type: ignore[untyped-decorator]
def _unbox(_: Any, reference: Any, context: Any) -> Any:
    address = context.pyapi.object_getattr_string(reference, "address")
    number = context.pyapi.long_as_longlong(address)
    context.pyapi.decref(address)
    pointer = context.builder.inttoptr(number, _ir.ir.IntType(64).as_pointer())
    return _extending.NativeValue(pointer, is_error=_ir.is_not_null(context.builder, context.pyapi.err_occurred()))


@_extending.infer_getattr
class _ReferenceColumns(templates.AttributeTemplate):
    key = _ReferenceType

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        return reference.columns.get(name)


@_extending.lower_getattr_generic(_ReferenceType)  # type: ignore[untyped-decorator]
def _column(context: Any, builder: Any, reference: Any, table: Any, name: str) -> Any:
    place = 2 * list(reference.columns).index(name)
    type_ = reference.columns[name]
    array = context.make_array(type_)(context, builder)
    data, rows = (_constant_load(builder, table, place + offset) for offset in (0, 1))
    itemsize = context.get_abi_sizeof(context.get_data_type(type_.dtype))
    _arrayobj.populate_array(
        array, builder.inttoptr(data, array.data.type), [rows], [_ir.intp_t(itemsize)], itemsize, None
    )
    return array._getvalue()


def _constant_load(builder: Any, table: Any, place: int) -> Any:
    loaded = builder.load(_ir.gep_inbounds(builder, table, place))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded
