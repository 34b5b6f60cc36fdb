"""What can be wrong with what a driver was given."""

from exchange.domain.errors import GpuxError


class BadStrategy(GpuxError):
    """There is no such strategy, its file does not run, or it does not take these parameters."""
