"""What can be wrong with what is to be cleared; each message says where, what was expected and what was found."""

from exchange.domain.errors import GpuxError


class ClearingError(GpuxError):
    """Nothing was cleared; the message says why."""


class BadTerms(ClearingError):
    """What was handed in is no whole number, out of bounds, said twice, or contradicts itself."""


class OverSold(ClearingError):
    """A provider sold more of an hour than the nodes he declared for it."""

    def __init__(self, hour: int, provider: int, sold: int, declared: int) -> None:
        super().__init__(f"hour {hour}: provider {provider} sold {sold} lots and declared {declared} nodes")
        self.hour = hour
        self.provider = provider


class Scattered(ClearingError):
    """Orders that must stay on their nodes, or at one site, cannot."""

    def __init__(self, provider: int, why: str) -> None:
        super().__init__(f"provider {provider}: {why}")
        self.provider = provider


class TooLarge(ClearingError):
    """Whether the orders of a provider can be kept together was not found out within the bounds."""
