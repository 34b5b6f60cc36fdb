"""Answers that only read the mirror, by the method that asks for them."""

from collections.abc import Callable
from typing import Any

from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading import ended, history, holder, own, past, public

PUBLIC: dict[str, Callable[[Mirror, Any, int], object]] = {**public.PUBLIC, **history.HISTORY}
PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    **ended.PRIVATE,
    **holder.PRIVATE,
    **own.PRIVATE,
    **past.PRIVATE,
}

__all__ = ["PRIVATE", "PUBLIC"]
