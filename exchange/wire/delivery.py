"""What the wire says of deliveries."""

from __future__ import annotations

from exchange.wire.messages import Message


class Nomination(Message, frozen=True):
    """A node that serves a buyer for a delivery period."""

    instrument_name: str
    node: str
    provider: str
    buyer: str
    minutes: int | None  # delivered of an hour; null until somebody has said so
    compensated_minutes: int  # of those that are missing
