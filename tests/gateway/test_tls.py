"""The same port over TLS, with a certificate made for the test."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from websockets.asyncio.client import connect

from exchange.config import BadSettings, DoorSettings, GatewaySettings
from exchange.gateway.server.tls import tls_context
from tests.gateway.raw import dialled
from tests.gateway.venue import Caller, running


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def settings(authority: trustme.CA, directory: Path) -> GatewaySettings:
    certificate = authority.issue_cert("127.0.0.1")
    cert, key = directory / "cert.pem", directory / "key.pem"
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(cert, append=True)
    return GatewaySettings(door=DoorSettings(tls_cert=cert, tls_key=key))


async def test_a_client_trades_over_tls(authority: trustme.CA, tmp_path: Path) -> None:
    """Over wss with the certificate checked; who trusts nobody of ours does not connect."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with running(tmp_path, settings(authority, tmp_path)) as venue:
        url = venue.url.replace("ws:", "wss:")
        async with connect(url, ssl=context, compression=None, proxy=None) as socket:
            caller = Caller(socket)
            await caller.sign_in(venue.alice)
            assert (await caller.call("private/buy", instrument_name=venue.symbol, amount=8, price=2.0))["order"]
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(url, ssl=ssl.create_default_context(), proxy=None)


async def test_neither_old_tls_nor_none_is_spoken(authority: trustme.CA, tmp_path: Path) -> None:
    """TLS 1.2 is the oldest, whatever the machine's own defaults are, and plain HTTP gets no answer."""
    gateway = settings(authority, tmp_path)
    context = tls_context(gateway.door)
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    async with running(tmp_path, gateway) as venue, dialled(venue) as raw:
        await raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in await raw.ended()


def test_a_certificate_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    """Not when the first client comes."""
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("nonsense")
    with pytest.raises(BadSettings, match="no certificate"):
        tls_context(DoorSettings(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"))
