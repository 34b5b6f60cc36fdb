"""The one door to Numba: what a kernel is, and where its machine code is kept."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any, TypeVar

import numba
import numba.extending
from numba.core import config as numba_config

config: Any = numba_config

Function = TypeVar("Function", bound=Callable[..., Any])

COMPILED = not config.DISABLE_JIT
# Two configurations of the same kernel: with accounts, or (to measure matching alone) only the books.
FULL = os.environ.get("GPUX_KERNEL", "full") != "core"
_SOURCES = Path(__file__).parent


def _sources_digest() -> str:
    """Digest of everything compiled code is made from.

    Numba's cache notices edits only to the file defining the cached function: after an edit
    to a constant elsewhere, two machines would disagree on the same journal.
    """
    digest = hashlib.blake2b(digest_size=8)
    digest.update(f"{numba.__version__} {bool(config.BOUNDSCHECK)} {FULL}".encode())
    for path in [Path(__file__), *sorted(_SOURCES.glob("domain/*.py")), *sorted(_SOURCES.glob("kernel/*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _cache_directory() -> Path:
    """The user's cache directory, or a private temporary one where that cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = home / "gpux" / _sources_digest()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        directory = Path(gettempdir()) / f"gpux-{os.getuid()}" / _sources_digest()
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
    return directory


# By name: functions that are rare, and functions of which the entries are made.
_SELDOM: set[tuple[str, str]] = set()
_PARTS: set[str] = set()
_ENTRIES: set[str] = set()

if COMPILED:
    # None of this is Numba's public interface: it goes with the pinned version.
    from numba.core import cgutils, codegen, cpu, registry

    _cpu: Any = cpu
    _ir: Any = cgutils

    class _Context(cpu.CPUContext):
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
            return _cpu._dynfunc.make_function(
                fndesc.lookup_module(), name, "only for other kernels", 0, env, (library,)
            )

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

    _target: Any = registry.cpu_target.target_context
    _target.__class__ = _Context
    _target.codegen()._library_class = _Library

    # One machine instruction each. Numba has them under no stable name, so they are named here once.
    from numba.cpython.unsafe.numbers import leading_zeros as leading_zeros
    from numba.cpython.unsafe.numbers import trailing_zeros as trailing_zeros

    config.CACHE_DIR = str(_cache_directory())

    def _prefetch(typing_context: Any, rows: Any, row: Any) -> Any:
        """Ask for the cache line where ``rows[row]`` begins, which need not exist, without waiting for it."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            ir = _ir.ir
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            shape = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            function = _ir.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0i8")
            address = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
            builder.call(function, [address, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return numba.types.void(rows, row), generate

    _intrinsic: Any = numba.extending.intrinsic
    prefetch: Any = _intrinsic(_prefetch)

else:

    def prefetch(rows: Any, row: Any) -> None:
        """Ask for the cache line where ``rows[row]`` begins; there is nothing to ask without machine code."""


# A column as a 64-bit integer: compiled, a cast that costs nothing and compiles much faster than
# ``int`` would; uncompiled, a Python integer, which cannot wrap.
_cast: Any = numba.int64 if COMPILED else int
int64: Callable[[Any], int] = _cast

# The arrays are owned by Python for the whole call, so compiled code need not count references.
# A call that is not inlined would pass every pointer and length of every array of the state.
# What is not said here a kernel would take over from its first caller.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "forceinline": False}
_CALLED = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_INNER = {**_CALLED, "forceinline": True}


def entry(function: Function) -> Function:
    """A kernel that Python calls. Compiled at its first call, cached on disk; integers wrap."""
    _ENTRIES.add(function.__qualname__)
    compiled: Function = numba.njit(cache=True, **_OPTIONS)(function)
    return compiled


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


def is_warm() -> bool:
    """Whether machine code from an earlier run is there, so that starting takes no compiling."""
    return not COMPILED or any(Path(config.CACHE_DIR).rglob("apply.*.nbi"))
