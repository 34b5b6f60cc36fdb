"""Which accounts belong together: a main account and its sub-accounts, as the file of keys has it."""

from __future__ import annotations

from typing import Protocol


class Family(Protocol):
    """By name; ``exchange.keys.KeyStore`` is one."""

    def parent(self, account: str, /) -> str:
        """Whose sub-account it is; empty if nobody's."""
        ...

    def subaccounts(self, main: str, /) -> list[str]:
        """Oldest first."""
        ...


class NoFamily:
    """Every account is alone."""

    def parent(self, account: str, /) -> str:
        return ""

    def subaccounts(self, main: str, /) -> list[str]:
        return []
