"""The only part of the gateway that does I/O: sockets, timers and files, and no decisions."""

from exchange.gateway.server.application import Server

__all__ = ["Server"]
