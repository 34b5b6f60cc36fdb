"""What the venue says of itself to those who listen."""

from __future__ import annotations

from exchange.gateway.feed.topics import Topic
from exchange.gateway.mirror.venue import Mirror
from exchange.wire.channels import Channel
from exchange.wire.platform import PlatformState, PublicMethodsState


class PlatformTopic(Topic):
    """How it stands, at once, and each time that changes."""

    def __init__(self, channel: Channel, mirror: Mirror) -> None:
        super().__init__(channel, 0)
        self._mirror = mirror
        self._said = self._now()

    def greet(self) -> list[bytes]:
        return [self.frame(self._said)]

    def take(self) -> list[bytes]:
        now = self._now()
        if now == self._said:
            return []
        self._said = now
        return self.greet()

    def _now(self) -> PlatformState | PublicMethodsState:
        if self.channel.of_public_methods:
            return PublicMethodsState()
        return PlatformState(bool(self._mirror.kills), self._mirror.maintenance)
