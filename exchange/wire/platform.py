"""What the venue says of itself."""

from exchange.wire.messages import Message


class PlatformState(Message, frozen=True):
    """Data of ``platform_state``. ``locked``: new orders are refused everywhere; ``maintenance``: it is going away."""

    locked: bool
    maintenance: bool


class PublicMethodsState(Message, frozen=True):
    """Data of ``platform_state.public_methods_state``."""

    allow_unauthenticated_public_requests: bool = True
