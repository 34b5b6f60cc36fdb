"""The deterministic engine: commands in, events out. The only importer of the kernel."""

from exchange.engine.machine import EVENT_ROWS_MIN, CorruptSnapshot, Engine, warm_up

__all__ = ["EVENT_ROWS_MIN", "CorruptSnapshot", "Engine", "warm_up"]
