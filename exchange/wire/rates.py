"""How much an account may ask. Field names are Deribit's, but for ``connection``."""

from __future__ import annotations

from msgspec import Struct


class Rate(Struct, frozen=True, gc=False):
    """Credits a second, and how many may be saved up."""

    rate: int
    burst: int


class Trading(Struct, frozen=True, gc=False):
    total: Rate


class EngineLimits(Struct, frozen=True, gc=False):
    """Orders and quotes are paid from the one, whatever cancels from the other."""

    trading: Trading
    cancel_all: Rate


class AccountLimits(Struct, frozen=True, gc=False):
    """Of all connections of an account together; ``connection`` is of each bucket of one of them alone."""

    non_matching_engine: Rate
    matching_engine: EngineLimits
    connection: Rate
    limits_per_currency: bool = False
