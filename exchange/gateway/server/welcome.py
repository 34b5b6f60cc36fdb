"""Whether a handshake becomes a WebSocket: room, address and, of browsers, the page it comes from."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from exchange.config import Settings
from exchange.gateway.server.porter import Porter

_LOCAL = ("localhost",)


class Welcome:
    """Counts nobody itself; ``crowd`` says how many WebSockets there are, and how many without a key."""

    def __init__(self, settings: Settings, porter: Porter, crowd: Callable[[], tuple[int, int]]) -> None:
        self._settings = settings
        self._porter = porter
        self._crowd = crowd

    def client_of(self, http: web.Request) -> str:
        """The address of whoever asks, also behind a proxy of ours."""
        peer = http.transport.get_extra_info("peername") if http.transport is not None else None
        forwarded = ",".join(http.headers.getall("X-Forwarded-For", ()))
        return self._porter.client_of(str(peer[0]) if peer else "", forwarded)

    def refuse(self, http: web.Request) -> web.Response | None:
        """The answer to whom may not come in, if so; the rest is counted by ``Porter.upgrade``."""
        origin = http.headers.get("Origin")
        if origin is not None and not self._welcomes(origin, http.host):
            return _no(403, f"pages of {origin[:200]!r} may not connect; the venue's operator can add it to origins")
        connections, unauthenticated = self._crowd()
        if connections >= self._settings.gateway.connections_max:
            return _no(503, "the venue has as many connections as it may; try again later")
        if unauthenticated >= self._settings.gateway.door.unauthenticated_max:
            return _no(503, "too many connections have shown no key; try again later")
        refusal = self._porter.upgrade(self.client_of(http))
        return _no(429, refusal) if refusal else None

    def _welcomes(self, origin: str, host: str) -> bool:
        """Our own page, or one of the list.

        A page is not our own for having talked the browser into another address for its name: a name
        is ours if the settings have it, while an address, or localhost, is nobody's to give away.
        """
        if origin in self._settings.gateway.door.origins:
            return True
        return urlsplit(origin).netloc == host and self._is_ours(urlsplit(f"//{host}").hostname or "")

    def _is_ours(self, name: str) -> bool:
        if name in (*_LOCAL, self._settings.host):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def _no(status: int, reason: str) -> web.Response:
    headers = {"Retry-After": "1"} if status in (429, 503) else {}
    return web.Response(status=status, text=f"{reason}\n", headers=headers)
