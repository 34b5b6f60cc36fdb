"""Strategies as compiled handlers over plain records."""

from strategies.fast.declaring import BadStrategy, fast, kept, kept_each
from strategies.fast.records import Record, Records
from strategies.fast.strategy import FastStrategy

__all__ = ["BadStrategy", "FastStrategy", "Record", "Records", "fast", "kept", "kept_each"]
