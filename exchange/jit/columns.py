"""Columns of records do not overlap: what the compiler may take for granted, of the kernel alone.

It then need not read a column again because another one was written, or the same of another dtype.
So no kernel may look at one array through two dtypes.
"""

from typing import Any

import numba
from numba.core import cgutils, cpu

_ir: Any = cgutils
_KERNELS = "_ZN8exchange6kernel"  # how the names of functions in exchange.kernel begin in machine code


class Context(cpu.CPUContext):
    """Numba's, and it tells the compiler of each column of a record apart."""

    def get_getattr(self, typ: Any, attr: str) -> Any:
        load = super().get_getattr(typ, attr)  # type: ignore[no-untyped-call]

        def marked(context: Any, builder: Any, record: Any, row: Any, column: str) -> Any:
            loaded = load(context, builder, record, row, column)
            _mark(builder, record, column, loaded)
            return loaded

        return marked if isinstance(typ, numba.types.Record) else load

    def get_setattr(self, attr: str, sig: Any) -> Any:
        store = super().get_setattr(attr, sig)  # type: ignore[no-untyped-call]

        def marked(builder: Any, arguments: Any) -> None:
            store(builder, arguments)
            _mark(builder, sig.args[0], attr, builder.block.instructions[-1])

        return marked if isinstance(sig.args[0], numba.types.Record) else store


def _mark(builder: Any, record: Any, column: str, instruction: Any) -> None:
    """Say of a load or store which column of which dtype it is: LLVM calls that type-based alias analysis."""
    ir = _ir.ir
    if builder.function.name.startswith(_KERNELS) and isinstance(instruction, ir.LoadInstr | ir.StoreInstr):
        offset = ir.IntType(64)(0)
        root = builder.module.add_metadata(["columns"])
        kind = builder.module.add_metadata([f"{column} of {' '.join(record.fields)}", root, offset])
        instruction.set_metadata("tbaa", builder.module.add_metadata([kind, kind, offset]))
