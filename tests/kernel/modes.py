"""How much to run: the suite runs compiled, uncompiled (a hundred times slower) and with bounds checked."""

import os

UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
BOUNDS_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK") == "1"
FAST = not (UNCOMPILED or BOUNDS_CHECKED)

FUZZ_COMMANDS = int(os.environ.get("GPUX_FUZZ_COMMANDS") or (300_000 if FAST else 20_000))
