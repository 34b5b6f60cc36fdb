"""The only part of the gateway that does I/O: sockets, timers and files, and no decisions."""

from exchange.gateway.server.application import Server
from exchange.gateway.server.porch import Porch

__all__ = ["Porch", "Server"]
