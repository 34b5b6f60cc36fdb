"""Answers that only read the mirror, by the method that asks for them."""

from exchange.gateway.session.reading import holder, own, past
from exchange.gateway.session.reading.public import PUBLIC

PRIVATE = {**holder.PRIVATE, **own.PRIVATE, **past.PRIVATE}

__all__ = ["PRIVATE", "PUBLIC"]
