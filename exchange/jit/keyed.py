"""Machine code kept under a key of one's own, for kernels that no single file is the source of.

Numba keeps machine code by the file that defines the function, and cannot see what the function
takes from other files. Here the caller says what it is made from.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba.core import caching

from exchange.jit.cache import COMPILED, config
from exchange.jit.parts import as_entry

Function = TypeVar("Function", bound=Callable[..., Any])

_caching: Any = caching
_KEY = "machine_code_key"


def keyed_entry(function: Function, key: str) -> Function:
    """Like ``entry``; ``key``, of letters and digits, must change with everything ``function`` is made from."""
    function.__qualname__ = f"{function.__name__}_{key}"  # two of one name would be one to the linker
    setattr(function, _KEY, key)
    compiled: Any = as_entry(function)
    if COMPILED:
        compiled._cache = _Cache(function)
    return compiled  # type: ignore[no-any-return]


class _Locator(_caching._CacheLocator):  # type: ignore[misc]
    def __init__(self, key: str) -> None:
        self._key = key

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "_Locator":
        return cls(getattr(py_func, _KEY))

    def get_cache_path(self) -> str:
        return f"{config.CACHE_DIR}/keyed"

    def get_source_stamp(self) -> str:
        return self._key

    def get_disambiguator(self) -> str:
        return self._key


class _Impl(_caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class _Cache(_caching.FunctionCache):  # type: ignore[misc]
    _impl_class = _Impl

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return sig, codegen.magic_tuple(), getattr(self._py_func, _KEY)
