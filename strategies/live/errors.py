"""What can keep a strategy from trading on a running exchange."""

from exchange.domain.errors import GpuxError


class CannotTrade(GpuxError):
    """No key, no secret, or nothing to trade; the message says what is needed."""
