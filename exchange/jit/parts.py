"""What a kernel is: a function that Python calls, or a part of one, which exists only in machine code of the whole."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

import numba
from numba.core import codegen, cpu, errors, registry

from exchange.jit import columns
from exchange.jit.cache import COMPILED, digest_of

Function = TypeVar("Function", bound=Callable[..., Any])

_errors: Any = errors
NotCompilable: type[Exception] = _errors.NumbaError

# By name: functions that are rare, and functions of which the entries are made.
_SELDOM: set[tuple[str, str]] = set()
_PARTS: set[str] = set()
_ENTRIES: set[str] = set()

# The arrays are owned by Python for the whole call, so compiled code need not count references.
# What is not said here a kernel would take over from its first caller.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "forceinline": False}
_CALLED = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_INNER = {**_CALLED, "forceinline": True}


def entry(function: Function) -> Function:
    """A kernel that Python calls. Compiled at its first call, cached on disk.

    Signed integers must stay within 64 bits: LLVM takes for granted that they do.
    """
    compiled: Function = as_entry(function, cache=True)
    return compiled


def as_entry(function: Function, **options: Any) -> Any:
    """What ``entry`` makes, with these options of Numba's besides."""
    _ENTRIES.add(function.__qualname__)
    return numba.njit(**options, **_OPTIONS)(function)


def entry_with(*modules: ModuleType) -> Callable[[Function], Function]:
    """``entry`` for a kernel outside of exchange.kernel, of which parts stand in other ``modules``.

    Numba's cache would not notice an edit to these.
    """

    def made(function: Function) -> Function:
        compiled: Any = entry(function)
        if COMPILED:
            file = compiled._cache._cache_file
            file._source_stamp = (file._source_stamp, digest_of(*modules))
        made_of_parts: Function = compiled
        return made_of_parts

    return made


def kernel(function: Function) -> Function:
    """A kernel that only other kernels call: without the wrapper for Python, which takes long to compile."""
    compiled: Function = _part(function, _INNER)
    return compiled


def seldom(function: Function) -> Function:
    """A kernel for what is rare: called, so that what is common stays small and near together."""
    _SELDOM.add((function.__module__, function.__qualname__))
    compiled: Function = _part(function, _CALLED)
    return compiled


def _part(function: Function, options: dict[str, Any]) -> Any:
    """Compile a kernel once, not again for every constant that a caller passes: there are many."""
    _PARTS.add(function.__qualname__)
    compiled: Any = numba.njit(**options)(function)
    if COMPILED:
        for_types = compiled.get_call_template
        unliteral: Any = numba.types.unliteral
        compiled.get_call_template = lambda args, kws: for_types(tuple(map(unliteral, args)), kws)
    return compiled


def inlined(function: Function) -> Function:
    """A kernel so small that it is copied into its callers."""
    _PARTS.add(function.__qualname__)
    compiled: Function = numba.njit(inline="always", **_INNER)(function)
    return compiled


def direct(function: Function, *arguments: Any) -> Function:
    """The machine code of an ``entry`` for arguments of these types, called without a look at their types.

    That look takes longer than a short batch. The caller answers for the types: arrays of another
    dtype or layout would be misread. Calls ``function`` once, to compile it or load it.
    """
    if not COMPILED:
        return function
    compiled: Any = function
    typeof: Any = numba.typeof
    compiled(*arguments)
    machine_code: Function = compiled.overloads[tuple(typeof(argument) for argument in arguments)].entry_point
    return machine_code


# None of what follows is Numba's public interface: it goes with the pinned version.
_cpu: Any = cpu


class _Context(columns.Context):
    """Numba's, and it tells the compiler what is rare, for which Numba has no option."""

    def declare_function(self, module: Any, fndesc: Any) -> Any:
        declared = super().declare_function(module, fndesc)  # type: ignore[no-untyped-call]
        if (fndesc.modname, fndesc.qualname) in _SELDOM:
            declared.attributes.add("cold")
            declared.attributes.add("noinline")
        return declared

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        if not library.is_part:
            return super().get_executable(library, fndesc, env)  # type: ignore[no-untyped-call]
        name = fndesc.qualname.split(".")[-1]
        return _cpu._dynfunc.make_function(fndesc.lookup_module(), name, "only for other kernels", 0, env, (library,))


class _Library(codegen.JITCodeLibrary):
    """Numba's, but parts are optimized and made into machine code only as parts of an entry.

    Numba would do so for every function by itself, with all that it calls, and use none of it.
    """

    @property
    def is_part(self) -> bool:
        return self.name in _PARTS and self.name not in _ENTRIES

    def finalize(self) -> None:
        if self.is_part:
            self._finalized = True
            return
        self._linking_libraries = _all_parts(self)
        super().finalize()  # type: ignore[no-untyped-call]

    def _optimize_final_module(self) -> None:
        """Nobody else calls the parts: the compiler may change how they are called, and see that they never fail."""
        parts = [library for library in self._linking_libraries if getattr(library, "is_part", False)]
        names = {function.name for part in parts for function in part._final_module.functions}
        for function in self._final_module.functions:
            if function.name in names and not function.is_declaration:
                function.linkage = "internal"
        super()._optimize_final_module()  # type: ignore[no-untyped-call]


def _all_parts(library: Any) -> list[Any]:
    """Every library that ``library`` links, also through its parts, each once."""
    found: dict[Any, None] = {}
    ahead = list(library._linking_libraries)
    while ahead:
        part = ahead.pop()
        if part not in found:
            found[part] = None
            if getattr(part, "is_part", False):
                ahead += part._linking_libraries
    return list(found)


if COMPILED:
    _target: Any = registry.cpu_target.target_context
    _target.__class__ = _Context
    _target.codegen()._library_class = _Library
