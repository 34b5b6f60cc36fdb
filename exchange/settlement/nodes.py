"""What the nodes of an account are called: after the account, numbered from 1."""

from __future__ import annotations

from exchange.domain.text import TEXT_MAX

# Room for a hyphen and any number of lots.
_STEM_MAX = TEXT_MAX - 11
_DIGITS = 10


def node_name(account: int, name: str, node: int) -> str:
    """Such as ``lambda-3``. Of an account with a long name the number stands for the end of it."""
    stem = name if len(name) <= _STEM_MAX else f"{name[: _STEM_MAX - _DIGITS - 1]}_{account:0{_DIGITS}d}"
    return f"{stem}-{node}"


def node_number(account: int, name: str, node: str) -> int:
    """The number of a node with such a name, 0 for any other name."""
    number = node.rpartition("-")[2]
    is_ours = number.isdecimal() and len(number) <= _DIGITS and node == node_name(account, name, int(number))
    return int(number) if is_ours else 0
