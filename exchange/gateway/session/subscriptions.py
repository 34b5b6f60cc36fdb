"""What one connection hears."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.allowance import Allowance
from exchange.gateway.session.effects import Effect, Leave
from exchange.gateway.session.reading import finding
from exchange.wire.channels import Channel, Stream, parse_channel
from exchange.wire.refusals import Code, Refusal


class Subscriptions:
    """Its channels by name, at most ``most`` and what the allowance of its account has room for."""

    __slots__ = ("_allowance", "_heard", "_mirror", "_most")

    def __init__(self, mirror: Mirror, allowance: Allowance, most: int) -> None:
        self._mirror = mirror
        self._allowance = allowance
        self._most = most
        self._heard: dict[str, Channel] = {}

    def __len__(self) -> int:
        return len(self._heard)

    def wanted(self, names: Iterable[str], now_ns: int) -> dict[str, Channel]:
        """The channels of these names, each once. Raises Refusal."""
        channels = (self._channel(name, now_ns) for name in names)
        return {channel.name: channel for channel in channels}

    def join(self, wanted: dict[str, Channel]) -> list[Channel]:
        """Those that are new. Raises Refusal, and joins none, if they are too many."""
        joined = [channel for name, channel in wanted.items() if name not in self._heard]
        if len(self._heard) + len(joined) > self._most:
            advice = f"at most {self._most} channels a connection; unsubscribe from some"
            raise Refusal(Code.SUBSCRIBE_ERROR, advice, param="channels")
        self._allowance.hear(len(joined))
        self._heard.update((channel.name, channel) for channel in joined)
        return joined

    def named(self, names: Iterable[str], now_ns: int) -> list[Channel]:
        """Those of these names that are heard; others are passed over."""
        wanted = dict.fromkeys(self._spelt_out(name, now_ns) for name in names)
        return [self._heard[name] for name in wanted if name in self._heard]

    def all(self, *, only_private: bool = False) -> list[Channel]:
        return [channel for channel in self._heard.values() if channel.private or not only_private]

    def leave(self, channels: list[Channel]) -> list[Effect]:
        for channel in channels:
            del self._heard[channel.name]
        self._allowance.hear(-len(channels))
        return [Leave(channels)] if channels else []

    def _channel(self, name: str, now_ns: int) -> Channel:
        """The channel of this name, that of a spot under the name of its hour."""
        channel = parse_channel(name)
        if channel.stream == Stream.FORWARD:
            finding.refuse_unknown_region(channel.instrument)
        elif channel.stream == Stream.INDEX:
            finding.find_indexes(self._mirror, channel.instrument)
        elif channel.instrument:
            symbol = finding.find_market(self._mirror, channel.instrument, now_ns).symbol
            if symbol != channel.instrument:
                return parse_channel(name.replace(channel.instrument, symbol))
        return channel

    def _spelt_out(self, name: str, now_ns: int) -> str:
        if finding.SPOT not in name:
            return name
        with suppress(Refusal):
            return self._channel(name, now_ns).name
        return name
