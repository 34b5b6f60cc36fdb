"""Answers that only read the mirror, by the method that asks for them."""

from collections.abc import Callable
from typing import Any

from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading import history, public
from exchange.gateway.session.reading.own import PRIVATE

PUBLIC: dict[str, Callable[[Mirror, Any, int], object]] = {**public.PUBLIC, **history.HISTORY}

__all__ = ["PRIVATE", "PUBLIC"]
