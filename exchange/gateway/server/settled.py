"""The bounds of the settings in the words of those who keep them."""

from __future__ import annotations

from exchange.config import DoorSettings, GatewaySettings
from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.server.connection import Bounds
from exchange.gateway.server.guard import FrameGuard
from exchange.gateway.session.limits import Limits
from exchange.wire.rates import AccountLimits, EngineLimits, Rate, Trading


def limits_of(bounds: GatewaySettings) -> Limits:
    """On what one connection, and all of one account, may ask."""
    return Limits(
        rate_per_second=bounds.rate_per_second,
        rate_burst=bounds.rate_burst,
        account_rate_per_second=bounds.account_rate_per_second,
        account_rate_burst=bounds.account_rate_burst,
        subscriptions_max=bounds.subscriptions_max,
        account_subscriptions_max=bounds.account_subscriptions_max,
        account_connections_max=bounds.door.connections_per_account_max,
        silent_ns=int(bounds.door.silent_seconds * NS_PER_SECOND),
    )


def rates_of(bounds: GatewaySettings) -> AccountLimits:
    """The same as an account is told of it."""
    account = Rate(bounds.account_rate_per_second, bounds.account_rate_burst)
    alone = Rate(bounds.rate_per_second, bounds.rate_burst)
    return AccountLimits(account, EngineLimits(Trading(account), account), alone)


def bounds_of(bounds: GatewaySettings, tick_seconds: float) -> Bounds:
    """On what waits for one reader."""
    return Bounds(bounds.slow_bytes, bounds.buffer_bytes_max, int(bounds.door.stall_seconds / tick_seconds))


def guard_of(door: DoorSettings, tick_seconds: float) -> FrameGuard:
    """For the frames of one connection."""
    controls_max = int(door.controls_per_second * tick_seconds) + 1
    return FrameGuard(door.fragments_max, controls_max, int(door.message_seconds / tick_seconds))
