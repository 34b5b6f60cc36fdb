"""The venue's certificate, if it has one."""

from __future__ import annotations

import ssl

from exchange.config import BadSettings, DoorSettings


def tls_context(settings: DoorSettings) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with the certificate of the settings; None without one. Raises BadSettings."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"{settings.tls_cert}, {settings.tls_key}: no certificate and its key: {error}") from None
    return context
