"""What somebody types about a key, as the terms of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from exchange.keys.record import ApiKey, BadKey, Terms, read_addresses, read_public_key, read_scopes

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dh])")
_HOURS = {"d": 24, "h": 1}


def read_expiry(text: str, now_ns: int) -> int:
    """When a key ends: after ``30d`` or ``12h``, or as the day ``2027-01-01`` begins in UTC. Raises BadKey."""
    span = _SPAN.fullmatch(text)
    if span is not None:
        return now_ns + int(span[1]) * _HOURS[span[2]] * NS_PER_HOUR
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise BadKey(f"{text[:40]!r} is no time to expire; say 30d, 12h or a date such as 2027-01-01") from None
    expires_ns = int(day.timestamp()) * NS_PER_SECOND
    if expires_ns <= now_ns:
        raise BadKey(f"{text} is over; a key expires in the future")
    return expires_ns


def read_public(text: str) -> bytes:
    """A public key as it is, or in a file. Raises BadKey."""
    path = Path(text)
    try:
        return read_public_key(path.read_text() if path.is_file() else text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(f"{text[:80]} cannot be read as a public key: {error}") from None


def read_terms(
    scopes: list[str],
    addresses: list[str],
    expires: str | None,
    public: str | None,
    label: str,
    strict: bool,
    now_ns: int,
) -> Terms:
    """Raises BadKey."""
    return Terms(
        read_scopes(scopes) if scopes else Terms().scopes,
        b"" if public is None else read_public(public),
        read_addresses(addresses),
        0 if expires is None else read_expiry(expires, now_ns),
        strict,
        label,
    )


def shown(key: ApiKey) -> dict[str, Any]:
    """A key for those who look at it: everything but its secret."""
    return {
        "client_id": key.client_id,
        "account": key.account,
        "scopes": list(key.scopes),
        "kind": "ed25519" if key.public_key else "hmac",
        "ip": list(key.addresses),
        "expires": _time(key.expires_ns),
        "strict_nonce": key.strict_nonce,
        "label": key.label,
        "revoked": key.revoked,
    }


def _time(time_ns: int) -> str | None:
    return datetime.fromtimestamp(time_ns // NS_PER_SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time_ns else None
