"""Answers that only read the mirror, by the method that asks for them."""

from exchange.gateway.session.reading.own import PRIVATE
from exchange.gateway.session.reading.public import PUBLIC

__all__ = ["PRIVATE", "PUBLIC"]
