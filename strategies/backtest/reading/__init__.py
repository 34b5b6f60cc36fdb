"""Recordings of markets, whatever form they have: one file a form, and ``read``, which knows it by its name."""

from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.exporting import to_hftbacktest
from strategies.backtest.reading.history import read_parquet, write_parquet
from strategies.backtest.reading.sources import FORMS, read

__all__ = ["FORMS", "BadSource", "read", "read_parquet", "to_hftbacktest", "write_parquet"]
