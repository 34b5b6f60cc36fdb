"""Who answers at the venue's address before there is a venue: alive, not ready, come back soon."""

from __future__ import annotations

from aiohttp import web

from exchange.config import DoorSettings
from exchange.gateway.server.probes import RETRY_SECONDS, readiness
from exchange.gateway.server.tls import tls_context


class Porch:
    """Serves until ``stop``; then the address is free for the gateway. ``reasons`` may be changed meanwhile."""

    def __init__(self, host: str, port: int, door: DoorSettings) -> None:
        """Speaks TLS if the gateway will. Raises BadSettings if it cannot."""
        self.reasons = ["recovering"]
        self._host = host
        self._port = port
        self._tls = tls_context(door)
        self._runner: web.ServerRunner | None = None

    async def start(self) -> int:
        """Listen; returns the port. Raises OSError if the address is taken."""
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, http: web.BaseRequest) -> web.StreamResponse:
        match http.path:
            case "/healthz":
                answer = web.json_response({"status": "starting"})
            case "/readyz":
                answer = readiness(self.reasons)
            case _:
                text = f"the venue is {' and '.join(self.reasons)}; try again in {RETRY_SECONDS} seconds\n"
                answer = web.Response(status=503, text=text, headers={"Retry-After": str(RETRY_SECONDS)})
        # Nobody may hold on to what is about to go.
        answer.force_close()
        return answer
