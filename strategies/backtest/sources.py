"""From the words that name a source to the recording it is."""

from strategies.backtest.recording import Recording
from strategies.backtest.spec import BadRun


def open_source(source: str) -> Recording:
    """The recording that ``source`` names. Raises GpuxError."""
    raise BadRun(f"source {source!r} cannot be read")
